//! What a killed run leaves behind, a sweep removes, and nothing else.

use std::{
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use registries_conformance::{Options, Profile, Verdict, har::Recorder};
use registries_strength::{
    faulty_proxy::{Answering, Behaviour, Incoming, Upstream},
    reference::Reference,
};
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{behind, conformance, hasty, output};

/// A tag as runs have it, with its check.
const TAG: &str = "bcdfghjklmnxmnkc";

async fn sweep(reference: &Reference, options: &[&str]) -> (i32, String) {
    let mut command = conformance(reference);
    command.args(["sweep", "--base-url", reference.server.base_url()]).args(options);
    let (status, stdout, _) = output(command).await;
    (status, stdout)
}

/// Carries out the last of so many requests and never answers it, nor any after it. A request that
/// it has begun is carried out, even if the client is gone.
struct SilentAfter {
    answered: usize,
    seen: Arc<AtomicUsize>,
    in_flight: Arc<AtomicUsize>,
}

impl Behaviour for SilentAfter {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            self.in_flight.fetch_add(1, Ordering::SeqCst);
            if self.seen.load(Ordering::SeqCst) > self.answered {
                self.in_flight.fetch_sub(1, Ordering::SeqCst);
                std::future::pending::<()>().await;
            }
            let (upstream, in_flight) = (upstream.clone(), Arc::clone(&self.in_flight));
            let sent = tokio::spawn(async move {
                let outgoing = upstream.send(&request).await;
                in_flight.fetch_sub(1, Ordering::SeqCst);
                outgoing
            });
            let outgoing = sent.await.unwrap();
            if self.seen.fetch_add(1, Ordering::SeqCst) >= self.answered {
                std::future::pending::<()>().await;
            }
            outgoing
        })
    }
}

/// Kills a run while it waits for the response to a request that is carried out, and sweeps after it; how
/// many registries it left.
async fn killed_after(reference: &Reference, profile: &str, answered: usize) -> usize {
    let (seen, in_flight) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let silent =
        SilentAfter { answered, seen: Arc::clone(&seen), in_flight: Arc::clone(&in_flight) };
    let silent = behind(reference, silent).await;
    let mut child = conformance(reference)
        .args(["run", "--base-url", &silent.base_url, "--profile", profile])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    while seen.load(Ordering::SeqCst) <= answered {
        assert!(child.try_wait().unwrap().is_none(), "{profile} ended before {answered} requests");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // Of requests that were sent at once, others may still be carried out.
    while in_flight.load(Ordering::SeqCst) > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let left = reference.server.registries().await.unwrap();
    let (status, stdout) = sweep(reference, &["--older-than", "0s", "--remove"]).await;
    assert_eq!(status, 0, "{profile} after {answered}: {stdout}");
    assert_eq!(reference.server.registries().await.unwrap(), 0, "{profile} after {answered}");
    left
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_killed_after_any_request_and_a_sweep_leave_nothing() {
    let reference = Reference::start().await.unwrap();
    let mut left = Vec::new();
    for answered in (0..60).step_by(5) {
        left.push(killed_after(&reference, "core", answered).await);
    }
    assert_eq!(left[0], 0);
    assert!(left.iter().filter(|left| **left > 0).count() > 5, "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_killed_while_it_explores_and_a_sweep_leave_nothing() {
    let reference = Reference::start().await.unwrap();
    let mut left = 0;
    for answered in [110, 123, 140, 175, 210, 245] {
        left += killed_after(&reference, "deep", answered).await;
    }
    assert!(left > 0);
}

/// Lists one registry after the other, each on a page of its own.
struct Pages;

impl Behaviour for Pages {
    fn answer<'a>(&'a self, mut request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let (path, page) = match request.path.split_once("/registries?page=") {
                Some((path, page)) => (format!("{path}/registries"), page.parse().unwrap()),
                None => (request.path.clone(), 1),
            };
            request.path = path;
            let mut outgoing = upstream.send(&request).await;
            if let Some(Value::Array(list)) = outgoing.json().filter(|_| request.is_list()) {
                if list.len() > page {
                    let next = page + 1;
                    let link = format!("<https://elsewhere.example/v2?page={next}>; rel=\"next\"");
                    outgoing.headers.insert("link", link.parse().unwrap());
                }
                outgoing.set_json(&list.into_iter().skip(page - 1).take(1).collect());
            }
            outgoing
        })
    }
}

/// Lists everything on every page, and names another one after each.
struct Endless;

impl Behaviour for Endless {
    fn answer<'a>(&'a self, mut request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let (path, page) = match request.path.split_once("?page=") {
                Some((path, page)) => (path.to_owned(), page.parse().unwrap()),
                None => (request.path.clone(), 1),
            };
            request.path = path;
            let mut outgoing = upstream.send(&request).await;
            let link = format!("<https://elsewhere.example/v2?page={}>; rel=\"next\"", page + 1);
            outgoing.headers.insert("link", link.parse().unwrap());
            outgoing
        })
    }
}

/// Does not delete, and says why with what a terminal would act on.
struct Undeletable;

impl Behaviour for Undeletable {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let is_delete = request.is_delete();
            let mut outgoing = upstream.send(&request).await;
            if request.is_list() {
                let mut list = outgoing.json().unwrap();
                for registry in list.as_array_mut().unwrap() {
                    let name = registry["name"].as_str().unwrap();
                    registry["name"] = format!("{name}\u{1b}[31m\u{202e}").into();
                }
                outgoing.set_json(&list);
            } else if is_delete {
                outgoing.status = StatusCode::CONFLICT;
                outgoing.set_json(&json!({"message": "it is in\u{202e} use\u{9b}"}));
            }
            outgoing
        })
    }
}

#[tokio::test]
async fn why_a_registry_was_not_removed_is_reported_and_escaped() {
    let reference = Reference::start().await.unwrap();
    create(&reference, &[&named("alpha")]).await;
    let undeletable = behind(&reference, Undeletable).await;
    let sweep = async |options: &[&str]| {
        let mut command = conformance(&reference);
        command.args(["sweep", "--base-url", &undeletable.base_url]).args(options);
        let (status, stdout, _) = output(command).await;
        assert!(!stdout.contains(['\u{1b}', '\u{202e}', '\u{9b}']), "{stdout:?}");
        (status, stdout)
    };
    let slug = named("alpha").replace(' ', "-");
    let (status, stdout) = sweep(&[]).await;
    assert_eq!(status, 0, "{stdout}");
    let uncertain = format!("named \"{}\\u001b[31m\\u202e\"", named("alpha"));
    assert!(stdout.contains(&uncertain), "{stdout}");
    let (status, stdout) = sweep(&["--remove", "--also", &slug]).await;
    assert_eq!(status, 3, "{stdout}");
    assert!(stdout.contains(&format!("could not be removed: {slug}, ")), "{stdout}");
    assert!(stdout.contains("the delete returned 409 "), "{stdout}");
    assert!(stdout.contains("it is in\\u202e use\\u009b"), "{stdout}");
}

/// The name that a run would give.
fn named(word: &str) -> String {
    format!("conformance {TAG} {word}")
}

async fn create(reference: &Reference, names: &[&str]) {
    let url = format!(
        "{}/packages/organizations/{}/registries",
        reference.server.base_url(),
        reference.server.organization()
    );
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for name in names {
        let body = json!({"name": name, "ecosystem": "ruby"});
        let create = client.post(&url).bearer_auth(&reference.secrets[0]).json(&body);
        assert_eq!(create.send().await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn what_is_on_later_pages_is_removed_as_well() {
    let reference = Reference::start().await.unwrap();
    create(&reference, &[&named("alpha"), "theirs", &named("beta")]).await;
    let pages = behind(&reference, Pages).await;
    let mut command = conformance(&reference);
    command.args(["sweep", "--base-url", &pages.base_url, "--older-than", "0s", "--remove"]);
    let (status, stdout, stderr) = output(command).await;
    assert_eq!(status, 0, "{stdout}{stderr}");
    assert_eq!(reference.server.registries().await.unwrap(), 1, "{stdout}");
}

#[tokio::test]
async fn a_list_without_an_end_is_given_up() {
    let reference = Reference::start().await.unwrap();
    create(&reference, &["theirs"]).await;
    let endless = behind(&reference, Endless).await;
    let mut command = conformance(&reference);
    command.args(["sweep", "--base-url", &endless.base_url]);
    let (status, stdout, stderr) = output(command).await;
    assert_eq!(status, 3, "{stdout}");
    assert!(stderr.contains("page=3, which does not follow the last one"), "{stderr}");
}

#[tokio::test]
async fn what_is_young_or_of_others_stays() {
    let reference = Reference::start().await.unwrap();
    create(&reference, &[&named("alpha"), "conformance of mine"]).await;
    let slug = named("alpha").replace(' ', "-");
    let (status, stdout) = sweep(&reference, &["--remove"]).await;
    assert_eq!(status, 1, "{stdout}");
    assert!(stdout.contains(&format!("too young: {slug}")), "{stdout}");
    assert!(stdout.contains("younger than 1h") && stdout.contains("--older-than 0s"), "{stdout}");
    let (status, stdout) = sweep(&reference, &["--older-than", "0s"]).await;
    assert_eq!(status, 1, "{stdout}");
    assert!(stdout.contains(&format!("left behind: {slug}")), "{stdout}");
    assert_eq!(reference.server.registries().await.unwrap(), 2);
    let (status, stdout) = sweep(&reference, &["--older-than", "0s", "--remove"]).await;
    assert_eq!(status, 0, "{stdout}");
    assert_eq!(reference.server.registries().await.unwrap(), 1);
}

/// Names that people give, among them some that are made as runs named registries before tags had a
/// check: nothing is removed but what is named.
#[tokio::test]
async fn what_others_named_is_removed_only_when_it_is_named() {
    const THEIRS: [&str; 8] = [
        "conformance registry python",
        "conformance platform team",
        "conformance abcdefgh alpha",
        "conformance security Renamed",
        "conformance tests",
        "conformance bcdfghjklmbcdfgh alpha",
        "registry of the conformance team",
        "internal",
    ];
    let reference = Reference::start().await.unwrap();
    create(&reference, &THEIRS).await;
    create(&reference, &[&named("Beta Renamed")]).await;
    let (status, stdout) = sweep(&reference, &["--older-than", "0s", "--remove"]).await;
    assert_eq!(status, 0, "{stdout}");
    assert_eq!(reference.server.registries().await.unwrap(), THEIRS.len(), "{stdout}");
    assert!(stdout.contains("uncertain: conformance-registry-python, "), "{stdout}");
    assert!(stdout.contains("uncertain: conformance-abcdefgh-alpha, "), "{stdout}");
    assert!(!stdout.contains("conformance-tests"), "{stdout}");

    let also = ["--remove", "--also", "conformance-abcdefgh-alpha"];
    let (status, stdout) = sweep(&reference, &also).await;
    assert_eq!(status, 0, "{stdout}");
    assert!(stdout.contains("removed: conformance-abcdefgh-alpha"), "{stdout}");
    assert_eq!(reference.server.registries().await.unwrap(), THEIRS.len() - 1, "{stdout}");

    // What no run can have created is not removed, whatever the options; nor is anything else then.
    create(&reference, &[&named("alpha")]).await;
    for also in ["internal", "conformance-tests", "nothing"] {
        let options = ["--older-than", "0s", "--remove", "--also", also];
        assert_eq!(sweep(&reference, &options).await.0, 2, "{also}");
        assert_eq!(reference.server.registries().await.unwrap(), THEIRS.len(), "{also}");
    }
}

/// Whatever a run creates or renames, a sweep after it would recognise.
#[tokio::test]
async fn every_name_that_a_run_gives_is_recognised() {
    let reference = Reference::start().await.unwrap();
    let recorder = Recorder::default();
    let options = Options { profile: Profile::Deep, recorder: Some(recorder.clone()), ..hasty() };
    let report = registries_conformance::run(reference.deployment.clone(), options).await.unwrap();
    assert_eq!(report.verdict, Verdict::Conforms);
    let mut names: Vec<String> = Vec::new();
    for entry in recorder.har().log.entries {
        let answered = entry.response.content.text.unwrap_or_default();
        let registry: Value = serde_json::from_str(&answered).unwrap_or_default();
        let is_of_the_run = entry.response.status == 200 && registry["slug"].is_string();
        if is_of_the_run && let Some(name) = registry["name"].as_str() {
            names.push(name.to_owned());
        }
    }
    // What `deep` gives a registry for its name and must be accepted may be anything; it is removed at
    // once.
    names.retain(|name| name.starts_with("conformance "));
    names.sort();
    names.dedup();
    assert!(names.len() > 10, "{names:?}");
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    create(&reference, &names).await;
    let (status, stdout) = sweep(&reference, &["--older-than", "0s", "--remove"]).await;
    assert_eq!(status, 0, "{stdout}");
    assert_eq!(reference.server.registries().await.unwrap(), 0, "{stdout}");
}

#[tokio::test]
async fn a_deployment_that_is_not_there_exits_with_3() {
    let reference = Reference::start().await.unwrap();
    let mut command = conformance(&reference);
    command.args(["sweep", "--base-url", "http://127.0.0.1:9/v2"]);
    let (status, _, stderr) = output(command).await;
    assert_eq!(status, 3);
    assert!(stderr.contains("cannot be listed") && stderr.contains("listens"), "{stderr}");
    let mut command = conformance(&reference);
    command.args(["sweep", "--base-url", reference.server.base_url()]);
    command.env("REGISTRIES_TOKEN", "wrong");
    let (status, _, stderr) = output(command).await;
    assert_eq!(status, 3);
    let origin = "check the environment variable REGISTRIES_TOKEN, which the token comes from";
    assert!(stderr.contains(origin), "{stderr}");
}

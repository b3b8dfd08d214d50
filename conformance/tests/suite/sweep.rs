//! What a killed run leaves behind, a sweep removes, and nothing else.

use std::{process::Stdio, time::Duration};

use registries_conformance::reference::Reference;

use crate::support::{Slow, behind, conformance, output};

async fn sweep(reference: &Reference, options: &[&str]) -> (i32, String) {
    let mut command = conformance(reference);
    command.args(["sweep", "--base-url", reference.server.base_url()]).args(options);
    let (status, stdout, _) = output(command).await;
    (status, stdout)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_killed_at_any_moment_and_a_sweep_leave_nothing() {
    let reference = Reference::start().await.unwrap();
    let slow = behind(&reference, Slow(Duration::from_millis(10))).await;
    let mut left = 0;
    // Ever later, until a run was late enough to have something: how long that takes, the machine says.
    for round in 0.. {
        if round >= 12 && left > 0 {
            break;
        }
        let moment = Duration::from_millis(60 + 60 * round);
        let mut child = conformance(&reference)
            .args(["run", "--base-url", &slow.base_url])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        tokio::time::sleep(moment).await;
        child.kill().unwrap();
        child.wait().unwrap();
        // A request that was on its way is still carried out.
        tokio::time::sleep(Duration::from_millis(100)).await;
        left += reference.server.registries().await.unwrap();
        let (status, stdout) = sweep(&reference, &["--older-than", "0s", "--remove"]).await;
        assert_eq!(status, 0, "{stdout}");
        assert_eq!(reference.server.registries().await.unwrap(), 0, "{stdout}");
    }
}

#[tokio::test]
async fn what_is_young_or_of_others_stays() {
    let reference = Reference::start().await.unwrap();
    let url = format!(
        "{}/packages/organizations/{}/registries",
        reference.server.base_url(),
        reference.server.organization()
    );
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for name in ["conformance abcdefgh alpha", "conformance of mine"] {
        let body = serde_json::json!({"name": name, "ecosystem": "ruby"});
        let create = client.post(&url).bearer_auth(&reference.secrets[0]).json(&body);
        assert_eq!(create.send().await.unwrap().status(), 200);
    }
    let (status, stdout) = sweep(&reference, &["--remove"]).await;
    assert_eq!(status, 1, "{stdout}");
    assert!(stdout.contains("too young: conformance-abcdefgh-alpha"), "{stdout}");
    assert!(stdout.contains("younger than 1h") && stdout.contains("--older-than 0s"), "{stdout}");
    let (status, stdout) = sweep(&reference, &["--older-than", "0s"]).await;
    assert_eq!(status, 1, "{stdout}");
    assert!(stdout.contains("left behind: conformance-abcdefgh-alpha"), "{stdout}");
    assert_eq!(reference.server.registries().await.unwrap(), 2);
    let (status, stdout) = sweep(&reference, &["--older-than", "0s", "--remove"]).await;
    assert_eq!(status, 0, "{stdout}");
    assert_eq!(reference.server.registries().await.unwrap(), 1);
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
    assert!(stderr.contains("the environment variable that the token comes from"), "{stderr}");
}

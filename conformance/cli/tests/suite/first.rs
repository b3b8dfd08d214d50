//! Responses that do not come from the API end the run at the first of them, with one line; so is a
//! token that cannot do what a run needs.

use std::{
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use registries_conformance::{
    Deployment, Options, Profile, Report, Status, Verdict, deployment::Token,
};
use registries_server::Scope;
use registries_strength::{
    faulty_proxy::{Answering, Behaviour, Incoming, Outgoing, Upstream},
    reference::Reference,
};

use crate::support::{behind, conformance, hasty, output, with_team, without_port};

/// Answers everything with the same.
#[derive(Clone)]
struct Constant(u16, &'static [(&'static str, &'static str)], &'static str);

impl Behaviour for Constant {
    fn answer<'a>(&'a self, _: Incoming, _: &'a Upstream) -> Answering<'a> {
        let Self(status, headers, body) = self;
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        let status = StatusCode::from_u16(*status).unwrap();
        Box::pin(async move {
            Outgoing { status, headers, body: body.as_bytes().to_vec(), chunk: None }
        })
    }
}

const HTML: &[(&str, &str)] = &[("content-type", "text/html; charset=utf-8")];

/// The commands say the same, and say it in a line.
async fn reason_for(reference: &Reference, base_url: &str) -> String {
    let mut command = conformance(reference);
    command.args(["sweep", "--base-url", base_url]);
    let (status, stdout, swept) = output(command).await;
    assert_eq!(status, 3, "{stdout}{swept}");
    let mut command = conformance(reference);
    command.args(["run", "--base-url", base_url]);
    let (status, stdout, stderr) = output(command).await;
    assert_eq!((status, stderr.as_str()), (3, ""), "{stdout}{stderr}");
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
    assert!(!stdout.contains("deviates"), "{stdout}");
    let (_, reason) = stdout.trim().split_once("could not be judged: ").unwrap();
    assert!(swept.contains(reason), "{swept}\n{stdout}");
    reason.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_none_of_the_api_is_reported_in_a_line() {
    let reference = Reference::start().await.unwrap();
    let tls = "<html><h1>400</h1>The plain HTTP request was sent to HTTPS port</html>";
    let mut reasons = String::new();
    for constant in [
        Constant(403, HTML, "<!DOCTYPE html><title>Just a moment...</title>"),
        Constant(403, &[], "<html>denied</html>"),
        Constant(200, HTML, "<html><title>Sign in</title>"),
        Constant(404, HTML, "<h1>Not Found</h1>"),
        Constant(500, HTML, "<h1>Oops</h1>"),
        Constant(200, &[("content-type", "text/plain")], "It works!"),
        Constant(404, &[], "404 page not found"),
        Constant(302, &[("location", "/login")], ""),
        Constant(400, HTML, tls),
        Constant(400, &[], "Client sent an HTTP request to an HTTPS server.\n"),
    ] {
        let proxy = behind(&reference, constant).await;
        reasons += &(reason_for(&reference, &proxy.base_url).await + "\n");
    }
    // A gateway says in the same words that nothing is behind it, and a sweep that it cannot list.
    reasons += &in_a_line(&reference, Constant(502, HTML, "<h1>Bad Gateway</h1>")).await;
    insta::assert_snapshot!("not-the-api", without_port(&reasons));
}

/// What a run prints of a deployment that answers everything so.
async fn in_a_line(reference: &Reference, constant: Constant) -> String {
    let proxy = behind(reference, constant).await;
    let mut command = conformance(reference);
    command.args(["run", "--base-url", &proxy.base_url]);
    let (status, stdout, stderr) = output(command).await;
    assert_eq!((status, stdout.lines().count()), (3, 1), "{stdout}{stderr}");
    stdout
}

/// Redirects requests over plain HTTP.
struct Redirects;

impl Behaviour for Redirects {
    fn answer<'a>(&'a self, request: Incoming, _: &'a Upstream) -> Answering<'a> {
        let location = format!("https://api.example.com/v2{}", request.path);
        let mut headers = HeaderMap::new();
        headers.insert("location", HeaderValue::from_str(&location).unwrap());
        let status = StatusCode::MOVED_PERMANENTLY;
        Box::pin(async move { Outgoing { status, headers, body: Vec::new(), chunk: None } })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_and_a_path_above_the_api_say_what_the_base_url_is() {
    let reference = Reference::start().await.unwrap();
    let proxy = behind(&reference, Redirects).await;
    let redirected = reason_for(&reference, &proxy.base_url).await;
    let base_url = reference.server.base_url();
    let above = reason_for(&reference, base_url.trim_end_matches("/v2")).await;
    insta::assert_snapshot!("base-url", without_port(&format!("{redirected}\n{above}")));
}

/// Answers in place of the API what it refuses of one kind.
struct Gateway(Constant);

impl Behaviour for Gateway {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let answer = upstream.send(&request).await;
            let is_unknown = answer.status == StatusCode::UNAUTHORIZED && request.is_list();
            let is_bad = request.is_create() && answer.status == StatusCode::UNPROCESSABLE_ENTITY;
            if is_unknown || is_bad { self.0.answer(request, upstream).await } else { answer }
        })
    }
}

/// What refuses one kind of request before the API does, or sends it elsewhere, is not the API, which
/// refuses in JSON.
#[tokio::test]
async fn what_is_not_of_the_api_in_the_middle_of_a_run_is_named_and_not_judged() {
    const TEXT: &[(&str, &str)] = &[("content-type", "text/plain; charset=utf-8")];
    const LOGIN: &[(&str, &str)] = &[("location", "https://u:p@sso.example.com/login?to=x")];
    let mut reasons = String::new();
    for constant in [
        Constant(403, HTML, "<html><title>Attention</title></html>"),
        Constant(403, TEXT, "RBAC: access denied"),
        Constant(401, TEXT, "denied"),
        Constant(404, &[], "404 page not found"),
        Constant(302, LOGIN, ""),
    ] {
        let reference = Reference::start().await.unwrap();
        let proxy = behind(&reference, Gateway(constant)).await;
        let report = crate::support::run(&reference.at(&proxy.base_url)).await;
        let findings: Vec<_> = report.findings().collect();
        assert_eq!(report.verdict, Verdict::Incomplete, "{findings:#?}");
        for name in ["unknown-token-is-refused", "name-is-required"] {
            let case = report.cases.iter().find(|case| case.name == name).unwrap();
            assert_eq!(case.status, Status::Error, "{case:#?}");
            let _ = writeln!(reasons, "{name}: {}", case.reason.as_deref().unwrap());
        }
        for case in &report.cases {
            let reason = case.reason.as_deref().unwrap_or_default();
            assert!(!reason.contains("lacks the scope"), "{case:#?}");
        }
    }
    insta::assert_snapshot!("in-the-middle", without_port(&reasons));
}

/// Counts what is written.
struct Counting(Arc<AtomicUsize>);

impl Behaviour for Counting {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            self.0.fetch_add(usize::from(request.is_create()), Ordering::SeqCst);
            upstream.send(&request).await
        })
    }
}

async fn with_scopes(scopes: &[Scope], profile: Profile) -> (Report, usize) {
    let reference = Reference::start().await.unwrap();
    let server = &reference.server;
    let secret = server.create_token(server.organization(), scopes).await.unwrap();
    let creates = Arc::new(AtomicUsize::new(0));
    let proxy = behind(&reference, Counting(Arc::clone(&creates))).await;
    let token = Token::new(&secret).unwrap();
    let deployment = Deployment { token, ..reference.at(&proxy.base_url) };
    let options = Options { profile, ..hasty() };
    let report = registries_conformance::run(deployment, options).await.unwrap();
    (report, creates.load(Ordering::SeqCst))
}

#[tokio::test]
async fn a_missing_scope_is_reported_once_and_nothing_is_created() {
    let (read, write, delete) =
        (Scope::ReadRegistries, Scope::WriteRegistries, Scope::DeleteRegistries);
    let mut reasons = String::new();
    for scopes in [&[read, write][..], &[read, delete], &[read], &[write, delete]] {
        for profile in [Profile::Core, Profile::Deep] {
            let (report, creates) = with_scopes(scopes, profile).await;
            assert_eq!(report.verdict, Verdict::Incomplete, "{scopes:?}");
            assert_eq!(creates, 0, "{scopes:?}");
            // The last looks whether the request that was refused left anything.
            assert!(report.requests <= 4, "{scopes:?}: {} requests", report.requests);
            let human = registries_conformance::report::human(&report).to_string();
            assert_eq!(human.lines().count(), 1, "{human}");
            let _ =
                writeln!(reasons, "{scopes:?}, {profile}: {}", report.stopped.unwrap_or_default());
        }
    }
    insta::assert_snapshot!("scopes", without_port(&reasons));
    let (report, _) = with_scopes(&[read], Profile::Smoke).await;
    assert_eq!(report.verdict, Verdict::Conforms, "{:?}", report.stopped);
}

#[tokio::test]
async fn a_team_that_is_missing_or_wrong_ends_the_run_at_the_first_create() {
    let reference = with_team().await;
    let wrong = Some("0191df84-0000-7000-8000-000000000001".to_owned());
    let mut reasons = String::new();
    for team in [None, wrong] {
        for filters in [Vec::new(), vec!["sequences".to_owned()]] {
            let deployment = Deployment { team: team.clone(), ..reference.deployment.clone() };
            let options = Options { profile: Profile::Deep, filters, ..hasty() };
            let report = registries_conformance::run(deployment, options).await.unwrap();
            assert_eq!(report.verdict, Verdict::Incomplete);
            assert!(report.requests <= 8, "{} requests", report.requests);
            let _ = writeln!(reasons, "{team:?}: {}", report.stopped.unwrap_or_default());
        }
    }
    insta::assert_snapshot!("teams", without_port(&reasons));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_refuses_or_only_announces_everything_ends_the_run_in_a_line() {
    let reference = Reference::start().await.unwrap();
    let json: &[(&str, &str)] = &[("content-type", "application/json")];
    let mut reasons = String::new();
    for constant in
        [Constant(403, json, "{\"message\": \"not from this address\"}"), Constant(101, &[], "")]
    {
        reasons += &in_a_line(&reference, constant).await;
    }
    insta::assert_snapshot!("refuses-everything", without_port(&reasons));
}

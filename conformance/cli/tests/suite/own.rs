//! Cases that a project adds: they are run, reported and cleaned up like those of the suite.

use std::{sync::Arc, time::Duration};

use http::{HeaderValue, StatusCode};
use registries_conformance::{
    Credential, NotJudged, Options, OwnCase, Report, Request, Session, Status, Verdict,
    cases::Found,
    har::{Recorder, Recording},
    level::{Citation, Grade, Level},
    replay,
    report::{self, diff, known},
};
use registries_strength::reference::Reference;
use serde_json::json;

use crate::support::{Changed, behind, hasty};

fn citation(grade: Grade) -> Citation {
    Citation { grade, cite: "our handbook".into() }
}

/// Sends a request of its own.
fn umlauts() -> OwnCase {
    let requirement = "A description may have umlauts.";
    OwnCase::new("umlauts-are-kept", requirement, citation(Grade::Documented), |session| {
        Box::pin(async move {
            let body = json!({
                "name": session.name("umlauts"), "ecosystem": "ruby", "description": "Überblick",
            });
            let created = session.send(session.request("create_registry", None, Some(&body))?);
            let created = created.await?;
            let registry = created.answer.json.clone().unwrap_or_default();
            if registry["description"] == "Überblick" {
                return Ok(Vec::new());
            }
            let received = registry["description"].to_string();
            Ok(vec![session.found(&created, Some("/description"), "\"Überblick\"", received)])
        })
    })
}

/// Looks at the responses to others, as the README shows it.
fn named_answers() -> OwnCase {
    let citation = citation(Grade::ClientObserved);
    OwnCase::new("answers-are-named", "Every answer has an id.", citation, |session| {
        Box::pin(async move {
            let unnamed =
                session.exchanges().filter(|it| it.answer.header("x-request-id").is_none());
            Ok(unnamed.map(|it| session.found(it, Some("X-Request-Id"), "an id", "none")).collect())
        })
    })
}

const NAMED: Changed = Changed(|_, answer| {
    answer.headers.insert("x-request-id", HeaderValue::from_static("17"));
});

/// Loses what is not ASCII, and names no response.
const DEVIATING: Changed = Changed(|_, answer| {
    answer.headers.remove("x-request-id");
    answer.each_registry(|it| {
        let text = it["description"].as_str().map(|text| text.replace(|c: char| !c.is_ascii(), ""));
        it["description"] = json!(text);
    });
});

async fn run(reference: &Reference, change: Changed, options: Options) -> Report {
    let proxy = behind(reference, change).await;
    let deployment = reference.at(&proxy.base_url);
    let report = registries_conformance::run(deployment, options).await.unwrap();
    assert_eq!(reference.server.registries().await.unwrap(), 0, "{:?}", report.left_behind);
    report
}

fn options() -> Options {
    let filters = vec!["umlauts".into(), "are-named".into(), "get-succeeds".into()];
    Options { filters, own: vec![umlauts(), named_answers()], ..hasty() }
}

fn status(report: &Report, name: &str) -> (Status, Option<String>) {
    let case = report.cases.iter().find(|case| case.name == name).unwrap();
    (case.status, case.reason.clone())
}

#[tokio::test]
async fn a_case_of_a_project_can_pass() {
    let reference = Reference::start().await.unwrap();
    let own = vec![umlauts(), named_answers()];
    let report = run(&reference, NAMED, Options { own, ..hasty() }).await;
    assert_eq!(report.verdict, Verdict::Conforms, "{:#?}", report.findings().collect::<Vec<_>>());
    assert!(report.conclusion().starts_with("conforms to the contract"));
    assert_eq!(report.differences, [], "the transcripts are compared");
    let own: Vec<_> = report.cases.iter().filter(|case| case.own).collect();
    assert_eq!(own.len(), 2);
    assert_eq!((own[0].status, own[0].requests, own[0].level), (Status::Pass, 1, Level::Must));
    assert_eq!(own[0].operations, ["create_registry"]);
    assert_eq!((own[1].status, own[1].requests, own[1].level), (Status::Pass, 0, Level::Should));
    let charged: usize = report.cases.iter().map(|case| case.requests).sum();
    let cleaning_up = ["list", "delete", "list"].len();
    assert_eq!(charged + cleaning_up, report.requests);
}

#[tokio::test]
async fn every_report_has_a_failing_case_of_a_project() {
    let reference = Reference::start().await.unwrap();
    let before = run(&reference, NAMED, options()).await;
    let recorder = Recorder::default();
    let with_recorder = Options { recorder: Some(recorder.clone()), ..options() };
    let report = run(&reference, DEVIATING, with_recorder).await;
    assert_eq!(report.verdict, Verdict::Deviates);
    assert_eq!(status(&report, "umlauts-are-kept"), (Status::Fail, None));
    assert_eq!(status(&report, "answers-are-named"), (Status::Warn, None));
    assert_eq!(status(&report, "get-succeeds"), (Status::Pass, None));
    let finding = report.findings().find(|it| it.case == "umlauts-are-kept").unwrap();
    assert_eq!(finding.exchange, "umlauts-are-kept");
    assert_eq!(
        finding.response.as_ref().unwrap().body.as_ref().unwrap().parts()[1],
        "\"berblick\""
    );
    assert!(report.findings().any(|it| it.exchange == "create-full"), "of the suite's exchanges");
    let comparison = diff::compare(&before, &report);
    assert!(comparison.regressed);
    for text in [
        report::human(&report).to_string(),
        report::html(&report).unwrap(),
        report::markdown(&report),
        report::github(&report),
        report::junit(&report).unwrap(),
        diff::human(&comparison).to_string(),
    ] {
        assert!(text.contains("umlauts-are-kept"), "{text}");
    }

    let har = serde_json::to_vec(&recorder.har()).unwrap();
    let replayed = replay(Recording::parse(&har).unwrap(), options()).await;
    assert_eq!(replayed.findings().collect::<Vec<_>>(), report.findings().collect::<Vec<_>>());

    let entry = "[[known]]\ncase = \"umlauts-are-kept\"\nreason = \"r\"\nuntil = 2027-01-31\n";
    assert!(known::read(entry, &[]).is_err());
    let known = known::read(entry, &["umlauts-are-kept"]).unwrap();
    let report = report.knowing(&known, "2027-01-31".parse().unwrap());
    assert_eq!(report.verdict, Verdict::Conforms);
}

/// What is wrong with a case is no verdict on the deployment, and leaves nothing behind.
#[tokio::test]
async fn a_case_that_cannot_be_carried_out_says_why() {
    let case = |name: &str, check: fn(&mut Session<'_>) -> Result<Vec<Found>, NotJudged>| {
        let check = Arc::new(check);
        OwnCase::new(name, "It is so.", citation(Grade::Documented), move |session| {
            let check = Arc::clone(&check);
            Box::pin(async move { check(session) })
        })
    };
    let panicking = OwnCase::new("panics", "It is.", citation(Grade::Choice), |session| {
        Box::pin(async move {
            let body = json!({"name": session.name("panic"), "ecosystem": "ruby"});
            session.send(session.request("create_registry", None, Some(&body))?).await?;
            panic!("as it must");
        })
    });
    let beyond = OwnCase::new("beyond", "There is more.", citation(Grade::Choice), |session| {
        Box::pin(async move {
            let path = "/of-our-own".to_owned();
            let (method, credential) = ("GET".to_owned(), Credential::None);
            let request = Request { operation: "ours", method, path, credential, body: None };
            let answered = session.send(request).await?;
            assert_eq!(answered.answer.status, StatusCode::NOT_FOUND);
            Ok(Vec::new())
        })
    });
    let own = vec![
        case("get-succeeds", |_| Ok(Vec::new())),
        case("Wrong Name", |_| Ok(Vec::new())),
        case("looks-at-nothing", |_| Ok(Vec::new())),
        case("finds-none-to-look-at", |session| {
            // Nothing is asked of them.
            let _ = session.exchanges();
            Ok(Vec::new())
        }),
        case("skipped", |_| Err(NotJudged::Skip("not on Sundays".into()))),
        case("without-exchange", |session| session.exchange("create-full").map(|_| Vec::new())),
        case("without-such", |session| session.exchange("no-such").map(|_| Vec::new())),
        case("without-operation", |session| {
            session.request("no_such", None, None).map(|_| Vec::new())
        }),
        panicking,
        beyond,
        case("deep-only", |_| Ok(Vec::new())).part_of(registries_conformance::Profile::Deep),
    ];
    let names: Vec<String> = own.iter().map(|case| case.name().to_owned()).collect();
    let reference = Reference::start().await.unwrap();
    let report = run(&reference, NAMED, Options { filters: names, own, ..options() }).await;
    assert_eq!(report.verdict, Verdict::Incomplete);
    for (name, expected, said) in [
        ("Wrong Name", Status::Error, "lower-case letters"),
        ("skipped", Status::Skip, "not on Sundays"),
        ("looks-at-nothing", Status::Skip, "looked at no response"),
        ("finds-none-to-look-at", Status::Skip, "looked at no response"),
        ("without-such", Status::Error, "no exchange is called no-such"),
        ("without-operation", Status::Error, "the contract has no no_such"),
        ("panics", Status::Error, "the case panicked: as it must"),
        ("beyond", Status::Pass, ""),
        ("without-exchange", Status::Pass, ""),
    ] {
        let (status, reason) = status(&report, name);
        assert_eq!(status, expected, "{name}: {reason:?}");
        assert!(reason.unwrap_or_default().contains(said), "{name}");
    }
    let taken = report.cases.iter().find(|case| case.own && case.name == "get-succeeds").unwrap();
    assert!(taken.reason.as_deref().unwrap().contains("another case has this name"));
    assert!(!report.cases.iter().any(|case| case.name == "deep-only"));
}

/// A case that never comes to an end is given up, after its time or when the run is interrupted.
#[tokio::test]
async fn a_case_without_an_end_is_given_up() {
    let reference = Reference::start().await.unwrap();
    let endless = |name: &str, stop: tokio::sync::watch::Sender<bool>| {
        OwnCase::new(name, "It ends.", citation(Grade::Documented), move |session| {
            let stop = stop.clone();
            Box::pin(async move {
                let body = json!({"name": session.name("endless"), "ecosystem": "ruby"});
                session.send(session.request("create_registry", None, Some(&body))?).await?;
                stop.send_replace(true);
                std::future::pending().await
            })
        })
    };
    let (stop, interrupt) = tokio::sync::watch::channel(false);
    let interrupted = Options {
        own: vec![endless("endless", stop.clone())],
        interrupt: Some(interrupt),
        ..options()
    };
    let given_up = async |options: Options, said: &str| {
        let options = Options { filters: vec!["endless".into()], ..options };
        let report = run(&reference, NAMED, options).await;
        let (status, reason) = status(&report, "endless");
        assert_eq!(reference.server.registries().await.unwrap(), 0);
        status == Status::Error && reason.unwrap().contains(said)
    };
    assert!(given_up(interrupted, "was interrupted").await);
    // A machine that has much to do may need more time to come to the case.
    for seconds in [1, 10, 100] {
        let late = Options {
            own: vec![endless("endless", stop.clone())],
            max_time: Some(Duration::from_secs(seconds)),
            ..options()
        };
        if given_up(late, "took longer than ").await {
            return;
        }
    }
    panic!("the case was never begun in time");
}

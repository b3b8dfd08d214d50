//! Deployments that answer the same whatever they are asked: almost no case may pass, and why one
//! does is kept beside it. What is skipped says why.

mod partly;
mod reasons;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::atomic::{AtomicUsize, Ordering},
};

use futures_util::future::join_all;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use registries_conformance::{Options, Profile, Report, Status};
use registries_server::EmbeddedOptions;
use registries_strength::{
    faulty_proxy::{Answering, Behaviour, Incoming, Outgoing, Upstream},
    reference::Reference,
};

use self::reasons::reason;
use crate::support::{behind, hasty};

/// A response that does not depend on what is asked.
#[derive(Clone, Copy)]
struct Answer {
    body: &'static str,
    content_type: Option<&'static str>,
    status: u16,
}

const JSON: Option<&str> = Some("application/json");

/// The responses, each with every status.
const BODIES: [(&str, Option<&str>); 6] = [
    ("", None),
    ("null", JSON),
    ("{}", JSON),
    ("[]", JSON),
    ("<!doctype html><title>Log in</title>", Some("text/html; charset=utf-8")),
    ("OK", Some("text/plain")),
];
const STATUSES: [u16; 6] = [200, 201, 204, 403, 404, 500];
/// What refuses everything, as soon as the run has begun.
const REFUSALS: [Answer; 2] = [
    Answer { body: r#"{"message": "no"}"#, content_type: JSON, status: 401 },
    Answer { body: r#"{"message": "no", "errors": []}"#, content_type: JSON, status: 422 },
];

impl Answer {
    fn all() -> impl Iterator<Item = Self> {
        STATUSES.into_iter().flat_map(|status| {
            BODIES.map(|(body, content_type)| Self { body, content_type, status })
        })
    }

    /// In a word, for the snapshot.
    fn name(self) -> String {
        format!("{} with {}", self.status, self.body_name())
    }

    fn body_name(self) -> &'static str {
        match self.body {
            "" => "nothing",
            body if body.starts_with('<') => "HTML",
            "OK" => "text",
            body => body,
        }
    }

    fn outgoing(self) -> Outgoing {
        let mut headers = HeaderMap::new();
        if let Some(content_type) = self.content_type {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        let status = StatusCode::from_u16(self.status).unwrap();
        Outgoing { status, headers, body: self.body.into(), chunk: None }
    }
}

/// Answers everything the same, but for the first requests: those are passed on.
struct Constant {
    answer: Answer,
    passed_on: usize,
    seen: AtomicUsize,
}

impl Behaviour for Constant {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if self.seen.fetch_add(1, Ordering::SeqCst) < self.passed_on {
                return upstream.send(&request).await;
            }
            self.answer.outgoing()
        })
    }
}

/// Which constant answers a case passes with: their statuses, each with bodies.
#[derive(Default)]
struct Passes {
    from_the_beginning: BTreeMap<u16, Vec<&'static str>>,
    after_the_first_two: BTreeMap<u16, Vec<&'static str>>,
}

impl Passes {
    /// A line for each time, in few words.
    fn lines(&self) -> BTreeSet<String> {
        let times = [
            ("from the beginning", &self.from_the_beginning),
            ("after the first two", &self.after_the_first_two),
        ];
        let times = times.into_iter().filter(|(_, answers)| !answers.is_empty());
        times.map(|(time, answers)| format!("{time}: {}", in_words(answers))).collect()
    }
}

fn in_words(answers: &BTreeMap<u16, Vec<&'static str>>) -> String {
    let all = |bodies: &Vec<_>| bodies.len() == BODIES.len();
    if STATUSES.iter().all(|status| answers.get(status).is_some_and(all)) {
        return "whatever is answered".to_owned();
    }
    let words = answers.iter().map(|(status, bodies)| match bodies {
        bodies if all(bodies) => format!("{status} with anything"),
        bodies => format!("{status} with {}", bodies.join(" or ")),
    });
    words.collect::<Vec<_>>().join("; ")
}

/// The passing cases of a run, and that the others say why they did not.
fn passing(report: &Report, deployment: &str) -> Vec<String> {
    for case in &report.cases {
        let is_open = matches!(case.status, Status::Skip | Status::Error);
        assert_eq!(is_open, case.reason.is_some(), "{deployment}: {case:#?}");
    }
    let passed = report.cases.iter().filter(|case| case.status == Status::Pass);
    passed.map(|case| case.name.clone()).collect()
}

/// Stands where a reason is missing.
pub(crate) const NO_REASON: &str = "WHY?";

/// The cases that pass, each with the reason and the deployments that it passes with.
fn rendered(passing: &BTreeMap<String, BTreeSet<String>>) -> String {
    let mut text = String::new();
    for (case, deployments) in passing {
        let reason = reason(case).unwrap_or(NO_REASON);
        writeln!(text, "{case}: {reason}").unwrap();
        for deployment in deployments {
            writeln!(text, "    {deployment}").unwrap();
        }
    }
    text
}

/// The first two requests, the list and the token, get the right responses. So the run takes
/// the deployment for one of the API, and sends everything.
#[tokio::test(flavor = "multi_thread")]
async fn what_passes_with_constant_responses_has_a_reason() {
    // Without limits: whether less is left after the second request depends on when the minute ends.
    let reference = Reference::start_with(EmbeddedOptions::default()).await.unwrap();
    let mut passing_with: BTreeMap<String, Passes> = BTreeMap::new();
    let runs = Answer::all().flat_map(|answer| [(answer, 0), (answer, 2)]);
    let runs: Vec<_> = runs.chain(REFUSALS.map(|answer| (answer, 2))).collect();
    for some in runs.chunks(8) {
        let reports = join_all(some.iter().map(|(answer, passed_on)| {
            let constant =
                Constant { answer: *answer, passed_on: *passed_on, seen: AtomicUsize::new(0) };
            let reference = &reference;
            async move {
                let proxy = behind(reference, constant).await;
                let options = Options {
                    profile: Profile::Deep,
                    exhaust_user_limit: true,
                    seed: Some(7),
                    ..hasty()
                };
                let deployment = reference.at(&proxy.base_url);
                registries_conformance::run(deployment, options).await.unwrap()
            }
        }));
        for ((answer, passed_on), report) in some.iter().zip(reports.await) {
            for case in passing(&report, &answer.name()) {
                let Passes { from_the_beginning, after_the_first_two } =
                    passing_with.entry(case).or_default();
                let time = if *passed_on > 0 { after_the_first_two } else { from_the_beginning };
                time.entry(answer.status).or_default().push(answer.body_name());
            }
        }
    }
    assert_eq!(reference.server.registries().await.unwrap(), 0);
    let passing_with = passing_with.into_iter().map(|(case, passes)| (case, passes.lines()));
    let rendered = rendered(&passing_with.collect());
    insta::with_settings!({omit_expression => true}, {
        insta::assert_snapshot!("constant", rendered);
    });
    assert!(!rendered.contains(NO_REASON), "{rendered}");
}

//! What is unusual and breaks nothing: no verdict is wrong because of it.

use http::{HeaderValue, header};
use registries_conformance::{
    Deployment, Profile, Report, Status, Verdict, deployment::Token, level::Level, report,
};
use registries_strength::{
    self as strength,
    faulty_proxy::{Answering, Behaviour, Incoming, Upstream},
    reference::Reference,
};
use serde_json::{Value, json};

use crate::{
    support::{Changed, behind, output, run},
    traffic::check,
};

/// What the sources leave open, or have both ways.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_sources_leave_open_is_no_deviation() {
    let names = [
        "errors-are-problem-json",
        "every-object-has-an-unlisted-property",
        "list-has-a-registry-of-an-older-slug",
        "remaining-is-negative",
        "limits-are-those-of-the-scope-mcp",
        "numbers-with-a-fraction-of-zero",
        "policy-without-scopes-is-refused",
        "teams-are-told-in-any-order-with-others",
    ];
    let wanted = |name: &str| names.contains(&name);
    let strength = strength::measure(Profile::Core, wanted, |_, _| {}).await.unwrap();
    assert_eq!(strength.variations.len(), names.len());
    assert!(strength.passes(), "{:#?}", strength.false_alarms().collect::<Vec<_>>());
}

/// The names of what exploration deletes are not used again.
#[tokio::test(flavor = "multi_thread")]
async fn exploration_passes_where_names_stay_reserved() {
    let wanted = |name: &str| name == "deleted-names-stay-reserved";
    let strength = strength::measure(Profile::Deep, wanted, |_, _| {}).await.unwrap();
    assert_eq!(strength.variations.len(), 1);
    assert!(strength.passes(), "{:#?}", strength.variations);
}

#[tokio::test]
async fn an_unlisted_property_is_a_warning_that_strict_fails() {
    let reference = Reference::start().await.unwrap();
    let change = Changed(|_, answer| answer.each_registry(|it| it["shard"] = json!(7)));
    let proxy = behind(&reference, change).await;
    let report = run(&reference.at(&proxy.base_url)).await;
    assert_eq!(report.verdict, Verdict::Conforms);
    let finding = report.findings().find(|it| it.received.starts_with("shard")).unwrap();
    assert_eq!(finding.level, Level::Should);
    assert!(report::human(&report).to_string().contains("shard"));
    assert_eq!(report.strict().verdict, Verdict::Deviates);
}

/// An archive of such traffic conforms as well.
#[tokio::test]
async fn recorded_traffic_may_have_exceeded_a_limit() {
    let archive = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/har/field/negative-remaining.har");
    let (status, stdout, stderr) = output(check(archive)).await;
    assert_eq!(status, 0, "{stdout}{stderr}");
}

/// Numbers in place of ids are wrong, and only what is about their form says so.
#[tokio::test]
async fn numeric_ids_are_said_to_be_wrong_and_nothing_else_is() {
    let reference = Reference::start().await.unwrap();
    let proxy = behind(&reference, Numbered).await;
    let report = run(&reference.at(&proxy.base_url)).await;
    assert_eq!(report.verdict, Verdict::Deviates);
    let of_form = |name: &str| name.ends_with("-fits-the-contract");
    let others: Vec<&str> = failed(&report).into_iter().filter(|name| !of_form(name)).collect();
    assert_eq!(others, Vec::<&str>::new());
}

/// A server for tests may take any word for a token, and one of the API's own as well.
#[tokio::test]
async fn a_token_that_is_an_ordinary_word_spoils_no_verdict() {
    for word in ["registries", "organizations"] {
        let reference = Reference::start().await.unwrap();
        let front = Named { word, secret: reference.secrets[0].clone() };
        let proxy = behind(&reference, front).await;
        let deployment =
            Deployment { token: Token::new(word).unwrap(), ..reference.at(&proxy.base_url) };
        let report = run(&deployment).await;
        assert_eq!(failed(&report), Vec::<&str>::new());
        assert_eq!(report.verdict, Verdict::Conforms);
        let url = format!("{}/packages/organizations/", proxy.base_url);
        assert!(report::human(&report).to_string().contains(&proxy.base_url), "{url}");
    }
}

fn failed(report: &Report) -> Vec<&str> {
    let failed = report.cases.iter().filter(|case| case.status == Status::Fail);
    failed.map(|case| case.name.as_str()).collect()
}

/// Has numbers for the ids of registries and of their tokens.
struct Numbered;

impl Behaviour for Numbered {
    fn answer<'a>(&'a self, mut request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let last = request.last_segment().to_owned();
            if request.is_about_registry_tokens()
                && let Some(id) = numbered::id(&last)
            {
                request.path = request.path.replace(&last, &id);
            }
            let mut outgoing = upstream.send(&request).await;
            for property in ["ecosystem", "created_by"] {
                outgoing.each(property, numbered::ids);
            }
            outgoing
        })
    }
}

/// Ids as numbers, and back.
mod numbered {
    use std::sync::{Mutex, PoisonError};

    use super::{Value, json};

    static KNOWN: Mutex<Vec<String>> = Mutex::new(Vec::new());

    /// The first number, which is none of a person's.
    const FIRST: usize = 1000;

    pub(super) fn ids(whole: &mut Value) {
        for place in ["/id", "/registry/id"] {
            let Some(id) = whole.pointer_mut(place) else { continue };
            let text = id.as_str().unwrap_or_default().to_owned();
            let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
            let index = known.iter().position(|it| *it == text).unwrap_or_else(|| {
                known.push(text);
                known.len() - 1
            });
            *id = json!(FIRST + index);
        }
    }

    pub(super) fn id(number: &str) -> Option<String> {
        let index = number.parse::<usize>().ok()?.checked_sub(FIRST)?;
        KNOWN.lock().unwrap_or_else(PoisonError::into_inner).get(index).cloned()
    }
}

/// Takes a word for the token.
struct Named {
    word: &'static str,
    secret: String,
}

impl Behaviour for Named {
    fn answer<'a>(&'a self, mut request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let sent = request.headers.get(header::AUTHORIZATION);
            if sent.is_some_and(|sent| *sent == format!("Bearer {}", self.word)) {
                let value = HeaderValue::from_str(&format!("Bearer {}", self.secret)).unwrap();
                request.headers.insert(header::AUTHORIZATION, value);
            }
            upstream.send(&request).await
        })
    }
}

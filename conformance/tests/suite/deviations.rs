//! What a run says of a deployment that deviates, and what it leaves there. How much it detects is
//! measured with the whole catalogue by `cargo xtask regenerate --strength`.

use http::Method;
use registries_conformance::{
    Options, Profile, Status, Verdict,
    level::Level,
    reference::Reference,
    strength::{
        self,
        between::{Answering, Behaviour, Incoming, Upstream},
    },
};
use serde_json::json;

use crate::support::{Changed, behind, run};

/// A part of the catalogue that is different enough to show that all of it works.
#[tokio::test(flavor = "multi_thread")]
async fn deviations_are_caught_and_legal_variations_pass() {
    let filters =
        ["update-wipes", "rename", "invalid-body", "secret-in", "patch-is", "web-url", "malformed"];
    let wanted = |name: &str| filters.iter().any(|it| name.contains(it));
    let strength = strength::measure(Profile::Core, wanted, |_, _| {}).await.unwrap();
    assert!(strength.deviations.len() > 20 && strength.variations.len() > 2);
    let missed: Vec<_> = strength.missed(Level::Must).collect();
    assert!(strength.holds(), "{missed:#?} {:#?}", strength.false_alarms().collect::<Vec<_>>());
}

/// What only `deep` can see: values of another type that are taken for text, and longer lists.
#[tokio::test(flavor = "multi_thread")]
async fn exploration_catches_what_no_step_sends() {
    let names = [
        "update-coerces-name",
        "create-coerces-emoji",
        "list-is-limited-to-two",
        "description-cut-to-255",
        "scope-for-writing-is-enough-to-delete",
        "basic-credentials-are-taken",
    ];
    let wanted = |name: &str| names.contains(&name);
    let core = strength::measure(Profile::Core, wanted, |_, _| {}).await.unwrap();
    assert_eq!(core.missed(Level::Must).count(), names.len());
    let deep = strength::measure(Profile::Deep, wanted, |_, _| {}).await.unwrap();
    let missed: Vec<_> = deep.missed(Level::Must).collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

/// The same seed explores the same, and a sequence that fails is told in few operations.
#[tokio::test]
async fn a_sequence_that_fails_is_made_short_and_can_be_repeated() {
    let mut received = Vec::new();
    for _ in 0..2 {
        let reference = Reference::start().await.unwrap();
        let change = Changed(|request, answer| {
            if request.is_get() {
                answer.each_registry(|it| {
                    if let Some(text) = it["description"].as_str().map(str::to_uppercase) {
                        it["description"] = json!(text);
                    }
                });
            }
        });
        let between = behind(&reference, change).await;
        let options = Options {
            profile: Profile::Deep,
            seed: Some(7),
            filters: vec!["sequences".into()],
            ..Options::default()
        };
        let deployment = reference.at(&between.base_url);
        let report = registries_conformance::run(deployment, options).await.unwrap();
        assert_eq!(report.seed, Some(7));
        let finding = report.findings().next().unwrap();
        assert!(finding.received.matches(" of: ").count() <= 3, "{}", finding.received);
        received.push(finding.received.clone());
        assert_eq!(reference.server.registries().await.unwrap(), 0);
    }
    assert_eq!(received[0], received[1]);
}

#[test]
fn names_in_the_catalogues_are_unique_and_stable_in_form() {
    let all = strength::deviations().into_iter().chain(strength::variations());
    let mut names: Vec<String> = all.map(|it| it.name).collect();
    for name in &names {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        assert!(name.chars().all(fits), "{name}");
    }
    names.sort();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
}

/// Answers every delete with success and does nothing.
struct NoDelete;

impl Behaviour for NoDelete {
    fn answer<'a>(&'a self, mut request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if !request.is_delete() {
                return upstream.send(&request).await;
            }
            request.method = Method::GET;
            let mut outgoing = upstream.send(&request).await;
            outgoing.body.clear();
            outgoing
        })
    }
}

#[tokio::test]
async fn what_cannot_be_removed_is_told() {
    let reference = Reference::start().await.unwrap();
    let between = behind(&reference, NoDelete).await;
    let report = run(&reference.at(&between.base_url)).await;
    assert_eq!(report.verdict, Verdict::Deviates);
    let gone = report.cases.iter().find(|case| case.name == "deleted-registry-is-gone").unwrap();
    assert_eq!(gone.status, Status::Fail);
    assert_eq!(report.left_behind.len(), 2, "{:?}", report.left_behind);
    assert_eq!(reference.server.registries().await.unwrap(), 2);
}

/// A finding has all that a colleague needs to believe and repeat it.
#[tokio::test]
async fn a_finding_says_where_what_and_how_to_repeat_it() {
    let reference = Reference::start().await.unwrap();
    let change = Changed(|_, answer| answer.each_registry(|it| it["public"] = json!("no")));
    let between = behind(&reference, change).await;
    let report = run(&reference.at(&between.base_url)).await;
    let finding = report
        .findings()
        .find(|finding| finding.case == "create-registry-fits-the-contract")
        .unwrap();
    assert_eq!(finding.operation, "create_registry");
    assert_eq!(finding.place.as_deref(), Some("/public"));
    let schema_path = finding.schema_path.as_deref();
    assert_eq!(schema_path, Some("#/components/schemas/Registry/properties/public/type"));
    assert_eq!(finding.citation.cite, "Create a registry, response example");
    assert!(finding.received.starts_with("\"no\""), "{}", finding.received);
    assert!(finding.curl.contains("Bearer $REGISTRIES_TOKEN"), "{}", finding.curl);
    assert!(finding.curl.contains(&report.deployment.base_url), "{}", finding.curl);
}

//! What a run says of a deployment that deviates, and what it leaves there. How much it detects is
//! measured with the whole catalogue by `cargo xtask regenerate --strength`.

use std::collections::BTreeSet;

use http::Method;
use registries_conformance::{Options, Profile, Status, Verdict, level::Level};
use registries_strength::{
    self as strength,
    faulty_proxy::{Answering, Behaviour, Incoming, Upstream},
    reference::Reference,
};
use serde_json::json;

use crate::support::{Changed, behind, hasty, run};

/// A part of the catalogue that is different enough to show that all of it works.
#[tokio::test(flavor = "multi_thread")]
async fn deviations_are_caught_and_legal_variations_pass() {
    let filters =
        ["update-wipes", "rename", "invalid-body", "secret-in", "patch-is", "web-url", "malformed"];
    let wanted = |name: &str| filters.iter().any(|it| name.contains(it));
    let core = strength::measure(Profile::Core, wanted, |_, _| {}).await.unwrap();
    assert!(!core.variations.is_empty());
    let alarms: Vec<_> = core.false_alarms().collect();
    assert!(alarms.is_empty(), "{alarms:#?}");
    let missed: BTreeSet<&str> = core.missed(Level::Must).map(|it| it.name.as_str()).collect();
    for filter in filters {
        let of_filter = |name: &&str| name.contains(filter);
        let names = core.deviations.iter().map(|it| it.name.as_str());
        let caught = names.filter(of_filter).filter(|name| !missed.contains(name)).count();
        assert!(caught > 0, "core catches none of {filter}: {missed:#?}");
    }
    let left = |name: &str| missed.contains(name);
    let deep = strength::measure(Profile::Deep, left, |_, _| {}).await.unwrap();
    let missed: Vec<_> = deep.missed(Level::Must).collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

/// What only `deep` can see: values of another type that are read as text, and longer lists.
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

/// Defects of foreign servers that were once missed. Which level each has, and which case names it, is
/// part of what is tested.
#[tokio::test(flavor = "multi_thread")]
async fn defects_of_foreign_servers_are_caught_by_the_case_about_them() {
    let expected = [
        ("name-is-stored-in-ascii", "names-beyond-ascii-are-stored"),
        ("list-has-one-id-twice", "list-has-nothing-twice"),
        ("oidc_policy-is-shown-without-its-last-line-break", "texts-are-returned-unchanged"),
        ("color-is-shown-in-lower-case", "texts-are-returned-unchanged"),
        ("color-is-shown-in-upper-case", "texts-are-returned-unchanged"),
        ("list-is-open-to-a-token-that-may-only-write", "reading-needs-its-scope"),
        ("get-is-open-to-a-token-that-may-only-write", "reading-needs-its-scope"),
        ("revocation-has-a-body-with-its-length", "revoke-access-token-fits-the-contract"),
        ("revocation-has-a-body-in-chunks", "revoke-access-token-fits-the-contract"),
        ("get-json-has-a-name-twice", "successes-are-json"),
        ("error-json-has-a-name-twice", "errors-are-json"),
        ("get-content-type-says-latin-1", "successes-are-json"),
        ("get-finds-by-the-beginning-of-the-slug", "unknown-slug-is-refused"),
        ("registry-token-times-are-of-another-zone", "registry-token-tells-when-it-was-created"),
    ];
    let wanted = |name: &str| expected.iter().any(|(it, _)| *it == name);
    let core = strength::measure(Profile::Core, wanted, |_, _| {}).await.unwrap();
    assert_eq!(core.deviations.len(), expected.len());
    for (name, case) in expected {
        let measured = core.deviations.iter().find(|it| it.name == name).unwrap();
        assert!(measured.by.iter().any(|it| it == case), "{measured:#?}");
    }
}

/// What a deployment does with one property shows only where each is changed alone.
#[tokio::test(flavor = "multi_thread")]
async fn each_property_is_explored_alone_and_lists_beyond_a_page() {
    let expected = [
        ("clearing-emoji-with-post-clears-color", "each-property-is-set-and-cleared-alone"),
        ("registry-token-list-is-cut-to-30", "long-lists-are-whole"),
        ("list-is-cut-to-30", "long-lists-are-whole"),
        ("revoked-token-may-still-write", "revoked-token-creates-nothing"),
        ("delete-removes-what-begins-with-the-slug", "sequences-do-what-the-model-says"),
    ];
    let wanted = |name: &str| expected.iter().any(|(it, _)| *it == name);
    let deep = strength::measure(Profile::Deep, wanted, |_, _| {}).await.unwrap();
    assert_eq!(deep.deviations.len(), expected.len());
    for (name, case) in expected {
        let measured = deep.deviations.iter().find(|it| it.name == name).unwrap();
        assert!(measured.by.iter().any(|it| it == case), "{measured:#?}");
    }
}

/// The same seed explores the same, and a failing sequence is shortened to few operations.
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
        let proxy = behind(&reference, change).await;
        let options = Options {
            profile: Profile::Deep,
            seed: Some(7),
            filters: vec!["sequences".into()],
            ..hasty()
        };
        let deployment = reference.at(&proxy.base_url);
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
async fn what_cannot_be_removed_is_reported() {
    let reference = Reference::start().await.unwrap();
    let proxy = behind(&reference, NoDelete).await;
    let report = run(&reference.at(&proxy.base_url)).await;
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
    let proxy = behind(&reference, change).await;
    let report = run(&reference.at(&proxy.base_url)).await;
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

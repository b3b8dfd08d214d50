//! What a run says of a deployment that deviates, and what it leaves there. How much it detects is
//! measured with the whole catalogue by `cargo xtask regenerate --strength`.

use http::Method;
use registries_conformance::{
    Profile, Status, Verdict,
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
        ["update-wipes", "rename", "invalid-body", "secret-in", "refused", "web-url", "malformed"];
    let strength =
        strength::measure(Profile::Core, &filters.map(str::to_owned), |_, _| {}).await.unwrap();
    assert!(strength.deviations.len() > 20 && strength.variations.len() > 2);
    let missed: Vec<_> = strength.missed(Level::Must).collect();
    assert!(strength.holds(), "{missed:#?} {:#?}", strength.false_alarms().collect::<Vec<_>>());
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
    assert_eq!(report.left_behind.len(), 3, "{:?}", report.left_behind);
    assert_eq!(reference.server.registries().await.unwrap(), 3);
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

//! What a report says of each requirement, of the disputed points, and of the contract.

use std::sync::Arc;

use chrono::Utc;
use http::StatusCode;
use registries_conformance::{
    Deployment, Options, Profile, Report, Status, Verdict,
    report::{self, RequirementReport, RequirementStatus},
    requirements::RequirementKind,
};
use registries_server::{EmbeddedOptions, ManualClock, RateLimit};
use registries_strength::reference::Reference;
use serde_json::json;

use crate::support::{Changed, behind, hasty, run};

fn requirement<'a>(report: &'a Report, id: &str) -> &'a RequirementReport {
    report.requirements.iter().find(|requirement| requirement.id == id).unwrap()
}

#[tokio::test]
async fn a_deep_run_verifies_every_requirement_that_is_covered() {
    let limits = EmbeddedOptions {
        user_rate_limit: RateLimit::PerMinute(900),
        organization_rate_limit: RateLimit::PerMinute(9000),
        clock: Arc::new(ManualClock::at(Utc::now())),
        ..EmbeddedOptions::default()
    };
    let mut reference = Reference::start_with(limits).await.unwrap();
    reference.give_team().await.unwrap();
    let options = Options { profile: Profile::Deep, exhaust_user_limit: true, ..hasty() };
    let report = registries_conformance::run(reference.deployment.clone(), options).await.unwrap();
    assert_eq!(report.count_requirements(RequirementStatus::Failed), 0);
    for requirement in &report.requirements {
        let is_covered = !requirement.cases.is_empty();
        let is_verified = requirement.status == RequirementStatus::Verified;
        if requirement.kind == RequirementKind::Required {
            assert_eq!(is_covered, is_verified, "{requirement:#?}");
        }
        assert_eq!(requirement.reason.is_none(), is_verified, "{requirement:#?}");
    }
    assert!(report.count_requirements(RequirementStatus::Verified) > 80);

    let answers: usize = report.coverage.statuses.iter().map(|it| it.times).sum();
    let explored = report.cases.iter().filter(|case| case.operations.is_empty());
    let explored: usize = explored.map(|case| case.requests).sum();
    // A preflight is no request to an operation, which coverage counts.
    let of_operations = report.cases.iter().filter(|case| case.name != "preflight-is-answered");
    assert!(explored > 0 && answers >= of_operations.map(|case| case.requests).sum());
}

/// A point that the run does not show is in the report as well.
#[tokio::test]
async fn every_disputed_point_is_a_reading_and_a_requirement() {
    let reference = Reference::start().await.unwrap();
    let report = run(&reference.deployment).await;
    let shown = |id: &str| {
        let reading = report.readings.iter().find(|reading| reading.id == id).unwrap();
        reading.follows.is_some()
    };
    for (id, reading) in [
        ("registry.object.web-url-path", "web-url"),
        ("registry.update.method", "update-method"),
        ("registry.object.team-ids-form", "team-ids"),
        ("cors.header-name", "cors-header"),
    ] {
        let is_verified = requirement(&report, id).status == RequirementStatus::Verified;
        assert_eq!(is_verified, shown(reading), "{id}");
    }
    assert!(shown("web-url") && !shown("team-ids"));
}

#[tokio::test]
async fn a_requirement_whose_cases_were_not_carried_out_says_why() {
    let reference = Reference::start().await.unwrap();
    let deployment = Deployment { limited_token: None, ..reference.deployment.clone() };
    let filters = vec!["create-".to_owned()];
    let options = Options { filters, ..hasty() };
    let report = registries_conformance::run(deployment, options).await.unwrap();
    assert_eq!(report.verdict, Verdict::Conforms);
    let reason = |id| requirement(&report, id).reason.as_deref().unwrap_or_default();
    assert_eq!(requirement(&report, "registry.create.success").status, RequirementStatus::Verified);
    assert!(reason("registry.create.scope").contains("--limited-token-env"));
    assert!(reason("registry.create.scope").starts_with("create-needs-its-scope: "));
    assert_eq!(reason("registry.delete.success"), "none of its cases was run");
    assert_eq!(reason("registry.update.ecosystem"), "its cases are part of deep");
    assert_eq!(reason("registry.delete.packages"), "packages are not part of the contract yet");
}

#[tokio::test]
async fn a_requirement_that_is_broken_has_failed_and_others_have_not() {
    let reference = Reference::start().await.unwrap();
    let change = Changed(|request, answer| {
        if request.method == "DELETE" && answer.status == StatusCode::OK {
            answer.status = StatusCode::ACCEPTED;
        }
        if request.method == "PUT" {
            answer.status = StatusCode::METHOD_NOT_ALLOWED;
            answer.set_json(&json!({"message": "no"}));
        }
    });
    let proxy = behind(&reference, change).await;
    let report = run(&reference.at(&proxy.base_url)).await;
    let failed = report.requirements.iter().filter(|it| it.status == RequirementStatus::Failed);
    let failed: Vec<&str> = failed.map(|it| it.id.as_str()).collect();
    let expected = [
        "registry.update.put",
        "registry.delete.success",
        "registry-token.delete",
        "registry-token.success",
    ];
    assert_eq!(failed, expected);
    let junit = report::junit(&report).unwrap();
    for text in [
        report::verbose(&report).to_string(),
        report::markdown(&report),
        report::html(&report).unwrap(),
    ] {
        assert!(text.contains(" verified, 4 failed, ") && text.contains("coverage: "), "{text}");
    }
    let junit = quick_junit::Report::deserialize_from_str(&junit).unwrap();
    let properties = &junit.test_suites[0].properties;
    let delete = properties.iter().find(|it| &*it.name == "requirement.registry.delete.success");
    let by = "failed: delete-succeeds, delete-registry-fits-the-contract";
    assert_eq!(&*delete.unwrap().value, by);
    let emoji = requirement(&report, "registry.update.emoji");
    assert_eq!(emoji.status, RequirementStatus::NotCovered, "{emoji:#?}");
}

/// A case that passes verifies what it saw of its requirements, and no others.
#[tokio::test]
async fn a_requirement_that_a_case_did_not_see_is_not_verified_by_it() {
    let reference = Reference::start().await.unwrap();
    let options = Options { profile: Profile::Smoke, ..hasty() };
    let report = registries_conformance::run(reference.deployment.clone(), options).await.unwrap();
    // Nothing is written, so that nothing is refused as invalid.
    let case = report.cases.iter().find(|case| case.name == "errors-have-the-documented-body");
    let case = case.unwrap();
    assert_eq!(case.status, Status::Pass);
    assert_eq!(case.open, ["common.error.validation-body"]);
    let message = requirement(&report, "common.error.message");
    assert_eq!(message.status, RequirementStatus::Verified);
    let validation = requirement(&report, "common.error.validation-body");
    assert_eq!(validation.status, RequirementStatus::NotCovered);
    assert!(validation.reason.as_deref().unwrap().contains("does not show it"), "{validation:#?}");
}

/// That anything about registry tokens is refused says nothing where there are none.
#[tokio::test]
async fn a_deployment_without_registry_tokens_has_nothing_verified_of_them() {
    let reference = Reference::start().await.unwrap();
    let change = Changed(|request, answer| {
        if request.is_about_registry_tokens() {
            answer.status = StatusCode::NOT_FOUND;
            answer.set_json(&json!({"message": "Not Found"}));
        }
    });
    let proxy = behind(&reference, change).await;
    let options = Options { profile: Profile::Deep, ..hasty() };
    let report = registries_conformance::run(reference.at(&proxy.base_url), options).await;
    let report = report.unwrap();
    let of_tokens = report.cases.iter().filter(|case| case.name.contains("registry-token"));
    let passed = of_tokens.filter(|case| case.status == Status::Pass);
    assert_eq!(passed.map(|case| case.name.as_str()).collect::<Vec<_>>(), Vec::<&str>::new());
    let of_tokens = report.requirements.iter().filter(|it| it.id.starts_with("registry-token."));
    let verified = of_tokens.filter(|it| it.status == RequirementStatus::Verified);
    assert_eq!(verified.map(|it| it.id.as_str()).collect::<Vec<_>>(), Vec::<&str>::new());
    let reason = &requirement(&report, "registry-token.delete").reason;
    assert!(reason.is_some(), "{reason:?}");
}

/// Without the ids of those that were created, a list shows nothing of them.
#[tokio::test]
async fn registry_tokens_without_ids_are_not_said_to_stay_away() {
    let reference = Reference::start().await.unwrap();
    let change = Changed(|request, answer| {
        if request.is("POST", "/tokens") {
            answer.each("created_by", |token| token["id"] = json!(null));
        }
    });
    let proxy = behind(&reference, change).await;
    let options = Options { profile: Profile::Deep, ..hasty() };
    let report = registries_conformance::run(reference.at(&proxy.base_url), options).await;
    let report = report.unwrap();
    let name = "registry-tokens-do-not-come-back";
    let case = report.cases.iter().find(|case| case.name == name).unwrap();
    assert_eq!(case.status, Status::Skip, "{case:#?}");
}

#[tokio::test]
async fn coverage_has_what_was_seen_of_the_contract_and_what_was_not() {
    let reference = Reference::start().await.unwrap();
    let report = run(&reference.deployment).await;
    let coverage = &report.coverage;
    let unseen: Vec<&str> = coverage
        .properties
        .iter()
        .filter(|it| it.schema == "Registry" && !it.is_seen())
        .map(|it| it.property.as_str())
        .collect();
    assert_eq!(unseen, ["team_ids"], "it depends on the organization");
    for property in coverage.properties.iter().filter(|it| it.schema == "Registry" && it.nullable) {
        assert!(property.null > 0 && property.non_null > 0, "{property:#?}");
    }
    let answers: usize = coverage.statuses.iter().map(|it| it.times).sum();
    assert_eq!(answers, report.requests, "each has a documented status");
    let successes = coverage.statuses.iter().filter(|it| it.status < 300);
    assert!(successes.clone().all(|it| it.times > 0), "{:#?}", successes.collect::<Vec<_>>());
}

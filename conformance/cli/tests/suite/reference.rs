//! The reference server conforms, the suite leaves nothing in it, and its transcripts are the
//! snapshots that deployments are compared with.

use std::sync::atomic::Ordering;

use http::{HeaderValue, StatusCode};
use registries_conformance::{
    Deployment, Options, Profile, Status, Verdict,
    cases::{self, Case},
    deployment::Token,
    group::Group,
};
use registries_server::{Embedded, EmbeddedOptions, Scope};
use registries_strength::{
    faulty_proxy::{Answering, Behaviour, Incoming, Upstream},
    reference::Reference,
};
use serde_json::{Value, json};

use crate::{
    postgres::Database,
    support::{Changed, InTurns, behind, hasty, run, with_team},
};

/// What only a deployment that limits what a user sends can show.
const OF_USER_LIMIT: &str = "user-limit-is-enforced";

#[tokio::test]
async fn the_reference_server_passes_every_case_and_is_left_as_it_was() {
    let reference = Reference::start().await.unwrap();
    let report = run(&reference.deployment).await;
    let others = report.cases.iter().filter(|case| case.status != Status::Pass);
    let others: Vec<_> = others.map(|case| (&*case.name, case.status)).collect();
    assert_eq!(others, []);
    assert_eq!(report.findings().count(), 0, "{:#?}", report.findings().collect::<Vec<_>>());
    assert_eq!(report.verdict, Verdict::Conforms);
    assert_eq!(report.differences, []);
    assert!(report.cases.len() >= 30);
    assert!(report.requests <= Profile::Core.budgets()[0].1, "{} requests", report.requests);
    let charged: usize = report.cases.iter().map(|case| case.requests).sum();
    assert_eq!(charged, report.requests);
    assert_eq!(reference.server.registries().await.unwrap(), 0);
    reference.server.shutdown().await;
}

/// A missing team to name must not fail the deployment.
#[tokio::test]
async fn an_organization_with_teams_is_not_judged() {
    let reference = Reference::start().await.unwrap();
    reference.server.create_team(reference.server.organization(), "Platform").await.unwrap();
    let report = run(&reference.deployment).await;
    assert_eq!(report.findings().count(), 0, "{:#?}", report.findings().collect::<Vec<_>>());
    assert_eq!(report.verdict, Verdict::Incomplete);
    let create = report.cases.iter().find(|case| case.name == "create-succeeds").unwrap();
    assert!(create.reason.as_deref().unwrap().contains("--team"), "{create:#?}");
    assert_eq!(reference.server.registries().await.unwrap(), 0);
    reference.server.shutdown().await;
}

#[tokio::test]
async fn an_organization_with_teams_is_judged_when_one_is_named() {
    for profile in [Profile::Core, Profile::Deep] {
        let reference = with_team().await;
        let options = Options { profile, ..hasty() };
        let run = registries_conformance::run(reference.deployment.clone(), options);
        let report = run.await.unwrap();
        let others = report.cases.iter().filter(|case| case.status != Status::Pass);
        let others: Vec<_> = others.map(|case| &*case.name).collect();
        assert!(others.iter().all(|name| *name == OF_USER_LIMIT), "{others:?}");
        assert_eq!(report.verdict, Verdict::Conforms);
        assert_eq!(reference.server.registries().await.unwrap(), 0);
        reference.server.shutdown().await;
    }
}

/// An id that is mistyped is nothing that the deployment does wrong.
#[tokio::test]
async fn an_unknown_team_does_not_fail_the_deployment() {
    let reference = with_team().await;
    let team = Some("0191df84-0000-7000-8000-000000000001".to_owned());
    let report = run(&Deployment { team, ..reference.deployment.clone() }).await;
    assert_eq!(report.findings().count(), 0, "{:#?}", report.findings().collect::<Vec<_>>());
    assert_eq!(report.verdict, Verdict::Incomplete);
    let create = report.cases.iter().find(|case| case.name == "create-succeeds").unwrap();
    assert!(create.reason.as_deref().unwrap().contains(", which --team names"), "{create:#?}");
}

#[tokio::test]
async fn a_team_may_be_named_in_upper_case_and_returned_beside_others() {
    let reference = with_team().await;
    let team = reference.deployment.team.as_ref().map(|team| team.to_uppercase());
    let more = Changed(|_, answer| {
        answer.each_registry(|registry| {
            if let Some(teams) = registry["team_ids"].as_array_mut() {
                teams.insert(0, json!("0191df84-0000-7000-8000-000000000001"));
            }
        });
    });
    let proxy = behind(&reference, more).await;
    let deployment = Deployment { team, ..reference.at(&proxy.base_url) };
    let filters = vec!["teams-are".to_owned()];
    let options = Options { profile: Profile::Deep, filters, ..hasty() };
    let report = registries_conformance::run(deployment, options).await.unwrap();
    assert_eq!(report.cases[0].status, Status::Pass, "{:#?}", report.cases[0]);
}

/// Whichever server answers, the others have to know of it with the next request.
#[tokio::test(flavor = "multi_thread")]
async fn servers_that_share_a_database_and_take_turns_are_one_deployment() {
    let Some(database) = Database::create() else { return };
    for profile in [Profile::Core, Profile::Deep] {
        let options = EmbeddedOptions {
            database: Some(database.url()),
            public_url: Some("https://registries.example".to_owned()),
            ..EmbeddedOptions::default()
        };
        let reference = Reference::start_with(options.clone()).await.unwrap();
        let others = [
            Embedded::start_with(options.clone()).await.unwrap(),
            Embedded::start_with(options).await.unwrap(),
        ];
        let servers = [reference.server.base_url(), others[0].base_url(), others[1].base_url()];
        let turns = InTurns::new(&servers);
        let answered = turns.answered();
        let proxy = behind(&reference, turns).await;

        let options = Options { profile, ..hasty() };
        let deployment = reference.at(&proxy.base_url);
        let report = registries_conformance::run(deployment, options).await.unwrap();
        let findings: Vec<_> = report.findings().collect();
        assert_eq!(findings.len(), 0, "{findings:#?}");
        assert_eq!(report.verdict, Verdict::Conforms);
        assert_eq!(report.differences, []);
        for answered in answered {
            let answered = answered.load(Ordering::Relaxed);
            assert!(answered >= report.requests / 3, "{answered} of {}", report.requests);
        }
        assert_eq!(reference.server.registries().await.unwrap(), 0);
        for server in others.into_iter().chain([reference.server]) {
            server.shutdown().await;
        }
    }
}

#[tokio::test]
async fn every_case_can_be_run_alone() {
    let reference = with_team().await;
    let mut others = Vec::new();
    for (case, profile) in cases::all().map(|case: &Case| (case.name, case.profile())) {
        // Alone in `smoke`, one of them has nothing but refusals to look at.
        let profile = profile.max(Profile::Core);
        // The revocable token is good for one run only.
        let deployment = Deployment { revocable_token: None, ..reference.deployment.clone() };
        let options = Options { filters: vec![case.to_owned()], profile, ..hasty() };
        let report = registries_conformance::run(deployment, options).await.unwrap();
        let found = report.cases.iter().find(|report| report.name == case).unwrap();
        let is_skipped = case.contains("revoke")
            || ["reading-needs-its-scope", "delete-needs-a-scope-of-its-own"].contains(&case)
            || case == OF_USER_LIMIT;
        let expected = if is_skipped { Status::Skip } else { Status::Pass };
        if found.status != expected {
            others.push((case, found.status, found.reason.clone()));
        }
        assert_eq!(reference.server.registries().await.unwrap(), 0, "{case} left something");
    }
    assert_eq!(others, []);
    reference.server.shutdown().await;
}

#[tokio::test]
async fn without_the_other_tokens_their_cases_are_skipped_with_the_reason() {
    let reference = Reference::start().await.unwrap();
    let deployment =
        Deployment { limited_token: None, revocable_token: None, ..reference.deployment.clone() };
    let report = run(&deployment).await;
    assert_eq!(report.verdict, Verdict::Conforms);
    let skipped: Vec<(&str, &str)> = report
        .cases
        .iter()
        .filter(|case| case.status == Status::Skip && case.name != OF_USER_LIMIT)
        .map(|case| (case.name.as_str(), case.reason.as_deref().unwrap_or_default()))
        .collect();
    assert_eq!(skipped.len(), 10, "{skipped:#?}");
    for (name, reason) in skipped {
        assert!(reason.contains("-token-env"), "{name}: {reason}");
    }
}

#[tokio::test]
async fn transcripts_are_the_snapshots() {
    let reference = Reference::start().await.unwrap();
    let transcripts =
        registries_conformance::transcripts(reference.deployment.clone()).await.unwrap();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../../../snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for (step, transcript) in transcripts {
            insta::assert_snapshot!(step, transcript);
        }
    });
}

#[tokio::test]
async fn a_part_of_the_api_can_be_looked_at_alone() {
    for (group, most, operation) in [
        (Group::Registries, 45, "create_registry"),
        (Group::RegistryTokens, 40, "create_registry_token"),
        (Group::Organizations, 15, "get_rate_limit"),
    ] {
        let reference = Reference::start().await.unwrap();
        let options = Options { group: Some(group), ..hasty() };
        let report = registries_conformance::run(reference.deployment.clone(), options).await;
        let report = report.unwrap();
        assert_eq!(report.verdict, Verdict::Conforms, "{group}");
        assert!(report.requests <= most, "{group}: {} requests", report.requests);
        assert!(report.count(Status::Skip) == 0, "{group}: {:#?}", report.cases);
        let seen =
            |it: &str| report.coverage.statuses.iter().any(|s| s.operation == it && s.times > 0);
        assert!(seen(operation), "{group}");
        assert_eq!(seen("list_organizations"), group == Group::Organizations, "{group}");
        assert_eq!(reference.server.registries().await.unwrap(), 0, "{group}");
    }
}

#[tokio::test]
async fn without_their_scopes_organizations_are_not_looked_at() {
    let reference = Reference::start().await.unwrap();
    let scopes = [Scope::ReadRegistries, Scope::WriteRegistries, Scope::DeleteRegistries];
    let server = &reference.server;
    let secret = server.create_token(server.organization(), &scopes).await.unwrap();
    let token = Token::new(&secret).unwrap();
    let report = run(&Deployment { token, ..reference.deployment.clone() }).await;
    assert_eq!(report.verdict, Verdict::Conforms, "{:#?}", report.findings().collect::<Vec<_>>());
    let skipped = |name: &str| {
        let case = report.cases.iter().find(|case| case.name == name).unwrap();
        (case.status, case.reason.clone().unwrap_or_default())
    };
    for (case, scope) in
        [("organization-is-got", "read_organizations"), ("rate-limit-is-told", "read_accounts")]
    {
        let (status, reason) = skipped(case);
        assert_eq!(status, Status::Skip, "{case}");
        assert!(reason.contains(scope), "{case}: {reason}");
    }
}

/// A deployment that chooses otherwise wherever it may.
struct OtherChoices;

impl Behaviour for OtherChoices {
    fn answer<'a>(&'a self, mut request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let body = request.json().filter(|_| request.is_update());
            if let Some(body) = body.filter(|body| body.get("ecosystem").is_some()) {
                // What cannot change is ignored instead of refused.
                request.set_json(&without(body, "ecosystem"));
            }
            let mut outgoing = upstream.send(&request).await;
            outgoing.each("scopes", |limits| {
                if let Some(rest) = limits.pointer_mut("/scopes/rest") {
                    rest["limit"] = json!(200_000);
                }
            });
            let left = outgoing.headers.get("ratelimit-remaining").unwrap().to_str().unwrap();
            let left = left.parse::<u64>().unwrap() + 100_000;
            outgoing.headers.insert("ratelimit-remaining", HeaderValue::from(left));
            outgoing.headers.insert("ratelimit-limit", HeaderValue::from_static("200000"));
            outgoing.headers.insert("x-request-id", HeaderValue::from_static("17"));
            outgoing.headers.insert(
                "content-type",
                HeaderValue::from_static("application/json; charset=utf-8"),
            );
            outgoing.each_registry(|registry| {
                let url = registry["web_url"]
                    .as_str()
                    .unwrap()
                    .replace("/registries/", "/packages/registries/");
                registry["web_url"] = json!(url);
                registry["team_ids"] = json!([]);
            });
            match outgoing.status {
                StatusCode::NOT_FOUND if request.method == "GET" => {
                    outgoing.set_json(&json!({"message": "No."}));
                }
                StatusCode::UNAUTHORIZED if !request.path.ends_with("/access-token") => {
                    outgoing.status = StatusCode::FORBIDDEN;
                    outgoing.set_json(&json!({"message": "Who?"}));
                }
                StatusCode::BAD_REQUEST => outgoing.status = StatusCode::UNPROCESSABLE_ENTITY,
                _ => {}
            }
            outgoing
        })
    }
}

fn without(mut body: Value, property: &str) -> Value {
    body.as_object_mut().unwrap().remove(property);
    body
}

#[tokio::test]
async fn other_choices_conform_and_have_the_same_transcripts() {
    let reference = Reference::start().await.unwrap();
    let deviating = behind(&reference, OtherChoices).await;
    let report = run(&reference.at(&deviating.base_url)).await;
    assert_eq!(report.verdict, Verdict::Conforms, "{:#?}", report.findings().collect::<Vec<_>>());
    assert_eq!(report.count(Status::Warn), 0, "{:#?}", report.findings().collect::<Vec<_>>());
    assert_eq!(report.differences, []);
}

//! The operations on organizations, and their limits.

use std::sync::Arc;

use registries_server::{EmbeddedOptions, ManualClock, RateLimit, Scope, TokenRequest};
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Database, on_every_database};
use crate::transcript::Transcript;

on_every_database! {
    an_organization_is_got_and_listed_as_documented,
    a_token_sees_its_own_organizations_only,
    a_token_can_be_for_several_organizations_which_are_listed_in_pages,
    limits_are_reported_with_what_is_used_of_them,
}

const ORGANIZATION: &str = documented!("organizations/get-an-organization.response.json");
const RATE_LIMITS: &str = documented!("organization-rate-limits/get-rate-limits.response.json");

async fn an_organization_is_got_and_listed_as_documented(database: Database) {
    let created_at: chrono::DateTime<chrono::Utc> = "2015-05-09T21:05:59.874Z".parse().unwrap();
    let clock = Arc::new(ManualClock::at(created_at));
    let api = Api::start_with(EmbeddedOptions { clock, ..database.options() }).await;
    let got = api.get("/organizations/example-org").await;
    assert_eq!(got.status, 200);
    let base = api.server.base_url();
    let mut expected: Value = serde_json::from_str(ORGANIZATION).unwrap();
    let documented = "https://api.buildkite.com/v2/organizations/my-great-org";
    for name in ["url", "pipelines_url", "agents_url", "emojis_url"] {
        let url = expected[name].as_str().unwrap();
        let ours = format!("{base}/organizations/example-org");
        expected[name] = json!(url.replace(documented, &ours));
    }
    let origin = base.strip_suffix("/v2").unwrap();
    expected["web_url"] = json!(format!("{origin}/organizations/example-org"));
    expected["name"] = json!("example-org");
    expected["slug"] = json!("example-org");
    for name in ["id", "graphql_id"] {
        expected[name] = got.body[name].clone();
    }
    assert_eq!(got.body, expected);
    let listed = api.get("/organizations").await;
    assert_eq!((listed.status.as_u16(), &listed.body), (200, &json!([expected])));
    assert_eq!(listed.header("link"), None);
    assert_eq!(api.get("/organizations?page=2").await.body, json!([]));
}

async fn a_token_sees_its_own_organizations_only(database: Database) {
    let api = Api::start_on(&database).await;
    api.server.create_organization("other").await.unwrap();
    let mut transcript = Transcript::of(&api);
    for path in ["", "/other", "/unknown", "/other/rate_limit"] {
        transcript.get(&format!("/organizations{path}")).await;
    }
    insta::assert_snapshot!("own-organizations", transcript);
}

async fn a_token_can_be_for_several_organizations_which_are_listed_in_pages(database: Database) {
    let api = Api::start_on(&database).await;
    for slug in ["third", "not-mine", "another"] {
        api.server.create_organization(slug).await.unwrap();
    }
    let organizations = ["third", "example-org", "another", "third"].map(str::to_owned).to_vec();
    let request = TokenRequest { organizations, ..TokenRequest::new("third", &Scope::ALL) };
    let mut transcript = Transcript::of(&api);
    transcript.token = api.server.issue_token(&request).await.unwrap();
    for query in ["", "?per_page=2", "?per_page=2&page=2", "?per_page=2&page=3"] {
        transcript.get(&format!("/organizations{query}")).await;
    }
    for slug in ["another", "example-org", "third", "not-mine"] {
        transcript.get(&format!("/packages/organizations/{slug}/registries")).await;
    }
    transcript.get("/access-token").await;
    insta::assert_snapshot!("several-organizations", transcript);
}

async fn limits_are_reported_with_what_is_used_of_them(database: Database) {
    let clock = Arc::new(ManualClock::at("2025-12-02T05:29:25Z".parse().unwrap()));
    let options = EmbeddedOptions {
        clock,
        organization_rate_limit: RateLimit::PerMinute(200),
        ..database.options()
    };
    let api = Api::start_with(options).await;
    for _ in 0..4 {
        api.get("/organizations/example-org").await;
    }
    let answer = api.get("/organizations/example-org/rate_limit").await;
    let mut expected: Value = serde_json::from_str(RATE_LIMITS).unwrap();
    // There is no GraphQL API here.
    expected["scopes"]["graphql"] = json!({
        "limit": 50000, "current": 0, "reset": 35, "reset_at": "2025-12-02T05:30:00Z",
        "enforced": false,
    });
    assert_eq!((answer.status.as_u16(), &answer.body), (200, &expected));
    assert_eq!(answer.number("ratelimit-remaining"), 195);

    let api = Api::start_on(&database).await;
    let rest = &api.get("/organizations/example-org/rate_limit").await.body["scopes"]["rest"];
    assert_eq!((&rest["limit"], &rest["enforced"]), (&json!(200), &json!(false)));
    let none = api.token(&[Scope::ReadOrganizations]).await;
    let request = api.request("GET", "/organizations/example-org/rate_limit").bearer_auth(none);
    assert_eq!(Answer::to(request).await.status, 403);
}

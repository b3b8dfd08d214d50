//! The operations on organizations, and their limits.

use std::sync::Arc;

use registries_server::{EmbeddedOptions, ManualClock, RateLimit, Scope, TokenRequest};
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Database, on_every_database};

on_every_database! {
    an_organization_is_got_and_listed_as_documented,
    a_token_sees_its_own_organizations_only,
    a_token_can_be_for_several_organizations_which_are_listed_in_pages,
    limits_are_told_with_what_is_used_of_them,
}

const ORGANIZATION: &str = include_str!("../data/organizations/get-an-organization.response.json");
const RATE_LIMITS: &str =
    include_str!("../data/organization-rate-limits/get-rate-limits.response.json");

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
    let listed = api.get("/organizations").await.body;
    let slugs: Vec<&str> =
        listed.as_array().unwrap().iter().map(|it| it["slug"].as_str().unwrap()).collect();
    assert_eq!(slugs, ["example-org"]);
    for path in
        ["/organizations/other", "/organizations/unknown", "/organizations/other/rate_limit"]
    {
        assert_eq!(api.get(path).await.status, 404, "{path}");
    }
}

async fn a_token_can_be_for_several_organizations_which_are_listed_in_pages(database: Database) {
    let api = Api::start_on(&database).await;
    for slug in ["third", "not-mine", "another"] {
        api.server.create_organization(slug).await.unwrap();
    }
    let organizations = ["third", "example-org", "another", "third"].map(str::to_owned).to_vec();
    let request = TokenRequest { organizations, ..TokenRequest::new("third", &Scope::ALL) };
    let token = api.server.issue_token(&request).await.unwrap();
    let get = async |path: &str| Answer::to(api.request("GET", path).bearer_auth(&token)).await;
    let url = format!("{}/organizations", api.server.base_url());
    let link =
        |page: u32, relation: &str| format!("<{url}?page={page}&per_page=2>; rel=\"{relation}\"");
    let first = format!("{}, {}", link(2, "next"), link(2, "last"));
    let second = format!("{}, {}", link(1, "prev"), link(1, "first"));
    for (query, slugs, expected) in [
        ("", &["another", "example-org", "third"][..], None),
        ("?per_page=2", &["another", "example-org"], Some(first.as_str())),
        ("?page=1&per_page=2", &["another", "example-org"], Some(first.as_str())),
        ("?per_page=2&page=2", &["third"], Some(second.as_str())),
    ] {
        let listed = get(&format!("/organizations{query}")).await;
        assert_eq!(listed.status, 200, "{query}");
        let found = listed.body.as_array().unwrap().iter().map(|it| it["slug"].as_str().unwrap());
        assert_eq!(found.collect::<Vec<_>>(), slugs, "{query}");
        assert_eq!(listed.header("link"), expected, "{query}");
    }
    for (slug, status) in
        [("another", 200), ("example-org", 200), ("third", 200), ("not-mine", 404)]
    {
        let path = format!("/packages/organizations/{slug}/registries");
        assert_eq!(get(&path).await.status, status, "{slug}");
    }
    let email = get("/access-token").await.body["user"]["email"].clone();
    assert_eq!(email, "third@users.example.org");
}

async fn limits_are_told_with_what_is_used_of_them(database: Database) {
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

//! The two rate limits, with a clock that only the test moves.

use std::sync::Arc;
use std::time::Duration;

use registries_server::{EmbeddedOptions, ManualClock, RateLimit, Scope, TokenRequest};
use serde_json::{Value, json};

use crate::harness::{Answer, Api, Database, on_every_database};
use crate::transcript::Transcript;

on_every_database! {
    headers_count_down_and_start_again_with_the_minute,
    over_the_limit_of_a_user_the_documented_example_is_reproduced,
    users_of_an_organization_share_its_limit_and_other_organizations_do_not,
    a_refused_request_does_nothing,
    anonymous_callers_have_windows_of_their_own,
    limits_that_are_off_are_reported_and_not_enforced,
    a_clock_that_is_set_back_empties_no_window,
}

const EXCEEDED: &str = documented!("rate-limits/exceeding-the-rate-limit.response.json");

/// A server with these limits, 18 seconds into a minute.
async fn limited(
    database: &Database,
    organization: RateLimit,
    user: RateLimit,
) -> (Api, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at("2026-01-01T00:00:18Z".parse().unwrap()));
    let options = EmbeddedOptions {
        organization_rate_limit: organization,
        user_rate_limit: user,
        clock: clock.clone(),
        ..database.options()
    };
    (Api::start_with(options).await, clock)
}

async fn token_of(api: &Api, organization: &str, user: &str) -> String {
    let user = Some(format!("{user}@example.org"));
    let request = TokenRequest { user, ..TokenRequest::new(organization, &Scope::ALL) };
    api.server.issue_token(&request).await.unwrap()
}

async fn headers_count_down_and_start_again_with_the_minute(database: Database) {
    let (api, clock) = limited(&database, RateLimit::PerMinute(10), RateLimit::PerMinute(5)).await;
    let mut transcript = Transcript::of(&api);
    for (later, what) in [(0, "first"), (0, "second"), (41, "after 41 s"), (1, "after 42 s")] {
        clock.advance(Duration::from_secs(later));
        transcript.limits(what, &api.get(&api.registries()).await);
    }
    insta::assert_snapshot!("headers", transcript);
}

async fn over_the_limit_of_a_user_the_documented_example_is_reproduced(database: Database) {
    let (api, clock) = limited(&database, RateLimit::Off, RateLimit::PerMinute(50)).await;
    let mut transcript = Transcript::of(&api);
    let mut get = async |number: u32| {
        let answer = api.get(&api.registries()).await;
        if [1, 49, 50, 51, 55, 56].contains(&number) {
            transcript.limits(&format!("request {number}"), &answer);
        }
        answer
    };
    for number in 1..55 {
        get(number).await;
    }
    let answer = get(55).await;
    let expected: Value = serde_json::from_str(EXCEEDED).unwrap();
    assert_eq!((answer.status.as_u16(), answer.body), (429, expected));
    clock.advance(Duration::from_secs(42));
    get(56).await;
    insta::assert_snapshot!("over-the-limit", transcript);
}

async fn users_of_an_organization_share_its_limit_and_other_organizations_do_not(
    database: Database,
) {
    let (api, _) = limited(&database, RateLimit::PerMinute(3), RateLimit::Off).await;
    api.server.create_organization("other").await.unwrap();
    let (one, two) =
        (token_of(&api, "example-org", "a").await, token_of(&api, "example-org", "b").await);
    let theirs = token_of(&api, "other", "a").await;
    let get = async |token: &str, organization: &str| {
        let path = format!("/packages/organizations/{organization}/registries");
        Answer::to(api.request("GET", &path).bearer_auth(token)).await
    };
    let mut transcript = Transcript::of(&api);
    for (what, token, organization) in [
        ("one", &one, "example-org"),
        ("two", &two, "example-org"),
        ("one again", &one, "example-org"),
        ("one too many", &two, "example-org"),
        // Their token reaches only their own organization's window, whatever path it names.
        ("theirs in vain", &theirs, "example-org"),
        ("theirs", &theirs, "other"),
    ] {
        let answer = get(token, organization).await;
        transcript.limits(what, &answer);
        if !answer.status.is_success() {
            transcript.row(what, &answer);
        }
    }
    insta::assert_snapshot!("shared", transcript);
    let own = Answer::to(api.request("GET", "/access-token").bearer_auth(&theirs)).await;
    assert_eq!(own.number("ratelimit-remaining"), 0);
}

async fn a_refused_request_does_nothing(database: Database) {
    let (api, clock) = limited(&database, RateLimit::Off, RateLimit::PerMinute(1)).await;
    api.create("a").await;
    let answer = api.send("DELETE", &api.registry("a"), Value::Null).await;
    assert_eq!(answer.status, 429);
    let body = json!({"name": "b", "ecosystem": "ruby"});
    assert_eq!(api.send("POST", &api.registries(), body).await.status, 429);
    clock.advance(Duration::from_mins(1));
    assert_eq!(api.get(&api.registries()).await.body.as_array().unwrap().len(), 1);
}

async fn anonymous_callers_have_windows_of_their_own(database: Database) {
    let (api, _) = limited(&database, RateLimit::PerMinute(3), RateLimit::PerMinute(3)).await;
    let anonymous = [
        api.request("GET", &api.registries()),
        api.request("GET", "/unknown").bearer_auth("unknown"),
        api.request("BREW", "/access-token"),
    ];
    for (used, request) in (1..).zip(anonymous) {
        let answer = Answer::to(request).await;
        assert!([401, 404, 405].contains(&answer.status.as_u16()));
        assert_eq!(answer.number("ratelimit-remaining"), 3 - used);
        assert_eq!(answer.number("ratelimit-user-remaining"), 3 - used);
    }
    let answer = Answer::to(api.request("GET", "/access-token")).await;
    assert_eq!(answer.status, 429);
    // Who has a token is not kept out by those who have none.
    assert_eq!(api.get("/access-token").await.number("ratelimit-remaining"), 2);
}

async fn limits_that_are_off_are_reported_and_not_enforced(database: Database) {
    let (api, _) = limited(&database, RateLimit::Off, RateLimit::Off).await;
    let mut transcript = Transcript::of(&api);
    for number in 1..=201 {
        let answer = api.get("/access-token").await;
        assert_eq!(answer.status, 200);
        if [1, 201].contains(&number) {
            transcript.limits(&format!("request {number}"), &answer);
        }
    }
    insta::assert_snapshot!("off", transcript);
}

async fn a_clock_that_is_set_back_empties_no_window(database: Database) {
    let (api, clock) = limited(&database, RateLimit::PerMinute(9), RateLimit::PerMinute(2)).await;
    for _ in 0..2 {
        assert_eq!(api.get("/access-token").await.status, 200);
    }
    for earlier in ["2026-01-01T00:00:05Z", "2025-12-31T23:58:00Z", "2025-01-01T00:00:00Z"] {
        clock.set(earlier.parse().unwrap());
        assert_eq!(api.get("/access-token").await.status, 429, "{earlier}");
    }
    // One that was ahead blocks no client for longer than its minute, and leaves nothing behind.
    clock.advance(Duration::from_mins(1));
    assert_eq!(api.get("/access-token").await.number("ratelimit-user-remaining"), 1);
    clock.set("2026-01-01T00:00:00Z".parse().unwrap());
    assert_eq!(api.get("/access-token").await.number("ratelimit-user-remaining"), 1);
}

/// The table is locked: a request with a look-up would wait, and fail with 503.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_tokens_beyond_the_limit_cost_no_query() {
    let Some(postgres) = crate::postgres::Database::create() else { return };
    let url = postgres.url();
    let database = Database::Postgres(postgres);
    let (api, clock) = limited(&database, RateLimit::PerMinute(9), RateLimit::PerMinute(3)).await;
    let late = token_of(&api, "example-org", "late").await;
    assert_eq!(api.get("/access-token").await.status, 200);
    let get = async |token: &str| {
        Answer::to(api.request("GET", "/access-token").bearer_auth(token)).await.status.as_u16()
    };
    for index in 0..3 {
        assert_eq!(get(&format!("unknown-{index}")).await, 401);
    }
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    let mut locked = pool.begin().await.unwrap();
    sqlx::query("LOCK TABLE access_tokens").execute(&mut *locked).await.unwrap();
    for index in 3..20 {
        assert_eq!(get(&format!("unknown-{index}")).await, 429);
    }
    locked.rollback().await.unwrap();
    assert_eq!(api.get("/access-token").await.status, 200, "a token that was valid still is");
    clock.advance(Duration::from_mins(1));
    assert_eq!(get(&late).await, 200);
}

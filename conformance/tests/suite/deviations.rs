//! The suite finds what it claims to find: deviations are put between it and the reference server,
//! one at a time, and each must be found by the case that is there for it.

use std::sync::Mutex;

use crate::support::{
    Reference,
    deviating::{Deviating, Deviation, Incoming, Outgoing, Upstream},
    run,
};
use http::{HeaderValue, StatusCode, header};
use registries_conformance::{Report, Status, Verdict};
use serde_json::{Value, json};

/// A deviation without state: what it makes of a request, and of the answer to it.
struct Stateless {
    request: fn(&mut Incoming),
    answer: fn(&Incoming, &mut Outgoing),
}

impl Deviation for Stateless {
    async fn answer(&self, mut request: Incoming, upstream: Upstream) -> Outgoing {
        (self.request)(&mut request);
        let mut outgoing = upstream.send(&request).await;
        (self.answer)(&request, &mut outgoing);
        outgoing
    }
}

/// Runs the suite against the reference server behind a deviation, and checks that the run left
/// nothing in it.
async fn run_against(deviation: impl Deviation) -> Report {
    let reference = Reference::start().await;
    let deviating = Deviating::start(reference.server.base_url(), deviation).await;
    let report = run(&reference.behind(&deviating)).await;
    assert_eq!(report.left_behind, Vec::<String>::new());
    assert_eq!(reference.server.registries().await.unwrap(), 0, "something was left behind");
    report
}

/// Checks that `case` did not hold, with `status`, and that the verdict says so.
fn assert_found(report: &Report, case: &str, status: Status) {
    let found = report.cases.iter().find(|report| report.name == case).unwrap();
    let others: Vec<(&str, Status)> = report
        .cases
        .iter()
        .filter(|case| case.status != Status::Pass)
        .map(|case| (case.name.as_str(), case.status))
        .collect();
    assert_eq!(found.status, status, "{case} did not find it; these did: {others:#?}");
    assert!(!found.findings.is_empty());
    let is_failed = others.iter().any(|(_, status)| *status == Status::Fail);
    assert_eq!(is_failed, status == Status::Fail, "{others:#?}");
    assert_eq!(report.verdict == Verdict::Deviates, is_failed, "{:?}", report.verdict);
    assert!(report.requests <= 60, "{} requests", report.requests);
}

/// Declares a test for a stateless deviation: the request it changes, the answer it changes, and
/// the case that must not hold.
macro_rules! deviations {
    ($($name:ident: $request:expr, $answer:expr => $case:literal $status:ident;)*) => {
        $(
            #[tokio::test]
            async fn $name() {
                let report = run_against(Stateless { request: $request, answer: $answer }).await;
                assert_found(&report, $case, Status::$status);
            }
        )*
    };
}

fn as_sent(_: &mut Incoming) {}

fn as_answered(_: &Incoming, _: &mut Outgoing) {}

fn set(name: &'static str, value: Value) -> impl Fn(&mut Value) {
    move |registry| registry[name] = value.clone()
}

fn refuse(outgoing: &mut Outgoing, status: StatusCode) {
    outgoing.status = status;
    outgoing.set_json(&json!({"message": "no"}));
}

deviations! {
    the_list_is_wrapped: as_sent, |request, answer| {
        if request.is("GET", "/registries") && answer.status.is_success() {
            answer.set_json(&json!({"items": answer.json()}));
        }
    } => "list-registries-fits-the-contract" Fail;

    a_property_is_missing: as_sent, |_, answer| answer.each_registry(|registry| {
        registry.as_object_mut().unwrap().remove("web_url");
    }) => "get-registry-fits-the-contract" Fail;

    a_property_has_another_type: as_sent, |_, answer| {
        answer.each_registry(set("public", json!("false")));
    } => "create-registry-fits-the-contract" Fail;

    a_property_is_not_documented: as_sent, |_, answer| {
        answer.each_registry(set("internal_shard", json!(7)));
    } => "update-registry-fits-the-contract" Fail;

    an_id_is_no_uuid: as_sent, |_, answer| answer.each_registry(|registry| {
        registry["id"] = json!(format!("id-{}", registry["slug"].as_str().unwrap()));
    }) => "create-registry-fits-the-contract" Fail;

    the_graphql_id_is_of_something_else: as_sent, |_, answer| {
        answer.each_registry(set("graphql_id", json!("UGFja2FnZS0tLTE=")));
    } => "graphql-id-encodes-id" Fail;

    create_answers_201: as_sent, |request, answer| {
        if request.is_create() && answer.status == StatusCode::OK {
            answer.status = StatusCode::CREATED;
        }
    } => "create-succeeds" Fail;

    the_content_type_is_html: as_sent, |_, answer| {
        answer.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    } => "get-registry-fits-the-contract" Fail;

    errors_are_html: as_sent, |_, answer| {
        if answer.status.is_client_error() {
            answer.body = b"<h1>Oops</h1>".to_vec();
            answer.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
        }
    } => "errors-are-json" Fail;

    errors_have_no_message: as_sent, |_, answer| {
        if answer.status.is_client_error() {
            answer.set_json(&json!({"error": "no"}));
        }
    } => "errors-have-the-documented-body" Fail;

    an_unknown_slug_has_no_message: as_sent, |_, answer| {
        if answer.status == StatusCode::NOT_FOUND {
            answer.set_json(&json!({"error": "no"}));
        }
    } => "errors-have-the-documented-body" Warn;

    an_undocumented_error_is_html: as_sent, |_, answer| {
        if answer.status == StatusCode::NOT_FOUND {
            answer.status = StatusCode::CONFLICT;
            answer.body = b"<h1>Oops</h1>".to_vec();
            answer.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
        }
    } => "errors-are-json" Fail;

    what_is_invalid_is_not_found: as_sent, |_, answer| {
        if matches!(answer.status, StatusCode::UNPROCESSABLE_ENTITY | StatusCode::BAD_REQUEST) {
            answer.status = StatusCode::NOT_FOUND;
        }
    } => "name-is-required" Fail;

    what_is_invalid_is_an_internal_error: as_sent, |_, answer| {
        if answer.status == StatusCode::UNPROCESSABLE_ENTITY {
            answer.status = StatusCode::INTERNAL_SERVER_ERROR;
        }
    } => "validation-error-is-unprocessable" Fail;

    a_rate_limit_header_is_missing: as_sent, |_, answer| {
        answer.headers.remove("ratelimit-user-remaining");
    } => "rate-limit-headers-are-sent" Fail;

    a_rate_limit_header_is_no_number: as_sent, |_, answer| {
        answer.headers.insert("ratelimit-reset", HeaderValue::from_static("soon"));
    } => "rate-limit-headers-are-sent" Fail;

    the_description_is_not_stored: |request| {
        if request.is_create() && let Some(mut body) = request.json() {
            body["description"] = Value::Null;
            request.set_json(&body);
        }
    }, as_answered => "create-stores-description" Fail;

    text_is_mangled: as_sent, |_, answer| answer.each_registry(|registry| {
        if let Some(text) = registry["description"].as_str() {
            registry["description"] = json!(text.replace(|c: char| !c.is_ascii(), "?"));
        }
    }) => "create-stores-description" Fail;

    a_new_registry_is_public: as_sent, |_, answer| {
        answer.each_registry(set("public", json!(true)));
    } => "create-is-private" Fail;

    an_update_changes_the_other_properties: |request| {
        if request.is_update() && let Some(mut body) = request.json() {
            body["emoji"] = json!(":zap:");
            request.set_json(&body);
        }
    }, as_answered => "update-keeps-what-it-does-not-name" Fail;

    an_update_ignores_null: |request| {
        if request.is_update() && let Some(Value::Object(mut body)) = request.json() {
            body.retain(|_, value| !value.is_null());
            request.set_json(&Value::Object(body));
        }
    }, as_answered => "update-with-null-clears" Warn;

    patch_is_not_taken: as_sent, |request, answer| {
        if request.method == "PATCH" {
            refuse(answer, StatusCode::METHOD_NOT_ALLOWED);
        }
    } => "update-with-patch" Warn;

    a_missing_name_is_made_up: |request| {
        if request.is_create() && let Some(mut body) = request.json() && body["name"].is_null() {
            body["name"] = json!("untitled");
            request.set_json(&body);
        }
    }, as_answered => "name-is-required" Fail;

    a_wrong_type_is_coerced: |request| {
        if request.is_create() && let Some(mut body) = request.json() && body["name"].is_array() {
            body["name"] = body["name"][0].take();
            request.set_json(&body);
        }
    }, as_answered => "name-must-be-text" Fail;

    malformed_json_is_an_internal_error: as_sent, |request, answer| {
        if request.is_create() && request.json().is_none() {
            refuse(answer, StatusCode::INTERNAL_SERVER_ERROR);
        }
    } => "create-registry-fits-the-contract" Fail;

    a_secret_is_returned: as_sent, |request, answer| {
        if request.is("GET", "/access-token") && let Some(mut body) = answer.json() {
            let sent = request.headers[header::AUTHORIZATION].to_str().unwrap();
            body["token"] = json!(sent.trim_start_matches("Bearer "));
            answer.set_json(&body);
        }
    } => "secrets-are-not-returned" Fail;

    an_unknown_slug_is_answered_with_a_registry: as_sent, |request, answer| {
        if request.method == "GET" && answer.status == StatusCode::NOT_FOUND {
            answer.status = StatusCode::OK;
            answer.set_json(&json!({"slug": "some-other", "name": "some other"}));
        }
    } => "unknown-slug-is-refused" Fail;

    the_list_has_only_the_first: as_sent, |request, answer| {
        if request.is("GET", "/registries") && let Some(Value::Array(mut list)) = answer.json() {
            list.truncate(1);
            answer.set_json(&Value::Array(list));
        }
    } => "list-contains-what-was-created" Fail;
}

/// Uses the run's own token for whoever comes with none, or with any other.
struct Unguarded {
    only_writes: bool,
    token: Mutex<Option<HeaderValue>>,
}

impl Deviation for Unguarded {
    async fn answer(&self, mut request: Incoming, upstream: Upstream) -> Outgoing {
        let token = {
            let mut token = self.token.lock().unwrap();
            let sent = request.headers.get(header::AUTHORIZATION).cloned();
            token.get_or_insert_with(|| sent.unwrap()).clone()
        };
        let applies = if self.only_writes {
            request.headers.contains_key(header::AUTHORIZATION) && request.method != "GET"
        } else {
            true
        };
        if applies && !request.path.ends_with("/access-token") {
            request.headers.insert(header::AUTHORIZATION, token);
        }
        upstream.send(&request).await
    }
}

#[tokio::test]
async fn a_deployment_without_authentication_is_found() {
    let report = run_against(Unguarded { only_writes: false, token: Mutex::default() }).await;
    assert_found(&report, "token-is-required", Status::Fail);
    assert_found(&report, "unknown-token-is-refused", Status::Fail);
}

#[tokio::test]
async fn a_deployment_without_scopes_is_found() {
    let report = run_against(Unguarded { only_writes: true, token: Mutex::default() }).await;
    assert_found(&report, "create-needs-its-scope", Status::Fail);
    assert_found(&report, "update-needs-its-scope", Status::Fail);
    assert_found(&report, "delete-needs-its-scope", Status::Fail);
}

/// Answers every list as it answered the first one.
#[derive(Default)]
struct CachedList(Mutex<Option<Outgoing>>);

impl Deviation for CachedList {
    async fn answer(&self, request: Incoming, upstream: Upstream) -> Outgoing {
        let outgoing = upstream.send(&request).await;
        if !request.is("GET", "/registries") || !outgoing.status.is_success() {
            return outgoing;
        }
        self.0.lock().unwrap().get_or_insert(outgoing).clone()
    }
}

#[tokio::test]
async fn a_cached_list_is_found() {
    let report = run_against(CachedList::default()).await;
    assert_found(&report, "list-contains-what-was-created", Status::Fail);
}

/// Answers a get as the registry was when it was first seen.
#[derive(Default)]
struct StaleReads(Mutex<std::collections::HashMap<String, Outgoing>>);

impl Deviation for StaleReads {
    async fn answer(&self, request: Incoming, upstream: Upstream) -> Outgoing {
        let outgoing = upstream.send(&request).await;
        if request.method != "GET" || !request.is_about_one_registry() {
            return outgoing;
        }
        let mut seen = self.0.lock().unwrap();
        if outgoing.status.is_success() || seen.contains_key(&request.path) {
            return seen.entry(request.path).or_insert(outgoing).clone();
        }
        outgoing
    }
}

#[tokio::test]
async fn stale_reads_are_found() {
    let report = run_against(StaleReads::default()).await;
    assert_found(&report, "update-is-stored", Status::Fail);
    assert_found(&report, "deleted-registry-is-gone", Status::Fail);
}

/// Answers a delete with success once, and does it only when it is asked again.
#[derive(Default)]
struct LazyDelete(Mutex<std::collections::HashSet<String>>);

impl Deviation for LazyDelete {
    async fn answer(&self, request: Incoming, upstream: Upstream) -> Outgoing {
        let lazy = request.method == "DELETE"
            && !request.path.ends_with("-unknown")
            && self.0.lock().unwrap().insert(request.path.clone());
        if !lazy {
            return upstream.send(&request).await;
        }
        let mut get = request.clone();
        get.method = "GET".parse().unwrap();
        let mut outgoing = upstream.send(&get).await;
        outgoing.body.clear();
        outgoing
    }
}

#[tokio::test]
async fn a_delete_that_does_nothing_is_found_and_cleaned_up_after() {
    let report = run_against(LazyDelete::default()).await;
    assert_found(&report, "deleted-registry-is-gone", Status::Fail);
    assert_found(&report, "list-no-longer-contains-what-was-deleted", Status::Fail);
}

/// Answers every delete with success and does nothing.
struct NoDelete;

impl Deviation for NoDelete {
    async fn answer(&self, mut request: Incoming, upstream: Upstream) -> Outgoing {
        if request.method != "DELETE" || !request.is_about_one_registry() {
            return upstream.send(&request).await;
        }
        request.method = "GET".parse().unwrap();
        let mut outgoing = upstream.send(&request).await;
        outgoing.body.clear();
        outgoing
    }
}

#[tokio::test]
async fn what_cannot_be_removed_is_told() {
    let reference = Reference::start().await;
    let deviating = Deviating::start(reference.server.base_url(), NoDelete).await;
    let report = run(&reference.behind(&deviating)).await;
    assert_found(&report, "deleted-registry-is-gone", Status::Fail);
    assert_eq!(report.left_behind.len(), 3, "{:?}", report.left_behind);
    assert_eq!(reference.server.registries().await.unwrap(), 3);
}

/// Keeps a revoked token working, by never revoking it.
struct NoRevocation;

impl Deviation for NoRevocation {
    async fn answer(&self, mut request: Incoming, upstream: Upstream) -> Outgoing {
        if request.method != "DELETE" || !request.path.ends_with("/access-token") {
            return upstream.send(&request).await;
        }
        request.method = "GET".parse().unwrap();
        let mut outgoing = upstream.send(&request).await;
        outgoing.status = StatusCode::NO_CONTENT;
        outgoing.body.clear();
        outgoing.headers.remove(header::CONTENT_TYPE);
        outgoing
    }
}

#[tokio::test]
async fn a_revoked_token_that_still_works_is_found() {
    let report = run_against(NoRevocation).await;
    assert_found(&report, "revoked-token-stops-working", Status::Fail);
}

/// A finding has all that a colleague needs to believe and repeat it.
#[tokio::test]
async fn a_finding_says_where_what_and_how_to_repeat_it() {
    let deviation = Stateless {
        request: as_sent,
        answer: |_, answer| answer.each_registry(set("public", json!("no"))),
    };
    let report = run_against(deviation).await;
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

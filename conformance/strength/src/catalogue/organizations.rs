//! Organizations, and their rate limits.

use http::StatusCode;
use serde_json::{Value, json};

use super::schemas::misshapen;
use crate::{
    deviation::{Class, Deviation, answer, request, status},
    faulty_proxy::{Behaviour, Incoming},
};

fn of(name: &str, behaviour: impl Behaviour + 'static) -> Deviation {
    Deviation::new(Class::Organization, name, behaviour)
}

fn is_list(request: &Incoming) -> bool {
    request.is("GET", "/organizations")
}

fn is_rate_limit(request: &Incoming) -> bool {
    request.is("GET", "/rate_limit")
}

pub(super) fn deviations() -> Vec<Deviation> {
    let mut all =
        misshapen("organization", Incoming::is_organization, "Organization", "agents_url", "");
    all.extend(misshapen("organization-list", is_list, "Organization", "agents_url", ""));
    all.extend(misshapen("rate-limits", is_rate_limit, "RateLimits", "scopes", ""));
    for window in ["rest", "graphql"] {
        let name = format!("rate-limits-{window}");
        let place = format!("scopes/{window}");
        all.extend(misshapen(&name, is_rate_limit, "RateLimitWindow", "scopes", &place));
    }
    all.extend(answers());
    all.extend(limits());
    all
}

fn answers() -> Vec<Deviation> {
    let ok = |status: StatusCode| status == StatusCode::OK;
    let unknown = |status: StatusCode| status == StatusCode::NOT_FOUND;
    let list = |change: fn(Vec<Value>) -> Value| {
        answer(move |request, outgoing| {
            if let Some(Value::Array(list)) = outgoing.json()
                && is_list(request)
            {
                outgoing.set_json(&change(list));
            }
        })
    };
    vec![
        of(
            "organization-answers-203",
            status(Incoming::is_organization, ok, StatusCode::NON_AUTHORITATIVE_INFORMATION),
        ),
        of("organization-list-answers-206", status(is_list, ok, StatusCode::PARTIAL_CONTENT)),
        of("rate-limits-answer-202", status(is_rate_limit, ok, StatusCode::ACCEPTED)),
        of(
            "unknown-organization-answers-200",
            status(Incoming::is_organization, unknown, StatusCode::OK),
        ),
        of(
            "unknown-organization-answers-500",
            status(Incoming::is_organization, unknown, StatusCode::INTERNAL_SERVER_ERROR),
        ),
        of("unknown-organization-has-limits", status(is_rate_limit, unknown, StatusCode::OK)),
        of(
            "organization-is-another-one",
            answer(|request, outgoing| {
                if request.is_organization() {
                    outgoing.each("agents_url", |it| it["slug"] = json!("their-org"));
                }
            }),
        ),
        of("organization-is-missing-from-the-list", list(|_| json!([]))),
        of(
            "organization-is-listed-twice",
            list(|list| list.iter().chain(&list).cloned().collect()),
        ),
        of(
            "pages-of-organizations-are-all-the-same",
            request(|request| {
                if request.path.starts_with("/organizations?") {
                    request.path = "/organizations".into();
                }
            }),
        ),
        of("organization-list-is-wrapped", list(|list| json!({"items": list}))),
        of(
            "organization-is-listed-with-another-id",
            list(|mut list| {
                for it in &mut list {
                    it["id"] = json!("0191df84-85e4-77aa-83ba-6579084728eb");
                }
                Value::Array(list)
            }),
        ),
        of(
            "organization-is-listed-with-another-name",
            list(|mut list| {
                for it in &mut list {
                    it["name"] = json!("Theirs");
                }
                Value::Array(list)
            }),
        ),
        of(
            "organization-has-another-property",
            answer(|request, outgoing| {
                if request.is_organization() {
                    outgoing.each("agents_url", |it| it["plan"] = json!("free"));
                }
            }),
        )
        .should(),
    ]
}

fn limits() -> Vec<Deviation> {
    let rest = |change: fn(&mut Value)| {
        answer(move |request, outgoing| {
            if is_rate_limit(request) {
                outgoing.each("scopes", |body| change(&mut body["scopes"]["rest"]));
            }
        })
    };
    vec![
        of("rate-limits-tell-another-limit", rest(|it| it["limit"] = json!(7))),
        of("rate-limits-tell-the-users-limit", rest(|it| it["limit"] = json!(50))),
        of("rate-limits-tell-that-nothing-is-used", rest(|it| it["current"] = json!(0))).limited(),
        of("rate-limits-tell-that-one-is-used", rest(|it| it["current"] = json!(1))).limited(),
        of("rate-limits-tell-the-same-use-always", rest(|it| it["current"] = json!(14))).limited(),
        of(
            "rate-limits-tell-that-all-is-used",
            rest(|it| {
                it["enforced"] = json!(true);
                it["current"] = it["limit"].clone();
            }),
        ),
        of(
            "rate-limits-tell-what-remains",
            rest(|it| {
                let (limit, current) = (it["limit"].as_i64(), it["current"].as_i64());
                it["current"] = json!(limit.unwrap_or_default() - current.unwrap_or_default());
            }),
        )
        .limited(),
        of("rate-limits-reset-beyond-the-window", rest(|it| it["reset"] = json!(3600))),
        of("rate-limits-reset-at-a-number", rest(|it| it["reset_at"] = json!("1764653400"))),
        of(
            "rate-limits-are-not-in-scopes",
            answer(|request, outgoing| {
                if is_rate_limit(request) {
                    outgoing.each("scopes", |body| *body = body["scopes"].clone());
                }
            }),
        ),
    ]
}

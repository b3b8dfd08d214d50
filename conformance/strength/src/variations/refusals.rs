//! Other refusals that are right.

use http::StatusCode;
use serde_json::json;

use super::of;
use crate::{
    deviation::{Class, Deviation, Refused, answer},
    faulty_proxy::Behaviour,
};

pub(super) fn refusals() -> Vec<Deviation> {
    vec![
        of(
            "validation-without-a-list-of-errors",
            Class::Validation,
            answer(|_, outgoing| {
                if outgoing.status == StatusCode::UNPROCESSABLE_ENTITY {
                    outgoing.set_json(&json!({"message": "Validation Failed"}));
                }
            }),
        ),
        of(
            "only-ruby-is-an-ecosystem",
            Class::Validation,
            Refused(
                |request| {
                    let body = request.json().filter(|_| request.is_create());
                    let ecosystem =
                        body.and_then(|body| body["ecosystem"].as_str().map(str::to_owned));
                    ecosystem.is_some_and(|ecosystem| ecosystem != "ruby")
                },
                StatusCode::UNPROCESSABLE_ENTITY,
            ),
        ),
        of(
            "long-text-is-refused",
            Class::Validation,
            Refused(
                |request| {
                    let body =
                        request.json().filter(|_| request.is_create() || request.is_update());
                    body.and_then(|body| Some(body["description"].as_str()?.chars().count()))
                        .is_some_and(|length| length > 255)
                },
                StatusCode::UNPROCESSABLE_ENTITY,
            ),
        ),
        of(
            "malformed-json-answers-422",
            Class::Validation,
            refusal(StatusCode::BAD_REQUEST, StatusCode::UNPROCESSABLE_ENTITY),
        ),
        of(
            "missing-token-answers-403",
            Class::Access,
            refusal(StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN),
        ),
        of(
            "missing-scope-answers-404",
            Class::Access,
            refusal(StatusCode::FORBIDDEN, StatusCode::NOT_FOUND),
        ),
    ]
}

fn refusal(from: StatusCode, to: StatusCode) -> impl Behaviour {
    answer(move |request, outgoing| {
        if outgoing.status == from && !request.is_about_token() {
            outgoing.status = to;
        }
    })
}

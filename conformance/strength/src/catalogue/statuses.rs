//! The statuses of answers.

use http::StatusCode;

use crate::{
    deviation::{Class, Deviation, status},
    faulty_proxy::Incoming,
};

pub(super) fn deviations() -> Vec<Deviation> {
    let of = |name: &str, behaviour| Deviation::new(Class::Status, name, behaviour);
    let ok = |status: StatusCode| status == StatusCode::OK;
    let refused = |status: StatusCode| status == StatusCode::UNPROCESSABLE_ENTITY;
    let unknown = |status: StatusCode| status == StatusCode::NOT_FOUND;
    let no_token = |status: StatusCode| status == StatusCode::UNAUTHORIZED;
    let no_scope = |status: StatusCode| status == StatusCode::FORBIDDEN;
    let anything = |_: &Incoming| true;
    let failure = StatusCode::INTERNAL_SERVER_ERROR;
    vec![
        of("create-answers-201", status(Incoming::is_create, ok, StatusCode::CREATED)),
        of("create-answers-202", status(Incoming::is_create, ok, StatusCode::ACCEPTED)),
        of("list-answers-206", status(Incoming::is_list, ok, StatusCode::PARTIAL_CONTENT)),
        of(
            "get-answers-203",
            status(Incoming::is_get, ok, StatusCode::NON_AUTHORITATIVE_INFORMATION),
        ),
        of("update-answers-201", status(Incoming::is_update, ok, StatusCode::CREATED)),
        of("update-answers-202", status(Incoming::is_update, ok, StatusCode::ACCEPTED)),
        of("delete-answers-204", status(Incoming::is_delete, ok, StatusCode::NO_CONTENT)),
        of("delete-answers-202", status(Incoming::is_delete, ok, StatusCode::ACCEPTED)),
        of("delete-answers-404", status(Incoming::is_delete, ok, StatusCode::NOT_FOUND)),
        of("token-answers-201", status(Incoming::is_about_token, ok, StatusCode::CREATED)),
        of("unknown-slug-answers-200", status(Incoming::is_get, unknown, StatusCode::OK)),
        of("unknown-slug-answers-204", status(Incoming::is_get, unknown, StatusCode::NO_CONTENT)),
        of("unknown-slug-answers-500", status(Incoming::is_get, unknown, failure)),
        of("unknown-slug-answers-400", status(anything, unknown, StatusCode::BAD_REQUEST)).should(),
        of(
            "delete-of-unknown-slug-answers-200",
            status(Incoming::is_delete, unknown, StatusCode::OK),
        )
        .should(),
        of("delete-of-unknown-slug-answers-500", status(Incoming::is_delete, unknown, failure)),
        of(
            "update-of-unknown-slug-answers-200",
            status(Incoming::is_update, unknown, StatusCode::OK),
        ),
        of("update-of-unknown-slug-answers-500", status(Incoming::is_update, unknown, failure)),
        of("missing-token-answers-500", status(anything, no_token, failure)),
        of("missing-token-answers-400", status(anything, no_token, StatusCode::BAD_REQUEST)),
        of("missing-token-answers-302", status(anything, no_token, StatusCode::FOUND)),
        of("missing-scope-answers-500", status(anything, no_scope, failure)),
        of(
            "missing-scope-answers-422",
            status(anything, no_scope, StatusCode::UNPROCESSABLE_ENTITY),
        ),
        of("invalid-body-answers-500", status(anything, refused, failure)),
        of("invalid-body-answers-200", status(anything, refused, StatusCode::OK)),
        of("invalid-body-answers-404", status(anything, refused, StatusCode::NOT_FOUND)),
        of("invalid-body-answers-401", status(anything, refused, StatusCode::UNAUTHORIZED)),
        of("invalid-body-answers-409", status(anything, refused, StatusCode::CONFLICT)),
        of(
            "malformed-json-answers-500",
            status(anything, |status| status == StatusCode::BAD_REQUEST, failure),
        ),
        of(
            "malformed-json-answers-404",
            status(anything, |status| status == StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND),
        ),
    ]
}

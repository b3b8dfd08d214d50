//! What answers the same whatever it is asked: a route that is not there behind a catch-all, a stub, a
//! list that is always empty. A case that asks for nothing in particular takes it for right.

use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::{Value, json};

use super::Which;
use crate::{
    deviation::{Class, Deviation, answer, as_get},
    faulty_proxy::{Answering, Behaviour, Incoming, Outgoing, Upstream},
};

/// The operations, each of which gets the same response.
const OPERATIONS: [(&str, Class, Which); 14] = [
    ("list", Class::List, Incoming::is_list),
    ("create", Class::Persistence, Incoming::is_create),
    ("get", Class::Persistence, Incoming::is_get),
    ("update", Class::Update, |it| it.is_update() && it.method == Method::POST),
    ("delete", Class::Persistence, Incoming::is_delete),
    ("token", Class::Token, |it| it.is_about_token() && it.method == Method::GET),
    ("list-registry-tokens", Class::RegistryToken, |it| it.is("GET", "/tokens")),
    ("create-registry-token", Class::RegistryToken, |it| it.is("POST", "/tokens")),
    ("get-registry-token", Class::RegistryToken, |it| is_one_token(it, &Method::GET)),
    ("update-registry-token", Class::RegistryToken, |it| is_one_token(it, &Method::POST)),
    ("delete-registry-token", Class::RegistryToken, |it| is_one_token(it, &Method::DELETE)),
    ("list-organizations", Class::Organization, |it| {
        it.path.starts_with("/organizations?") || it.path == "/organizations"
    }),
    ("get-organization", Class::Organization, Incoming::is_organization),
    ("rate-limit", Class::Organization, |it| it.is("GET", "/rate_limit")),
];

fn is_one_token(request: &Incoming, method: &Method) -> bool {
    request.path.contains("/tokens/") && request.method == *method
}

/// Their response.
const ANSWERS: [(&str, StatusCode, &str); 5] = [
    ("nothing", StatusCode::OK, ""),
    ("null", StatusCode::OK, "null"),
    ("an-empty-object", StatusCode::OK, "{}"),
    ("forbidden", StatusCode::FORBIDDEN, r#"{"message": "Forbidden"}"#),
    ("unprocessable", StatusCode::UNPROCESSABLE_ENTITY, r#"{"message": "no", "errors": []}"#),
];

pub(super) fn deviations() -> Vec<Deviation> {
    let mut all = Vec::new();
    for (operation, class, of_interest) in OPERATIONS {
        for (name, status, body) in ANSWERS {
            // An operation without a body may have any.
            if operation.starts_with("delete") && status == StatusCode::OK && name != "nothing" {
                continue;
            }
            let constant = Constant { of_interest, status, body };
            let name = format!("{operation}-always-answers-{name}");
            all.push(Deviation::new(class, name, constant));
        }
    }
    all.extend(objects());
    all.push(Deviation::new(
        Class::Persistence,
        "only-gets-are-carried-out",
        Constant { of_interest: |it| it.method != Method::GET, status: StatusCode::OK, body: "{}" },
    ));
    all.push(Deviation::new(
        Class::RateLimit,
        "no-answer-has-limits",
        answer(|_, outgoing| {
            let names: Vec<_> = outgoing.headers.keys().cloned().collect();
            for name in names.into_iter().filter(|it| it.as_str().starts_with("ratelimit-")) {
                outgoing.headers.remove(name);
            }
        }),
    ));
    all.push(Deviation::new(
        Class::Token,
        "token-without-scopes",
        answer(|request, outgoing| {
            if request.is_about_token()
                && let Some(Value::Object(mut token)) = outgoing.json()
            {
                token.remove("scopes");
                outgoing.set_json(&Value::Object(token));
            }
        }),
    ));
    all
}

/// Lists without entries, and objects without properties, where other answers are whole.
fn objects() -> Vec<Deviation> {
    const LISTS: [(&str, Class, Which); 3] = [
        ("registries", Class::List, Incoming::is_list),
        ("registry-tokens", Class::RegistryToken, |it| it.is("GET", "/tokens")),
        ("organizations", Class::Organization, |it| it.is("GET", "/organizations")),
    ];
    let mut all = Vec::new();
    for (name, class, of_interest) in LISTS {
        for (what, change) in [
            ("are-never-listed", (|_| json!([])) as fn(Vec<Value>) -> Value),
            ("are-listed-without-properties", |list| list.iter().map(|_| json!({})).collect()),
        ] {
            let behaviour = answer(move |request, outgoing| {
                if of_interest(request)
                    && let Some(Value::Array(list)) = outgoing.json()
                {
                    outgoing.set_json(&change(list));
                }
            });
            all.push(Deviation::new(class, format!("{name}-{what}"), behaviour));
        }
    }
    let empty = answer(|request, outgoing| {
        if !request.is_about_token() && !request.is_list() {
            outgoing.each("id", |object| *object = json!({}));
        }
    });
    all.push(Deviation::new(Class::Shape, "objects-have-no-properties", empty));
    all
}

/// Answers the requests of interest the same, whatever they say, and carries none of them out.
struct Constant {
    of_interest: Which,
    status: StatusCode,
    body: &'static str,
}

impl Behaviour for Constant {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            if !(self.of_interest)(&request) {
                return upstream.send(&request).await;
            }
            // With the headers that every response has.
            let token = Incoming { path: "/access-token".into(), ..as_get(&request) };
            let mut headers: HeaderMap = upstream.send(&token).await.headers;
            if self.body.is_empty() {
                headers.remove(header::CONTENT_TYPE);
            } else {
                let json = HeaderValue::from_static("application/json");
                headers.insert(header::CONTENT_TYPE, json);
            }
            let body = self.body.as_bytes().to_vec();
            Outgoing { status: self.status, headers, body, chunk: None }
        })
    }
}

//! What is wrong with the bytes: of the JSON, of its encoding, and of the HTTP around it.

use http::StatusCode;
use serde_json::Value;

use super::Which;
use crate::{
    deviation::{Class, Deviation, answer},
    faulty_proxy::{Answering, Behaviour, Incoming, Outgoing, Upstream},
    wire::head,
};

/// The responses that are looked at one by one.
const PLACES: [(&str, Which); 6] = [
    ("create", Incoming::is_create),
    ("get", Incoming::is_get),
    ("list", Incoming::is_list),
    ("update", Incoming::is_update),
    ("token", |request| request.is("GET", "/access-token")),
    ("registry-token", Incoming::is_about_registry_tokens),
];

/// Writes a document otherwise.
type Rewrite = fn(&[u8]) -> Vec<u8>;

/// What can be wrong with the text of a JSON document.
const TEXTS: [(&str, Rewrite); 17] = [
    ("begins-with-a-mark", |body| [b"\xef\xbb\xbf", body].concat()),
    ("is-in-utf-16", |body| {
        let text = String::from_utf8_lossy(body);
        text.encode_utf16().flat_map(u16::to_be_bytes).collect()
    }),
    ("is-in-latin-1", |body| {
        let text = String::from_utf8_lossy(body);
        // Something beyond ASCII is in it, whatever it is about.
        let text = text.replacen("\":\"", "\":\"\u{e9}", 1);
        text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
    }),
    ("has-a-trailing-comma", |body| with_end(body, b",")),
    ("has-a-comment", |body| [b"/* generated */", body].concat()),
    ("has-single-quotes", |body| replaced(body, "\"", "'")),
    ("has-bare-names", with_bare_names),
    ("has-nan", |body| with_end(body, b",\"score\":NaN")),
    ("has-a-bare-control-character", |body| replaced(body, "\":\"", "\":\"\u{1}")),
    ("has-half-a-surrogate", |body| replaced(body, "\":\"", "\":\"\\ud83c")),
    ("comes-twice", |body| [body, body].concat()),
    ("is-called-back", |body| [b"callback(", body, b")"].concat()),
    ("is-text-of-json", |body| Value::from(String::from_utf8_lossy(body)).to_string().into_bytes()),
    ("has-a-name-twice", |body| first_name_again(body, false)),
    ("has-a-name-twice-with-another-value", |body| first_name_again(body, true)),
    ("is-cut-by-one", |body| body[..body.len().saturating_sub(1)].to_vec()),
    ("is-empty", |_| Vec::new()),
];

/// The document with the names bare that ids and messages have.
fn with_bare_names(body: &[u8]) -> Vec<u8> {
    ["id", "uuid", "message"].iter().fold(body.to_vec(), |body, name| {
        replaced(&body, &format!("\"{name}\":"), &format!("{name}:"))
    })
}

fn replaced(body: &[u8], from: &str, to: &str) -> Vec<u8> {
    String::from_utf8_lossy(body).replace(from, to).into_bytes()
}

/// The document with something more before its last bracket.
fn with_end(body: &[u8], more: &[u8]) -> Vec<u8> {
    let (rest, end) = body.split_at(body.len().saturating_sub(1));
    [rest, more, end].concat()
}

/// The document with the first name of its first object there once more, at the object's end.
fn first_name_again(body: &[u8], otherwise: bool) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let Some(begin) = text.find("{\"") else { return body.to_vec() };
    let name = text[begin + 2..].split('"').next().unwrap_or_default();
    let value = if otherwise { "null" } else { "\"again\"" };
    let (before, after) = text.split_at(begin + 1);
    format!("{before}\"{name}\":{value},{after}").into_bytes()
}

pub(super) fn deviations() -> Vec<Deviation> {
    let mut all = Vec::new();
    for (place, of_interest) in PLACES {
        for (name, change) in TEXTS {
            let behaviour = answer(move |request, outgoing| {
                if of_interest(request) && outgoing.status.is_success() && outgoing.body.len() > 2 {
                    outgoing.body = change(&outgoing.body);
                }
            });
            all.push(Deviation::new(Class::Shape, format!("{place}-json-{name}"), behaviour));
        }
        for (name, value) in [
            ("latin-1", "application/json; charset=iso-8859-1"),
            ("utf-16", "application/json;charset=\"UTF-16\""),
        ] {
            let behaviour = answer(move |request, outgoing| {
                if of_interest(request) && outgoing.status.is_success() && !outgoing.body.is_empty()
                {
                    outgoing.set_header("content-type", value);
                }
            });
            let name = format!("{place}-content-type-says-{name}");
            all.push(Deviation::new(Class::Header, name, behaviour));
        }
    }
    for (name, change) in TEXTS {
        let behaviour = answer(move |_, outgoing| {
            if outgoing.status.is_client_error() && outgoing.body.len() > 2 {
                outgoing.body = change(&outgoing.body);
            }
        });
        all.push(Deviation::new(Class::Shape, format!("error-json-{name}"), behaviour));
    }
    all.extend(framing());
    all
}

fn framing() -> Vec<Deviation> {
    fn of(name: &str, of_interest: Which, write: fn(&Outgoing) -> Vec<u8>) -> Deviation {
        Deviation::new(Class::Header, name, Written { of_interest, write })
    }
    let revokes: Which = |request| request.is("DELETE", "/access-token");
    vec![
        of("revocation-has-a-body-with-its-length", revokes, |outgoing| {
            with_body(outgoing, "content-length: 16\r\n", b"{\"revoked\":true}")
        }),
        of("revocation-has-a-body-in-chunks", revokes, |outgoing| {
            let body = b"10\r\n{\"revoked\":true}\r\n0\r\n\r\n";
            with_body(outgoing, "transfer-encoding: chunked\r\n", body)
        }),
        of("delete-has-no-content-and-a-body", Incoming::is_delete, |outgoing| {
            let mut outgoing = outgoing.clone();
            if outgoing.status == StatusCode::OK {
                outgoing.status = StatusCode::NO_CONTENT;
            }
            with_body(&outgoing, "content-length: 16\r\n", b"{\"deleted\":true}")
        }),
        of("get-is-longer-than-it-says", Incoming::is_get, |outgoing| {
            let length = outgoing.body.len().saturating_sub(4);
            with_body(outgoing, &format!("content-length: {length}\r\n"), &outgoing.body)
        }),
        of("get-is-compressed-unasked", Incoming::is_get, |outgoing| {
            let length = outgoing.body.len();
            let headers = format!("content-encoding: br\r\ncontent-length: {length}\r\n");
            with_body(outgoing, &headers, &vec![0x1b; length])
        }),
    ]
}

fn with_body(outgoing: &Outgoing, headers: &str, body: &[u8]) -> Vec<u8> {
    [head(outgoing, &["content-length"]).as_slice(), headers.as_bytes(), b"\r\n", body].concat()
}

/// Writes the responses of interest byte by byte.
struct Written {
    of_interest: Which,
    write: fn(&Outgoing) -> Vec<u8>,
}

impl Behaviour for Written {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move { upstream.send(&request).await })
    }

    fn writes_bytes(&self) -> bool {
        true
    }

    fn bytes(&self, request: &Incoming, outgoing: &Outgoing) -> Option<Vec<u8>> {
        let is_it = (self.of_interest)(request) && outgoing.status.is_success();
        is_it.then(|| (self.write)(outgoing))
    }
}

//! Deployments that do otherwise with whole exchanges.

use std::{io::Write, time::Duration};

use flate2::{Compression, write::GzEncoder};
use http::{StatusCode, header};
use serde_json::json;

use crate::strength::between::{Answering, Behaviour, Incoming, Outgoing, Upstream};

/// Sends bodies with gzip when the client takes it.
pub(super) struct Compressed;

impl Behaviour for Compressed {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let takes = |name: &str| {
                let accepted = request.headers.get(header::ACCEPT_ENCODING);
                accepted.and_then(|it| it.to_str().ok()).is_some_and(|it| it.contains(name))
            };
            let mut outgoing = upstream.send(&request).await;
            if takes("gzip") && !outgoing.body.is_empty() {
                let mut file = GzEncoder::new(Vec::new(), Compression::default());
                // Writing to memory does not fail.
                if file.write_all(&outgoing.body).is_ok()
                    && let Ok(body) = file.finish()
                {
                    outgoing.body = body;
                    outgoing.set_header("content-encoding", "gzip");
                }
            }
            outgoing
        })
    }
}

/// Takes its time.
pub(super) struct Slow;

impl Behaviour for Slow {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(30)).await;
            upstream.send(&request).await
        })
    }
}

/// Gives a registry whose name is taken a slug of its own.
pub(super) struct AnotherSlug;

impl Behaviour for AnotherSlug {
    fn answer<'a>(&'a self, mut request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing: Outgoing = upstream.send(&request).await;
            if !is_taken(&request, &outgoing) {
                return outgoing;
            }
            request.change(|body| {
                let name = body["name"].as_str().unwrap_or_default();
                body["name"] = json!(format!("{name} 2"));
            });
            upstream.send(&request).await
        })
    }
}

/// Whether a valid create was refused because another registry has the name.
fn is_taken(request: &Incoming, outgoing: &Outgoing) -> bool {
    let is_valid = request.json().is_some_and(|body| {
        body["name"].is_string() && body.as_object().is_some_and(|body| body.len() == 2)
    });
    request.is_create() && outgoing.status == StatusCode::UNPROCESSABLE_ENTITY && is_valid
}

/// JSON with every character that is not ASCII as an escape.
pub(super) fn escaped(text: &str) -> String {
    let mut units = [0; 2];
    text.chars()
        .map(|c| {
            if c.is_ascii() {
                return c.to_string();
            }
            let units = c.encode_utf16(&mut units).iter();
            units.fold(String::new(), |text, unit| text + &format!("\\u{unit:04x}"))
        })
        .collect()
}

//! Deployments that do otherwise with whole exchanges.

use std::{
    io::Write,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use flate2::{Compression, write::GzEncoder};
use http::{Method, StatusCode, header};
use serde_json::json;

use crate::{
    deviation::lock,
    faulty_proxy::{Answering, Behaviour, Incoming, Outgoing, Upstream},
};

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

/// Still answers the first two requests that are too many, as processes do that count each for itself.
#[derive(Default)]
pub(super) struct Late {
    over: AtomicUsize,
    last: Mutex<Option<Outgoing>>,
}

impl Behaviour for Late {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            let mut last = lock(&self.last);
            if outgoing.status != StatusCode::TOO_MANY_REQUESTS {
                *last = request.is_about_token().then(|| outgoing.clone());
            } else if self.over.fetch_add(1, Ordering::SeqCst) < 2 {
                return last.clone().unwrap_or(outgoing);
            }
            outgoing
        })
    }
}

/// Something in front of the API that refuses what is asked again and again, in its own way.
#[derive(Default)]
pub(super) struct AnotherLimit(AtomicUsize);

impl Behaviour for AnotherLimit {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let is_much = request.is_about_token() && self.0.fetch_add(1, Ordering::SeqCst) > 50;
            if !is_much {
                return upstream.send(&request).await;
            }
            Outgoing {
                status: StatusCode::TOO_MANY_REQUESTS,
                headers: http::HeaderMap::new(),
                body: b"Slow down\n".to_vec(),
                chunk: None,
            }
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

/// Answers a create whose name is taken with the registry that has it.
pub(super) struct TheFirst;

impl Behaviour for TheFirst {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let outgoing = upstream.send(&request).await;
            let name = request.json().and_then(|body| body["name"].as_str().map(str::to_lowercase));
            let Some(name) = name.filter(|_| is_taken(&request, &outgoing)) else {
                return outgoing;
            };
            let mut first = request.clone();
            first.method = Method::GET;
            first.path = format!("{}/{}", request.path, name.replace(' ', "-"));
            first.body.clear();
            let first = upstream.send(&first).await;
            if first.status.is_success() { first } else { outgoing }
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

//! Writes down what is sent and what comes back, free of secrets.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};

use super::{
    Content, Creator, Entry, Har, HarRequest, HarResponse, Log, Pair, PostData, RunFacts, Timings,
    size, timestamp, unknown,
};
use crate::{
    engine::deployment::Deployment,
    exchange::{Answer, NoAnswer, Request, Unrecorded},
};

/// An exchange of another client.
pub(crate) struct Passed<'a> {
    pub(crate) method: &'a str,
    pub(crate) url: &'a str,
    /// The body of the request, if there was one and it is known.
    pub(crate) body: Option<&'a [u8]>,
    /// What it is declared as, if it is.
    pub(crate) content_type: Option<&'a str>,
    /// Whether the request had a form, of which perhaps only the fields are known.
    pub(crate) is_form: bool,
    /// Whether the client has a copy, and asked whether it is still good.
    pub(crate) is_conditional: bool,
    /// The response, and whether its body is known.
    pub(crate) answer: Option<(&'a Answer, bool)>,
}

/// Records exchanges. Copies of it record into the same archive.
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<Recorded>>);

#[derive(Default)]
struct Recorded {
    facts: Option<RunFacts>,
    entries: Vec<Entry>,
}

/// What is known of a run when it begins.
pub(crate) struct Facts<'a> {
    pub(crate) deployment: &'a Deployment,
    pub(crate) embedded: bool,
    pub(crate) tag: &'a str,
    pub(crate) seed: u64,
    pub(crate) exhaust_user_limit: bool,
    pub(crate) contract_version: &'a str,
}

impl Recorder {
    /// What has been recorded so far, as an archive.
    #[must_use]
    pub fn har(&self) -> Har {
        let recorded = self.lock();
        let creator = Creator {
            name: env!("CARGO_PKG_NAME").into(),
            version: env!("CARGO_PKG_VERSION").into(),
        };
        let conformance = recorded.facts.clone();
        let entries = recorded.entries.clone();
        Har {
            log: Log { version: "1.2".into(), creator, conformance, entries, skipped: Vec::new() },
        }
    }

    /// Writes what has been recorded so far to a file.
    ///
    /// # Errors
    ///
    /// When the file cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let text = serde_json::to_string_pretty(&self.har()).map_err(io::Error::other)?;
        std::fs::write(path, text + "\n")
    }

    pub(crate) fn begin(&self, facts: &Facts<'_>) {
        let deployment = facts.deployment;
        self.lock().facts = Some(RunFacts {
            run_tag: facts.tag.to_owned(),
            organization: deployment.organization.clone(),
            base_url: deployment.base_url.clone(),
            contract_version: facts.contract_version.to_owned(),
            seed: Some(facts.seed),
            exhaust_user_limit: facts.exhaust_user_limit,
            embedded: facts.embedded,
            team: deployment.team.clone(),
            limited_token: deployment.limited_token.is_some(),
            revocable_token: deployment.revocable_token.is_some(),
            interrupted: false,
        });
    }

    /// Takes note that the run was interrupted.
    pub(crate) fn interrupted(&self) {
        if let Some(facts) = &mut self.lock().facts {
            facts.interrupted = true;
        }
    }

    /// Records a request of a run and what became of it.
    pub(crate) fn exchange(
        &self,
        step: Option<&str>,
        base_url: &str,
        begun: DateTime<Utc>,
        request: &Request,
        outcome: &Result<Answer, NoAnswer>,
    ) {
        let pair = |name: &str, value: String| Pair { name: name.into(), value };
        let headers = request.headers().iter();
        let mut headers: Vec<_> =
            headers.map(|(name, value)| pair(name, (*value).to_owned())).collect();
        headers.extend(request.credential.authorization().map(|it| pair("authorization", it)));
        let post_data = request.body.as_ref().map(|body| {
            headers.push(pair("content-type", "application/json".into()));
            let mime_type = "application/json".into();
            PostData { mime_type, text: Some(body.clone()), ..PostData::default() }
        });
        let request = HarRequest {
            method: request.method.clone(),
            url: format!("{base_url}{}", request.path),
            http_version: "HTTP/1.1".into(),
            cookies: [],
            headers,
            query_string: Vec::new(),
            body_size: size(request.body.as_deref().unwrap_or_default().as_bytes()),
            post_data,
            headers_size: unknown(),
        };
        let response = match outcome {
            Ok(answer) => answered(answer, true),
            Err(reason) => unanswered(reason.to_string()),
        };
        self.entry(step, begun, request, response);
    }

    /// Records an exchange of another client, or why it got no response. The headers of both sides
    /// are free of secrets already.
    pub(crate) fn passed(
        &self,
        begun: DateTime<Utc>,
        headers: (Vec<Pair>, Vec<Pair>),
        passed: &Passed<'_>,
        failed: &str,
    ) {
        let (headers, answer_headers) = headers;
        let mime_type = passed.content_type.unwrap_or_default().to_owned();
        let url = url::Url::parse(passed.url).ok();
        let query = url.iter().flat_map(url::Url::query_pairs);
        let request = HarRequest {
            method: passed.method.to_owned(),
            url: passed.url.to_owned(),
            http_version: "HTTP/1.1".into(),
            cookies: [],
            query_string: query
                .map(|(name, value)| Pair { name: name.into(), value: value.into() })
                .collect(),
            post_data: passed.body.map(|body| {
                let (text, encoding) = written(body);
                PostData { mime_type, text: Some(text), encoding, is_form: false }
            }),
            headers,
            headers_size: unknown(),
            body_size: size(passed.body.unwrap_or_default()),
        };
        let response = match passed.answer {
            Some((answer, known)) => {
                HarResponse { headers: answer_headers, ..answered(answer, known) }
            }
            None => unanswered(failed.to_owned()),
        };
        self.entry(None, begun, request, response);
    }

    /// Records an exchange that takes until now.
    fn entry(
        &self,
        step: Option<&str>,
        begun: DateTime<Utc>,
        request: HarRequest,
        response: HarResponse,
    ) {
        let time = (Utc::now() - begun).as_seconds_f64() * 1000.0;
        let mut recorded = self.lock();
        let number = recorded.entries.len() + 1;
        recorded.entries.push(Entry {
            number,
            step: step.map(str::to_owned),
            started_date_time: timestamp(begun),
            time,
            request,
            response,
            cache: std::collections::BTreeMap::new(),
            timings: Timings { send: 0.0, wait: time, receive: 0.0 },
        });
    }

    fn lock(&self) -> MutexGuard<'_, Recorded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A response as an archive has it; its body only when it is known.
fn answered(answer: &Answer, body_known: bool) -> HarResponse {
    let pair =
        |(name, value): (&String, &String)| Pair { name: name.clone(), value: value.to_owned() };
    let body = answer.bytes.as_deref().unwrap_or(answer.text.as_bytes());
    let (text, encoding) = written(body);
    HarResponse {
        status: answer.status,
        status_text: status_text(answer.status),
        headers: answer.headers.iter().map(pair).collect(),
        content: Content {
            size: if body_known { size(body) } else { unknown() },
            mime_type: answer.header("content-type").unwrap_or_default().to_owned(),
            text: body_known.then_some(text),
            encoding: encoding.filter(|_| body_known),
            ..Content::default()
        },
        leaked_secret: answer.leaked_secret,
        error: None,
        ..unanswered(String::new())
    }
}

fn unanswered(reason: String) -> HarResponse {
    HarResponse {
        status: 0,
        status_text: String::new(),
        http_version: "HTTP/1.1".into(),
        cookies: [],
        headers: Vec::new(),
        unrecorded: Unrecorded::default(),
        content: Content { size: 0, ..Content::default() },
        redirect_url: String::new(),
        headers_size: unknown(),
        body_size: unknown(),
        error: Some(reason),
        leaked_secret: false,
    }
}

fn status_text(status: u16) -> String {
    let known = http::StatusCode::from_u16(status).ok();
    known.and_then(|status| status.canonical_reason()).unwrap_or_default().to_owned()
}

/// A body as an archive has it: its text, or base64 of what is none.
fn written(body: &[u8]) -> (String, Option<String>) {
    match std::str::from_utf8(body) {
        Ok(text) => (text.to_owned(), None),
        Err(_) => (BASE64_STANDARD.encode(body), Some("base64".into())),
    }
}

//! A proxy that looks at what passes through it, and changes none of it.

use std::{
    borrow::Cow,
    future::Future,
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, Once, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, HttpBody, to_bytes},
    extract::{Request, State},
    response::Response,
};
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, Utc};
use futures_util::stream::{self, StreamExt};
use http::{HeaderMap, HeaderName, Method, StatusCode, header, request::Parts};
use tokio::net::TcpListener;
use url::Url;

use super::{CheckReport, Finding, Traffic, is_condition, verbatim::Verbatim};
use crate::{
    engine::compressed::uncompressed,
    engine::deployment::{BODY_LIMIT, client_for, header_text, is_loopback, no_answer},
    engine::har::{Pair, Passed, Recorder},
    engine::secrets::Secrets,
};

/// How long requests that are under way may take after the proxy was asked to stop.
const GRACE: Duration = Duration::from_secs(5);

/// How large the body of a request may be, which is kept whole until it is passed on.
const REQUEST_LIMIT: usize = 256 << 20;

/// How many credentials of clients are looked for: a client that gets a new cookie with every response
/// would have all of them searched for, and kept.
const SECRETS: usize = 1000;

/// What a proxy is to do beside passing everything on.
#[derive(Default)]
pub struct ProxyOptions {
    /// Certificates in PEM that are trusted beside those of the machine.
    pub ca_certificates: Vec<u8>,
    /// Records the exchanges of the API.
    pub recorder: Option<Recorder>,
    /// Called with each finding when it is first seen.
    pub listener: Option<FindingListener>,
    /// Called with the reason why the deployment gave no response, the first time.
    pub unanswered: Option<ReasonListener>,
}

/// Called with a reason.
pub type ReasonListener = Box<dyn Fn(&str) + Send + Sync>;

/// Called with a finding.
pub type FindingListener = Box<dyn Fn(&Finding) + Send + Sync>;

/// A proxy in front of a deployment: it passes every request on, with the same target, byte for byte,
/// and checks the exchanges of the API against the contract.
///
/// What belongs to one connection (hop-by-hop headers, `Host`, the framing of bodies) is the
/// connection's; a request without `Accept` gets `Accept: */*`, which means the same. Only through
/// another proxy, which the environment names, a target with `..` cannot be passed on: it gets 502.
pub struct Proxy {
    listener: TcpListener,
    upstream: Url,
    address: SocketAddr,
    state: Arc<Passing>,
}

struct Passing {
    client: reqwest::Client,
    /// Sends the targets that the client would change.
    verbatim: Verbatim,
    /// The scheme, host and port of the deployment.
    origin: String,
    options: ProxyOptions,
    /// Done when the missing response was reported.
    reported: Once,
    seen: Mutex<Seen>,
}

struct Seen {
    traffic: Traffic,
    secrets: Secrets,
}

/// What came back from the deployment, byte for byte.
struct Arrived {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    /// What is yet to come of a body that is too large to be kept whole.
    rest: Option<reqwest::Response>,
}

impl Proxy {
    /// Starts listening, in front of the deployment with the API root `upstream`, or of the whole
    /// server when that has no path.
    ///
    /// # Errors
    ///
    /// When the address cannot be listened at, or `upstream` is no URL; of the kind `InvalidInput` when
    /// the certificates are none.
    pub async fn bind(
        listen: SocketAddr,
        upstream: &str,
        options: ProxyOptions,
    ) -> io::Result<Self> {
        let url = Url::parse(upstream).map_err(io::Error::other)?;
        let client = client_for(upstream, &options.ca_certificates)
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?
            .redirect(reqwest::redirect::Policy::none())
            .no_gzip()
            .no_brotli()
            .no_zstd()
            .no_deflate();
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let base_url = Some(url.as_str().trim_end_matches('/').to_owned());
        let traffic = Traffic::new(base_url.filter(|_| url.path() != "/"));
        let state = Passing {
            client: client.build().map_err(io::Error::other)?,
            verbatim: Verbatim::new(options.ca_certificates.clone(), is_loopback(upstream)),
            origin: url.origin().ascii_serialization(),
            options,
            reported: Once::new(),
            seen: Mutex::new(Seen { traffic, secrets: Secrets::default() }),
        };
        Ok(Self { listener, upstream: url, address, state: Arc::new(state) })
    }

    /// The API root for clients.
    #[must_use]
    pub fn base_url(&self) -> String {
        let path = self.upstream.path().trim_end_matches('/');
        format!("http://{}{path}", self.address)
    }

    /// Passes requests on until `stop`, and returns the report.
    ///
    /// # Errors
    ///
    /// When connections can no longer be accepted.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> io::Result<CheckReport> {
        let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
        let router = Router::new().fallback(pass).with_state(Arc::clone(&self.state));
        let server = axum::serve(self.listener, router).with_graceful_shutdown(async {
            // Nothing is ever sent: the other end is dropped.
            let _ = receiver.await;
        });
        let stopping = async {
            stop.await;
            drop(sender);
            tokio::time::sleep(GRACE).await;
        };
        tokio::select! {
            outcome = server => outcome?,
            () = stopping => {}
        }
        let seen = self.state.lock();
        Ok(seen.traffic.report(self.upstream.as_str().trim_end_matches('/')))
    }
}

async fn pass(State(state): State<Arc<Passing>>, request: Request) -> Response {
    let begun = Utc::now();
    let (parts, body) = request.into_parts();
    let target = parts.uri.path_and_query().map_or("/", |it| it.as_str());
    let url = format!("{}{target}", state.origin);
    if body.size_hint().lower() > REQUEST_LIMIT as u64 {
        return refusal(StatusCode::PAYLOAD_TOO_LARGE, "the request's body is too large");
    }
    let Ok(body) = to_bytes(body, REQUEST_LIMIT).await else {
        let reason = "the request's body ended too early, or is too large";
        return refusal(StatusCode::BAD_REQUEST, reason);
    };
    let arrived = state.forward(&parts, &url, body.clone()).await;
    state.look(begun, &parts, &url, &body, arrived.as_ref());
    match arrived {
        Ok(Arrived { status, headers, body, rest }) => {
            let mut response = Response::new(whole(body, rest));
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            response
        }
        Err(reason) => refusal(StatusCode::BAD_GATEWAY, &reason),
    }
}

/// A body, of which some may be yet to come.
fn whole(body: Bytes, rest: Option<reqwest::Response>) -> Body {
    let Some(rest) = rest else { return Body::from(body) };
    let rest = stream::try_unfold(rest, async |mut rest| {
        Ok::<_, reqwest::Error>(rest.chunk().await?.map(|chunk| (chunk, rest)))
    });
    Body::from_stream(stream::once(async { Ok(body) }).chain(rest))
}

/// A response of the proxy's own.
fn refusal(status: StatusCode, reason: &str) -> Response {
    let mut response = Response::new(Body::from(format!("conformance proxy: {reason}\n")));
    *response.status_mut() = status;
    response
}

impl Passing {
    async fn forward(&self, parts: &Parts, url: &str, body: Bytes) -> Result<Arrived, String> {
        let unanswered = |reason: String| {
            if let Some(tell) = &self.options.unanswered {
                self.reported.call_once(|| tell(&reason));
            }
            reason
        };
        let lost = |error: reqwest::Error| unanswered(no_answer(&error.without_url()).to_string());
        let mut headers = end_to_end(&parts.headers);
        headers.remove(header::HOST);
        let parsed = Url::parse(url).ok().filter(|parsed| parsed.as_str() == url);
        let mut response = if let Some(parsed) = parsed {
            let mut request = self.client.request(parts.method.clone(), parsed).headers(headers);
            let has_length = parts.headers.contains_key(header::CONTENT_LENGTH);
            if !body.is_empty() || has_length || parts.method == Method::POST {
                request = request.body(body);
            }
            request.send().await.map_err(lost)?
        } else {
            let target = (&*self.origin, url.strip_prefix(&self.origin).unwrap_or("/"));
            let sent = self.verbatim.send(parts.method.clone(), target, headers, body);
            sent.await.map_err(unanswered)?
        };
        let (status, headers) = (response.status(), end_to_end(response.headers()));
        let mut body = BytesMut::new();
        let mut ended = false;
        while !ended && body.len() <= BODY_LIMIT {
            match response.chunk().await.map_err(lost)? {
                Some(chunk) => body.extend_from_slice(&chunk),
                None => ended = true,
            }
        }
        Ok(Arrived { status, headers, body: body.freeze(), rest: (!ended).then_some(response) })
    }

    /// Takes an exchange into account.
    fn look(
        &self,
        begun: DateTime<Utc>,
        parts: &Parts,
        url: &str,
        body: &[u8],
        arrived: Result<&Arrived, &String>,
    ) {
        let mut seen = self.lock();
        let Seen { traffic, secrets } = &mut *seen;
        let headers = texts(&parts.headers);
        let answered = arrived.map(|it| texts(&it.headers)).unwrap_or_default();
        secrets.learn(pairs(&headers));
        secrets.learn_url(url);
        secrets.learn_sent(url, pairs(&headers), body);
        let response_body = arrived.ok().and_then(Arrived::uncompressed);
        secrets.learn_answer(url, pairs(&answered), response_body.as_deref().unwrap_or_default());
        secrets.forget_all_but(SECRETS);
        secrets.prepare();
        let answer = arrived.ok().map(|it| {
            let (asked, body) = ((parts.method.as_str(), url), response_body.as_deref());
            let status = it.status.as_u16();
            let answer = secrets.answer(asked, status, pairs(&answered), body.unwrap_or_default());
            (answer, body.is_some())
        });
        let (url, _) = secrets.replaced(url);
        let body = secrets.replaced_body(body);
        let content_type = headers.iter().find(|(name, _)| *name == header::CONTENT_TYPE.as_str());
        let passed = Passed {
            method: parts.method.as_str(),
            url: &url,
            body: Some(&*body).filter(|body| !body.is_empty()),
            content_type: content_type.map(|(_, value)| &**value),
            is_form: false,
            is_conditional: parts.headers.keys().any(|name| is_condition(name.as_str())),
            answer: answer.as_ref().map(|(answer, known)| (answer, *known)),
        };
        let found = traffic.look(&passed);
        if let Some(recorder) = &self.options.recorder
            && traffic.is_of_the_api(passed.method, &url)
        {
            let sent = pairs(&headers).map(|(name, value)| secrets.shown(name, value));
            let answered =
                pairs(&answered).map(|(name, value)| secrets.shown_of_answer(name, value));
            let headers: (Vec<Pair>, Vec<Pair>) = (sent.collect(), answered.collect());
            let failed = arrived.err().map(String::as_str).unwrap_or_default();
            recorder.passed(begun, headers, &passed, failed);
        }
        drop(seen);
        if let Some(listener) = &self.options.listener {
            found.iter().for_each(listener);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Arrived {
    /// The body as it is meant; `None` when it is too large, damaged, or compressed in an unknown way.
    fn uncompressed(&self) -> Option<Vec<u8>> {
        if self.rest.is_some() {
            return None;
        }
        let encodings = self.headers.get_all(header::CONTENT_ENCODING).iter();
        let encodings = encodings.map(|it| it.to_str().unwrap_or("unknown"));
        uncompressed(&self.body, encodings)
    }
}

/// The headers that are not of one connection only.
fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    const OF_A_CONNECTION: [HeaderName; 8] = [
        header::CONNECTION,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
        header::PROXY_AUTHORIZATION,
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
    ];
    let named: Vec<String> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let mut kept = HeaderMap::new();
    for (name, value) in headers {
        if !OF_A_CONNECTION.contains(name) && !named.iter().any(|it| it == name.as_str()) {
            kept.append(name.clone(), value.clone());
        }
    }
    kept
}

/// The headers as text, each of them as often as it is there.
fn texts(headers: &HeaderMap) -> Vec<(&str, Cow<'_, str>)> {
    headers.iter().map(|(name, value)| (name.as_str(), header_text(value))).collect()
}

fn pairs<'a>(
    texts: &'a [(&'a str, Cow<'a, str>)],
) -> impl Iterator<Item = (&'a str, &'a str)> + Clone {
    texts.iter().map(|(name, value)| (*name, &**value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_a_connection_are_left_out_and_others_kept() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("transfer-encoding", "chunked"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
            ("www-authenticate", "Bearer"),
        ] {
            headers.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        let kept = end_to_end(&headers);
        let names: Vec<&str> = kept.keys().map(HeaderName::as_str).collect();
        assert_eq!(names, ["set-cookie", "www-authenticate"]);
        assert_eq!(kept.get_all("set-cookie").iter().count(), 2);
    }
}

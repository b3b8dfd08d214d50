//! A deployment between the suite and the reference server: it passes requests on and changes what
//! goes in or comes out. It sees whole exchanges over real sockets, and may keep state.

use std::{
    convert::Infallible,
    future::Future,
    io,
    pin::Pin,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::Response,
};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};

use super::{
    broken::{Changes, Sent},
    deviation::lock,
    tape::{Player, Tape},
    wire,
};
use registries_conformance::internals::{BODY_LIMIT, client_for};

/// A request on its way in.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// The method.
    pub method: Method,
    /// The path below the base URL, with the query.
    pub path: String,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Incoming {
    /// Whether it has this method and a path that ends so.
    #[must_use]
    pub fn is(&self, method: &str, path_end: &str) -> bool {
        self.method.as_str() == method && self.path.ends_with(path_end)
    }

    /// Whether it is about one registry, not about all of them or about its tokens.
    #[must_use]
    pub fn is_about_one_registry(&self) -> bool {
        self.path.contains("/registries/") && !self.is_about_registry_tokens()
    }

    /// Whether it is about a registry's tokens.
    #[must_use]
    pub fn is_about_registry_tokens(&self) -> bool {
        self.path.ends_with("/tokens") || self.path.contains("/tokens/")
    }

    /// Whether it is to list registries.
    #[must_use]
    pub fn is_list(&self) -> bool {
        self.is("GET", "/registries")
    }

    /// Whether it is to create a registry.
    #[must_use]
    pub fn is_create(&self) -> bool {
        self.is("POST", "/registries")
    }

    /// Whether it is to get one registry.
    #[must_use]
    pub fn is_get(&self) -> bool {
        self.is_about_one_registry() && self.method == Method::GET
    }

    /// Whether it is to update a registry, by any of the methods.
    #[must_use]
    pub fn is_update(&self) -> bool {
        self.is_about_one_registry() && matches!(self.method.as_str(), "POST" | "PATCH" | "PUT")
    }

    /// Whether it is to delete a registry.
    #[must_use]
    pub fn is_delete(&self) -> bool {
        self.is_about_one_registry() && self.method == Method::DELETE
    }

    /// Whether it is about the access token.
    #[must_use]
    pub fn is_about_token(&self) -> bool {
        self.path.ends_with("/access-token")
    }

    /// Whether it is to get one organization.
    #[must_use]
    pub fn is_organization(&self) -> bool {
        self.method == Method::GET
            && self.path.strip_prefix("/organizations/").is_some_and(|slug| !slug.contains('/'))
    }

    /// The last segment of the path: the slug, when it is about one registry.
    #[must_use]
    pub fn last_segment(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// The body as JSON, when it is.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Replaces the body.
    pub fn set_json(&mut self, body: &Value) {
        self.body = body.to_string().into_bytes();
    }

    /// Changes the body, when it is a JSON object.
    pub fn change(&mut self, change: impl FnOnce(&mut serde_json::Map<String, Value>)) {
        if let Some(Value::Object(mut body)) = self.json() {
            change(&mut body);
            self.set_json(&Value::Object(body));
        }
    }
}

/// A response on its way out.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
    /// How many bytes to send in a chunk; without it the body is sent whole, with its length. With 0 the
    /// connection is broken off in place of a body.
    pub chunk: Option<usize>,
}

impl Outgoing {
    /// The body as JSON, when it is.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Replaces the body.
    pub fn set_json(&mut self, body: &Value) {
        self.body = body.to_string().into_bytes();
    }

    /// Replaces a header, or adds it.
    pub fn set_header(&mut self, name: &'static str, value: &'static str) {
        self.headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }

    /// Changes every registry in a successful answer, be it one or a list.
    pub fn each_registry(&mut self, change: impl Fn(&mut Value)) {
        self.each("ecosystem", change);
    }

    /// Changes everything with this property in a successful answer, be it one or a list.
    pub fn each(&mut self, property: &str, change: impl Fn(&mut Value)) {
        let Some(mut body) = self.json().filter(|_| self.status.is_success()) else { return };
        let all = match &mut body {
            Value::Array(list) => list.as_mut_slice(),
            one => std::slice::from_mut(one),
        };
        all.iter_mut().filter(|it| it.get(property).is_some()).for_each(change);
        self.set_json(&body);
    }
}

/// What a [`Behaviour`] answers, later.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Outgoing> + Send + 'a>>;

/// What a deployment does differently. It passes a request on with `upstream`, any number of times.
pub trait Behaviour: Send + Sync {
    /// The response to a request.
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a>;

    /// Whether it writes its responses byte by byte, with [`Behaviour::bytes`].
    fn writes_bytes(&self) -> bool {
        false
    }

    /// The response as it goes over the connection; `None` for one as it should be.
    fn bytes(&self, request: &Incoming, outgoing: &Outgoing) -> Option<Vec<u8>> {
        let _ = (request, outgoing);
        None
    }
}

/// The reference server behind it.
#[derive(Clone, Debug)]
pub struct Upstream {
    source: Source,
    /// What was passed on for one exchange, if that is of interest.
    sent: Option<Arc<Sent>>,
}

#[derive(Clone, Debug)]
enum Source {
    /// The server, and what records its responses.
    Server { client: reqwest::Client, base_url: String, tape: Option<Arc<Tape>> },
    /// What was recorded of it.
    Tape(Arc<Player>),
}

impl Upstream {
    /// The server with this API root.
    ///
    /// # Errors
    ///
    /// When the HTTP client cannot be made.
    pub fn new(base_url: &str) -> io::Result<Self> {
        Self::recorded(base_url, None)
    }

    /// The same; its responses are recorded.
    pub(super) fn recorded(base_url: &str, tape: Option<Arc<Tape>>) -> io::Result<Self> {
        let client = client_for(base_url, &[]).map_err(io::Error::other)?;
        let client = client.build().map_err(io::Error::other)?;
        let source = Source::Server { client, base_url: base_url.to_owned(), tape };
        Ok(Self { source, sent: None })
    }

    /// What was recorded of the server.
    pub(super) fn played(player: Arc<Player>) -> Self {
        Self { source: Source::Tape(player), sent: None }
    }

    /// The same for one exchange, with what is passed on for it.
    pub(super) fn watched(&self) -> (Self, Arc<Sent>) {
        let sent = Arc::new(Mutex::default());
        (Self { source: self.source.clone(), sent: Some(Arc::clone(&sent)) }, sent)
    }

    /// The response of the reference server. When there is none, a 502 that says why.
    pub async fn send(&self, request: &Incoming) -> Outgoing {
        let outgoing = self.answer(request).await;
        if let Some(sent) = &self.sent {
            lock(sent).push((request.clone(), outgoing.clone()));
        }
        outgoing
    }

    async fn answer(&self, request: &Incoming) -> Outgoing {
        let (client, base_url, tape) = match &self.source {
            Source::Server { client, base_url, tape } => (client, base_url, tape),
            Source::Tape(player) => return player.answer(request),
        };
        let forwarded = Self::forward(client, base_url, request).await;
        let outgoing = forwarded.unwrap_or_else(|error| Outgoing {
            status: StatusCode::BAD_GATEWAY,
            headers: HeaderMap::new(),
            body: error.to_string().into_bytes(),
            chunk: None,
        });
        if let Some(tape) = tape {
            tape.record(request, &outgoing);
        }
        outgoing
    }

    async fn forward(
        client: &reqwest::Client,
        base_url: &str,
        request: &Incoming,
    ) -> reqwest::Result<Outgoing> {
        let mut headers = request.headers.clone();
        headers.remove(header::HOST);
        headers.remove(header::CONTENT_LENGTH);
        let response = client
            .request(request.method.clone(), format!("{base_url}{}", request.path))
            .headers(headers)
            .body(request.body.clone())
            .send()
            .await?;
        let status = response.status();
        let mut headers = response.headers().clone();
        headers.remove(header::CONTENT_LENGTH);
        headers.remove(header::TRANSFER_ENCODING);
        Ok(Outgoing { status, headers, body: response.bytes().await?.to_vec(), chunk: None })
    }
}

/// Such a deployment, listening on a free port of this machine until it is dropped.
#[derive(Debug)]
pub struct FaultyProxy {
    /// Its API root.
    pub base_url: String,
    changes: Changes,
    task: JoinHandle<()>,
}

impl FaultyProxy {
    /// Starts listening in front of the server at `upstream`.
    ///
    /// # Errors
    ///
    /// When no port can be had, or the HTTP client cannot be made.
    pub async fn start(upstream: &str, behaviour: Arc<dyn Behaviour>) -> io::Result<Self> {
        Self::over(Upstream::new(upstream)?, behaviour).await
    }

    /// The same, with another server behind it.
    pub(super) async fn over(
        upstream: Upstream,
        behaviour: Arc<dyn Behaviour>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base_url = format!("http://{}/v2", listener.local_addr()?);
        let changes = Changes::default();
        if behaviour.writes_bytes() {
            let task = tokio::spawn(wire::serve(listener, behaviour, upstream, changes.clone()));
            return Ok(Self { base_url, changes, task });
        }
        let router =
            Router::new().fallback(pass).with_state((behaviour, upstream, changes.clone()));
        let task = tokio::spawn(async move {
            // It ends when the task is dropped; before that there is no receiver.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { base_url, changes, task })
    }

    /// What was changed so far.
    pub(super) fn changes(&self) -> &Changes {
        &self.changes
    }
}

impl Drop for FaultyProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(
    State((behaviour, upstream, changes)): State<(Arc<dyn Behaviour>, Upstream, Changes)>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::BAD_REQUEST;
        return response;
    };
    let incoming = Incoming {
        method: parts.method,
        path: path.strip_prefix("/v2").unwrap_or(&path).to_owned(),
        headers: parts.headers,
        body: body.to_vec(),
    };
    let (upstream, sent) = upstream.watched();
    let outgoing = behaviour.answer(incoming.clone(), &upstream).await;
    changes.note(&incoming, &sent, &outgoing);
    let mut response = Response::new(match outgoing.chunk {
        None => Body::from(outgoing.body),
        Some(0) => {
            Body::from_stream(stream::iter([Err::<Bytes, _>(io::Error::other("broken off"))]))
        }
        Some(size) => {
            let chunks: Vec<_> = outgoing.body.chunks(size).map(Bytes::copy_from_slice).collect();
            Body::from_stream(stream::iter(chunks.into_iter().map(Ok::<_, Infallible>)))
        }
    });
    *response.status_mut() = outgoing.status;
    *response.headers_mut() = outgoing.headers;
    response
}

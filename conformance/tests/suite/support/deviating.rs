//! A deployment that deviates: it passes requests on to the reference server and changes what goes
//! in or comes out. It sees whole exchanges over real sockets and may keep state.

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::Response,
};
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::Value;
use tokio::{net::TcpListener, task::JoinHandle};

/// A request on its way in.
#[derive(Clone, Debug)]
pub(crate) struct Incoming {
    pub(crate) method: Method,
    /// The path below the base URL.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Incoming {
    pub(crate) fn is(&self, method: &str, path_end: &str) -> bool {
        self.method.as_str() == method && self.path.ends_with(path_end)
    }

    /// Whether it is about one registry, or about all of them.
    pub(crate) fn is_about_one_registry(&self) -> bool {
        self.path.contains("/registries/")
    }

    pub(crate) fn is_create(&self) -> bool {
        self.is("POST", "/registries")
    }

    pub(crate) fn is_update(&self) -> bool {
        self.is_about_one_registry() && matches!(self.method.as_str(), "POST" | "PATCH" | "PUT")
    }

    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    pub(crate) fn set_json(&mut self, body: &Value) {
        self.body = body.to_string().into_bytes();
    }
}

/// An answer on its way out.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Outgoing {
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    pub(crate) fn set_json(&mut self, body: &Value) {
        self.body = body.to_string().into_bytes();
    }

    /// Changes every registry in a successful answer, be it one or a list.
    pub(crate) fn each_registry(&mut self, change: impl Fn(&mut Value)) {
        let Some(mut body) = self.json().filter(|_| self.status.is_success()) else { return };
        match &mut body {
            Value::Array(list) => list.iter_mut().for_each(change),
            Value::Object(map) if map.contains_key("slug") => change(&mut body),
            _ => return,
        }
        self.set_json(&body);
    }
}

/// What a deviating deployment does differently. It passes a request on with `upstream`, any number
/// of times.
pub(crate) trait Deviation: Send + Sync + 'static {
    fn answer(
        &self,
        request: Incoming,
        upstream: Upstream,
    ) -> impl Future<Output = Outgoing> + Send;
}

/// The reference server behind a deviating deployment.
#[derive(Clone)]
pub(crate) struct Upstream {
    client: reqwest::Client,
    base_url: String,
}

impl Upstream {
    pub(crate) async fn send(&self, request: &Incoming) -> Outgoing {
        let mut headers = request.headers.clone();
        headers.remove(header::HOST);
        headers.remove(header::CONTENT_LENGTH);
        let response = self
            .client
            .request(request.method.clone(), format!("{}{}", self.base_url, request.path))
            .headers(headers)
            .body(request.body.clone())
            .send()
            .await
            .unwrap();
        let status = response.status();
        let mut headers = response.headers().clone();
        headers.remove(header::CONTENT_LENGTH);
        headers.remove(header::TRANSFER_ENCODING);
        Outgoing { status, headers, body: response.bytes().await.unwrap().to_vec() }
    }
}

/// A deviating deployment, listening.
pub(crate) struct Deviating {
    pub(crate) base_url: String,
    task: JoinHandle<()>,
}

impl Deviating {
    /// Starts listening in front of the server at `base_url`.
    pub(crate) async fn start(base_url: &str, deviation: impl Deviation) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let upstream = Upstream {
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            base_url: base_url.to_owned(),
        };
        let router = Router::new().fallback(pass).with_state(Arc::new((deviation, upstream)));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base_url: format!("http://{address}/v2"), task }
    }
}

impl Drop for Deviating {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass<D: Deviation>(State(state): State<Arc<(D, Upstream)>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let incoming = Incoming {
        method: parts.method,
        path: path.strip_prefix("/v2").unwrap_or(&path).to_owned(),
        headers: parts.headers,
        body: to_bytes(body, 1 << 20).await.unwrap().to_vec(),
    };
    let (deviation, upstream) = &*state;
    let outgoing = deviation.answer(incoming, upstream.clone()).await;
    let mut response = Response::new(Body::from(outgoing.body));
    *response.status_mut() = outgoing.status;
    *response.headers_mut() = outgoing.headers;
    response
}

//! What is recorded of every request: an id to its caller, a line to the log, numbers to the
//! metrics. Tokens, queries and bodies, which hold secrets, are never in it.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::Response;
use registries_command_line::visible::without_tokens;
use tracing::Instrument;

use crate::app::App;
use crate::domain::organization::OrganizationSlug;
use crate::error::DatabaseFailed;

/// Gives the request an id, and logs and counts it at its end.
pub(crate) async fn observe(
    State(app): State<App>,
    route: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let id = request_id(&app, request.headers());
    app.metrics.in_flight.inc();
    let mut recorded = Recorded {
        app,
        id: id.to_str().unwrap_or_default().to_owned(),
        method: request.method().clone(),
        route,
        uri: request.uri().clone(),
        start: Instant::now(),
        answer: None,
    };
    // Whatever is logged on the way has the id as well, also when only errors are logged.
    let span = tracing::error_span!("request", id = recorded.id);
    let mut response = next.run(request).instrument(span).await;
    let organization = response.extensions_mut().remove::<Counted>();
    if response.extensions_mut().remove::<DatabaseFailed>().is_some() {
        recorded.app.metrics.database_errors.inc();
    }
    recorded.answer = Some((response.status(), organization));
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// The organization in whose window the request was counted, left in the response by the gate.
#[derive(Debug, Clone)]
pub(crate) struct Counted(pub(crate) OrganizationSlug);

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id that the caller gave, if it can stand in a line of log, or else a new one.
fn request_id(app: &App, headers: &HeaderMap) -> HeaderValue {
    const LONGEST: usize = 64;
    let given = headers.get(REQUEST_ID).filter(|value| {
        let bytes = value.as_bytes();
        (1..=LONGEST).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
    });
    given.cloned().unwrap_or_else(|| {
        HeaderValue::try_from(new_request_id(app)).unwrap_or(HeaderValue::from_static("none"))
    })
}

/// An id for a request that came without one.
pub(crate) fn new_request_id(app: &App) -> String {
    app.ids.uuid(app.clock.now()).to_string()
}

/// A request that is recorded when it ends. It also ends when its client disconnects.
struct Recorded {
    app: App,
    id: String,
    method: Method,
    route: Option<MatchedPath>,
    uri: Uri,
    start: Instant,
    answer: Option<(StatusCode, Option<Counted>)>,
}

impl Recorded {
    /// How much of a path is logged, in characters.
    const LONGEST_PATH: usize = 200;
}

impl Drop for Recorded {
    fn drop(&mut self) {
        let elapsed = self.start.elapsed();
        let route = self.route.as_ref().map_or("none", MatchedPath::as_str);
        self.app.metrics.in_flight.dec();
        if let Some((status, _)) = &self.answer {
            self.app.metrics.answered(&self.method, route, *status, elapsed);
        }
        let (status, organization) = match &self.answer {
            Some((status, organization)) => (Some(status.as_u16()), organization.as_ref()),
            None => (None, None),
        };
        // Who asks for what is not there is helped by nothing else.
        let path = (status == Some(404)).then(|| {
            without_tokens(self.uri.path()).chars().take(Self::LONGEST_PATH).collect::<String>()
        });
        tracing::info!(
            request_id = self.id,
            method = %self.method,
            route,
            path,
            status,
            organization = organization.map(|Counted(slug)| slug.as_str()),
            elapsed_us = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
            "{}",
            if status.is_some() { "responded" } else { "the client disconnected" }
        );
    }
}

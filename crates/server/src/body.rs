//! Request bodies.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::app::App;
use crate::domain::json::Json;
use crate::error::Error;

/// A body that was not read yet. Routes read it after they know that the caller may do at all what
/// the body describes.
pub(crate) struct JsonBody {
    headers: HeaderMap,
    body: Body,
    limit: usize,
    timeout: Duration,
}

impl JsonBody {
    /// Reads the body: is it called JSON, is it short enough, did it come in time, is it
    /// JSON.
    pub(crate) async fn read(self) -> Result<Json, Error> {
        let limit = self.timeout;
        let read = tokio::time::timeout(limit, self.read_all()).await;
        read.unwrap_or(Err(Error::BodyTooSlow { limit }))
    }

    async fn read_all(self) -> Result<Json, Error> {
        // Without a body there is no content type to be right or wrong.
        let nothing_to_type =
            self.body.is_end_stream() && !self.headers.contains_key(header::CONTENT_TYPE);
        if !nothing_to_type && !is_json(&self.headers) {
            drain(self.body).await;
            return Err(Error::UnsupportedMediaType);
        }
        let mut body = self.body;
        let bytes = match Limited::new(&mut body, self.limit).collect().await {
            Ok(collected) => collected.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => {
                drain(body).await;
                return Err(Error::BodyTooLarge { limit: self.limit });
            }
            Err(error) => {
                tracing::debug!(error = &*error as &dyn std::error::Error, "body was not read");
                return Err(Error::BodyUnreadable);
            }
        };
        if bytes.is_empty() {
            return Err(Error::MalformedJson("it is empty".to_owned()));
        }
        Json::parse(&bytes).map_err(Error::MalformedJson)
    }
}

impl FromRequest<App> for JsonBody {
    type Rejection = Error;

    async fn from_request(request: Request, app: &App) -> Result<Self, Error> {
        let (parts, body) = request.into_parts();
        let (limit, timeout) = (app.config.max_body, app.config.body_timeout);
        Ok(Self { headers: parts.headers, body, limit, timeout })
    }
}

/// `application/json` or any type that ends in `+json`, whatever its parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let text = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = text.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    let Some((kind, subtype)) = essence.split_once('/') else { return false };
    let subtype = subtype.to_ascii_lowercase();
    kind.eq_ignore_ascii_case("application") && (subtype == "json" || subtype.ends_with("+json"))
}

/// Reads a refused body and throws it away, up to a bound. A connection that is closed on a caller
/// who still writes is reset, and the caller may never see the answer.
async fn drain(mut body: Body) {
    const MAX_DRAINED: usize = 16 * 1024 * 1024;
    let mut drained = 0;
    while let Some(Ok(frame)) = body.frame().await {
        drained += frame.data_ref().map_or(0, axum::body::Bytes::len);
        if drained > MAX_DRAINED {
            return;
        }
    }
}

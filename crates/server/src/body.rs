//! Request bodies.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use http_body_util::{BodyExt, LengthLimitError, Limited};

use crate::app::App;
use crate::error::Error;
use registries_policy::Json;

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
    /// JSON. What the head of the request decides is decided before the body is asked for.
    pub(crate) async fn read(self) -> Result<Json, Error> {
        // Without a body there is nothing about it to be right or wrong.
        if !self.body.is_end_stream() || self.headers.contains_key(header::CONTENT_TYPE) {
            check_type(&self.headers)?;
            check_coding(&self.headers)?;
        }
        let too_large = Error::BodyTooLarge { limit: self.limit };
        let limit = u64::try_from(self.limit).unwrap_or(u64::MAX);
        if self.body.size_hint().lower() > limit {
            return Err(too_large);
        }
        let read = Limited::new(self.body, self.limit).collect();
        let Ok(read) = tokio::time::timeout(self.timeout, read).await else {
            return Err(Error::BodyTooSlow { limit: self.timeout });
        };
        let bytes = match read {
            Ok(collected) => collected.to_bytes(),
            Err(error) if error.is::<LengthLimitError>() => return Err(too_large),
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

/// `application/json` or any type that ends in `+json`, whatever its parameters, and said once.
fn check_type(headers: &HeaderMap) -> Result<(), Error> {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (value, another) = (values.next(), values.next());
    let text = value.and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_json = another.is_none() && is_json(text);
    if is_json { Ok(()) } else { Err(Error::UnsupportedMediaType) }
}

fn is_json(text: &str) -> bool {
    let essence = text.split(';').next().unwrap_or_default().trim();
    let Some((kind, subtype)) = essence.split_once('/') else { return false };
    let subtype = subtype.to_ascii_lowercase();
    let is_word = |text: &str| {
        let is_of_word = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte);
        !text.is_empty() && text.bytes().all(is_of_word)
    };
    kind.eq_ignore_ascii_case("application")
        && (subtype == "json" || subtype.strip_suffix("+json").is_some_and(is_word))
}

/// Bodies are short, and nothing that is sent compressed could be refused by its length: they are taken
/// as they are, or not at all (choice).
fn check_coding(headers: &HeaderMap) -> Result<(), Error> {
    const LONGEST_SHOWN: usize = 40;
    let is_nothing = |coding: &[u8]| coding.is_empty() || coding.eq_ignore_ascii_case(b"identity");
    let values = headers.get_all(header::CONTENT_ENCODING).iter();
    let codings = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    match codings.map(<[u8]>::trim_ascii).find(|coding| !is_nothing(coding)) {
        Some(coding) => {
            let shown: String =
                String::from_utf8_lossy(coding).chars().take(LONGEST_SHOWN).collect();
            Err(Error::UnsupportedContentEncoding(format!("{shown:?}")))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_a_few_names() {
        for text in [
            "application/json",
            "APPLICATION/JSON; charset=utf-8",
            " application/json ;x",
            "application/vnd.api+json",
        ] {
            assert!(is_json(text), "{text}");
        }
        for text in [
            "",
            "json",
            "application/",
            "application/+json",
            "application/a b+json",
            "application/json, text/plain",
            "application/json,application/json",
            "text/json",
            "application/json/json",
            "application/x/y+json",
        ] {
            assert!(!is_json(text), "{text}");
        }
    }
}

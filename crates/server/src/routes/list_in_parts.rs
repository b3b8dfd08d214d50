//! Lists that are made part by part, each when the one before it was sent.
//!
//! A list of one part is as its entries were at one moment. Of a longer one each part is: nothing is
//! held for a client that takes its time, and what is there throughout is in it once.

use std::future::Future;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream::try_unfold;
use serde::Serialize;
use tracing::Span;
use uuid::Uuid;

use crate::app::App;
use crate::config::PublicUrls;
use crate::error::Error;
use crate::storage::{Page, Part, StorageError};

/// Where the entries of a list come from.
pub(super) trait Entries: Send + 'static {
    type Entry: Send + Sync;

    fn read(
        &self,
        app: &App,
        page: Page,
    ) -> impl Future<Output = Result<Part<Self::Entry>, StorageError>> + Send;

    fn id(entry: &Self::Entry) -> Uuid;

    /// An entry as it is returned.
    fn body(&self, entry: &Self::Entry, urls: &PublicUrls) -> impl Serialize;
}

/// A list that is being made.
pub(super) struct List<E> {
    app: App,
    entries: E,
    /// The last entry that is in what was made so far.
    last: Option<Uuid>,
    has_ended: bool,
}

impl<E: Entries> List<E> {
    /// How many entries are in a part at most.
    const PART: u32 = 256;
    /// A part ends with the entry that exceeds so many bytes: if they are large it has few entries.
    const PART_BYTES: u32 = 256 * 1024;

    /// Responds with a list. A failure in its first part has a status, and a later one breaks the
    /// response off.
    pub(super) async fn answer(app: App, entries: E) -> Result<Response, Error> {
        let mut list = Self { app, entries, last: None, has_ended: false };
        let first = list.part().await?;
        let body = if list.has_ended { Body::from(first) } else { list.stream(first) };
        let json = HeaderValue::from_static("application/json");
        Ok(([(header::CONTENT_TYPE, json)], body).into_response())
    }

    /// The text of the next part.
    async fn part(&mut self) -> Result<Bytes, Error> {
        let page = Page { after: self.last, limit: Self::PART, bytes: Self::PART_BYTES };
        let Part { items, is_last } = self.entries.read(&self.app, page).await?;
        let mut text = Vec::with_capacity(512 * items.len() + 2);
        if self.last.is_none() {
            text.push(b'[');
        }
        for entry in &items {
            if self.last.is_some() {
                text.push(b',');
            }
            let body = self.entries.body(entry, &self.app.config.urls);
            serde_json::to_writer(&mut text, &body)
                .map_err(|error| Error::Internal(error.into()))?;
            self.last = Some(E::id(entry));
        }
        self.has_ended = is_last;
        if self.has_ended {
            text.push(b']');
        }
        Ok(text.into())
    }

    /// Everything from the first part on. It ends with an error when a part cannot be made, for which
    /// the connection is closed: half a list must not look like a whole one.
    fn stream(self, first: Bytes) -> Body {
        let span = Span::current();
        let parts = try_unfold((Some(first), self), move |(made, mut list)| {
            let span = span.clone();
            async move {
                let part = match made {
                    Some(first) => first,
                    None if list.has_ended => return Ok(None),
                    None => {
                        // Others have their turn between two parts.
                        tokio::task::yield_now().await;
                        list.part().await.map_err(|error| list.break_off(&error, &span))?
                    }
                };
                Ok::<_, BrokenOff>(Some((part, (None, list))))
            }
        });
        Body::from_stream(parts)
    }

    /// Logs an error that comes too late for a status.
    fn break_off(&self, error: &Error, span: &Span) -> BrokenOff {
        span.in_scope(|| error.log());
        if error.is_of_database() {
            self.app.metrics.database_errors.inc();
        }
        BrokenOff
    }
}

/// Why the body of a response ends before its end.
#[derive(Debug, thiserror::Error)]
#[error("the list could not be made to its end")]
struct BrokenOff;

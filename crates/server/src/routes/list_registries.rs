//! List all registries.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use futures_util::stream::try_unfold;
use tracing::Span;
use uuid::Uuid;

use super::json_text::answer;
use super::registry_body::RegistryBody;
use crate::app::App;
use crate::auth::OrganizationAccess;
use crate::domain::organization::Organization;
use crate::domain::scope::Scope;
use crate::error::Error;
use crate::storage::{Page, Part};

/// All of them in one answer, oldest first: the list is not described as paginated (seed, List all
/// registries), and the order is a choice.
///
/// The answer is made part by part, each when the one before it was sent. A list of one part is as the
/// registries were at one moment. Of a longer one each part is: nothing is held for a client that
/// takes its time, and what is there throughout is in it once.
pub(crate) async fn list_registries(
    State(app): State<App>,
    access: OrganizationAccess,
) -> Result<Response, Error> {
    access.require(&[Scope::ReadRegistries])?;
    let id = access.organization.id;
    let version = app.storage.version();
    if let Some(kept) = version.and_then(|version| app.lists.get(&id, version)) {
        return Ok(answer(kept));
    }
    let mut list = List { app, organization: access.organization, last: None, has_ended: false };
    // What fails from then on breaks the answer off, and what fails here is answered.
    let first = list.part().await?;
    if !list.has_ended {
        return Ok(answer(list.stream(first)));
    }
    if let Some(version) = version.filter(|_| first.len() <= LONGEST_KEPT) {
        list.app.lists.keep(id, version, first.clone());
    }
    Ok(answer(first))
}

/// How many registries are in a part at most.
const PART: u32 = 256;

/// A part ends with the registry that exceeds so many bytes: with large policies it has few registries.
const PART_BYTES: u32 = 256 * 1024;

/// How long a list may be that is kept, in bytes: some of them are together some megabytes.
const LONGEST_KEPT: usize = 256 * 1024;

/// A list that is being made.
struct List {
    app: App,
    organization: Organization,
    /// The last registry that is in what was made so far.
    last: Option<Uuid>,
    has_ended: bool,
}

impl List {
    /// The text of the next part.
    async fn part(&mut self) -> Result<Bytes, Error> {
        let page = Page { after: self.last, limit: PART, bytes: PART_BYTES };
        let Part { registries, is_last } =
            self.app.storage.registries(self.organization.id, page).await?;
        let mut text = Vec::with_capacity(512 * registries.len() + 2);
        if self.last.is_none() {
            text.push(b'[');
        }
        for registry in &registries {
            if self.last.is_some() {
                text.push(b',');
            }
            let body = RegistryBody::new(registry, &self.organization, &self.app.config.urls);
            serde_json::to_writer(&mut text, &body).map_err(|e| Error::Internal(e.into()))?;
            self.last = Some(registry.id);
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
                    None => list.part().await.map_err(|error| list.break_off(&error, &span))?,
                };
                Ok::<_, BrokenOff>(Some((part, (None, list))))
            }
        });
        Body::from_stream(parts)
    }

    /// Tells of an error that comes too late to be answered.
    fn break_off(&self, error: &Error, span: &Span) -> BrokenOff {
        span.in_scope(|| error.log());
        if error.is_of_database() {
            self.app.metrics.database_errors.inc();
        }
        BrokenOff
    }
}

/// Why the body of an answer ends before its end.
#[derive(Debug, thiserror::Error)]
#[error("the list could not be made to its end")]
struct BrokenOff;

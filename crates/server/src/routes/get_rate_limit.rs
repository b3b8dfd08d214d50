//! Get rate limits.

use axum::extract::State;
use axum::{Extension, Json};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::Serialize;

use crate::app::App;
use crate::auth::OrganizationAccess;
use crate::domain::scope::Scope;
use crate::error::Error;
use crate::limits::{Usage, Window};

/// The window of the REST API is the organization's, the present request included. There is no
/// GraphQL API here: its window has the documented size, and nothing uses or enforces it (choice).
pub(crate) async fn get_rate_limit(
    State(app): State<App>,
    access: OrganizationAccess,
    Extension(usage): Extension<Usage>,
) -> Result<Json<RateLimitsBody>, Error> {
    access.require(&[Scope::ReadAccounts])?;
    let rest = WindowBody::new(&usage.organization, app.clock.now());
    let graphql = WindowBody {
        limit: 50_000,
        current: 0,
        enforced: false,
        reset_at: rest.reset_at.clone(),
        ..rest
    };
    Ok(Json(RateLimitsBody { scopes: ScopesBody { rest, graphql } }))
}

/// What is used of the limits (documented, Organization rate limits).
#[derive(Debug, Serialize)]
pub(crate) struct RateLimitsBody {
    scopes: ScopesBody,
}

#[derive(Debug, Serialize)]
struct ScopesBody {
    rest: WindowBody,
    graphql: WindowBody,
}

#[derive(Debug, Serialize)]
struct WindowBody {
    limit: u32,
    current: u32,
    reset: u32,
    reset_at: String,
    enforced: bool,
}

impl WindowBody {
    fn new(window: &Window, now: DateTime<Utc>) -> Self {
        let reset_at = now + TimeDelta::seconds(window.reset.into());
        Self {
            limit: window.limit,
            current: window.current,
            reset: window.reset,
            reset_at: reset_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            enforced: window.enforced,
        }
    }
}

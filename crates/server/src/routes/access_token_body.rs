//! The access token object.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::domain::scope::Scope;
use crate::domain::token::AccessToken;

/// The token that a request was sent with (documented, Get the current token).
#[derive(Debug, Serialize)]
pub(crate) struct AccessTokenBody {
    uuid: Uuid,
    scopes: Vec<&'static str>,
    description: String,
    created_at: String,
    expires_at: Option<String>,
    user: UserBody,
}

#[derive(Debug, Serialize)]
struct UserBody {
    email: String,
    name: String,
}

impl From<AccessToken> for AccessTokenBody {
    fn from(token: AccessToken) -> Self {
        Self {
            uuid: token.id,
            scopes: token.scopes.into_iter().map(Scope::as_str).collect(),
            description: token.description,
            created_at: timestamp(token.created_at),
            expires_at: token.expires_at.map(timestamp),
            user: UserBody { email: token.user.email, name: token.user.name },
        }
    }
}

/// The form of the documented example. Other times of the same API are RFC 3339.
fn timestamp(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_form_of_the_documented_example() {
        let time = DateTime::parse_from_rfc3339("2025-07-16T06:07:42.987Z").unwrap();
        assert_eq!(timestamp(time.to_utc()), "2025-07-16 06:07:42 UTC");
    }
}

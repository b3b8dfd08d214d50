//! Get the current access token.

use axum::Json;

use super::access_token_body::AccessTokenBody;
use crate::auth::Access;

/// Needs no scope (documented, Get the current token).
pub(crate) async fn get_access_token(Access(token): Access) -> Json<AccessTokenBody> {
    Json(token.into())
}

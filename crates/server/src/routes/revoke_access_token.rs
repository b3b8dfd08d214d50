//! Revoke the current access token.

use axum::extract::State;
use axum::http::StatusCode;

use crate::app::App;
use crate::auth::Access;
use crate::error::{Error, Unauthenticated};

/// Needs no scope and answers 204; the token stops working (documented, Revoke the current token).
pub(crate) async fn revoke_access_token(
    State(app): State<App>,
    Access(token): Access,
) -> Result<StatusCode, Error> {
    if app.storage.revoke_token(token.id, app.clock.now()).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        // Another request with the same token was quicker.
        Err(Unauthenticated::RevokedToken.into())
    }
}

//! In the place of `description/page.rs`, without the feature `swagger-ui`.

use axum::Router;

use crate::app::App;

pub(super) const CONTRACT: Option<(&str, &str)> = None;
pub(super) const PAGE: Option<(&str, &str)> = None;

pub(super) fn routes() -> Router<App> {
    Router::new()
}

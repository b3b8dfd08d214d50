//! What every backend must do, as tests that run on each of them.
use super::Storage;
use std::sync::Arc;
pub(crate) async fn run(_storage: Arc<dyn Storage>) {}
pub(crate) async fn run_on_two(_one: Arc<dyn Storage>, _other: Arc<dyn Storage>) {}

//! In the place of `storage/postgres`, without the feature `postgres`.

#![expect(clippy::unused_async, reason = "what it stands in for waits")]

use crate::storage::database::InvalidDatabaseUrl;
use crate::storage::failure::Obstacle;
use crate::storage::opening::{OpenError, WhenMissing};
use crate::storage::store::Storage;

/// There are none.
#[derive(Debug, Clone)]
pub(crate) enum Options {}

/// There are none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {}

pub(in crate::storage) fn parse(_: &str) -> Result<Options, InvalidDatabaseUrl> {
    Err(InvalidDatabaseUrl::WithoutPostgres)
}

pub(in crate::storage) async fn open(
    options: &Options,
    _: WhenMissing,
) -> Result<Storage, OpenError> {
    match *options {}
}

pub(in crate::storage) async fn open_to_read(options: &Options) -> Result<Storage, OpenError> {
    match *options {}
}

pub(in crate::storage) fn place(options: &Options) -> String {
    match *options {}
}

pub(in crate::storage) fn said(error: &Failure) -> String {
    match *error {}
}

pub(in crate::storage) fn obstacle(error: &Failure) -> Obstacle {
    match *error {}
}

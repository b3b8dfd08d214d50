//! How opening a database can fail.

use std::error::Error;

use super::failure::StorageError;
use super::inspection::Migrations;

/// What to do if there is nothing yet: no file, or no tables in a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WhenMissing {
    Create,
    Fail,
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(
        "there is no database at {0}; `registries-server org create` makes one with its first \
         organization, `registries-server serve` an empty one"
    )]
    Missing(String),
    #[error("the database cannot be made at {0}: there is no such folder")]
    NoFolder(String),
    #[error("the database cannot be at {0}: that is a folder")]
    IsFolder(String),
    #[error("there is no database at {0}: PostgreSQL's `createdb` makes an empty one")]
    NoDatabase(String),
    #[error("cannot open the database at {place}: {}", error.reason())]
    Open { place: String, error: StorageError },
    #[error("cannot read the database at {place}: {}", error.reason())]
    Unreadable { place: String, error: StorageError },
    #[error("the database at {0} was written by a newer version of this server; use that version")]
    Newer(String),
    #[error(
        "the database at {0} was written by an older version of this server, and this command does not \
         change it; make a backup, then start `registries-server serve` once, which updates it"
    )]
    Older(String),
    #[error("the database at {0} is not one of this server; name another one with --database")]
    OfAnother(String),
    #[error("cannot bring the database at {place} up to date: {error}")]
    Migrate { place: String, error: Box<dyn Error + Send + Sync> },
}

impl OpenError {
    /// A database that is only read is not brought up to date.
    pub(super) fn unless_current(found: Migrations, place: String) -> Result<(), Self> {
        match found {
            Migrations::Current => Ok(()),
            Migrations::Older => Err(Self::Older(place)),
            Migrations::Newer => Err(Self::Newer(place)),
            Migrations::None => Err(Self::OfAnother(place)),
        }
    }
}

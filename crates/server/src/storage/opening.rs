//! How opening a database can fail.

use std::error::Error;

use super::failure::{Obstacle, StorageError};
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
        "there is no database at {0}; `registries-server org create` creates one with its first \
         organization, `registries-server serve` an empty one"
    )]
    Missing(String),
    #[error("cannot create a database at {0}: there is no such folder; create it first")]
    NoFolder(String),
    #[error("{0} is a folder; name a file in it")]
    IsFolder(String),
    #[error("there is no database at {0}; PostgreSQL's `createdb` creates an empty one")]
    NoDatabase(String),
    #[error("cannot open the database at {place}: {}{}", error.reason(), advice(error))]
    Open { place: String, error: StorageError },
    #[error("cannot read the database at {place}: {}", error.reason())]
    Unreadable { place: String, error: StorageError },
    #[error("a newer version of this server wrote the database at {0}; use that version")]
    Newer(String),
    #[error(
        "an older version of this server wrote the database at {0}; make a backup, then start \
         `registries-server serve` once, which updates it"
    )]
    Older(String),
    #[error("the database at {0} belongs to another program; name another one with --database")]
    OfAnother(String),
    #[error("cannot update the database at {place}: {error}")]
    Migrate { place: String, error: Box<dyn Error + Send + Sync> },
}

/// What to do about a database that cannot be opened, where its own words do not say it.
fn advice(error: &StorageError) -> String {
    match error.obstacle() {
        Obstacle::Other => String::new(),
        obstacle => format!("; {}", obstacle.explained().1),
    }
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

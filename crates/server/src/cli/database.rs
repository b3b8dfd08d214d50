//! The option `--database`.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use clap::Args;

use super::Failure;
use crate::admin::Admin;
use crate::clock::SystemClock;
use crate::ids::SystemIds;
use crate::storage::sqlite::{Sqlite, WhenMissing};

#[derive(Debug, Args)]
pub(super) struct DatabaseOption {
    #[arg(
        help = "The database: an SQLite file, as sqlite://registries.db or \
                sqlite:///var/lib/registries.db",
        long,
        value_name = "URL",
        env = "REGISTRIES_SERVER_DATABASE",
        default_value = "sqlite://registries.db"
    )]
    database: DatabaseUrl,
}

impl DatabaseOption {
    pub(super) async fn open(&self, when_missing: WhenMissing) -> Result<Sqlite, Failure> {
        Ok(Sqlite::open(&self.database.path, when_missing).await?)
    }

    /// Opens the database to administer it, which works while a server runs on it.
    pub(super) async fn admin(&self, when_missing: WhenMissing) -> Result<Admin, Failure> {
        let storage = Arc::new(self.open(when_missing).await?);
        Ok(Admin { storage, clock: Arc::new(SystemClock), ids: Arc::new(SystemIds::default()) })
    }
}

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
struct DatabaseUrl {
    path: PathBuf,
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some(path) = text.strip_prefix("sqlite://") else {
            return Err("the URL of a database begins with sqlite://, as in \
                        sqlite://registries.db"
                .to_owned());
        };
        // Taken literally, but for these two: other tools give them a meaning in such URLs.
        if path.is_empty() || path.contains(['?', '#']) {
            return Err("sqlite:// is followed by the path of a file, without `?` and `#`, as in \
                        sqlite:///var/lib/registries.db"
                .to_owned());
        }
        if path == ":memory:" {
            return Err(
                "a database in memory is gone when the command ends; `registries-server dev` \
                 serves one"
                    .to_owned(),
            );
        }
        Ok(Self { path: PathBuf::from(path) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_or_absolute() {
        for (text, path) in
            [("sqlite://registries.db", "registries.db"), ("sqlite:///var/a b.db", "/var/a b.db")]
        {
            assert_eq!(text.parse(), Ok(DatabaseUrl { path: PathBuf::from(path) }));
        }
    }

    #[test]
    fn what_is_no_database_is_refused() {
        for text in [
            "",
            "registries.db",
            "sqlite://",
            "sqlite:a.db",
            "sqlite://a.db?mode=ro",
            "sqlite://:memory:",
            "postgres://localhost/a",
        ] {
            assert!(text.parse::<DatabaseUrl>().is_err(), "{text:?}");
        }
    }
}

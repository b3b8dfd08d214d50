//! Which database a URL names, and opening it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::opening::{OpenError, WhenMissing};
use super::postgres;
use super::sqlite::Sqlite;
use super::store::Storage;

/// Where the database is. It may hold a password, which is never shown.
#[derive(Clone)]
pub(crate) enum DatabaseUrl {
    Sqlite(PathBuf),
    Postgres(Box<postgres::Options>),
}

impl Default for DatabaseUrl {
    fn default() -> Self {
        Self::Sqlite(PathBuf::from("registries.db"))
    }
}

impl DatabaseUrl {
    /// Opens the database and brings it up to date.
    pub(crate) async fn open(&self, when_missing: WhenMissing) -> Result<Storage, OpenError> {
        Ok(match self {
            Self::Sqlite(path) => Storage::on(Sqlite::open(path, when_missing).await?),
            Self::Postgres(options) => postgres::open(options, when_missing).await?,
        })
    }

    /// Opens the database to read it, and leaves it as it is: it has to be up to date. What is written
    /// may fail.
    pub(crate) async fn open_to_read(&self) -> Result<Storage, OpenError> {
        Ok(match self {
            Self::Sqlite(path) => Storage::on(Sqlite::open_to_read(path).await?),
            Self::Postgres(options) => postgres::open_to_read(options).await?,
        })
    }
}

impl Storage {
    /// A new database that lives as long as this value.
    pub(crate) fn in_memory() -> Result<Self, OpenError> {
        Ok(Self::on(Sqlite::in_memory()?))
    }
}

impl FromStr for DatabaseUrl {
    type Err = InvalidDatabaseUrl;

    fn from_str(text: &str) -> Result<Self, InvalidDatabaseUrl> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(Box::new(postgres::parse(text)?)));
        }
        let path = text.strip_prefix("sqlite://").ok_or(InvalidDatabaseUrl::Scheme)?;
        // Taken literally, but for these two: other tools give them a meaning in such URLs.
        if path.is_empty() || path.contains(['?', '#']) {
            return Err(InvalidDatabaseUrl::SqlitePath);
        }
        if path == ":memory:" {
            return Err(InvalidDatabaseUrl::InMemory);
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => formatter.debug_tuple("Sqlite").field(path).finish(),
            Self::Postgres(options) => {
                formatter.debug_tuple("Postgres").field(&postgres::place(options)).finish()
            }
        }
    }
}

/// Why a text is not the URL of a database. The text itself is not in it: it may hold a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidDatabaseUrl {
    #[error(
        "expected sqlite://FILE or postgres://USER@HOST/NAME, for example sqlite://registries.db"
    )]
    Scheme,
    #[error(
        "expected the path of a file after sqlite://, without `?` and `#`, for example \
         sqlite:///var/lib/registries.db"
    )]
    SqlitePath,
    #[cfg(not(feature = "postgres"))]
    #[error("PostgreSQL needs the feature `postgres` of the crate registries-server")]
    WithoutPostgres,
    #[error(
        "a database in memory would be lost when the command ends; `registries-server dev` serves one"
    )]
    InMemory,
    #[error(
        "expected postgres://USER:PASSWORD@HOST:PORT/NAME?sslmode=verify-full; every part but \
         postgres:// is optional, and special characters are percent-encoded"
    )]
    Postgres,
    #[error(
        "{0:?} is not a parameter of a PostgreSQL URL; sslmode and sslrootcert are, for example"
    )]
    PostgresParameter(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_or_absolute() {
        for (text, path) in
            [("sqlite://registries.db", "registries.db"), ("sqlite:///var/a b.db", "/var/a b.db")]
        {
            let url: DatabaseUrl = text.parse().unwrap();
            assert!(matches!(url, DatabaseUrl::Sqlite(parsed) if parsed.as_os_str() == path));
        }
    }

    #[test]
    fn what_is_no_database_is_refused() {
        for (text, expected) in [
            ("", InvalidDatabaseUrl::Scheme),
            ("registries.db", InvalidDatabaseUrl::Scheme),
            ("mysql://localhost/a", InvalidDatabaseUrl::Scheme),
            ("sqlite:a.db", InvalidDatabaseUrl::Scheme),
            ("sqlite://", InvalidDatabaseUrl::SqlitePath),
            ("sqlite://a.db?mode=ro", InvalidDatabaseUrl::SqlitePath),
            ("sqlite://:memory:", InvalidDatabaseUrl::InMemory),
            ("postgres://host:port/a", InvalidDatabaseUrl::Postgres),
            ("postgres://host/a?sslmode=sometimes", InvalidDatabaseUrl::Postgres),
            (
                "postgres://host/a?sslmod=require",
                InvalidDatabaseUrl::PostgresParameter("sslmod".to_owned()),
            ),
        ] {
            assert_eq!(text.parse::<DatabaseUrl>().unwrap_err(), expected, "{text:?}");
        }
    }

    #[test]
    fn without_a_user_the_url_is_for_who_asks() {
        let Ok(DatabaseUrl::Postgres(options)) = "postgres:///registries".parse() else { panic!() };
        let user = std::env::var("PGUSER").unwrap_or_else(|_| whoami::username().unwrap());
        assert_eq!(options.get_username(), user);
        assert_ne!(options.get_username(), "anonymous");
    }

    #[test]
    fn a_password_is_not_shown() {
        for text in [
            "postgres://somebody:hidden@host:5433/registries",
            "postgresql:///registries?user=somebody&password=hidden&host=host&port=5433",
        ] {
            let url: DatabaseUrl = text.parse().unwrap();
            assert_eq!(format!("{url:?}"), "Postgres(\"host:5433/registries\")");
        }
        for text in ["postgres://u:hidden@host:port/a", "postgres://u@h/a?passwd=hidden"] {
            let error = text.parse::<DatabaseUrl>().unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hidden"), "{error}");
        }
    }
}

//! The URL of a database.

use sqlx::postgres::PgConnectOptions;
use url::Url;

use crate::storage::database::InvalidDatabaseUrl;

/// Where a database is, and with what to connect to it.
pub(crate) type Options = PgConnectOptions;

/// Reads the URL of a database.
pub(in crate::storage) fn parse(text: &str) -> Result<Options, InvalidDatabaseUrl> {
    /// The parameters after `?`. The driver would ignore any other, such as a misspelt `sslmode`.
    const PARAMETERS: [&str; 12] = [
        "application_name",
        "dbname",
        "host",
        "hostaddr",
        "options",
        "password",
        "port",
        "sslcert",
        "sslkey",
        "sslmode",
        "sslrootcert",
        "user",
    ];
    let url = Url::parse(text).map_err(|_| InvalidDatabaseUrl::Postgres)?;
    let mut parameters = url.query_pairs().map(|(name, _)| name);
    if let Some(name) = parameters.find(|name| !PARAMETERS.contains(&&**name)) {
        return Err(InvalidDatabaseUrl::PostgresParameter(name.into_owned()));
    }
    // The driver's own message may quote what it did not understand.
    text.parse().map_err(|_| InvalidDatabaseUrl::Postgres)
}

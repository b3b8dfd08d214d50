//! Opening databases.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection};

use super::database::{Postgres, run};
use crate::storage::failure::StorageError;
use crate::storage::inspection::{Inspection, Migrations, contents, had};
use crate::storage::opening::{OpenError, WhenMissing};
use crate::storage::store::Storage;

static MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// How many connections one server holds at most.
const CONNECTIONS: u32 = 16;
/// How long to wait for a connection, when all are in use and when there is no database to be
/// reached.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// How long a connection is taken to be alive without asking.
const TRUSTED: Duration = Duration::from_secs(1);

/// Opens the database and brings it up to date. It must be there; its tables are made.
pub(in crate::storage) async fn open(
    options: &PgConnectOptions,
    when_missing: WhenMissing,
) -> Result<Storage, OpenError> {
    Ok(Storage::with_shared_counts(Postgres::open(options, when_missing).await?))
}

/// Opens the database to read it, and leaves it as it is: it has to be up to date.
pub(in crate::storage) async fn open_to_read(
    options: &PgConnectOptions,
) -> Result<Storage, OpenError> {
    Ok(Storage::with_shared_counts(Postgres::open_to_read(options).await?))
}

impl Postgres {
    pub(super) async fn open(
        options: &PgConnectOptions,
        when_missing: WhenMissing,
    ) -> Result<Self, OpenError> {
        let open_error = |source| open_error(options, source);
        // Without the pool, which would try again and in the end not report why it failed.
        let mut connection = connect(options).await.map_err(open_error)?;
        if when_missing == WhenMissing::Fail
            && !has_tables(&mut connection).await.map_err(open_error)?
        {
            return Err(OpenError::Missing(place(options)));
        }
        // The migrations' own table is there from the second start on, which is no news.
        sqlx::query("SET client_min_messages = warning")
            .execute(&mut connection)
            .await
            .map_err(open_error)?;
        // Of several servers that start at once one does it and the others wait.
        MIGRATIONS.run_direct(None, &mut connection, false).await.map_err(
            |source| match source {
                MigrateError::VersionMissing(_) => OpenError::Newer(place(options)),
                other => OpenError::Migrate { place: place(options), error: other.into() },
            },
        )?;
        connection.close().await.map_err(open_error)?;
        Ok(Self::to(options))
    }

    pub(super) async fn open_to_read(options: &PgConnectOptions) -> Result<Self, OpenError> {
        let open_error = |source| open_error(options, source);
        let mut connection = connect(options).await.map_err(open_error)?;
        if !has_tables(&mut connection).await.map_err(open_error)? {
            return Err(OpenError::Missing(place(options)));
        }
        let found = migrations(&mut connection).await;
        let unreadable = |error| OpenError::Unreadable { place: place(options), error };
        OpenError::unless_current(found.map_err(unreadable)?, place(options))?;
        connection.close().await.map_err(open_error)?;
        Ok(Self::to(options))
    }

    fn to(options: &PgConnectOptions) -> Self {
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            // One that was in use a moment ago need not be asked whether the database is still there.
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for > TRUSTED {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .after_connect(|connection, _| Box::pin(configure(connection)))
            .connect_lazy_with(options.clone());
        Self { pool }
    }
}

/// Looks through a database without changing it. What it is made of is looked after by those who run it.
pub(crate) async fn inspect(
    options: &PgConnectOptions,
    now: DateTime<Utc>,
) -> Result<Inspection, StorageError> {
    let mut connection = connect(options).await?;
    let migrations = migrations(&mut connection).await?;
    let contents = match migrations {
        Migrations::Current => run(&mut connection, &contents(now)).await?,
        _ => Vec::new(),
    };
    connection.close().await?;
    Inspection::of(migrations, Vec::new(), &contents)
}

pub(super) async fn connect(options: &PgConnectOptions) -> Result<PgConnection, sqlx::Error> {
    let connecting = tokio::time::timeout(ACQUIRE_TIMEOUT, PgConnection::connect_with(options));
    connecting.await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}

/// Where the database is, for people: without the user and the password.
pub(in crate::storage) fn place(options: &PgConnectOptions) -> String {
    let host = match options.get_socket() {
        Some(socket) => socket.display().to_string(),
        None => options.get_host().to_owned(),
    };
    let database = options.get_database().unwrap_or(options.get_username());
    format!("{host}:{}/{database}", options.get_port())
}

/// A write whose response was sent must survive a crash of the machine, also where the database is set
/// up to respond before; and no statement may hold a request up for ever.
async fn configure(connection: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query(
        "SELECT set_config('statement_timeout', '5s', false),
                CASE current_setting('synchronous_commit')
                    WHEN 'off' THEN set_config('synchronous_commit', 'on', false)
                END",
    )
    .execute(connection)
    .await?;
    Ok(())
}

async fn has_tables(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT to_regclass('organizations') IS NOT NULL")
        .fetch_one(connection)
        .await
}

async fn migrations(connection: &mut PgConnection) -> Result<Migrations, StorageError> {
    const OURS: &str = "SELECT to_regclass('_sqlx_migrations') IS NOT NULL
             AND to_regclass('access_tokens') IS NOT NULL";
    if !sqlx::query_scalar(OURS).fetch_one(&mut *connection).await? {
        return Ok(Migrations::None);
    }
    Migrations::of(
        &run(connection, &had()).await?,
        MIGRATIONS.iter().map(|migration| migration.version),
    )
}

fn open_error(options: &PgConnectOptions, error: sqlx::Error) -> OpenError {
    // invalid_catalog_name
    let code = error.as_database_error().and_then(|error| error.code().map(String::from));
    if code.as_deref() == Some("3D000") {
        OpenError::NoDatabase(place(options))
    } else {
        OpenError::Open { place: place(options), error: error.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::test_postgres::Database;

    fn options(database: &Database) -> PgConnectOptions {
        database.url().parse().unwrap()
    }

    #[tokio::test]
    async fn tables_are_made_only_on_request() {
        let Some(database) = Database::create() else { return };
        let error = Postgres::open(&options(&database), WhenMissing::Fail).await.unwrap_err();
        assert!(matches!(error, OpenError::Missing(_)), "{error}");
        Postgres::open(&options(&database), WhenMissing::Create).await.unwrap();
        Postgres::open(&options(&database), WhenMissing::Fail).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn many_can_open_a_new_database_at_once() {
        let Some(database) = Database::create() else { return };
        let mut opening = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let options = options(&database);
            opening.spawn(async move { Postgres::open(&options, WhenMissing::Create).await });
        }
        for result in opening.join_all().await {
            result.unwrap();
        }
    }

    #[tokio::test]
    async fn writes_are_durable_and_statements_end() {
        let Some(database) = Database::create() else { return };
        let options = options(&database).options([("synchronous_commit", "off")]);
        let postgres = Postgres::open(&options, WhenMissing::Create).await.unwrap();
        let setting = async |name: &str| -> String {
            let setting = sqlx::query_scalar("SELECT current_setting($1)").bind(name.to_owned());
            setting.fetch_one(&postgres.pool).await.unwrap()
        };
        assert_eq!(setting("synchronous_commit").await, "on");
        assert_eq!(setting("statement_timeout").await, "5s");
    }

    #[tokio::test]
    async fn what_is_not_there_and_what_is_newer_is_refused() {
        let Some(database) = Database::create() else { return };
        let missing = options(&database).database("missing");
        let error = Postgres::open(&missing, WhenMissing::Create).await.unwrap_err();
        assert!(matches!(error, OpenError::NoDatabase(_)), "{error}");
        assert!(error.to_string().contains("/missing; PostgreSQL's `createdb`"), "{error}");

        let nobody = options(&database).host("127.0.0.1").port(1).password("hidden");
        let nobody = PgConnectOptions::clone(&nobody).socket("/nowhere");
        let error = Postgres::open(&nobody, WhenMissing::Create).await.unwrap_err();
        assert!(matches!(error, OpenError::Open { .. }), "{error}");
        assert!(!format!("{error} {error:?}").contains("hidden"), "{error:?}");

        let postgres = Postgres::open(&options(&database), WhenMissing::Create).await.unwrap();
        sqlx::query(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9999, 'from the future', TRUE, '', 0)",
        )
        .execute(&postgres.pool)
        .await
        .unwrap();
        let error = Postgres::open(&options(&database), WhenMissing::Create).await.unwrap_err();
        assert!(matches!(error, OpenError::Newer(_)), "{error}");
        let error = Postgres::open_to_read(&options(&database)).await.unwrap_err();
        assert!(matches!(error, OpenError::Newer(_)), "{error}");
    }

    #[tokio::test]
    async fn what_is_read_is_left_as_it_is_and_has_to_be_up_to_date() {
        let Some(database) = Database::create() else { return };
        let error = Postgres::open_to_read(&options(&database)).await.unwrap_err();
        assert!(matches!(error, OpenError::Missing(_)), "{error}");
        let postgres = Postgres::open(&options(&database), WhenMissing::Create).await.unwrap();
        Postgres::open_to_read(&options(&database)).await.unwrap();
        let count = "SELECT count(*) FROM _sqlx_migrations";
        let all: i64 = sqlx::query_scalar(count).fetch_one(&postgres.pool).await.unwrap();
        let last = "DELETE FROM _sqlx_migrations WHERE version = (SELECT max(version) FROM _sqlx_migrations)";
        sqlx::query(last).execute(&postgres.pool).await.unwrap();
        let error = Postgres::open_to_read(&options(&database)).await.unwrap_err();
        assert!(matches!(error, OpenError::Older(_)), "{error}");
        let left: i64 = sqlx::query_scalar(count).fetch_one(&postgres.pool).await.unwrap();
        assert_eq!(left, all - 1);
    }
}

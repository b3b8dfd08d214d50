//! The option `--database`.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::builder::TypedValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Args, Command, Error};

use super::Failure;
use super::settings::{self, Settings, SettingsError};
use crate::admin::{Admin, AdminError};
use crate::clock::SystemClock;
use crate::ids::SystemIds;
use crate::storage::{DatabaseUrl, Storage, WhenMissing};

#[derive(Debug, Args)]
pub(super) struct DatabaseOption {
    /// Database [default: sqlite://registries.db]
    ///
    /// `sqlite://FILE` or `postgres://USER@HOST/NAME`. Put a URL with a password into the environment
    /// variable, or the password into PGPASSWORD or a PGPASSFILE: other users of the machine see
    /// arguments.
    #[arg(
        long,
        value_name = "URL",
        env = "REGISTRIES_SERVER_DATABASE",
        value_parser = UrlParser
    )]
    database: Option<DatabaseUrl>,
    /// Configuration file, see `config example`
    #[arg(long, value_name = "FILE", env = "REGISTRIES_SERVER_CONFIG")]
    config: Option<PathBuf>,
}

impl DatabaseOption {
    /// What the configuration file says; nothing without one.
    pub(super) fn file(&self) -> Result<Settings, SettingsError> {
        self.config.as_deref().map_or_else(|| Ok(Settings::default()), settings::read)
    }

    /// Opens the database that is named here, or else in the file.
    pub(super) async fn open(
        &self,
        file: &Settings,
        when_missing: WhenMissing,
    ) -> Result<Storage, Failure> {
        Ok(self.url(file).open(when_missing).await?)
    }

    /// Where the database is.
    pub(super) fn url(&self, file: &Settings) -> DatabaseUrl {
        self.database.clone().or(file.database.clone()).unwrap_or_default()
    }

    /// Administers the database, which works while a server runs on it, and lets go of it.
    pub(super) async fn administer<T>(
        &self,
        when_missing: WhenMissing,
        act: impl AsyncFnOnce(&Admin) -> Result<T, AdminError>,
    ) -> Result<T, Failure> {
        Self::act_on(self.open(&self.file()?, when_missing).await?, act).await
    }

    /// Looks at the database, which changes nothing in it, and lets go of it.
    pub(super) async fn look<T>(
        &self,
        act: impl AsyncFnOnce(&Admin) -> Result<T, AdminError>,
    ) -> Result<T, Failure> {
        Self::act_on(self.url(&self.file()?).open_to_read().await?, act).await
    }

    async fn act_on<T>(
        storage: Storage,
        act: impl AsyncFnOnce(&Admin) -> Result<T, AdminError>,
    ) -> Result<T, Failure> {
        let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds::default()));
        let admin = Admin { storage, clock, ids };
        let result = act(&admin).await;
        admin.storage.close().await;
        Ok(result?)
    }
}

/// Does not repeat what it refuses, as clap's own parsers do: there may be a password in it.
#[derive(Debug, Clone)]
struct UrlParser;

impl TypedValueParser for UrlParser {
    type Value = DatabaseUrl;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<DatabaseUrl, Error> {
        value.to_string_lossy().parse().map_err(|error| {
            let option = argument.map(Arg::to_string).unwrap_or_default();
            let message = format!("invalid value for '{option}': {error}\n");
            let mut error = Error::raw(ErrorKind::ValueValidation, message).with_cmd(command);
            error.insert(ContextKind::InvalidArg, ContextValue::String(option));
            error
        })
    }
}

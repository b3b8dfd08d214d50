//! The command line of `registries-server`.

#![expect(clippy::doc_markdown, reason = "help shows these comments as they are")]

mod backup;
mod config;
mod consent;
mod database;
mod dev;
mod doctor;
mod listening;
mod listing;
mod logging;
mod org;
mod policy;
mod serve;
mod settings;
mod signals;
mod team;
mod token;
mod user;

use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use registries_command_line::text::plain;
use registries_command_line::visible::{visible, visible_lines};
use registries_command_line::{Color, Completions, Status, causes, man, parse, say, say_error};

use self::logging::{LogFilter, LogFormat};
use self::settings::SettingsError;
use crate::admin::AdminError;
use crate::storage::OpenError;
use crate::storage::sqlite::BackupError;
use crate::tls::TlsError;

/// Runs the command that the arguments name, and returns its exit status.
pub fn main() -> ExitCode {
    let Arguments { color, command } = match parse() {
        Ok(arguments) => arguments,
        Err(status) => return status,
    };
    color.apply();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&io_failure("start", &error)),
    };
    runtime.block_on(run(command)).unwrap_or_else(|failure| failed(&failure))
}

/// Serve the Registries API, for development and tests
///
/// It keeps registries and their tokens, organizations and access tokens in SQLite or PostgreSQL.
#[derive(Debug, Parser)]
#[command(
    name = "registries-server",
    version,
    max_term_width = 80,
    after_long_help = format!("{EXAMPLES}\n\n{}", exit_status())
)]
struct Arguments {
    #[command(flatten)]
    color: Color,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API from a database
    Serve(serve::Serve),
    /// Serve the API from memory, to try it
    Dev(dev::Dev),
    /// Manage organizations
    #[command(subcommand)]
    Org(org::Org),
    /// Manage the teams of an organization
    #[command(subcommand)]
    Team(team::Team),
    /// Manage users
    #[command(subcommand)]
    User(user::User),
    /// Manage access tokens
    #[command(subcommand)]
    Token(token::Token),
    /// Copy an SQLite database, also while servers run
    Backup(backup::Backup),
    /// Restore an SQLite database from a backup
    Restore(backup::Restore),
    /// Check configuration, database, port and TLS
    Doctor(doctor::Doctor),
    /// Print a configuration file
    #[command(subcommand)]
    Config(config::ConfigFile),
    /// Validate OIDC policies
    #[command(subcommand)]
    Policy(policy::Policy),
    /// Print completions for a shell
    #[command(after_long_help = COMPLETIONS)]
    Completions(Completions),
    /// Print the manual page
    Man,
}

const EXAMPLES: &str = "\
Examples:
  Try the API from memory:
    registries-server dev

  Create a database and serve it:
    export REGISTRIES_SERVER_DATABASE=sqlite://registries.db
    registries-server org create my-org
    registries-server token create --org my-org --scopes all
    registries-server serve

The log goes to standard error. REGISTRIES_SERVER_LOG sets its level, as
`serve --log` does. It has colors on a terminal, unless NO_COLOR is set.";

fn exit_status() -> String {
    Status::help(&[
        (
            Status::Negative,
            "refused or not found; a problem (`doctor`), or a policy that is not\n     valid or does not match (`policy check`)",
        ),
        (Status::NotCarriedOut, "not carried out: no database, an address in use, no disk space"),
    ])
}

const COMPLETIONS: &str = "\
Examples:
  registries-server completions bash \\
    > /etc/bash_completion.d/registries-server
  registries-server completions fish \\
    > ~/.config/fish/completions/registries-server.fish";

async fn run(command: Command) -> Result<ExitCode, Failure> {
    // A file may set what `serve` logs, so logging begins when that is read.
    if !matches!(command, Command::Serve(_)) {
        logging::start(&LogFilter::from_environment(), LogFormat::Text);
    }
    // `doctor` reports it beside what else it finds, and what these print helps in any environment.
    let works_anyway = matches!(
        command,
        Command::Doctor(_) | Command::Config(_) | Command::Completions(_) | Command::Man
    );
    if !works_anyway {
        settings::check_environment()?;
    }
    match command {
        Command::Serve(serve) => serve.run().await?,
        Command::Dev(dev) => dev.run().await?,
        Command::Org(org) => org.run().await?,
        Command::Team(team) => team.run().await?,
        Command::User(user) => user.run().await?,
        Command::Token(token) => token.run().await?,
        Command::Backup(backup) => backup.run().await?,
        Command::Restore(restore) => restore.run().await?,
        Command::Doctor(doctor) => return doctor.run().await,
        Command::Config(config) => config.run()?,
        Command::Completions(completions) => completions.print::<Arguments>()?,
        Command::Man => man::<Arguments>()?,
        Command::Policy(policy) => return policy.run(),
    }
    Ok(ExitCode::SUCCESS)
}

/// Why a command failed, as a sentence for the user.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error(transparent)]
    Admin(#[from] AdminError),
    #[error(transparent)]
    Own(#[from] registries_command_line::Failure),
}

impl From<TlsError> for Failure {
    fn from(error: TlsError) -> Self {
        Self::usage(match &error {
            TlsError::Unreadable { path, error } => {
                format!("cannot read {}: {}", path.display(), plain(error))
            }
            _ => error.to_string(),
        })
    }
}

impl Failure {
    fn usage(why: impl Into<String>) -> Self {
        registries_command_line::Failure::Usage(why.into()).into()
    }

    fn not_carried_out(why: impl Into<String>) -> Self {
        registries_command_line::Failure::NotCarriedOut(why.into()).into()
    }

    fn status(&self) -> Status {
        match self {
            Self::Open(error) => of_database(error),
            Self::Settings(_) => Status::Usage,
            Self::Backup(error) => of_backup(error),
            Self::Admin(error) => of_administration(error),
            Self::Own(failure) => failure.status(),
        }
    }
}

/// A place that is none of a database is wrong usage, as any other setting that is wrong.
fn of_database(error: &OpenError) -> Status {
    match error {
        OpenError::Missing(_)
        | OpenError::NoFolder(_)
        | OpenError::IsFolder(_)
        | OpenError::OfAnother(_) => Status::Usage,
        OpenError::NoDatabase(_)
        | OpenError::Open { .. }
        | OpenError::Unreadable { .. }
        | OpenError::Newer(_)
        | OpenError::Older(_)
        | OpenError::Migrate { .. } => Status::NotCarriedOut,
    }
}

fn of_backup(error: &BackupError) -> Status {
    match error {
        BackupError::Missing(_)
        | BackupError::NoFile(_)
        | BackupError::NoFolder(_)
        | BackupError::Itself(_)
        | BackupError::SideFile(..)
        | BackupError::Unread { .. } => Status::Usage,
        BackupError::Exists(_)
        | BackupError::LeftBehind(_)
        | BackupError::Beside { .. }
        | BackupError::InUse(_)
        | BackupError::Wrong { .. } => Status::Negative,
        BackupError::NotLocked { .. }
        | BackupError::Unlike { .. }
        | BackupError::Unreadable { .. }
        | BackupError::NotCopied { .. }
        | BackupError::Unwritable { .. } => Status::NotCarriedOut,
    }
}

fn of_administration(error: &AdminError) -> Status {
    match error {
        AdminError::InvalidSlug(_)
        | AdminError::NoOrganization
        | AdminError::Nul
        | AdminError::TooLong(_)
        | AdminError::ExpiresTooLate => Status::Usage,
        AdminError::OrganizationExists(_)
        | AdminError::UnknownOrganization(_)
        | AdminError::TeamExists(_)
        | AdminError::UnknownTeam(_)
        | AdminError::UserExists(_)
        | AdminError::UnknownUser(_)
        | AdminError::UserInUse(_)
        | AdminError::NothingToRevoke(_) => Status::Negative,
        AdminError::NoRandomness(_) | AdminError::Storage(_) => Status::NotCarriedOut,
    }
}

/// What the system did not do.
fn io_failure(what: &str, error: &io::Error) -> Failure {
    Failure::not_carried_out(format!("cannot {what}: {}", plain(error)))
}

fn failed(failure: &Failure) -> ExitCode {
    say_error(&visible(&format!("{failure}{}", causes(failure))));
    failure.status().into()
}

/// Prints a warning, which does not change what the command returns.
fn warn(warning: &str) {
    say(&format!("warning: {}", visible(warning)));
}

/// Prints a line that is the command's result.
fn print(line: &str) -> Result<(), Failure> {
    print_lines(&visible(line))
}

/// Prints a result of several lines, of which what has lines of its own is [`visible`] already.
fn print_lines(text: &str) -> Result<(), Failure> {
    Ok(registries_command_line::print(&format!("{}\n", visible_lines(text)))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Help is wrapped at 80 columns, and longer lines would be torn.
    #[test]
    fn what_follows_the_options_fits_into_the_columns_of_help() {
        assert_eq!(registries_command_line::torn_lines::<Arguments>(), [""; 0]);
    }
}

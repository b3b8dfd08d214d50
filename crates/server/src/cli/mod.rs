//! The command line of `registries-server`.

mod backup;
mod config;
mod database;
mod dev;
mod doctor;
mod listing;
mod logging;
mod org;
mod policy;
mod serve;
mod settings;
mod signals;
mod team;
mod text;
mod token;
mod user;
mod visible;

use std::error::Error as _;
use std::io::Write;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser, Subcommand};

use self::logging::{LogFilter, LogFormat};
use self::settings::SettingsError;
use self::visible::{visible, visible_lines};
use crate::admin::AdminError;
use crate::storage::OpenError;
use crate::storage::sqlite::BackupError;
use crate::tls::TlsError;

/// Runs the command that the arguments name, and tells how it went: 0 it was done, 1 it failed,
/// 2 it was called in a wrong way.
pub fn main() -> ExitCode {
    let arguments = parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&Failure::Io { what: "start the runtime", error }),
    };
    match runtime.block_on(run(arguments.command)) {
        Ok(status) => status,
        Err(failure) => failed(&failure),
    }
}

/// A reference server of the Registries API: registries and their tokens, organizations, access tokens.
#[derive(Debug, Parser)]
#[command(name = "registries-server", version, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API from a database
    Serve(serve::Serve),
    /// Try the API out: everything in memory, one organization, one access token
    Dev(dev::Dev),
    /// Administer organizations
    #[command(subcommand)]
    Org(org::Org),
    /// Administer the teams of organizations
    #[command(subcommand)]
    Team(team::Team),
    /// Administer users
    #[command(subcommand)]
    User(user::User),
    /// Administer access tokens
    #[command(subcommand)]
    Token(token::Token),
    /// Copy the database into a file, while servers run on it
    Backup(backup::Backup),
    /// Put such a copy in the place of the database
    Restore(backup::Restore),
    /// Look at what a server would stand on, and say what is wrong and what to do
    Doctor(doctor::Doctor),
    /// Show how `serve` is configured
    #[command(subcommand)]
    Config(config::ConfigFile),
    /// Look at OIDC policies
    #[command(subcommand)]
    Policy(policy::Policy),
}

const EXAMPLES: &str = "\
Examples:
  Try it out, with nothing to set up and nothing kept:
    registries-server dev

  Set up a deployment, and serve it:
    registries-server org create --database sqlite://registries.db my-org
    registries-server token create --database sqlite://registries.db --org my-org --scopes all
    registries-server serve --database sqlite://registries.db --listen 127.0.0.1:8080

The log goes to standard error. REGISTRIES_SERVER_LOG (and `serve --log`) sets how much of it there is: error, warn,
info (the default), debug or trace, or filters such as `warn,registries_server=debug`. On a terminal
it has colours, unless NO_COLOR is set.";

async fn run(command: Command) -> Result<ExitCode, Failure> {
    // `serve` may be told by a file what to log, and begins to when it has read that.
    if !matches!(command, Command::Serve(_)) {
        logging::start(&LogFilter::from_environment(), LogFormat::Text);
    }
    // `doctor` tells it beside what else it finds, and what `config` prints is what helps.
    if !matches!(command, Command::Doctor(_) | Command::Config(_)) {
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
        // What cannot be read is not refused.
        Command::Policy(policy) => {
            return Ok(policy.run().unwrap_or_else(|failure| {
                tell(&failure);
                ExitCode::from(NOT_CARRIED_OUT)
            }));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Why a command failed, as a sentence for whoever called it.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Backup(#[from] BackupError),
    #[error(transparent)]
    Admin(#[from] AdminError),
    #[error("cannot listen on {address}: {error}")]
    Listen { address: std::net::SocketAddr, error: std::io::Error },
    #[error("cannot {what}: {error}")]
    Io { what: &'static str, error: std::io::Error },
    #[error("{0}")]
    Invalid(String),
}

fn failed(failure: &Failure) -> ExitCode {
    tell(failure);
    match failure {
        Failure::Settings(_) => ExitCode::from(WRONG_USAGE),
        _ => ExitCode::FAILURE,
    }
}

fn tell(failure: &Failure) {
    // Where standard error cannot be written to, there is nobody to tell.
    let told = visible(&format!("{failure}{}", causes(failure)));
    let _ = writeln!(std::io::stderr(), "error: {told}");
}

const WRONG_USAGE: u8 = 2;
/// The status of a command whose 1 is an answer, where there is none.
const NOT_CARRIED_OUT: u8 = 3;

fn parse() -> Arguments {
    Arguments::try_parse().unwrap_or_else(|error| {
        let arguments = || std::env::args_os().map(|it| it.to_string_lossy().into_owned());
        if let Some(variable) = variable(&error, arguments()) {
            let value = std::env::var_os(&variable).unwrap_or_default();
            let value = value.to_string_lossy();
            let shown = visible(&value);
            // There may be a password in what is not quoted.
            if shown != value && error.render().ansi().to_string().contains(&*value) {
                tell(&Failure::Invalid(format!("the value of {variable} is wrong: {shown}")));
                std::process::exit(i32::from(WRONG_USAGE));
            }
            // As above: without standard error there is nobody to tell.
            let _ = error.print();
            let _ = writeln!(std::io::stderr(), "The value is that of {variable}.");
            std::process::exit(i32::from(WRONG_USAGE));
        }
        // What is wrong quotes the arguments, which are shown as they may be.
        let Err(error) = Arguments::try_parse_from(arguments().map(|it| visible(&it))) else {
            // It may be wrong for what is not shown in it.
            let odd = arguments().find(|it| visible(it) != *it).unwrap_or_default();
            tell(&Failure::Invalid(format!("this argument is wrong: {odd}")));
            std::process::exit(i32::from(WRONG_USAGE));
        };
        error.exit()
    })
}

/// The variable of the environment whose value an error is about, if it is not about one of the
/// arguments.
fn variable(error: &clap::Error, mut arguments: impl Iterator<Item = String>) -> Option<String> {
    let Some(ContextValue::String(wrong)) = error.get(ContextKind::InvalidArg) else { return None };
    let mut command = Arguments::command();
    command.build();
    let mut options = command.get_subcommands().flat_map(options_below);
    let option = options.find(|option| option.to_string() == *wrong)?;
    let flag = format!("--{}", option.get_long()?);
    let is_given = |argument: String| {
        argument.strip_prefix(&flag).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    };
    let variable = option.get_env()?;
    (!arguments.any(is_given) && std::env::var_os(variable).is_some())
        .then(|| variable.to_string_lossy().into_owned())
}

/// Those of a command and of the commands below it.
fn options_below(command: &clap::Command) -> Vec<&clap::Arg> {
    let below = command.get_subcommands().flat_map(options_below);
    command.get_opts().chain(below).collect()
}

/// What stands behind a failure and is not in its own sentence.
fn causes(failure: &Failure) -> String {
    let mut text = String::new();
    for cause in std::iter::successors(failure.source(), |error| (*error).source()) {
        text.push_str(": ");
        text.push_str(&cause.to_string());
    }
    text
}

/// Prints a warning, which does not change what the command returns.
fn warn(warning: &str) {
    // As above: without standard error there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "warning: {}", visible(warning));
}

/// Prints a line that is the command's result.
fn print(line: &str) -> Result<(), Failure> {
    print_lines(&visible(line))
}

/// Prints a result of several lines, of which what has lines of its own is [`visible`] already.
fn print_lines(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{}", visible_lines(text))
        .and_then(|()| stdout.flush())
        .map_err(|error| Failure::Io { what: "write to standard output", error })
}

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
mod shell;
mod signals;
mod team;
mod text;
mod token;
mod user;
mod visible;

use std::error::Error as _;
use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use self::logging::{LogFilter, LogFormat};
use self::settings::SettingsError;
use self::visible::{visible, visible_lines};
use crate::admin::AdminError;
use crate::storage::OpenError;
use crate::storage::sqlite::BackupError;
use crate::tls::TlsError;

/// Runs the command that the arguments name, and returns its exit status.
pub fn main() -> ExitCode {
    let arguments = match parse() {
        Ok(arguments) => arguments,
        Err(status) => return status,
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&Failure::Io { what: "start the runtime", error }),
    };
    runtime.block_on(run(arguments.command)).unwrap_or_else(|failure| failed(&failure))
}

/// Serve the Registries API, for development and tests
///
/// It keeps registries and their tokens, organizations and access tokens in SQLite or PostgreSQL.
#[derive(Debug, Parser)]
#[command(
    name = "registries-server",
    version,
    max_term_width = 80,
    after_long_help = EXAMPLES
)]
struct Arguments {
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
    Completions(shell::Completions),
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

Exit status:
  0  success
  1  failure, with a message; `doctor`: a problem; `policy check`: an invalid
     policy, or no match
  2  wrong usage: an argument, an environment variable or a setting
  3  `policy check` could not read a file, or does not know the registry

The log goes to standard error. REGISTRIES_SERVER_LOG sets its level, as
`serve --log` does. It has colors on a terminal, unless NO_COLOR is set.";

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
        Command::Completions(completions) => completions.run()?,
        Command::Man => shell::man()?,
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

/// Why a command failed, as a sentence for the user.
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
    #[error("cannot {what}: {error}")]
    Io { what: &'static str, error: std::io::Error },
    #[error("{0}")]
    Invalid(String),
    #[error("{0}")]
    Usage(String),
}

fn failed(failure: &Failure) -> ExitCode {
    tell(failure);
    match failure {
        Failure::Settings(_) | Failure::Usage(_) => ExitCode::from(WRONG_USAGE),
        _ => ExitCode::FAILURE,
    }
}

fn tell(failure: &Failure) {
    say(&format!("error: {}", visible(&format!("{failure}{}", causes(failure)))));
}

const WRONG_USAGE: u8 = 2;
/// The status of a command whose 1 is an answer, where there is none.
const NOT_CARRIED_OUT: u8 = 3;

/// The arguments; or, after help or a message was printed, the exit status.
fn parse() -> Result<Arguments, ExitCode> {
    let arguments = || std::env::args_os().map(|it| it.to_string_lossy().into_owned());
    let parse = |arguments: &mut dyn Iterator<Item = OsString>| {
        let is_short = std::env::args_os().any(|argument| argument == "-h");
        let command = command();
        let command = if is_short { without_variables(command) } else { command };
        command.try_get_matches_from(arguments).and_then(|it| Arguments::from_arg_matches(&it))
    };
    let error = match parse(&mut std::env::args_os()) {
        Ok(arguments) => return Ok(arguments),
        Err(error) if !error.use_stderr() => {
            let help = error.render();
            let is_colored = logging::is_colored(&std::io::stdout());
            let help = if is_colored { help.ansi().to_string() } else { help.to_string() };
            let printed = print_to_the_end(help.as_bytes());
            return Err(printed.map_or_else(|failure| failed(&failure), |()| ExitCode::SUCCESS));
        }
        Err(error) => error,
    };
    if let Some(variable) = variable(&error, arguments()) {
        let value = std::env::var_os(&variable).unwrap_or_default();
        let value = value.to_string_lossy();
        let shown = visible(&value);
        // There may be a password in what is not quoted.
        if shown != value && error.render().ansi().to_string().contains(&*value) {
            let why = format!("the value of the environment variable {variable} is wrong: {shown}");
            return Err(failed(&Failure::Usage(why)));
        }
        let _ = error.print();
        say(&format!("The value comes from the environment variable {variable}."));
        return Err(ExitCode::from(WRONG_USAGE));
    }
    // What is wrong quotes the arguments, which are shown as they may be.
    let Err(error) = parse(&mut arguments().map(|it| visible(&it).into())) else {
        // It may be wrong for what is not shown in it.
        let odd = arguments().find(|it| visible(it) != *it).unwrap_or_default();
        return Err(failed(&Failure::Usage(format!("this argument is wrong: {odd}"))));
    };
    let _ = error.print();
    Err(ExitCode::from(WRONG_USAGE))
}

/// The program's commands and options. Help names the variables, and not their values: there may be a
/// password in one.
fn command() -> clap::Command {
    fn without_values(command: clap::Command) -> clap::Command {
        let command = command.mut_args(|argument| argument.hide_env_values(true));
        command.mut_subcommands(without_values)
    }
    without_values(Arguments::command())
}

/// Short help leaves out which variables there are: it would not fit a screen.
fn without_variables(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|argument| argument.hide_env(true));
    command.mut_subcommands(without_variables)
}

/// The variable of the environment whose value an error is about, if it is not about one of the
/// arguments.
fn variable(error: &clap::Error, mut arguments: impl Iterator<Item = String>) -> Option<String> {
    let Some(ContextValue::String(wrong)) = error.get(ContextKind::InvalidArg) else { return None };
    let mut command = command();
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
    say(&format!("warning: {}", visible(warning)));
}

/// Prints a line on standard error, if that can be written.
fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Prints a line that is the command's result.
fn print(line: &str) -> Result<(), Failure> {
    print_lines(&visible(line))
}

/// Prints a result of several lines, of which what has lines of its own is [`visible`] already.
fn print_lines(text: &str) -> Result<(), Failure> {
    print_to_the_end(format!("{}\n", visible_lines(text)).as_bytes())
}

/// Prints a result. The reader may stop early, as `head` does.
fn print_to_the_end(text: &[u8]) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::Io { what: "write to standard output", error })
        }
        _ => Ok(()),
    }
}

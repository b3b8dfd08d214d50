//! The `conformance` command.

mod commands;
mod output;

use std::{ffi::OsString, process::ExitCode};

use clap::{
    CommandFactory, FromArgMatches, Parser, ValueEnum,
    error::{ContextKind, ContextValue},
};
use registries_conformance::report;

use crate::{
    commands::{Command, Failure},
    output::{print, print_aside, say},
};

/// Test whether a server conforms to the Registries API.
#[derive(Parser)]
#[command(
    name = "conformance",
    version,
    max_term_width = 80,
    after_help = "Exit status:
  0  the deployment conforms; nothing became worse, nothing is left
  1  it does not; something became worse, something is left
  2  wrong usage
  3  it could not be carried out, or not judged"
)]
struct Cli {
    /// When to use colours
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        hide_short_help = true,
        display_order = 100
    )]
    color: Color,
    #[command(subcommand)]
    command: Command,
}

/// When to use colours: by default at a terminal, unless `NO_COLOR` is set.
#[derive(Clone, Copy, Default, ValueEnum)]
enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

impl Color {
    fn apply(self) {
        match self {
            Self::Auto => {}
            Self::Always => anstream::ColorChoice::Always.write_global(),
            Self::Never => anstream::ColorChoice::Never.write_global(),
        }
    }
}

fn main() -> ExitCode {
    let Cli { color, command } = match parse() {
        Ok(cli) => cli,
        Err(status) => return status,
    };
    color.apply();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&Failure::NotCarriedOut(error.to_string())),
    };
    match runtime.block_on(command.execute()) {
        Ok(status) => status,
        Err(failure) => failed(&failure),
    }
}

/// The arguments; or, after help or a message was printed, the exit status.
fn parse() -> Result<Cli, ExitCode> {
    parse_from(std::env::args_os()).map_err(|error| {
        let given = |text: OsString| {
            let text = text.to_string_lossy();
            let shown = report::visible(&text, false);
            (shown != text).then_some(shown)
        };
        // What is wrong quotes what was given, which is shown as it may be.
        let message = error.render().ansi().to_string();
        let variable = std::env::vars_os().find_map(|(name, value)| {
            let name = name.into_string().ok().filter(|name| name.starts_with("REGISTRIES_"))?;
            // A token is not quoted.
            let is_quoted = message.contains(&*value.to_string_lossy());
            Some((name, given(value).filter(|_| is_quoted)?))
        });
        if let Some((name, shown)) = variable {
            let why = format!("the value of {name} is wrong: {shown}");
            return failed(&Failure::Usage(why));
        }
        let arguments = std::env::args_os();
        let shown = arguments.map(|it| given(it.clone()).map_or(it, OsString::from));
        let Err(error) = parse_from(shown) else {
            // It may be wrong for what is not shown in it.
            let odd = std::env::args_os().find_map(given).unwrap_or_default();
            return failed(&Failure::Usage(format!("this argument is wrong: {odd}")));
        };
        let text = error.render().ansi().to_string();
        if !error.use_stderr() {
            return print(&text).map_or_else(|error| failed(&error), |()| ExitCode::SUCCESS);
        }
        print_aside(&text);
        if let Some(variable) = origin(&error) {
            print_aside(&format!("The value comes from the environment variable {variable}.\n"));
        }
        ExitCode::from(2)
    })
}

fn parse_from(arguments: impl Iterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let is_short = std::env::args_os().any(|argument| argument == "-h");
    let command = Cli::command();
    let command = if is_short { without_variables(command) } else { command };
    command.try_get_matches_from(arguments).and_then(|matches| Cli::from_arg_matches(&matches))
}

/// Short help leaves out which variables there are: it would not fit a screen.
fn without_variables(command: clap::Command) -> clap::Command {
    let command = command.mut_args(|argument| argument.hide_env(true));
    command.mut_subcommands(without_variables)
}

/// The environment variable whose value an error is about, if it is not about an argument.
fn origin(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(wrong)) = error.get(ContextKind::InvalidArg) else { return None };
    let mut command = Cli::command();
    command.build();
    let mut options = command.get_subcommands().flat_map(clap::Command::get_arguments);
    let option = options.find(|option| option.to_string() == *wrong)?;
    let flag = format!("--{}", option.get_long()?);
    let is_given = |argument: String| {
        argument.strip_prefix(&flag).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    };
    let is_given = std::env::args_os().any(|it| is_given(it.to_string_lossy().into_owned()));
    let name = option.get_env()?;
    (!is_given && std::env::var_os(name).is_some()).then(|| name.to_string_lossy().into_owned())
}

fn failed(failure: &Failure) -> ExitCode {
    // What it quotes may come from a deployment, a file or the environment.
    say(&report::visible(&failure.to_string(), true));
    failure.exit_code()
}

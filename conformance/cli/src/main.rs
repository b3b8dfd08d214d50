//! The `conformance` command.

mod commands;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser;
use registries_conformance::report;

use crate::commands::{Command, Failure};

/// Tells whether a deployment of the Registries API speaks its contract.
#[derive(Parser)]
#[command(
    name = "conformance",
    version,
    after_help = "Exit status: 0 the deployment conforms, 1 it does not, 2 wrong usage, \
                  3 could not be carried out."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    let command = parse().command;
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&Failure::NotCarriedOut(error.to_string())),
    };
    match runtime.block_on(command.execute()) {
        Ok(status) => status,
        Err(failure) => failed(&failure),
    }
}

fn parse() -> Cli {
    Cli::try_parse().unwrap_or_else(|error| {
        let given = |text: OsString| {
            let text = text.to_string_lossy();
            let shown = report::visible(&text, false);
            (shown != text).then_some(shown)
        };
        // What is wrong quotes what was given, which is shown as it may be.
        let told = error.render().ansi().to_string();
        let variable = std::env::vars_os().find_map(|(name, value)| {
            let name = name.into_string().ok().filter(|name| name.starts_with("REGISTRIES_"))?;
            // A token is not quoted.
            let is_quoted = told.contains(&*value.to_string_lossy());
            Some((name, given(value).filter(|_| is_quoted)?))
        });
        if let Some((name, shown)) = variable {
            let why = format!("the value of {name} is wrong: {shown}");
            failed(&Failure::Usage(why));
            std::process::exit(2);
        }
        let arguments = std::env::args_os();
        let shown = arguments.map(|it| given(it.clone()).map_or(it, OsString::from));
        let Err(error) = Cli::try_parse_from(shown) else {
            // It may be wrong for what is not shown in it.
            let odd = std::env::args_os().find_map(given).unwrap_or_default();
            failed(&Failure::Usage(format!("this argument is wrong: {odd}")));
            std::process::exit(2);
        };
        error.exit()
    })
}

fn failed(failure: &Failure) -> ExitCode {
    // What it quotes may come from a deployment, a file or the environment.
    let failure_text = report::visible(&failure.to_string(), true);
    anstream::eprintln!("conformance: {failure_text}");
    failure.exit_code()
}

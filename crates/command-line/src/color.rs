//! When to use colors.

use std::{env, io::IsTerminal};

use anstream::ColorChoice;
use clap::{Args, ValueEnum};

/// The option `--color`.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct Color {
    /// When to use colors
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        hide_short_help = true,
        display_order = 102
    )]
    color: When,
}

/// By default at a terminal, unless `NO_COLOR` is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum When {
    #[default]
    Auto,
    Always,
    Never,
}

impl Color {
    /// Prints with or without colors from here on.
    pub fn apply(self) {
        self.color.apply();
    }
}

impl When {
    fn apply(self) {
        match self {
            Self::Auto => {}
            Self::Always => ColorChoice::Always.write_global(),
            Self::Never => ColorChoice::Never.write_global(),
        }
    }
}

/// Applies what `arguments` say of colors, for help and errors of arguments that are not read to the
/// end.
pub(crate) fn apply_early(arguments: &[String]) {
    let words = arguments.iter().map(String::as_str);
    let next = words.clone().skip(1).map(Some).chain([None]);
    for (word, next) in words.zip(next) {
        let value = word.strip_prefix("--color=").or(next.filter(|_| word == "--color"));
        if let Some(when) = value.and_then(|value| When::from_str(value, false).ok()) {
            when.apply();
        }
    }
}

/// Whether to print colors on `output`, for what does not print with [`crate::print`], as a log.
pub fn is_colored(output: &impl IsTerminal) -> bool {
    match ColorChoice::global() {
        ColorChoice::Always | ColorChoice::AlwaysAnsi => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            let is_unwanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            output.is_terminal() && !is_unwanted
        }
    }
}

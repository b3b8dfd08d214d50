//! Settings in a file.

use std::ops::Range;
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use registries_command_line::meant;
use registries_command_line::text::{self, TextError};
use toml::de::DeTable;

use super::Settings;

/// A file that has every setting, with what each means.
pub(in crate::cli) const EXAMPLE: &str = include_str!("example.toml");

/// Reads the settings in a file.
pub(in crate::cli) fn read(path: &Path) -> Result<Settings, SettingsError> {
    let text = text::read(path)
        .map_err(|error| SettingsError::Unreadable { path: path.to_owned(), error })?;
    parse(&text).map_err(|(line, problem)| SettingsError::Wrong {
        path: path.to_owned(),
        line,
        problem,
    })
}

/// Why a file has no settings to serve with.
#[derive(Debug, thiserror::Error)]
pub(in crate::cli) enum SettingsError {
    #[error("cannot read the configuration file {}: {error}", path.display())]
    Unreadable { path: PathBuf, error: TextError },
    #[error("{}:{line}: {problem}", path.display())]
    Wrong { path: PathBuf, line: usize, problem: String },
    #[error("{0}")]
    Alone(&'static str),
    #[error("{0}")]
    Variable(String),
}

/// The settings, or the line that is wrong and a sentence about it. The parser's own message quotes
/// the line, in which there may be a password.
fn parse(text: &str) -> Result<Settings, (usize, String)> {
    let line = |span: Option<Range<usize>>| {
        let before = text.get(..span.map_or(0, |span| span.start)).unwrap_or_default();
        (before.matches('\n').count() + 1, before.rsplit('\n').next().unwrap_or_default())
    };
    let problem = |error: &toml::de::Error, what: &str| {
        let (line, before) = line(error.span());
        let message = error.message().trim_end().replace('\n', ", ");
        match before.split_once('=') {
            Some((key, _)) => (line, format!("{}: {what}{message}", key.trim())),
            None => (line, format!("{what}{message}")),
        }
    };
    let (table, invalid) = DeTable::parse_recoverable(text);
    let names = names();
    let strange =
        table.get_ref().keys().filter(|key| !names.iter().any(|name| *name == **key.get_ref()));
    if let Some(key) = strange.min_by_key(|key| key.span().start) {
        return Err((line(Some(key.span())).0, unknown(key.get_ref())));
    }
    if let Some(error) = invalid.first() {
        return Err(problem(error, "not valid TOML (strings need quotes): "));
    }
    toml::from_str(text).map_err(|error| problem(&error, ""))
}

fn unknown(key: &str) -> String {
    match meant(key, names().iter().map(String::as_str)) {
        Some(name) => format!("unknown setting `{key}`; did you mean `{name}`?"),
        None => format!(
            "unknown setting `{key}`; `registries-server config example` prints all settings"
        ),
    }
}

/// The name of every setting.
pub(super) fn names() -> Vec<String> {
    let command = Settings::augment_args(Command::new("serve"));
    let flags = command.get_arguments().map(|argument| argument.get_id().to_string());
    flags.chain(["database".to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PublicUrls;

    fn dumped(settings: &Settings) -> String {
        let urls = PublicUrls::new(&"http://a".parse().unwrap(), None);
        let logging = (settings.log(), settings.log_format());
        let rest = (settings.listen(), settings.shutdown_delay(), logging);
        format!("{:?} {rest:?}", settings.config(urls))
    }

    #[test]
    fn the_example_has_every_setting_and_its_default() {
        let settings = parse(EXAMPLE).unwrap();
        assert_eq!(dumped(&settings), dumped(&Settings::default()));
        // What has no default stands there behind `# `, as it would be written.
        let all: Vec<&str> = EXAMPLE
            .lines()
            .map(|line| line.strip_prefix("# ").filter(|rest| is_setting(rest)).unwrap_or(line))
            .collect();
        parse(&all.join("\n")).unwrap();
        let table: toml::Table = all.join("\n").parse().unwrap();
        for name in names() {
            assert!(table.contains_key(&name), "{name}");
        }
        assert_eq!(table.len(), names().len());
    }

    fn is_setting(text: &str) -> bool {
        text.split_once(" = ").is_some_and(|(name, _)| names().iter().any(|known| known == name))
    }

    #[test]
    fn what_is_wrong_is_reported_with_its_line_and_name_and_without_the_value() {
        let mut problems = String::new();
        for text in [
            "listen = \"127.0.0.1:0\"\nlisten = 1",
            "\n\nlisen = \"127.0.0.1:0\"",
            "rate-limit-user = 1",
            "[server]\nlisten = 1",
            "x = 1",
            "# a\nlisten = \"8080\"",
            "rate_limit_user = 0",
            "rate_limit_user = true",
            "max_body = -1",
            "max_connections = \"many\"",
            "shutdown_grace = \"soon\"",
            "public_url = \"http://a/v2\"",
            "log = \"a=b=c\"",
            "log_format = \"xml\"",
            "database = \"hidden:hidden@hidden\"",
            "database = hidden",
            "database",
        ] {
            let (line, problem) = parse(text).unwrap_err();
            assert!(!problem.contains("hidden") && !problem.contains('\n'), "{problem}");
            problems.extend([format!("{text:?}\n    line {line}: {problem}\n")]);
        }
        insta::assert_snapshot!("problems", problems);
    }
}

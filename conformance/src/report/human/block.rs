//! One cause, as a block or in a line.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use super::super::{BodyExcerpt, Finding, Seen, causes::Cause};
use crate::level::Level;

/// How many characters of a value, or of a body, are shown.
const VALUE: usize = 120;

/// How many names of cases, operations or properties are shown.
const NAMES: usize = 4;

/// A cause with what shows it, what it breaks, and how to see it.
pub(super) fn write_block(text: &mut String, cause: &Cause<'_>) {
    let finding = cause.finding();
    let Finding { expected, received, exchange, citation, .. } = finding;
    write_line(text, cause);
    let mut row = |name: &str, value: &str| {
        let _ = writeln!(text, "  {name:<8}  {value}");
    };
    if !cause.is_told_by_title() {
        row("expected", &cut(expected, VALUE));
        row("received", &cut(received, VALUE));
    }
    let missing: Vec<&str> = cause.missing().into_iter().collect();
    if !missing.is_empty() {
        row("missing", &brief(&missing));
    }
    match &finding.schema_path {
        Some(path) => row("contract", &format!("{path} ({citation})")),
        None => row("required", &format!("{} ({citation})", finding.requirement)),
    }
    row("seen in", &seen(&cause.seen()));
    let others = cause.others();
    if !others.is_empty() {
        let others: Vec<&str> = others.iter().map(String::as_str).collect();
        row("also", &brief(&others));
    }
    if let (Some(request), Some(response)) = (&finding.request, &finding.response) {
        let id = response.headers.get("x-request-id").map(|id| format!(", X-Request-Id {id}"));
        let (method, path, status) = (&request.method, &request.path, response.status);
        let id = id.unwrap_or_default();
        row("exchange", &format!("{exchange}: {method} {path} → {status}{id}"));
        if let Some(body) = &response.body {
            row("body", &beginning(body));
        }
    }
    if !finding.curl.is_empty() {
        row("repeat", &finding.curl);
    }
    let cases: Vec<&str> = cause.cases().iter().map(|case| case.name.as_str()).collect();
    row("cases", &brief(&cases));
}

/// A cause in one line.
pub(super) fn write_line(text: &mut String, cause: &Cause<'_>) {
    let (word, color) = match cause.level() {
        Level::Must => ("must", AnsiColor::Red),
        Level::Should => ("should", AnsiColor::Yellow),
        Level::May => ("may", AnsiColor::BrightBlack),
    };
    let style = Style::new().bold().fg_color(Some(color.into()));
    let bold = Style::new().bold();
    let _ = writeln!(text, "{style}{word:<6}{style:#}  {bold}{}{bold:#}", cause.title());
}

/// In how many responses of which operations.
fn seen(seen: &[Seen]) -> String {
    if seen.len() <= NAMES {
        let told: Vec<String> = seen.iter().map(ToString::to_string).collect();
        return told.join(", ");
    }
    let count: usize = seen.iter().map(|it| it.responses).sum();
    let all: usize = seen.iter().map(|it| it.of.unwrap_or(it.responses)).sum();
    let names: Vec<&str> = seen.iter().map(|it| it.operation.as_str()).collect();
    format!("{count} of {all} responses of {} operations: {}", names.len(), brief(&names))
}

/// The first names, and how many more there are.
fn brief(names: &[&str]) -> String {
    let mut told = names[..names.len().min(NAMES)].join(", ");
    if names.len() > NAMES {
        let _ = write!(told, ", and {} more", names.len() - NAMES);
    }
    told
}

/// The beginning of a body on one line, and what is marked in it, if that is further behind.
fn beginning(body: &BodyExcerpt) -> String {
    let [before, marked, _] = body.parts();
    let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let whole = line(&body.text);
    let beginning = cut(&whole, VALUE);
    if marked.is_empty() || line(&before).chars().count() + marked.chars().count() < VALUE {
        return beginning;
    }
    let name = before.lines().last().map(line).unwrap_or_default();
    format!("{beginning} {name} {} …", cut(&line(&marked), VALUE / 2))
}

/// As much of a text as is shown, on one line.
fn cut(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let part: String = text.chars().take(limit).collect();
    format!("{part}…")
}

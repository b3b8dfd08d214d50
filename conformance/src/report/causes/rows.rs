//! What reports for people say of a cause below its title, in the same words.

use std::fmt::Write as _;

use super::{
    super::{BodyExcerpt, Finding, Seen},
    Cause,
};

/// How many characters of a value, or of a body, are shown.
const VALUE: usize = 120;

/// How many names of cases, operations or properties are shown.
const NAMES: usize = 4;

impl Cause<'_> {
    /// What shows it, what it breaks, and how to see it: names of rows with what stands in them.
    pub(in crate::report) fn rows(&self) -> Vec<(&'static str, String)> {
        let finding = self.finding();
        let Finding { expected, received, exchange, citation, .. } = finding;
        let mut rows = Vec::new();
        if !self.is_in_title() {
            rows.push(("expected", cut(expected, VALUE)));
            rows.push(("received", cut(received, VALUE)));
        }
        let missing: Vec<&str> = self.missing().into_iter().collect();
        if missing.len() > 1 {
            rows.push(("missing", brief(&missing)));
        }
        rows.push(match &finding.schema_path {
            Some(path) => ("contract", format!("{path} ({citation})")),
            None => ("required", format!("{} ({citation})", finding.requirement)),
        });
        rows.push(("seen in", seen(&self.seen())));
        let others = self.others();
        if !others.is_empty() {
            let others: Vec<&str> = others.iter().map(String::as_str).collect();
            rows.push(("also", brief(&others)));
        }
        if let (Some(request), Some(response)) = (&finding.request, &finding.response) {
            let id = response.headers.get("x-request-id").map(|id| format!(", X-Request-Id {id}"));
            let (method, path, status) = (&request.method, &request.path, response.status);
            let id = id.unwrap_or_default();
            rows.push(("exchange", format!("{exchange}: {method} {path} → {status}{id}")));
            rows.extend(response.body.as_ref().map(|body| ("body", beginning(body))));
        }
        if !finding.curl.is_empty() {
            rows.push(("repeat", finding.curl.clone()));
        }
        let cases: Vec<&str> = self.cases().iter().map(|case| case.name.as_str()).collect();
        rows.push(("cases", brief(&cases)));
        rows
    }
}

/// In how many responses of which operations.
fn seen(seen: &[Seen]) -> String {
    if seen.len() <= NAMES {
        let listed: Vec<String> = seen.iter().map(ToString::to_string).collect();
        return listed.join(", ");
    }
    let count: usize = seen.iter().map(|it| it.responses).sum();
    let all: usize = seen.iter().map(|it| it.of.unwrap_or(it.responses)).sum();
    let names: Vec<&str> = seen.iter().map(|it| it.operation.as_str()).collect();
    format!("{count} of {all} responses of {} operations: {}", names.len(), brief(&names))
}

/// The first names, and how many more there are.
fn brief(names: &[&str]) -> String {
    let mut listed = names[..names.len().min(NAMES)].join(", ");
    if names.len() > NAMES {
        let _ = write!(listed, ", and {} more", names.len() - NAMES);
    }
    listed
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

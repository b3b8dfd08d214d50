//! Normalised transcripts: an exchange with everything replaced that may differ between two
//! deployments that both conform. They are the project's snapshots, and `run` reports where a
//! deployment differs from them.

use std::{fmt::Write as _, sync::LazyLock};

use serde_json::{Map, Value, json};
use similar::TextDiff;

use crate::{
    exchange::{Credential, Exchange},
    group::Group,
    observed::Observed,
    steps::{Step, long_description},
};

/// The snapshots that this suite was built with, by step.
static SNAPSHOTS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/snapshots.rs"));

/// Every exchange of the run as a normalised transcript, by the step's name.
pub(crate) fn transcripts(run: &Observed) -> Vec<(Step, String)> {
    run.all().map(|(step, exchange)| (step, transcript(run, step, exchange))).collect()
}

/// Where a transcript differs from its snapshot, as a diff; `None` when it does not.
pub(crate) fn difference(step: Step, transcript: &str) -> Option<String> {
    let name = step.definition().name;
    let snapshot = SNAPSHOTS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)?;
    let reference = content(snapshot);
    if reference.trim_end() == transcript.trim_end() {
        return None;
    }
    let reference = format!("{}\n", reference.trim_end());
    let transcript = format!("{}\n", transcript.trim_end());
    let diff = TextDiff::from_lines(&reference, &transcript);
    Some(diff.unified_diff().context_radius(1).header("reference", "deployment").to_string())
}

/// A snapshot without the header that insta writes between its first two `---` lines.
fn content(snapshot: &str) -> &str {
    let after_start = snapshot.strip_prefix("---\n").unwrap_or(snapshot);
    after_start.split_once("\n---\n").map_or(snapshot, |(_, content)| content)
}

/// Requests of which the sources leave open what becomes of them; their cases say what may.
static LEFT_OPEN: [Step; 10] = [
    Step::CreateDuplicate,
    Step::UpdateEcosystem,
    Step::UpdateUnicodeName,
    Step::CreateUnicodeName,
    Step::GetUnicodeName,
    Step::CreateMarkedName,
    Step::GetMarkedName,
    Step::GetUpperCaseSlug,
    Step::CreateSameSlug,
    Step::UpdateTakenName,
];

fn transcript(run: &Observed, step: Step, exchange: &Exchange) -> String {
    let (request, answer) = (&exchange.request, &exchange.answer);
    let contract = &run.contract;
    let mut text = String::new();
    let _ = writeln!(text, "{} {}", request.method, path(run, &request.path));
    let _ = writeln!(text, "authorization: {}", credential(request.credential));
    if let Some(body) = &request.body {
        let body = untagged(run, body);
        let shown = serde_json::from_str(&body).map_or(body, |body: Value| pretty(&body));
        let _ = writeln!(text, "{shown}");
    }
    if LEFT_OPEN.contains(&step) {
        text.push_str("\n<left open>");
        return text;
    }
    let status = match answer.status {
        // Which of these a refusal answers is left open by the sources.
        400 | 422 => "<400 or 422>".to_owned(),
        401 | 403 | 404 | 410 if is_refused_token(exchange) => "<401, 403 or 404>".to_owned(),
        403 | 404 | 410 => "<403, 404 or 410>".to_owned(),
        status => status.to_string(),
    };
    let required = contract.required_headers(request.operation, answer.status);
    let sent = required.iter().filter(|name| answer.header(name).is_some()).count();
    let _ = write!(text, "\n{status}\nrequired headers: {sent} of {}\n", required.len());
    let has_body = answer.status >= 400 || contract.has_body(request.operation, answer.status);
    let body = match (&answer.json, has_body) {
        (_, false) => "<no documented body>".to_owned(),
        (None, true) => "<not JSON>".to_owned(),
        (Some(body), true) if answer.status >= 400 => pretty(&error(body)),
        (Some(body), true) => pretty(&success(run, Group::of(request.operation), body)),
    };
    let _ = write!(text, "{body}");
    bounded(&text)
}

/// How many lines of a transcript are compared, and how many characters of each.
const LINES: usize = 200;
const CHARACTERS: usize = 500;

/// The beginning of a transcript that is longer than any that was expected, and how much is left out.
fn bounded(text: &str) -> String {
    let mut lines = text.lines();
    let shown = lines.by_ref().take(LINES).map(|line| match line.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}… ({} bytes)", &line[..end], line.len()),
        None => line.to_owned(),
    });
    let mut shown: Vec<String> = shown.collect();
    let left = lines.count();
    if left > 0 {
        shown.push(format!("… and {left} more lines"));
    }
    shown.join("\n")
}

/// A path with the run's organization and its registry tokens replaced.
fn path(run: &Observed, path: &str) -> String {
    let created = [Step::CreateRegistryToken, Step::CreateOtherRegistryToken];
    // How a slug is made of what is beyond ASCII is left open.
    let open = [Step::UpdateUnicodeName, Step::CreateUnicodeName, Step::CreateMarkedName];
    let open: Vec<String> = open.iter().filter_map(|step| run.slug(*step).ok()).collect();
    let ids: Vec<String> = created.iter().filter_map(|step| run.token_id(*step).ok()).collect();
    let segments = path.split('/').scan("", |before, segment| {
        let shown = match *before {
            "organizations" if segment == run.organization => "<org>",
            "registries" if segment.contains(|c: char| c.is_ascii_uppercase()) => {
                "<slug in upper case>"
            }
            "registries" if open.iter().any(|slug| slug == segment) => "<slug>",
            "tokens" if ids.iter().any(|id| id == segment) => "<registry token>",
            _ => segment,
        };
        *before = segment;
        Some(shown)
    });
    untagged(run, &segments.collect::<Vec<_>>().join("/"))
}

/// Whether the request carries a token that is to be refused, one way or another.
fn is_refused_token(exchange: &Exchange) -> bool {
    exchange.request.credential != Credential::Main
}

fn credential(credential: Credential) -> &'static str {
    match credential {
        Credential::None => "none",
        Credential::Unknown => "an unknown token",
        Credential::Main => "the token",
        Credential::Basic => "the token, as Basic credentials",
        Credential::Limited => "a token that may only read",
        Credential::Revocable => "a token to revoke",
    }
}

fn error(body: &Value) -> Value {
    match body.get("message") {
        Some(Value::String(_)) => json!({"message": "<text>"}),
        _ => json!("<an error without a message>"),
    }
}

/// A successful body: registries and their tokens as [`registry`] and [`registry_token`] have them, of a
/// list only what every profile creates or, of organizations, the run's own.
fn success(run: &Observed, group: Group, body: &Value) -> Value {
    match (group, body) {
        (_, Value::Array(list)) => {
            let mut entries: Vec<Value> = list
                .iter()
                .filter(|entry| is_own(run, group, entry))
                .map(|entry| success(run, group, entry))
                .collect();
            entries
                .sort_by_key(|entry| entry["name"].to_string() + &entry["description"].to_string());
            Value::Array(entries)
        }
        (Group::RegistryTokens, Value::Object(map)) => registry_token(run, map),
        (Group::Organizations, _) => shape(body),
        (_, Value::Object(map)) if map.contains_key("scopes") => token(map),
        (_, Value::Object(map)) => registry(run, map),
        (_, other) => other.clone(),
    }
}

/// Whether an entry of a list is the run's own, in every profile.
fn is_own(run: &Observed, group: Group, entry: &Value) -> bool {
    let created = match group {
        Group::Registries => [Step::CreateMinimal, Step::CreateFull],
        Group::RegistryTokens => [Step::CreateRegistryToken, Step::CreateOtherRegistryToken],
        Group::Organizations => {
            return entry.get("slug").and_then(Value::as_str) == Some(&*run.organization);
        }
    };
    let mut ids = created.iter().filter_map(|step| run.object(*step).ok()?.get("id"));
    entry.get("id").is_some_and(|id| ids.any(|it| it == id))
}

fn registry_token(run: &Observed, token: &Map<String, Value>) -> Value {
    let always = run.contract.required_properties("RegistryToken");
    let normal = token.iter().filter(|(name, _)| always.contains(name)).map(|(name, value)| {
        let value = match (name.as_str(), value) {
            ("description", Value::String(text)) => json!(untagged(run, text)),
            _ => shape(value),
        };
        (name.clone(), value)
    });
    normal.collect()
}

/// What a value looks like, without what it is.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| match name.as_str() {
                "avatar_url" => (name.clone(), json!("<text or null>")),
                _ => (name.clone(), shape(value)),
            })
            .collect(),
        Value::Array(list) => list.iter().map(shape).collect(),
        Value::String(_) => json!("<text>"),
        Value::Number(_) => json!("<number>"),
        Value::Bool(_) => json!("<true or false>"),
        Value::Null => Value::Null,
    }
}

fn registry(run: &Observed, registry: &Map<String, Value>) -> Value {
    let always = run.contract.required_properties("Registry");
    let normal = registry.iter().filter(|(name, _)| always.contains(name)).map(|(name, value)| {
        let value = match (name.as_str(), value) {
            ("id", Value::String(_)) => json!("<uuid>"),
            ("graphql_id", Value::String(_)) => json!("<base64>"),
            ("url" | "web_url", Value::String(_)) => json!("<uri>"),
            ("oidc_policy", Value::String(_) | Value::Null) => json!("<text or null>"),
            ("emoji", Value::String(emoji)) => json!(shortcode(emoji)),
            ("color", Value::String(color)) => json!(color.to_lowercase()),
            (_, Value::String(text)) => json!(untagged(run, text)),
            (_, value) => value.clone(),
        };
        (name.clone(), value)
    });
    normal.collect()
}

fn token(token: &Map<String, Value>) -> Value {
    let normal = token.iter().filter(|(name, _)| *name != "expires_at").map(|(name, value)| {
        let value = match (name.as_str(), value) {
            ("uuid", Value::String(_)) => json!("<uuid>"),
            ("scopes", Value::Array(_)) => json!(["<scopes>"]),
            ("created_at", Value::String(_)) => json!("<time>"),
            ("user", Value::Object(user)) => {
                user.keys().map(|name| (name.clone(), json!("<text>"))).collect()
            }
            (_, Value::String(_)) => json!("<text>"),
            (_, value) => value.clone(),
        };
        (name.clone(), value)
    });
    normal.collect()
}

/// An emoji in the syntax in which the run sends it.
fn shortcode(emoji: &str) -> &str {
    match emoji {
        "🌻" => ":sunflower:",
        "💎" => ":gem:",
        other => other,
    }
}

fn untagged(run: &Observed, text: &str) -> String {
    static LONG: LazyLock<String> = LazyLock::new(long_description);
    let text = text.replace(&run.tag, "<run>");
    // To begin looking for so long a text takes longer than most of the texts are.
    if text.len() < LONG.len() { text } else { text.replace(&*LONG, "<long text>") }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_read_without_its_header() {
        assert_eq!(content("---\nsource: a\nexpression: b\n---\nGET /\n---\n"), "GET /\n---\n");
        assert_eq!(content("plain"), "plain");
    }

    #[test]
    fn a_long_transcript_is_cut_and_says_so() {
        assert_eq!(bounded("GET /\n\n200"), "GET /\n\n200");
        let text = bounded(&format!("GET /\n{}\n[\n{}]", "é".repeat(600), "0,\n".repeat(1000)));
        assert_eq!(text.lines().count(), LINES + 1);
        let long = text.lines().nth(1).unwrap();
        assert_eq!(long, format!("{}… (1200 bytes)", "é".repeat(500)));
        assert!(text.ends_with("0,\n… and 804 more lines"), "{text}");
    }

    /// A snapshot without a step is left over from one that was renamed or removed.
    #[test]
    fn every_step_has_its_snapshot_and_every_snapshot_its_step() {
        let steps: Vec<&str> =
            crate::areas::steps().iter().map(|step| step.definition().name).collect();
        let mut known: Vec<&str> = SNAPSHOTS.iter().map(|(name, _)| *name).collect();
        let mut expected = steps.clone();
        known.sort_unstable();
        expected.sort_unstable();
        assert_eq!(known, expected);
    }
}

//! Text as it may be printed: what a deployment, a file or a person supplied does nothing but show itself.
//!
//! Every form of a report goes through here as a whole, so that no place can be forgotten.

use std::fmt::Write as _;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::{BodyExcerpt, Marked};

/// `text` with everything escaped, as JSON escapes it, that does more than show itself. That is:
/// control characters, line separators, characters that turn the direction of text around, and what
/// XML has no place for. So are the beginnings of commands that CI systems look for in a log. Line
/// breaks and tabs stay where the text has `lines`.
#[must_use]
pub fn visible(text: &str, lines: bool) -> String {
    let mut visible = String::with_capacity(text.len());
    let mut is_start = true;
    for (at, c) in text.char_indices() {
        let begins_command = match c {
            // GitHub takes a line that begins so, after blanks.
            ':' => is_start && text[at..].starts_with("::"),
            '#' => is_bracket_command(&text[at..]),
            _ => false,
        };
        let stays = lines && matches!(c, '\n' | '\t');
        if begins_command || (is_active(c) && !stays) {
            let _ = write!(visible, "\\u{:04x}", u32::from(c));
        } else {
            visible.push(c);
        }
        is_start = c == '\n' || (is_start && (c.is_whitespace() || c.is_control()));
    }
    visible
}

/// Whether a command of Azure, GitHub or `TeamCity` begins here: `##[error]`, `##vso[task…`.
fn is_bracket_command(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("##") else { return false };
    rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric()).starts_with('[')
}

/// Whether a character does something to what shows it, or cannot stand in XML.
fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            // Directions of text.
            '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // Line separators, and what is not seen at all.
            | '\u{2028}'..='\u{2029}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            // No characters.
            | '\u{fdd0}'..='\u{fdef}' | '\u{fffe}'..='\u{ffff}'
        )
}

/// A report, a comparison or a finding, all of whose texts are [`visible`].
pub(crate) fn all_visible<T: Serialize + DeserializeOwned>(value: &T) -> T {
    let mut json = serde_json::to_value(value).expect("what is reported has a JSON form");
    escape_all(&mut json, false);
    // Only texts have changed, and no text has a form that escaping takes from it.
    serde_json::from_value(json).expect("what is reported is read back")
}

/// The JSON form of a report, to be printed or kept. What [`visible`] escapes, JSON can escape, so that
/// nothing is lost.
pub fn json(value: &impl Serialize) -> Result<String, serde_json::Error> {
    Ok(visible(&serde_json::to_string_pretty(value)?, true) + "\n")
}

/// The properties whose texts have lines.
const WITH_LINES: [&str; 1] = ["diff"];

fn escape_all(json: &mut Value, lines: bool) {
    match json {
        Value::String(text) => *text = visible(text, lines),
        Value::Array(items) => items.iter_mut().for_each(|item| escape_all(item, lines)),
        Value::Object(properties) => {
            if let Some(excerpt) = excerpt(properties) {
                *json = excerpt;
                return;
            }
            let escaped = std::mem::take(properties).into_iter().map(|(name, mut value)| {
                escape_all(&mut value, WITH_LINES.contains(&&*name));
                (visible(&name, false), value)
            });
            *properties = escaped.collect();
        }
        _ => {}
    }
}

/// The same for an excerpt of a body, in which a place may be marked.
fn excerpt(properties: &Map<String, Value>) -> Option<Value> {
    if !["text", "bytes", "marked"].iter().all(|name| properties.contains_key(*name)) {
        return None;
    }
    let excerpt: BodyExcerpt = serde_json::from_value(properties.clone().into()).ok()?;
    let [before, marked, after] = excerpt.parts().map(|part| visible(&part, true));
    let (start, length) = (before.chars().count(), marked.chars().count());
    let marked_now = excerpt.marked.map(|_| Marked { start, end: start + length });
    let text = [before, marked, after].concat();
    let missing = excerpt.missing.map(|name| visible(&name, false));
    serde_json::to_value(BodyExcerpt { text, marked: marked_now, missing, ..excerpt }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_active_is_escaped_and_nothing_else() {
        let plain = "a \u{fc} 日本 שלום 👩\u{200d}👩\u{200d}👧 \"q\" \\ # a ## b :: c ::1";
        assert_eq!(visible(plain, false), plain);
        for c in
            ['\0', '\u{7}', '\u{1b}', '\r', '\u{7f}', '\u{85}', '\u{9b}', '\u{2028}', '\u{2029}']
                .into_iter()
                .chain([
                    '\u{202e}', '\u{2066}', '\u{200f}', '\u{61c}', '\u{feff}', '\u{fffe}',
                    '\u{ffff}', '\u{200b}', '\u{2060}', '\u{2064}', '\u{fff9}', '\u{fffb}',
                    '\u{fdd0}', '\u{fdef}',
                ])
        {
            let escaped = format!("a\\u{:04x}b", u32::from(c));
            assert_eq!(visible(&format!("a{c}b"), false), escaped);
            assert_eq!(visible(&format!("a{c}b"), true), escaped);
        }
        assert_eq!(visible("a\n\tb", false), "a\\u000a\\u0009b");
        assert_eq!(visible("a\n\tb", true), "a\n\tb");
    }

    #[test]
    fn no_command_is_left_of_any_ci_system() {
        for (text, lines, expected) in [
            ("::error::x", false, "\\u003a:error::x"),
            (" \t::error::x", true, " \t\\u003a:error::x"),
            ("a\n  ::error::x", true, "a\n  \\u003a:error::x"),
            ("\u{1b}::add-mask::x", false, "\\u001b\\u003a:add-mask::x"),
            (":::x", false, "\\u003a::x"),
            ("a ##[error]x", false, "a \\u0023#[error]x"),
            ("###[group]", false, "#\\u0023#[group]"),
            ("##vso[task.setvariable]", false, "\\u0023#vso[task.setvariable]"),
            ("##teamcity[x", false, "\\u0023#teamcity[x"),
        ] {
            assert_eq!(visible(text, lines), expected, "{text:?}");
        }
    }

    #[test]
    fn json_loses_nothing() {
        let value = Value::from("::a\u{9b}\n\u{202e}##[b]\u{7f}\u{ffff}");
        let text = json(&serde_json::json!({ "a": [value] })).unwrap();
        assert!(text.chars().all(|c| c == '\n' || !is_active(c)), "{text:?}");
        assert!(!text.contains("##["));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["a"][0], value);
    }
}

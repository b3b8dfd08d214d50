//! Policies as YAML text.

use std::fmt::Write as _;

use crate::Json;

/// The node in block style. Every string is quoted and every character that YAML does not call
/// printable is escaped, so that nothing is read back as something else.
pub(super) fn yaml(node: &Json) -> String {
    let mut text = String::new();
    match node {
        Json::Array(items) if !items.is_empty() => list(&mut text, items, 0),
        Json::Object(entries) if !entries.is_empty() => map(&mut text, entries, 0),
        other => {
            inline(&mut text, other);
            text.push('\n');
        }
    }
    text
}

fn list(text: &mut String, items: &[Json], indent: usize) {
    for item in items {
        spaces(text, indent);
        text.push('-');
        match item {
            // The first entry stands on the line of its dash.
            Json::Object(entries) if !entries.is_empty() => {
                text.push(' ');
                let mut nested = String::new();
                map(&mut nested, entries, indent + 2);
                text.push_str(&nested[indent + 2..]);
            }
            other => value(text, other, indent),
        }
    }
}

fn map(text: &mut String, entries: &[(String, Json)], indent: usize) {
    for (name, node) in entries {
        spaces(text, indent);
        let mut written = String::new();
        key(&mut written, name);
        if written.len() > MAX_IMPLICIT_KEY {
            text.push_str("? ");
            text.push_str(&written);
            text.push('\n');
            spaces(text, indent);
        } else {
            text.push_str(&written);
        }
        text.push(':');
        value(text, node, indent);
    }
}

/// How long a key may be that only its colon shows to be one. YAML gives up after 1024 characters
/// (YAML 1.2.2, 7.4.3); a longer key needs the mark `?`.
const MAX_IMPLICIT_KEY: usize = 1000;

/// What follows a dash or a colon, with the end of its line.
fn value(text: &mut String, node: &Json, indent: usize) {
    match node {
        Json::Array(items) if !items.is_empty() => {
            text.push('\n');
            list(text, items, indent + 2);
        }
        Json::Object(entries) if !entries.is_empty() => {
            text.push('\n');
            map(text, entries, indent + 2);
        }
        other => {
            text.push(' ');
            inline(text, other);
            text.push('\n');
        }
    }
}

fn inline(text: &mut String, node: &Json) {
    let written = match node {
        Json::Array(_) => write!(text, "[]"),
        Json::Object(_) => write!(text, "{{}}"),
        Json::Null => write!(text, "null"),
        Json::Bool(value) => write!(text, "{value}"),
        Json::Integer(value) => write!(text, "{value}"),
        Json::Float(value) => write!(text, "{}", float(*value)),
        Json::Text(value) => {
            quoted(text, value);
            Ok(())
        }
    };
    debug_assert!(written.is_ok(), "writing to a string does not fail");
}

/// A float with its point, and with the sign of its exponent: without them YAML 1.1 reads a string.
fn float(value: f64) -> String {
    let text = format!("{value:?}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with('-') { "" } else { "+" };
    format!("{mantissa}{point}e{sign}{exponent}")
}

/// Words that are read as a string whatever reads them stay bare, all other keys are quoted.
fn key(text: &mut String, name: &str) {
    const WORDS_WITH_A_MEANING: [&str; 9] =
        ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    let bare = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && !WORDS_WITH_A_MEANING.contains(&name);
    if bare { text.push_str(name) } else { quoted(text, name) }
}

fn quoted(text: &mut String, value: &str) {
    text.push('"');
    for c in value.chars() {
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            c if is_plain(c) => text.push(c),
            c => {
                let code = u32::from(c);
                let escape = if code <= 0xff {
                    format!("\\x{code:02X}")
                } else if code <= 0xffff {
                    format!("\\u{code:04X}")
                } else {
                    format!("\\U{code:08X}")
                };
                text.push_str(&escape);
            }
        }
    }
    text.push('"');
}

/// Whether a character can stand in a quoted string as it is: it is printable (YAML 1.2.2, 5.1), is
/// no line break in any version of YAML, and no byte order mark.
fn is_plain(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn spaces(text: &mut String, count: usize) {
    text.extend(std::iter::repeat_n(' ', count));
}

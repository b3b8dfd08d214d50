//! Text as it may be printed: what a deployment, a database, a file or a person supplied does nothing
//! but show itself.

use std::fmt::Write as _;

/// `text` in one line. What does more than show itself is escaped as JSON escapes it: control
/// characters, line separators, characters that turn the direction of text around, and what XML has no
/// place for. So are the beginnings of commands that CI systems look for in a log.
#[must_use]
pub fn visible(text: &str) -> String {
    escaped(text, false)
}

/// The same for a text of several lines, whose line breaks and tabs stay.
#[must_use]
pub fn visible_lines(text: &str) -> String {
    escaped(text, true)
}

/// What stands for a token.
pub(crate) const TOKEN: &str = "[token]";

/// A message without the rest of each word that begins as the vendor's tokens do: `bkua_`, `bkrt_` and
/// others of the form.
///
/// The client depends on no other crate of the project, and has the same. A test of `registries-cli`
/// compares both.
#[must_use]
pub fn without_tokens(message: &str) -> String {
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let is_start = |bytes: &[u8]| {
        matches!(bytes, [b'b' | b'B', b'k' | b'K', one, two, b'_']
            if one.is_ascii_alphabetic() && two.is_ascii_alphabetic())
    };
    let (mut kept, mut rest) = (String::with_capacity(message.len()), message);
    // What it begins with is ASCII, so that it ends between characters.
    while let Some(at) = rest.as_bytes().windows(5).position(is_start) {
        let (before, after) = rest.split_at(at + 5);
        kept.push_str(before);
        rest = after.trim_start_matches(is_of_token);
        if rest.len() < after.len() {
            kept.push_str(TOKEN);
        }
    }
    kept + rest
}

fn escaped(text: &str, lines: bool) -> String {
    let is_plain = |b| matches!(b, b' '..=b'~') && b != b'#';
    let mut shown = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let content = if lines { line.trim_end_matches('\n') } else { line };
        // Most lines are plain, and nothing in them needs a look at more than one byte.
        if content.bytes().all(is_plain) && !content.contains("::") {
            shown.push_str(line);
        } else {
            escape(line, lines, &mut shown);
        }
    }
    shown
}

/// Escapes a line, with the break that ends it.
fn escape(text: &str, lines: bool, shown: &mut String) {
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
            // Writing to a string does not fail.
            let _ = write!(shown, "\\u{:04x}", u32::from(c));
        } else {
            shown.push(c);
        }
        is_start = is_start && (c.is_whitespace() || c.is_control());
    }
}

/// Whether a command of Azure, GitHub or `TeamCity` begins here: `##[error]`, `##vso[task…`.
fn is_bracket_command(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("##") else { return false };
    rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric()).starts_with('[')
}

/// Whether a character does something to what shows it, is not seen, or cannot stand in XML.
#[must_use]
pub fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            // Directions of text, line separators, and what is not seen at all.
            '\u{61c}' | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            // No characters.
            | '\u{fdd0}'..='\u{fdef}' | '\u{fffe}'..='\u{ffff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_active_is_escaped_and_nothing_else() {
        let plain = "a \u{fc} 日本 שלום 👩\u{200d}👩\u{200d}👧 \"q\" \\ # a ## b :: c ::1";
        assert_eq!(visible(plain), plain);
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
            assert_eq!(visible(&format!("a{c}b")), escaped);
            assert_eq!(visible_lines(&format!("a{c}b")), escaped);
        }
        assert_eq!(visible("a\n\tb"), "a\\u000a\\u0009b");
        assert_eq!(visible_lines("a\n\tb"), "a\n\tb");
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
            assert_eq!(escaped(text, lines), expected, "{text:?}");
        }
    }
}

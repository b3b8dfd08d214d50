//! Text as it may be printed: what a deployment, a file or a person supplied does nothing but show
//! itself.

use std::fmt::Write as _;

/// `text` with everything escaped, as JSON escapes it, that does more than show itself.
pub(crate) fn visible(text: &str) -> String {
    escaped(text, |_| false)
}

/// The same for a text of several lines, whose line breaks and tabs stay.
pub(crate) fn visible_lines(text: &str) -> String {
    escaped(text, |c| matches!(c, '\n' | '\t'))
}

fn escaped(text: &str, stays: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if is_active(c) && !stays(c) {
            // Writing to a string does not fail.
            let _ = write!(shown, "\\u{:04x}", u32::from(c));
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Whether a character does something to what shows it, or is not seen: control characters, line
/// separators, and what turns the direction of text around.
fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_active_is_escaped_and_nothing_else() {
        let plain = "a \u{fc} 日本 שלום 👩\u{200d}👩 \"q\" \\";
        assert_eq!(visible(plain), plain);
        for c in ['\0', '\u{1b}', '\r', '\u{7f}', '\u{9b}', '\u{2028}', '\u{202e}'] {
            assert_eq!(visible(&format!("a{c}b")), format!("a\\u{:04x}b", u32::from(c)));
        }
        assert_eq!(visible("a\nb"), "a\\u000ab");
        assert_eq!(visible_lines("a\nb"), "a\nb");
    }
}

//! What of a response may be printed: no body, and no secret.

use percent_encoding::percent_decode_str;
use reqwest::Url;
use serde_json::Value;

/// How much of a text of the deployment is printed, in characters.
const MAX_CHARS: usize = 300;

/// How long a secret is at least, in bytes: a shorter one is in half of all sentences, and keeps nothing
/// safe.
const MIN_SECRET: usize = 8;

/// What stands for a secret.
const REDACTED: &str = "[redacted]";

/// A text of the deployment, as an error prints it: in one line, cut where it is long, and without the
/// `secrets` and whatever looks like a token.
pub(crate) fn printable(text: &str, secrets: &[&str]) -> String {
    let mut printed = String::new();
    for (count, c) in redacted(text, secrets).chars().enumerate() {
        match c {
            _ if count == MAX_CHARS => {
                printed.push('\u{2026}');
                break;
            }
            c if is_plain(c) => printed.push(c),
            c => printed.extend(c.escape_unicode()),
        }
    }
    printed
}

/// A text without the `secrets` and whatever looks like a token.
pub(crate) fn redacted(text: &str, secrets: &[&str]) -> String {
    let mut text = text.to_owned();
    for secret in secrets.iter().filter(|secret| secret.len() >= MIN_SECRET) {
        text = text.replace(secret, REDACTED);
    }
    without_tokens(&text)
}

/// Whether a character does no more to a terminal, or to a reader, than to show itself.
fn is_plain(c: char) -> bool {
    let is_hidden = matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{fffe}'..='\u{ffff}'
            | '\u{e0000}'..='\u{e007f}'
    );
    !is_hidden && !c.is_control()
}

/// The text with the rest of each word redacted that begins as the vendor's tokens do (`bkua_`, `bkrt_`
/// and others of the form).
///
/// Programs have the same in `registries-command-line`, on which a published crate cannot depend. A test of
/// `registries-cli` compares both.
fn without_tokens(text: &str) -> String {
    let is_of_token = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    let bytes = text.as_bytes();
    let mut kept = String::new();
    let (mut from, mut at) = (0, 0);
    while at < bytes.len() {
        let start = at + prefix_length(&bytes[at..]);
        if start == at {
            at += 1;
            continue;
        }
        let end = start + bytes[start..].iter().take_while(|b| is_of_token(**b)).count();
        // A prefix and what follows it are ASCII, so that both ends are between characters.
        kept.push_str(&text[from..start]);
        if end > start {
            kept.push_str(REDACTED);
        }
        (from, at) = (end, end);
    }
    kept.push_str(&text[from..]);
    kept
}

/// The length of the prefix of a token that the bytes begin with, in any case; 0 without one.
fn prefix_length(bytes: &[u8]) -> usize {
    match bytes {
        [b'b' | b'B', b'k' | b'K', one, two, b'_', ..]
            if one.is_ascii_alphabetic() && two.is_ascii_alphabetic() =>
        {
            5
        }
        _ => 0,
    }
}

/// The texts in a body whose property says that they are secrets.
pub(crate) fn secrets_of(body: &Value) -> Vec<&str> {
    const WORDS: [&str; 4] = ["token", "secret", "password", "authorization"];
    let mut found = Vec::new();
    let mut open = vec![body];
    while let Some(value) = open.pop() {
        match value {
            Value::Array(items) => open.extend(items),
            Value::Object(properties) => {
                for (name, value) in properties {
                    let name = name.to_ascii_lowercase();
                    match value {
                        Value::String(text) if WORDS.iter().any(|word| name.contains(word)) => {
                            found.push(text.as_str());
                        }
                        inner => open.push(inner),
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// The text of a URL without what may be a secret: credentials, query, fragment and the `secrets`.
pub(crate) fn printable_url(text: &str, secrets: &[&str]) -> String {
    // Before it is parsed, which encodes some characters.
    let text = redacted(text, secrets);
    let printed = printable(&without_credentials(&text), secrets);
    let decoded = percent_decode_str(&printed).decode_utf8_lossy();
    // Encoded, a secret has many forms.
    if redacted(&decoded, secrets) == decoded { printed } else { REDACTED.to_owned() }
}

fn without_credentials(text: &str) -> String {
    let url = Url::parse(text.trim()).ok().filter(|url| !url.cannot_be_a_base());
    let Some(mut url) = url else {
        // A path, or no URL at all, which may hold anything before an `@`.
        let text = text.split(['?', '#']).next().unwrap_or_default();
        return text.rsplit('@').next().unwrap_or_default().to_owned();
    };
    // What has no credentials refuses to have them set, and has none afterwards all the same.
    let _ = url.set_password(None);
    let _ = url.set_username("");
    url.set_query(None);
    url.set_fragment(None);
    url.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_text_is_one_line_of_bounded_length() {
        assert_eq!(printable("No \u{fc}ber \"x\" \\ 🌻", &[]), "No \u{fc}ber \"x\" \\ 🌻");
        for c in ['\n', '\r', '\t', '\0', '\u{1b}', '\u{7f}', '\u{85}', '\u{9b}', '\u{2028}']
            .into_iter()
            .chain(['\u{202e}', '\u{2066}', '\u{200f}', '\u{feff}', '\u{fffe}', '\u{ffff}'])
        {
            let printed = printable(&format!("a{c}b"), &[]);
            assert!(!printed.contains(c) && printed.starts_with("a\\u{"), "{printed:?}");
        }
        for long in ["\u{fc}", "x", "bkua_", "bkua_x "] {
            let printed = printable(&long.repeat(1_000_000), &[]);
            assert_eq!(printed.chars().count(), (MAX_CHARS + 1).min(printed.chars().count()));
        }
    }

    #[test]
    fn what_is_a_secret_or_looks_like_one_is_left_out() {
        assert_eq!(printable("no hunter22, no", &["hunter22", "no", ""]), "no [redacted], no");
        for (text, printed) in [
            ("bkua_abc-DEF_1", "bkua_[redacted]"),
            ("xBKRT_abc: bkpt_x y", "xBKRT_[redacted]: bkpt_[redacted] y"),
            ("bkua_", "bkua_"),
            ("bk", "bk"),
            ("the bk\u{fc}a_x", "the bk\u{fc}a_x"),
            ("\u{fc}bktx_a\u{fc}", "\u{fc}bktx_[redacted]\u{fc}"),
            ("bkuabkur_abc", "bkuabkur_[redacted]"),
        ] {
            assert_eq!(printable(text, &[]), printed);
        }
    }

    #[test]
    fn secrets_are_found_by_the_name_of_their_property() {
        let body = json!({
            "token": "a", "nested": [{"registry_Token": "b", "secret": {"password": "c"}}],
            "message": "d", "tokens": 7,
        });
        let mut found = secrets_of(&body);
        found.sort_unstable();
        assert_eq!(found, ["a", "b", "c"]);
    }

    #[test]
    fn urls_are_printed_without_credentials_and_query() {
        for (url, printed) in [
            ("https://u:p@h/v2?token=x#y", "https://h/v2"),
            ("https://h:1/v2", "https://h:1/v2"),
            ("/login?next=secret", "/login"),
            ("u:p@h", "h"),
            ("//u:p@h/v2", "h/v2"),
            ("https://h/bkua_secret", "https://h/bkua_[redacted]"),
            ("https://h/bkua%5Fsecret", "[redacted]"),
            ("https://h/a/hunter2=22/b", "https://h/a/[redacted]/b"),
            ("https://h/a/hunter2%3d22/b", "[redacted]"),
            ("https://hunter2=22/a", "https://[redacted]/a"),
        ] {
            assert_eq!(printable_url(url, &["hunter2=22"]), printed);
        }
    }
}

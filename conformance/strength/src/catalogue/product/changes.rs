//! The small changes that a value can suffer on its way.

use serde_json::{Value, json};

/// A change of a value, with its name.
#[derive(Clone, Copy)]
pub(super) struct Change {
    pub(super) name: &'static str,
    make: Make,
}

#[derive(Clone, Copy)]
enum Make {
    /// Of a text.
    Text(fn(&str) -> String),
    /// Of any value, to another type or to another value.
    Any(fn(&Value) -> Value),
}

impl Change {
    /// The changed value; `None` where it would be the same.
    pub(super) fn of(self, value: &Value) -> Option<Value> {
        let changed = match self.make {
            Make::Text(change) => json!(change(value.as_str()?)),
            Make::Any(change) => change(value),
        };
        (changed != *value).then_some(changed)
    }
}

const fn text(name: &'static str, change: fn(&str) -> String) -> Change {
    Change { name, make: Make::Text(change) }
}

const fn any(name: &'static str, change: fn(&Value) -> Value) -> Change {
    Change { name, make: Make::Any(change) }
}

/// What happens to texts that pass through a database, a template, a parser or another language.
pub(super) const TEXT: &[Change] = &[
    text("trimmed", |it| it.trim().to_owned()),
    text("padded", |it| format!(" {it}")),
    text("in-lower-case", str::to_lowercase),
    text("in-upper-case", str::to_uppercase),
    text("composed", |it| {
        it.replace("e\u{301}", "é").replace("o\u{308}", "ö").replace("u\u{308}", "ü")
    }),
    text("decomposed", |it| it.replace('ö', "o\u{308}").replace('Ä', "A\u{308}")),
    text("in-ascii", |it| it.replace(|c: char| !c.is_ascii(), "?")),
    text("in-latin-1", |it| it.bytes().map(char::from).collect()),
    text("without-what-is-beyond-the-basic-plane", |it| {
        it.chars().filter(|c| u32::from(*c) < 0x1_0000).collect()
    }),
    text("cut-at-the-first-emoji", |it| {
        it.chars().take_while(|c| u32::from(*c) < 0x1_0000).collect()
    }),
    text("html-escaped", |it| {
        it.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
    }),
    text("html-unescaped", |it| it.replace("&amp;", "&").replace("&lt;", "<")),
    text("without-tags", |it| {
        ["<b>", "</b>", "<i>", "</i>"].iter().fold(it.to_owned(), |it, tag| it.replace(tag, ""))
    }),
    text("as-markdown", |it| format!("<p>{it}</p>")),
    text("with-line-breaks-of-html", |it| it.replace('\n', "<br>")),
    text("with-line-breaks-of-windows", |it| it.replace('\n', "\r\n")),
    text("on-one-line", |it| it.replace('\n', " ")),
    text("with-its-lines-reversed", |it| {
        let lines: Vec<&str> = it.split_inclusive('\n').rev().collect();
        lines.concat()
    }),
    text("without-its-last-line-break", |it| it.strip_suffix('\n').unwrap_or(it).to_owned()),
    text("with-one-more-line-break", |it| format!("{it}\n")),
    text("with-white-space-collapsed", |it| it.split_whitespace().collect::<Vec<_>>().join(" ")),
    text("percent-encoded", |it| it.replace('%', "%25").replace(' ', "%20")),
    text("percent-decoded", |it| it.replace("%20", " ").replace("%25", "%").replace("%41", "A")),
    text("plus-for-spaces", |it| it.replace(' ', "+")),
    text("with-backslashes-doubled", |it| it.replace('\\', "\\\\")),
    text("without-backslashes", |it| it.replace('\\', "")),
    text("with-escapes-read", |it| it.replace("\\n", "\n")),
    text("with-quotes-doubled", |it| it.replace('\'', "''")),
    text("with-curly-quotes", |it| it.replace('\'', "’").replace('"', "”")),
    text("as-json", |it| json!(it).to_string()),
    text("cut-by-one", |it| {
        let mut cut: Vec<char> = it.chars().collect();
        cut.pop();
        cut.into_iter().collect()
    }),
    text("without-its-first-character", |it| it.chars().skip(1).collect()),
    text("cut-to-20", |it| it.chars().take(20).collect()),
    text("twice", |it| format!("{it}{it}")),
    text("empty", |_| String::new()),
    text("without-hyphens", |it| it.replace('-', "")),
    text("with-underscores", |it| it.replace('-', "_")),
    text("with-a-slash-at-its-end", |it| format!("{it}/")),
    text("with-a-query", |it| format!("{it}?ref=api")),
    text("without-a-scheme", |it| it.split_once("://").map_or(it, |(_, rest)| rest).to_owned()),
    text("without-padding", |it| it.trim_end_matches('=').to_owned()),
];

/// What happens to values of any type.
pub(super) const TYPE: &[Change] = &[
    any("in-a-list", |it| json!([it])),
    any("in-an-object", |it| json!({"value": it})),
    any("as-a-boolean", |it| json!(!it.is_null())),
    any("as-text", |it| match it {
        Value::String(_) => it.clone(),
        other => json!(other.to_string()),
    }),
];

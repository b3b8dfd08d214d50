//! Text values.

use serde_json::{Value, json};

use crate::{
    deviation::{Class, Deviation, bodies, registries},
    faulty_proxy::Incoming,
};

#[expect(clippy::too_many_lines, reason = "a catalogue")]
pub(super) fn deviations() -> Vec<Deviation> {
    fn stored(name: &str, change: fn(&str) -> String) -> Deviation {
        Deviation::new(
            Class::Text,
            format!("description-{name}"),
            bodies(
                |request| request.is_create() || request.is_update(),
                move |body| {
                    if let Some(text) = body.get("description").and_then(Value::as_str).map(change)
                    {
                        body.insert("description".into(), json!(text));
                    }
                },
            ),
        )
    }
    fn shown(name: &str, change: fn(&str) -> String) -> Deviation {
        Deviation::new(
            Class::Text,
            format!("description-shown-{name}"),
            registries(
                |request| request.is_get() || request.is_list(),
                move |registry| {
                    if let Some(text) = registry["description"].as_str().map(change) {
                        registry.insert("description".into(), json!(text));
                    }
                },
            ),
        )
    }
    let latin = |text: &str| text.bytes().map(char::from).collect::<String>();
    let ascii = |text: &str| text.replace(|c: char| !c.is_ascii(), "?");
    let html = |text: &str| {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
    };
    let untagged = |text: &str| text.replace("<b>", "").replace("</b>", "");
    let narrow = |text: &str| text.chars().filter(|c| u32::from(*c) < 0x1_0000).collect::<String>();
    vec![
        stored("in-the-wrong-encoding", latin),
        stored("in-ascii", ascii),
        stored("in-html", html),
        stored("without-tags", untagged),
        stored("without-emoji", narrow),
        stored("without-backslashes", |text| text.replace('\\', "")),
        stored("without-quotes", |text| text.replace('"', "")),
        stored("in-lower-case", str::to_lowercase),
        stored("cut-to-255", |text| text.chars().take(255).collect()),
        stored("cut-to-20", |text| text.chars().take(20).collect()),
        stored("with-a-line-feed", |text| format!("{text}\n")).should(),
        stored("without-line-breaks", |text| text.replace('\n', " ")),
        stored("without-tabs", |text| text.replace('\t', " ")),
        stored("without-entities", |text| text.replace("&amp;", "&")),
        stored("without-percent-escapes", |text| text.replace("%20", " ")),
        stored("in-a-normal-form", |text| text.replace("e\u{301}", "é").replace("o\u{308}", "ö")),
        stored("without-text-from-right-to-left", |text| {
            text.chars().filter(|c| !('\u{590}'..'\u{700}').contains(c)).collect()
        }),
        stored("with-doubled-apostrophes", |text| text.replace('\'', "''")),
        stored("with-templates-filled-in", |text| text.replace("{{x}}", "").replace("${y}", "")),
        stored("without-joiners", |text| text.replace('\u{200d}', "")),
        stored("with-its-quotes", |text| json!(text).to_string()),
        shown("in-the-wrong-encoding", latin),
        shown("in-ascii", ascii),
        shown("in-html", html),
        shown("cut-to-20", |text| text.chars().take(20).collect()),
        shown("with-a-line-feed", |text| format!("{text}\n")).should(),
        Deviation::new(
            Class::Text,
            "name-in-lower-case",
            bodies(Incoming::is_create, |body| {
                if let Some(name) = body.get("name").and_then(Value::as_str).map(str::to_uppercase)
                {
                    body.insert("name".into(), json!(name));
                }
            }),
        ),
        Deviation::new(
            Class::Text,
            "name-is-the-slug",
            registries(
                |_| true,
                |registry| {
                    let slug = registry["slug"].clone();
                    registry.insert("name".into(), slug);
                },
            ),
        ),
        Deviation::new(
            Class::Text,
            "color-without-case-and-hash-of-three",
            registries(
                |_| true,
                |registry| {
                    if registry["color"].is_string() {
                        registry.insert("color".into(), json!("#fcf"));
                    }
                },
            ),
        ),
        Deviation::new(
            Class::Text,
            "emoji-is-another",
            registries(
                |_| true,
                |registry| {
                    if registry["emoji"].is_string() {
                        registry.insert("emoji".into(), json!(":question:"));
                    }
                },
            ),
        ),
    ]
}

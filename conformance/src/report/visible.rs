//! Reports as they may be printed: what a deployment, a file or a person supplied does nothing but show
//! itself.
//!
//! Every form of a report goes through here as a whole, so that no place can be forgotten.

use registries_command_line::visible::visible_lines;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

pub use registries_command_line::visible::visible;

use super::{BodyExcerpt, Marked};

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
    Ok(visible_lines(&serde_json::to_string_pretty(value)?) + "\n")
}

/// The properties whose texts have lines.
const WITH_LINES: [&str; 1] = ["diff"];

fn escape_all(json: &mut Value, lines: bool) {
    match json {
        Value::String(text) => *text = if lines { visible_lines(text) } else { visible(text) },
        Value::Array(items) => items.iter_mut().for_each(|item| escape_all(item, lines)),
        Value::Object(properties) => {
            if let Some(excerpt) = excerpt(properties) {
                *json = excerpt;
                return;
            }
            let escaped = std::mem::take(properties).into_iter().map(|(name, mut value)| {
                escape_all(&mut value, WITH_LINES.contains(&&*name));
                (visible(&name), value)
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
    let [before, marked, after] = excerpt.parts().map(|part| visible_lines(&part));
    let (start, length) = (before.chars().count(), marked.chars().count());
    let marked_now = excerpt.marked.map(|_| Marked { start, end: start + length });
    let text = [before, marked, after].concat();
    let missing = excerpt.missing.map(|name| visible(&name));
    serde_json::to_value(BodyExcerpt { text, marked: marked_now, missing, ..excerpt }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_loses_nothing() {
        let value = Value::from("::a\u{9b}\n\u{202e}##[b]\u{7f}\u{ffff}");
        let text = json(&serde_json::json!({ "a": [value] })).unwrap();
        assert!(
            text.chars().all(|c| c == '\n' || !registries_command_line::visible::is_active(c)),
            "{text:?}"
        );
        assert!(!text.contains("##["));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["a"][0], value);
    }
}

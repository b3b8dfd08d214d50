//! Whether two values of a property are the same, and how binding a difference is.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// How far the value of a property is from the one that it has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Closeness {
    /// The same, or another form of it that the sources have as well.
    Same,
    /// Not byte for byte, which only an official client relies on.
    Close,
    /// Another value.
    Other,
}

/// Both spellings of the emoji that a run uses.
const EMOJI: [[&str; 2]; 2] = [[":sunflower:", "🌻"], [":gem:", "💎"]];

/// How far `received` is from `expected`, for a property of a registry or a registry token.
///
/// The Terraform provider compares texts byte for byte (client-observed). So a difference in the
/// case of a color or in the layout of a policy is close. So is white space at either end that is
/// not returned; white space that was not there is another text. The forms of `web_url` and of an
/// emoji are interpretations, and the teams that have access may change at any time.
#[must_use]
pub fn closeness(name: &str, received: &Value, expected: &Value) -> Closeness {
    let (Some(one), Some(other)) = (received.as_str(), expected.as_str()) else {
        let is_same = received == expected || name == "team_ids";
        return if is_same { Closeness::Same } else { Closeness::Other };
    };
    if one == other {
        return Closeness::Same;
    }
    let is_same = match name {
        "emoji" => EMOJI.iter().any(|forms| forms.contains(&one) && forms.contains(&other)),
        "web_url" => short_form(one) == short_form(other),
        _ => false,
    };
    let is_close = match name {
        "color" => one.eq_ignore_ascii_case(other),
        "oidc_policy" => is_same_policy(one, other),
        "name" | "description" => one == other.trim(),
        _ => false,
    };
    match (is_same, is_close) {
        (true, _) => Closeness::Same,
        (_, true) => Closeness::Close,
        _ => Closeness::Other,
    }
}

/// The properties of a resource that a response shows, each with what was received and what it has
/// to be, but for those in `except`. Whether a response has a policy or null is an interpretation:
/// what a write keeps back, or all do, is no other policy.
pub(crate) fn comparable<'v>(
    received: &'v Map<String, Value>,
    expected: &'v Map<String, Value>,
    is_write: bool,
    except: &[&str],
) -> impl Iterator<Item = (&'v String, &'v Value, &'v Value)> {
    let is_hidden = move |name: &str, received: &Value, expected: &Value| {
        name == "oidc_policy" && (expected.is_null() || (received.is_null() && is_write))
    };
    let shown =
        expected.iter().filter_map(|(name, value)| Some((name, received.get(name)?, value)));
    shown.filter(move |(name, received, expected)| {
        !except.contains(&name.as_str()) && !is_hidden(name, received, expected)
    })
}

/// Whether two texts of a policy say the same. What cannot be read is for another case to say.
fn is_same_policy(one: &str, other: &str) -> bool {
    let value = |text: &str| serde_saphyr::from_str::<Value>(text).ok();
    one.trim() == other.trim() || value(one).is_some_and(|one| Some(one) == value(other))
}

/// A registry's address for people, without the segment that only one of its forms has.
fn short_form(web_url: &str) -> String {
    web_url.replacen("/packages/registries/", "/registries/", 1)
}

/// Where two values differ: within them, if they are objects that differ in one property only.
pub(crate) fn innermost<'v>(
    place: String,
    received: &'v Value,
    expected: &'v Value,
) -> (String, &'v Value, &'v Value) {
    if let (Value::Object(one), Value::Object(other)) = (received, expected)
        && one.keys().eq(other.keys())
    {
        let mut differing = one.iter().zip(other.values()).filter(|((_, one), other)| one != other);
        if let (Some(((name, received), expected)), None) = (differing.next(), differing.next()) {
            return innermost(format!("{place}/{name}"), received, expected);
        }
    }
    (place, received, expected)
}

/// The values of these properties that an earlier entry of the list has as well, with their places.
pub(crate) fn repeated<'v>(list: &'v [Value], names: &[&str]) -> Vec<(String, &'v Value)> {
    let mut found = Vec::new();
    for name in names {
        let mut known: BTreeMap<String, usize> = BTreeMap::new();
        for (index, entry) in list.iter().enumerate() {
            let Some(value) = entry.get(name).filter(|it| !it.is_null()) else { continue };
            if known.insert(value.to_string(), index).is_some() {
                found.push((format!("/{index}/{name}"), value));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_clients_compare_byte_for_byte_is_close_and_no_more() {
        for (name, one, other, expected) in [
            ("color", json!("#F0CCFF"), json!("#f0ccff"), Closeness::Close),
            ("color", json!("#f0ccff"), json!("#f0ccfe"), Closeness::Other),
            ("color", json!(null), json!("#f0ccff"), Closeness::Other),
            ("description", json!("a b"), json!("a  b"), Closeness::Other),
            ("description", json!(""), json!(null), Closeness::Other),
            ("oidc_policy", json!("- iss: a"), json!("- iss: a\n"), Closeness::Close),
            ("oidc_policy", json!("- {\"iss\": 'a'}"), json!("- iss: a\n"), Closeness::Close),
            ("oidc_policy", json!("- iss: b"), json!("- iss: a\n"), Closeness::Other),
            ("oidc_policy", json!("not: ["), json!("- iss: a\n"), Closeness::Other),
            ("oidc_policy", json!(null), json!("- iss: a\n"), Closeness::Other),
            ("emoji", json!("🌻"), json!(":sunflower:"), Closeness::Same),
            ("emoji", json!("💎"), json!(":sunflower:"), Closeness::Other),
            ("team_ids", json!(["a", "b"]), json!(["a"]), Closeness::Same),
            ("public", json!("false"), json!(false), Closeness::Other),
            (
                "web_url",
                json!("https://h/organizations/o/packages/registries/a"),
                json!("https://h/organizations/o/registries/a"),
                Closeness::Same,
            ),
        ] {
            assert_eq!(closeness(name, &one, &other), expected, "{name}: {one} {other}");
            assert_eq!(closeness(name, &other, &one), expected, "{name}: {other} {one}");
        }
    }

    #[test]
    fn a_difference_is_where_it_is() {
        let value = |slug: &str, name: &str| json!({"owner": {"slug": slug, "name": name}, "a": 1});
        let (before, after) = (value("a", "b"), value("a", "c"));
        let found = innermost(String::new(), &after, &before);
        assert_eq!(found, ("/owner/name".to_owned(), &json!("c"), &json!("b")));
        let other = value("d", "e");
        assert_eq!(innermost(String::new(), &other, &before).0, "/owner");
        assert_eq!(innermost("/x".to_owned(), &json!({}), &before).0, "/x");
    }

    #[test]
    fn white_space_may_go_but_not_come() {
        let (bare, padded) = (json!("a"), json!(" a\n"));
        for name in ["name", "description"] {
            assert_eq!(closeness(name, &bare, &padded), Closeness::Close);
            assert_eq!(closeness(name, &padded, &bare), Closeness::Other);
        }
    }
}

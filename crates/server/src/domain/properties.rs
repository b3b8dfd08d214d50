//! The properties of a registry, each valid by construction.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

use super::kebab::{is_visible, kebab_case};
use super::problem::Code;

/// Why a text is not a value of a property: the kind of problem and a sentence.
pub(crate) type Refusal = (Code, String);

/// The name of a registry: up to 255 characters of any script, at least one that can be seen, no
/// control characters. Stored and returned exactly as it was given.
///
/// Names can hold spaces (seed, "my registry"); the rest is this server's choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RegistryName(String);

impl RegistryName {
    const MAX_CHARS: usize = 255;

    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        if !text.chars().any(is_visible) {
            return Err((Code::Invalid, "name must not be blank".to_owned()));
        }
        if text.chars().count() > Self::MAX_CHARS {
            return Err((Code::TooLong, too_long("name", Self::MAX_CHARS)));
        }
        if text.chars().any(char::is_control) {
            return Err((Code::Invalid, "name must not contain control characters".to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The slug that this name leads to: its kebab-case form (documented, Registries). What that is
    /// for names of other characters than letters and digits is this server's choice, see
    /// [`kebab_case`]. A name can lead to a slug that is too long: emoji and some symbols are written as words.
    pub(crate) fn slug(&self) -> Result<RegistrySlug, Refusal> {
        let slug = kebab_case(&self.0);
        if slug.len() > RegistrySlug::MAX_LENGTH {
            let (length, max) = (slug.len(), RegistrySlug::MAX_LENGTH);
            let message = format!(
                "name leads to a slug of {length} characters, which must not be longer than {max}; \
                 choose a shorter name, or one with fewer emoji and symbols"
            );
            return Err((Code::TooLong, message));
        }
        Ok(RegistrySlug(slug))
    }
}

/// The slug of a registry: words of `a` to `z` and digits, joined by single hyphens.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RegistrySlug(String);

impl RegistrySlug {
    /// The longest that a new one may be (choice): far longer than names made of words lead to, and
    /// short enough for an index of `PostgreSQL`, whose entries have at most 2704 bytes.
    const MAX_LENGTH: usize = 2048;

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RegistrySlug {
    type Err = NotASlug;

    fn from_str(text: &str) -> Result<Self, NotASlug> {
        let word = |word: &str| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        };
        if text.split('-').all(word) { Ok(Self(text.to_owned())) } else { Err(NotASlug) }
    }
}

impl fmt::Display for RegistrySlug {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A text that no registry can have as its slug.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the slug of a registry")]
pub(crate) struct NotASlug;

/// The description of a registry: any text up to 4096 characters, without NUL (choice).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Description(String);

impl Description {
    const MAX_CHARS: usize = 4096;

    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        if text.chars().count() > Self::MAX_CHARS {
            return Err((Code::TooLong, too_long("description", Self::MAX_CHARS)));
        }
        if text.contains('\0') {
            return Err((Code::Invalid, "description must not contain a NUL character".to_owned()));
        }
        Ok(Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The emoji of a registry: `:sunflower:` (documented, Create a registry) or the emoji itself
/// (client-observed). Any name is taken between the colons: organizations have emoji of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Emoji(String);

impl Emoji {
    const MAX_NAME: usize = 100;

    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        if Self::is_shortcode(text) || emojis::get(text).is_some() {
            Ok(Self(text.to_owned()))
        } else {
            Err((
                Code::Invalid,
                "emoji must be one emoji, or the name of one between colons, as in \
                 \":sunflower:\""
                    .to_owned(),
            ))
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    fn is_shortcode(text: &str) -> bool {
        let Some(name) = text.strip_prefix(':').and_then(|rest| rest.strip_suffix(':')) else {
            return false;
        };
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'+');
        (1..=Self::MAX_NAME).contains(&name.len()) && name.bytes().all(allowed)
    }
}

/// The color of a registry: `#` and six hexadecimal digits (documented, Create a registry:
/// `#f0ccff`). The short form `#fcf` is not documented and refused. Stored as given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Color(String);

impl Color {
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        let digits = text.strip_prefix('#').unwrap_or_default();
        if digits.len() == 6 && digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err((
                Code::Invalid,
                "color must be a hexadecimal color of six digits, as in \"#f0ccff\"".to_owned(),
            ))
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The teams that a registry was given to at creation (documented, Create a registry).
///
/// The documentation describes an array of UUIDs and prints words in its example; the description
/// is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TeamIds(Vec<Uuid>);

impl TeamIds {
    const MAX: usize = 1000;

    /// Parses the items of the array, in the hyphenated form only.
    pub(crate) fn parse<'a>(
        items: impl ExactSizeIterator<Item = Option<&'a str>>,
    ) -> Result<Self, Refusal> {
        if items.len() > Self::MAX {
            let message = format!("team_ids must not have more than {} teams", Self::MAX);
            return Err((Code::TooLong, message));
        }
        let id = |(index, item): (usize, Option<&str>)| {
            let text = item.ok_or_else(|| {
                let message = format!("team_ids must be strings; item {index} is not a string");
                (Code::WrongType, message)
            })?;
            match Uuid::try_parse(text) {
                Ok(id) if text.len() == 36 => Ok(id),
                _ => Err((
                    Code::Invalid,
                    format!("team_ids must be UUIDs; item {index} is not a UUID"),
                )),
            }
        };
        items.enumerate().map(id).collect::<Result<_, _>>().map(Self)
    }

    /// Team ids that were valid when they were stored.
    pub(crate) fn from_stored(ids: Vec<Uuid>) -> Self {
        Self(ids)
    }

    pub(crate) fn as_slice(&self) -> &[Uuid] {
        &self.0
    }

    /// Whether both name the same teams; their order says nothing.
    pub(crate) fn same_teams(&self, other: &Self) -> bool {
        let sorted = |ids: &Self| {
            let mut ids = ids.0.clone();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        sorted(self) == sorted(other)
    }
}

fn too_long(field: &str, max: usize) -> String {
    format!("{field} must not be longer than {max} characters")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slug_of_a_name_can_be_looked_up() {
        for name in ["my registry", "北京 🌻", "A\u{300}", "x".repeat(255).as_str(), "ﷺ", "𓀀", "!"]
        {
            let slug = RegistryName::parse(name).unwrap().slug().unwrap();
            assert_eq!(slug.as_str().parse(), Ok(slug), "{name:?}");
        }
    }

    #[test]
    fn names_that_are_refused() {
        let long = "é".repeat(256);
        for (name, code) in [
            ("", Code::Invalid),
            (" \u{3000}\t", Code::Invalid),
            ("\u{200b}\u{feff}", Code::Invalid),
            ("a\0b", Code::Invalid),
            ("a\nb", Code::Invalid),
            ("a\u{85}b", Code::Invalid),
            (&long, Code::TooLong),
        ] {
            assert_eq!(RegistryName::parse(name).unwrap_err().0, code, "{name:?}");
        }
        assert!(RegistryName::parse(&"é".repeat(255)).is_ok());
    }

    #[test]
    fn texts_that_are_no_slugs() {
        for text in ["", "-", "a-", "-a", "a--b", "A", "a b", "a/b", "..", "ü", "a\0"] {
            assert_eq!(text.parse::<RegistrySlug>(), Err(NotASlug), "{text:?}");
        }
    }

    #[test]
    fn descriptions() {
        for text in ["", "two\nlines", "ü🌻", "x".repeat(4096).as_str()] {
            assert_eq!(Description::parse(text).unwrap().as_str(), text);
        }
        assert_eq!(Description::parse("a\0").unwrap_err().0, Code::Invalid);
        assert_eq!(Description::parse(&"x".repeat(4097)).unwrap_err().0, Code::TooLong);
    }

    #[test]
    fn emoji() {
        for text in [":sunflower:", ":+1:", ":Custom_Emoji-2:", "🌻", "❤️", "❤", "👩‍👩‍👧", "🇩🇪"]
        {
            assert_eq!(Emoji::parse(text).map(|emoji| emoji.0), Ok(text.to_owned()));
        }
        let long = format!(":{}:", "a".repeat(101));
        for text in ["", ":", "::", "sunflower", ":a b:", ":ü:", "🌻🌻", "a", ":a", &long] {
            assert!(Emoji::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn colors() {
        for text in ["#f0ccff", "#F0CCFF", "#000000"] {
            assert_eq!(Color::parse(text).unwrap().as_str(), text);
        }
        for text in ["", "#", "f0ccff", "#f0c", "#f0ccf", "#f0ccff0", "#g0ccff", "#f0ccfé", "red"]
        {
            assert!(Color::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn team_ids() {
        let (a, b) =
            ("0191df84-85e4-77aa-83ba-6579084728eb", "00000000-0000-0000-0000-000000000000");
        let parse = |ids: &[&'static str]| {
            TeamIds::parse(ids.iter().map(|id| Some(*id)).collect::<Vec<_>>().into_iter())
        };
        let both = parse(&[a, b]).unwrap();
        assert_eq!(both.as_slice().len(), 2);
        assert!(both.same_teams(&parse(&[b, a, a]).unwrap()));
        assert!(!both.same_teams(&parse(&[a]).unwrap()));
        assert!(parse(&[]).unwrap().as_slice().is_empty());
        for text in ["", "team-one-uuid", "0191df8485e477aa83ba6579084728eb"] {
            assert_eq!(parse(&[text]).unwrap_err().0, Code::Invalid, "{text:?}");
        }
        assert_eq!(TeamIds::parse([None].into_iter()).unwrap_err().0, Code::WrongType);
        assert_eq!(TeamIds::parse(vec![Some(a); 1001].into_iter()).unwrap_err().0, Code::TooLong);
    }
}

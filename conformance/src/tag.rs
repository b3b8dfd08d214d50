//! The tag of a run, which marks everything that it creates.
//!
//! A registry of a run is called `conformance TAG WORD`. The tag has consonants only, so it is no
//! word of a language that is written with vowels. It ends in a checksum of what comes before. It
//! has lower-case letters only: every restriction of names permits them, and no way of making slugs
//! takes them apart.

use std::collections::BTreeSet;

use rand::RngExt;

/// The letters of a tag.
const LETTERS: &[u8; 20] = b"bcdfghjklmnpqrstvwxz";

/// How many of a tag's letters are random.
const RANDOM: usize = 10;

/// How many letters the check has. One text in 64 million has the right ones by chance.
const CHECK: usize = 6;

/// How many letters a tag had before it had a check.
const OLD_LENGTH: usize = 8;

/// What the names and the slugs of a run begin with.
const FIRST: &str = "conformance";

/// The tag of a new run.
#[must_use]
pub fn new() -> String {
    let mut rng = rand::rng();
    let letter = |_| char::from(LETTERS[rng.random_range(0..LETTERS.len())]);
    let random: String = (0..RANDOM).map(letter).collect();
    random.clone() + &check(&random)
}

/// The name that a run gives to one of its registries.
pub(crate) fn name(tag: &str, word: &str) -> String {
    format!("{FIRST} {tag} {word}")
}

/// The slug that such a name leads to, for a word in lower-case letters.
pub(crate) fn slug(tag: &str, word: &str) -> String {
    format!("{FIRST}-{tag}-{word}")
}

/// Whether a text is the tag of a run.
pub(crate) fn is_tag(text: &str) -> bool {
    text.len() == RANDOM + CHECK
        && text.is_char_boundary(RANDOM)
        && text.bytes().all(|byte| LETTERS.contains(&byte))
        && check(&text[..RANDOM]) == text[RANDOM..]
}

/// Whether a text has the form of a tag from before tags had a check, which any word of eight letters
/// has as well.
pub(crate) fn is_old_tag(text: &str) -> bool {
    text.len() == OLD_LENGTH && text.bytes().all(|byte| byte.is_ascii_lowercase())
}

/// Whose a registry is, as far as its name and its slug show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A run has created it, beyond doubt: its name and its slug have the same tag, each followed by a
    /// word that runs use.
    Run,
    /// A run may have created it.
    Doubtful(Doubt),
    /// It belongs to another client.
    Other,
}

/// Why it is not certain that a run created a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Its name is one that runs gave before their tags had a check. Other clients may use it too.
    OldName,
    /// A run's tag stands in its name, slug or description, which are not as a run makes them.
    TagOnly,
}

/// Whose a registry with this name, slug and description is. The words are those by which the requests of
/// a run name registries.
pub(crate) fn origin(
    name: &str,
    slug: &str,
    description: &str,
    words: &BTreeSet<String>,
) -> Origin {
    let named = name.strip_prefix(FIRST).and_then(|rest| rest.strip_prefix(' '));
    let (tag, word) = named.and_then(|rest| rest.split_once(' ')).unwrap_or_default();
    if is_tag(tag) && (words.contains(word) || is_numbered(word)) && is_slug(slug, tag) {
        Origin::Run
    } else if [name, slug, description].into_iter().any(has_tag) {
        Origin::Doubtful(Doubt::TagOnly)
    } else if is_old_tag(tag) && !word.is_empty() {
        Origin::Doubtful(Doubt::OldName)
    } else {
        Origin::Other
    }
}

/// Whether a slug is one that a name with this tag leads to, whatever becomes of the word: it may be
/// written in other letters, be that of an earlier name, or have something at its end.
fn is_slug(slug: &str, tag: &str) -> bool {
    let slug = slug.to_ascii_lowercase();
    let mut parts = slug.split(['-', '_']);
    parts.next() == Some(FIRST) && parts.next() == Some(tag)
}

/// The words of what is explored, which are counted, perhaps with more behind the number, and of cases
/// that a project adds.
fn is_numbered(word: &str) -> bool {
    let explored = word.strip_prefix(EXPLORED).and_then(|rest| rest.rsplit_once(' '));
    let is_explored = explored.is_some_and(|(units, number)| {
        // Names that begin with one another differ by that.
        let number = number.trim_end_matches('x');
        units.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b' ')
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    is_explored || word.strip_prefix(OWN).is_some_and(|word| !word.is_empty())
}

/// What the words of registries begin with that an exploration creates.
pub(crate) const EXPLORED: &str = "explored ";

/// What the words of registries begin with that a project's own cases create.
pub(crate) const OWN: &str = "own ";

/// Whether the tag of a run stands in a text.
fn has_tag(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(is_tag)
}

/// The letters that distinguish a tag from other letters.
fn check(random: &str) -> String {
    // The prefix keeps these checksums apart from those of other programs.
    let mut rest = crc32fast::hash(format!("registries-conformance run {random}").as_bytes());
    let letters = (0..CHECK).map(|_| {
        let letter = LETTERS[rest as usize % LETTERS.len()];
        rest /= 20;
        char::from(letter)
    });
    letters.collect()
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    const TAG: &str = "bcdfghjklm";

    fn tag() -> String {
        TAG.to_owned() + &check(TAG)
    }

    #[test]
    fn a_tag_is_known_and_a_changed_one_is_not() {
        for _ in 0..1000 {
            let tag = new();
            assert!(is_tag(&tag), "{tag}");
            for index in 0..tag.len() {
                let mut changed = tag.clone().into_bytes();
                changed[index] = if changed[index] == b'z' { b'x' } else { b'z' };
                assert!(!is_tag(std::str::from_utf8(&changed).unwrap()), "{tag} at {index}");
            }
            assert!(!is_tag(&tag.to_uppercase()) && !is_tag(&tag[1..]), "{tag}");
        }
    }

    /// The seed is fixed: without a change nothing new is rejected.
    #[test]
    fn random_letters_are_no_tag() {
        let mut rng = StdRng::seed_from_u64(13);
        for all in [&b"abcdefghijklmnopqrstuvwxyz"[..], LETTERS] {
            for length in [RANDOM + CHECK, OLD_LENGTH, 12] {
                for _ in 0..50_000 {
                    let word: String = (0..length)
                        .map(|_| char::from(all[rng.random_range(0..all.len())]))
                        .collect();
                    assert!(!is_tag(&word), "{word}");
                }
            }
        }
    }

    fn words() -> BTreeSet<String> {
        ["alpha", "Beta Renamed"].map(str::to_owned).into()
    }

    #[test]
    fn words_with_a_number_or_of_a_case_of_a_project_are_known() {
        for word in ["explored bodies 17", "explored sequences 1xx", "own case"] {
            assert!(is_numbered(word), "{word}");
        }
        for word in ["", "python", "explored", "explored bodies", "explored x y", "own "] {
            assert!(!is_numbered(word), "{word}");
        }
    }

    #[test]
    fn what_a_run_names_is_recognised() {
        let tag = tag();
        for (word, end) in [
            ("alpha", "alpha"),
            ("alpha", "alpha-2"),
            ("Beta Renamed", "beta-renamed"),
            ("Beta Renamed", "beta"),
            ("explored sequences 3", "explored-sequences-3"),
            ("own umlauts", "own-umlauts"),
        ] {
            let (name, slug) = (name(&tag, word), slug(&tag, end));
            assert_eq!(origin(&name, &slug, "", &words()), Origin::Run, "{name}, {slug}");
        }
    }

    #[test]
    fn what_only_has_a_tag_is_doubtful() {
        let tag = tag();
        let other = name("bcdfghjklmbcdfgh", "alpha");
        let (own_name, own_slug) = (name(&tag, "alpha"), slug(&tag, "alpha"));
        for (name, slug, description) in [
            (&*own_name, "17", ""),
            (&*own_name, "production", ""),
            (&*other, &*own_slug, ""),
            ("production", &own_slug, ""),
            (&name(&tag, "production"), &own_slug, ""),
            (&format!("{own_name} "), &own_slug, ""),
            ("untitled", "untitled", &own_name),
        ] {
            let expected = Origin::Doubtful(Doubt::TagOnly);
            assert_eq!(origin(name, slug, description, &words()), expected, "{name}, {slug}");
        }
    }

    #[test]
    fn what_people_name_is_theirs() {
        for name in [
            "conformance",
            "conformance alpha",
            "conformance of mine",
            "conformance tests for ruby",
            "conformance abc alpha",
            "Conformance registry python",
            "conformance  registry python",
            "conformance REGISTRY python",
            "conformance bcdfghjk",
            "conformance-registry-python",
            "conformance packages2 alpha",
            "my conformance registry alpha",
            "registry",
            "",
        ] {
            assert_eq!(origin(name, "anything", name, &words()), Origin::Other, "{name}");
        }
    }

    /// Eight letters are a word as well as what a run took for its tag: what has them stays, unless
    /// the user says that it belongs to a run.
    #[test]
    fn what_people_name_as_runs_once_did_is_doubtful_at_most() {
        let people = [
            "registry", "platform", "security", "internal", "services", "frontend", "database",
            "pipeline", "packages", "business", "software", "releases", "building", "customer",
            "analysis", "projects", "mainline", "nightly", "staging", "team", "docker", "qwrtzpsd",
        ];
        let ends =
            ["python", "team", "alpha", "beta", "gamma", "Renamed", "for ruby", "nothing", "pi"];
        for (word, end) in people.iter().flat_map(|word| ends.map(|end| (word, end))) {
            let name = format!("conformance {word} {end}");
            let slug = name.replace(' ', "-").to_lowercase();
            let expected = match word.len() {
                OLD_LENGTH => Origin::Doubtful(Doubt::OldName),
                _ => Origin::Other,
            };
            assert_eq!(origin(&name, &slug, "", &words()), expected, "{name}");
        }
    }
}

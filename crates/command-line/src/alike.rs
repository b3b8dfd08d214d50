//! Which name was probably meant.

/// The name among `names` that `written` is probably a misspelling of: letters that are missing, too
/// many, exchanged or wrong.
#[must_use]
pub fn meant<'a>(written: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // A third of the letters may differ; names that share a long beginning are alike as well.
    const ALIKE: f64 = 0.85;
    let allowed = written.chars().count().max(3) / 3;
    let found = names.into_iter().filter_map(|name| {
        let distance = strsim::damerau_levenshtein(written, name);
        let likeness = strsim::jaro_winkler(written, name);
        (distance <= allowed || likeness >= ALIKE).then_some((distance, name))
    });
    found.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nearly_a_name_is_meant_and_what_is_not_is_not() {
        let names = ["run", "check", "proxy", "list", "completions"];
        for (written, name) in [
            ("rnu", Some("run")),
            ("ru", Some("run")),
            ("runn", Some("run")),
            ("rum", Some("run")),
            ("chekc", Some("check")),
            ("completion", Some("completions")),
            ("complete", Some("completions")),
            ("xyz", None),
            ("", None),
            ("validate", None),
        ] {
            assert_eq!(meant(written, names), name, "{written}");
        }
    }
}

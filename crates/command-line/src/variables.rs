//! The environment variables of this project: a name that nothing reads is a setting that has no
//! effect, and so wrong usage.

use std::env;

use crate::{Failure, alike::meant};

/// What all of them begin with, before an underscore.
const PREFIX: &str = "REGISTRIES";

/// How many letters another beginning differs in that is probably a misspelling of it.
const MISSPELT: usize = 2;

/// What other programs have variables with, and this one has not.
const NEARLY: &str = "REGISTRY";

/// Those that one of the programs reads, or prints in the `curl` lines of its reports: they may be set
/// for any of them.
pub const VARIABLES: [&str; 13] = [
    "REGISTRIES_BASE_URL",
    "REGISTRIES_CA_CERTIFICATE",
    "REGISTRIES_KNOWN",
    "REGISTRIES_LIMITED_TOKEN",
    "REGISTRIES_ORG",
    "REGISTRIES_PACE",
    "REGISTRIES_PROFILE",
    "REGISTRIES_REVOCABLE_TOKEN",
    "REGISTRIES_STRICT",
    "REGISTRIES_TEAM",
    "REGISTRIES_TIMEOUT",
    "REGISTRIES_TOKEN",
    "REGISTRIES_TOKEN_FILE",
];

/// Those of the server, of the command line alone and of the project's tests begin so.
const OF_OTHERS: [&str; 4] =
    ["REGISTRIES_CLI_", "REGISTRIES_SERVER_", "REGISTRIES_TEST_", "REGISTRIES_GENERATED_"];

/// Refuses variables that nothing reads. `named` says which others an option or a file names, and
/// `help` which help lists those that are read.
///
/// # Errors
///
/// [`Failure::Usage`] with what was probably meant.
pub fn check_variables(named: impl Fn(&str) -> bool, help: &str) -> Result<(), Failure> {
    let set = env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned());
    match unknown(set, named, help) {
        Some(message) => Err(Failure::Usage(message)),
        None => Ok(()),
    }
}

/// What is wrong with the variables that are set, if anything is.
fn unknown(
    set: impl Iterator<Item = String>,
    named: impl Fn(&str) -> bool,
    help: &str,
) -> Option<String> {
    let is_of_others = |name: &str| OF_OTHERS.iter().any(|prefix| name.starts_with(prefix));
    let mut unknown: Vec<String> = set
        .filter(|name| is_ours(name))
        .filter(|name| !VARIABLES.contains(&name.as_str()))
        .filter(|name| !is_of_others(name) && !named(name))
        .collect();
    unknown.sort();
    if unknown.is_empty() {
        return None;
    }
    let listed: Vec<String> = unknown.iter().map(|name| with_suggestion(name)).collect();
    let (variable, it) =
        if listed.len() == 1 { ("variable", "it") } else { ("variables", "each of them") };
    Some(format!(
        "unknown environment {variable}: {}; correct or unset {it}. `{help}` lists the variables that \
         are read",
        listed.join(", ")
    ))
}

/// Whether a variable is meant to be one of this project, well spelt or not.
fn is_ours(name: &str) -> bool {
    let Some((prefix, rest)) = parts(name) else { return false };
    // A registry of container images has a token as well.
    let is_known = rest != "TOKEN" && VARIABLES.contains(&&*format!("{PREFIX}_{rest}"));
    strsim::damerau_levenshtein(&prefix, PREFIX) <= MISSPELT || (prefix == NEARLY && is_known)
}

/// The first word of a name, and the others as they are written in names that are known.
fn parts(name: &str) -> Option<(String, String)> {
    let name = name.to_ascii_uppercase().replace(['-', '.'], "_");
    name.split_once('_').map(|(prefix, rest)| (prefix.to_owned(), rest.to_owned()))
}

fn with_suggestion(name: &str) -> String {
    let well_spelt =
        parts(name).map_or_else(|| name.to_owned(), |(_, rest)| format!("{PREFIX}_{rest}"));
    match meant(&well_spelt, VARIABLES) {
        Some(known) => format!("{name} (did you mean {known}?)"),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message_for(set: &[&str], named: &[&str]) -> Option<String> {
        unknown(set.iter().map(ToString::to_string), |name| named.contains(&name), "run --help")
    }

    #[test]
    fn a_variable_that_nothing_reads_is_reported_with_what_was_meant() {
        for (wrong, meant) in [
            ("REGISTRIES_BASEURL", "did you mean REGISTRIES_BASE_URL?"),
            ("REGISTRIES_URL", "REGISTRIES_URL"),
            ("REGISTRIES_ORGS", "did you mean REGISTRIES_ORG?"),
            ("REGISTRIES_ORGANIZATION", "did you mean REGISTRIES_ORG?"),
            ("registries_base_url", "did you mean REGISTRIES_BASE_URL?"),
            ("REGISTRIES_PROFIL", "did you mean REGISTRIES_PROFILE?"),
            ("REGISTRIES_LIMITED_TOKENS", "did you mean REGISTRIES_LIMITED_TOKEN?"),
            ("REGISTIRES_TOKEN", "did you mean REGISTRIES_TOKEN?"),
            ("REGISTERIES_ORG", "did you mean REGISTRIES_ORG?"),
            ("REGISTRES_STRICT", "did you mean REGISTRIES_STRICT?"),
            ("REGISTRY_BASE_URL", "did you mean REGISTRIES_BASE_URL?"),
            ("REGISTRY_ORG", "did you mean REGISTRIES_ORG?"),
            ("REGISTRIES-TOKEN", "REGISTRIES-TOKEN (did you mean REGISTRIES_TOKEN?)"),
        ] {
            let message = message_for(&["PATH", wrong], &[]).unwrap();
            assert!(message.contains(meant), "{message}");
        }
        let both = message_for(&["REGISTRIES_B", "REGISTRIES_A"], &[]).unwrap();
        assert!(
            both.contains("variables: REGISTRIES_A") && both.contains("REGISTRIES_B"),
            "{both}"
        );
    }

    #[test]
    fn what_is_of_others_or_named_is_none_of_its_business() {
        let others = [
            "PATH",
            "REGISTRY_TOKEN",
            "REGISTRY_HTTP_ADDR",
            "REGISTRATION_TOKEN",
            "REGISTRIES_TOKEN_FILE",
            "REGISTRIES_CLI_PROFILE",
            "REGISTRIES_SERVER_DATABASE",
            "REGISTRIES_TEST_POSTGRES",
            "REGISTRIES_GENERATED_SEED",
            "REGISTRIES_STAGING_TOKEN",
        ];
        assert_eq!(message_for(&others, &["REGISTRIES_STAGING_TOKEN"]), None);
        assert!(message_for(&others, &[]).unwrap().contains("REGISTRIES_STAGING_TOKEN"));
        assert_eq!(message_for(&VARIABLES, &[]), None);
    }
}

//! Which cases verify which requirements, and whether the two fit each other.

use std::collections::BTreeSet;

use crate::{
    case::Case,
    contract::Contract,
    level::Grade,
    plan,
    requirements::{Requirement, RequirementKind, RequirementsError, parse},
};

/// The cases that verify a requirement, in the order in which reports list them.
pub fn verifying(requirement: &Requirement) -> impl Iterator<Item = &'static Case> {
    plan::all().filter(|case| case.verifies.contains(&requirement.id.as_str()))
}

/// Everything that is wrong with the requirements in `text`, one sentence each; empty when nothing
/// is.
///
/// Ids are unique and well formed; every id that a case names is there, and binds no more than the
/// case; every requirement is verified by a case, or says why not; every disagreement of the
/// contract is a disputed point.
pub fn check_requirements(
    text: &str,
    contract: &Contract,
) -> Result<Vec<String>, RequirementsError> {
    let requirements = parse(text)?;
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for requirement in &requirements {
        if !seen.insert(requirement.id.as_str()) {
            problems.push(format!("{}: the id is used twice", requirement.id));
        }
        form(requirement, &mut problems);
        match requirement.kind {
            RequirementKind::Required => required(requirement, &mut problems),
            RequirementKind::Disputed => disputed(requirement, contract, &mut problems),
        }
    }
    for (id, _) in contract.disagreements() {
        let named = requirements.iter().filter(|it| it.disagreement.as_deref() == Some(id));
        if named.count() != 1 {
            problems.push(format!("x-disagreements/{id}: needs one disputed point that names it"));
        }
    }
    verified(&requirements, &mut problems);
    Ok(problems)
}

fn form(requirement: &Requirement, problems: &mut Vec<String>) {
    let Requirement { id, text, citation, uncovered, .. } = requirement;
    let is_word = |word: &str| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    if id.split('.').count() < 2 || !id.split(['.', '-']).all(is_word) {
        problems.push(format!("{id}: an id is words joined by dots and hyphens, such as a.b-c"));
    }
    if !text.ends_with('.') || text.trim_end_matches('.').is_empty() {
        problems.push(format!("{id}: the text is no sentence"));
    }
    if citation.cite.trim().is_empty() {
        problems.push(format!("{id}: nothing is cited"));
    }
    if uncovered.as_ref().is_some_and(|why| why.trim().is_empty()) {
        problems.push(format!("{id}: uncovered does not say why"));
    }
}

fn required(requirement: &Requirement, problems: &mut Vec<String>) {
    let id = &requirement.id;
    match (verifying(requirement).next(), &requirement.uncovered) {
        (Some(case), Some(_)) => {
            problems.push(format!("{id}: is said to be uncovered, and {} verifies it", case.name));
        }
        (None, None) => {
            problems.push(format!("{id}: no case verifies it, and uncovered does not say why"));
        }
        _ => {}
    }
    if requirement.disagreement.is_some() {
        problems.push(format!("{id}: names a disagreement, and is not of the kind disputed"));
    }
}

fn disputed(requirement: &Requirement, contract: &Contract, problems: &mut Vec<String>) {
    let id = &requirement.id;
    if requirement.citation.grade != Grade::Choice {
        problems.push(format!("{id}: a disputed point has the grade choice"));
    }
    match (&requirement.disagreement, &requirement.uncovered) {
        // With a reason, no run shows which reading a deployment follows.
        (Some(entry), _) => {
            if !contract.disagreements().any(|(known, _)| known == entry) {
                problems.push(format!("{id}: the contract records no disagreement {entry}"));
            }
        }
        (None, Some(_)) => {}
        (None, None) => problems.push(format!(
            "{id}: a disputed point names a disagreement of the contract, or says why it is uncovered"
        )),
    }
}

/// What is wrong with the ids that the cases name.
fn verified(requirements: &[Requirement], problems: &mut Vec<String>) {
    let find = |id: &str| requirements.iter().find(|it| it.id == id);
    for case in plan::all() {
        let name = case.name;
        let first = case.verifies.first().and_then(|id| find(id));
        for (index, id) in case.verifies.iter().enumerate() {
            match (find(id), first) {
                (None, _) => problems.push(format!("{id}: is not there, and {name} verifies it")),
                // A finding of the case could never say that it is broken.
                (Some(it), Some(first)) if it.level() < first.level() => {
                    problems.push(format!("{id}: binds more than {name}, which verifies it"));
                }
                _ if case.verifies[..index].contains(id) => {
                    problems.push(format!("{id}: is named twice by {name}"));
                }
                _ => {}
            }
        }
        if case.verifies.is_empty() {
            problems.push(format!("{name}: the case verifies nothing"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requirements::TEXT;

    #[test]
    fn nothing_is_wrong_with_the_requirements() {
        assert_eq!(check_requirements(TEXT, Contract::built_in()).unwrap(), Vec::<String>::new());
    }

    /// Each change is one that a maintainer could make by mistake.
    #[test]
    fn mistakes_are_named() {
        let mistakes = [
            ("id: common.json.errors\n", "id: common.json\n", "common.json.errors: is not there"),
            ("id: common.root\n", "id: common.https\n", "common.https: the id is used twice"),
            ("id: common.root\n", "id: common.Root\n", "common.Root: an id is words"),
            ("id: common.root\n", "id: root\n", "root: an id is words"),
            ("in Unix seconds.\n", "in Unix seconds\n", "common.root: the text is no sentence"),
            ("cite: Rate limits\n", "cite: ''\n", "rate-limit.windows: nothing is cited"),
            (
                "uncovered: a run does not live long itself\n",
                "uncovered: ' '\n",
                "registry-token.long-lived: uncovered does not say why",
            ),
            (
                "      uncovered: a run does not live long itself\n",
                "",
                "registry-token.long-lived: no case verifies it",
            ),
            (
                "cite: List all registries\n",
                "cite: List all registries\n      uncovered: because\n",
                "registry.list.organization: is said to be uncovered, and",
            ),
            ("kind: disputed\n", "kind: required\n", "cors.header-name: names a disagreement"),
            ("disagreement: web-url\n", "disagreement: web\n", "records no disagreement web"),
            ("disagreement: web-url\n", "disagreement: web\n", "x-disagreements/web-url: needs"),
            (
                "disagreement: web-url\n",
                "uncovered: because\n",
                "x-disagreements/web-url: needs one disputed point",
            ),
            (
                "change the emoji.\n      grade: client-observed\n",
                "change the emoji.\n      grade: documented\n",
                "registry.update.emoji: binds more than update-with-patch-and-put-is-stored",
            ),
        ];
        let contract = Contract::built_in();
        for (old, new, said) in mistakes {
            assert!(TEXT.contains(old), "the requirements no longer have {old:?}");
            let text = TEXT.replacen(old, new, 1);
            let found = check_requirements(&text, contract).unwrap().join("\n");
            assert!(found.contains(said), "{new:?} should be rejected with {said:?}, not: {found}");
        }
    }
}

//! Which steps and cases a run consists of: those of its profile and group, as far as they are chosen.

mod words;

use std::collections::BTreeSet;

pub(crate) use self::words::words;
use crate::{
    areas,
    case::{Case, Check, Looks, anywhere},
    exchange::Credential,
    group::Group,
    level::Level,
    observed::Observed,
    outcome::{Exploration, Found},
    profile::Profile,
    steps::Step,
};

/// Every case, in the order in which reports list them.
pub fn all() -> impl Iterator<Item = &'static Case> {
    areas::cases()
}

/// The cases of a profile and a group whose name is one of `filters`, or contains one that is no name of
/// a case; all of them when there is none.
#[must_use]
pub fn selected(filters: &[String], profile: Profile, group: Option<Group>) -> Vec<&'static Case> {
    let is_of = |case: &Case, group| case.group().is_none_or(|it| it == group);
    all()
        .filter(|case| case.profile() <= profile)
        .filter(|case| group.is_none_or(|group| is_of(case, group)))
        .filter(|case| filters.is_empty() || filters.iter().any(|filter| is_meant(case, filter)))
        .collect()
}

/// Whether a filter is the name of a case, or where no case has that name, a part of it.
fn is_meant(case: &Case, filter: &str) -> bool {
    let is_a_name = all().any(|case| case.name == filter);
    if is_a_name { case.name == filter } else { case.name.contains(filter) }
}

/// How many requests the steps of these cases take. Exploration, and removing what was created, come
/// on top.
#[must_use]
pub fn requests(filters: &[String], profile: Profile, group: Option<Group>) -> usize {
    steps_of(&selected(filters, profile, group), profile, group).len()
}

/// The steps of a profile and a group that the cases need, each once, in order. The first two are
/// always among them: they show whether the deployment responds and accepts the token, and what was
/// there before.
pub(crate) fn steps_of(cases: &[&Case], profile: Profile, group: Option<Group>) -> Vec<Step> {
    let mut steps = BTreeSet::from([Step::ListBefore, Step::GetToken]);
    for case in cases {
        let names_its_steps = case.named_steps().is_some();
        let looked_at = case.steps(profile).into_iter();
        // A case about a group has its steps elsewhere as well; one about everything goes without.
        let looked_at = looked_at
            .filter(|step| names_its_steps || group.is_none_or(|group| step.group() == group));
        steps.extend(looked_at.flat_map(Step::with_needs));
    }
    steps.into_iter().collect()
}

impl Case {
    /// The smallest profile that the case is part of.
    #[must_use]
    pub fn profile(&self) -> Profile {
        let profiles = self.steps(Profile::Deep).into_iter().map(Step::profile);
        let smallest = match self.looks {
            Looks::Explored(_) => Some(Profile::Deep),
            Looks::At(_) | Looks::AtRefusals(_) => profiles.max(),
            Looks::Operation(..) | Looks::Everything(_) => profiles.min(),
        };
        smallest.unwrap_or_default()
    }

    /// How many requests the case takes when it is run alone, in `core` or in its own profile. In a
    /// run of several cases they are shared.
    #[must_use]
    pub fn requests(&self) -> usize {
        steps_of(&[self], self.profile().max(Profile::Core), None).len()
    }

    /// The exchanges that it judges, by their names, each with its operation. There are none when it judges
    /// what is explored.
    #[must_use]
    pub fn exchanges(&self) -> Vec<(&'static str, &'static str)> {
        let named = self.named_steps().map(<[Step]>::to_vec);
        let steps = named.unwrap_or_else(|| self.steps(Profile::Deep));
        let definitions = steps.into_iter().map(Step::definition);
        definitions.map(|definition| (definition.name, definition.operation)).collect()
    }

    /// The part of the API that the case is about; none when it is about all of it.
    pub(crate) fn group(&self) -> Option<Group> {
        match self.looks {
            Looks::At(judge) | Looks::AtRefusals(judge) => {
                judge.steps().iter().map(|step| step.group()).max()
            }
            Looks::Operation(id, _) => Some(Group::of(id)),
            Looks::Explored(Exploration::InvalidTokens | Exploration::Lists) => {
                Some(Group::RegistryTokens)
            }
            Looks::Explored(_) => Some(Group::Registries),
            Looks::Everything(_) => None,
        }
    }

    /// The steps that it looks at.
    pub(crate) fn steps(&self, profile: Profile) -> Vec<Step> {
        let those = |looked_at: &dyn Fn(&Step) -> bool| {
            let of_profile = |step: &Step| step.profile() <= profile && looked_at(step);
            areas::steps().iter().copied().filter(of_profile).collect()
        };
        let mut steps = match self.looks {
            Looks::At(judge) => judge.steps().to_vec(),
            Looks::AtRefusals(judge) => {
                let steps = judge.steps().iter().copied();
                steps.clone().chain(steps.filter_map(areas::serving)).collect()
            }
            Looks::Operation(id, _) => those(&|step| step.definition().operation == id),
            Looks::Everything(_) => those(&|_| true),
            Looks::Explored(_) => Vec::new(),
        };
        steps.sort_unstable();
        steps.dedup();
        steps
    }
}

/// What the cases of the run's profile find wrong with the response to a step, from what was sent
/// until now: the case and the place of each fault.
pub(crate) fn faults_at(step: Step, run: &Observed) -> BTreeSet<String> {
    // What a limited token reads is compared as what the run's token reads, by the same cases.
    let operation = step.definition().operation;
    let is_limited = step.definition().credential == Credential::Limited;
    let is_same = |it: &Step| *it == step || is_limited && it.definition().operation == operation;
    let compares = |case: &Case| case.named_steps().is_some_and(|all| all.iter().any(is_same));
    let cases = all().filter(|case| compares(case) && case.profile() <= run.profile);
    let of_case = |case: &'static Case| {
        let mut check = Check::new(case, run);
        // What cannot be judged yet is no fault.
        let _ = case.check(&mut check);
        check.found.retain(|it| it.is_at(step) && it.problem.level <= Level::Should);
        let place = |it: Found| anywhere(it.problem.place.as_deref()).unwrap_or_default();
        check.found.into_iter().map(move |it| format!("{} {}", case.name, place(it)))
    };
    cases.flat_map(of_case).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_step_is_looked_at() {
        let names: Vec<&str> = all().map(|case| case.name).collect();
        assert_eq!(names.len(), names.iter().collect::<BTreeSet<_>>().len());
        for name in names {
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{name}");
        }
        let looked_at: BTreeSet<Step> = all()
            .filter(|case| case.named_steps().is_some())
            .flat_map(|case| case.steps(Profile::Deep))
            .flat_map(Step::with_needs)
            .collect();
        let steps = areas::steps().iter();
        let idle: Vec<&Step> = steps.filter(|step| !looked_at.contains(step)).collect();
        assert!(idle.is_empty(), "no case looks at {idle:?}");
    }

    /// Reports, lists of expected failures and filters have these names. A new case needs no entry until
    /// the next release.
    #[test]
    fn the_names_of_cases_stay() {
        let names: BTreeSet<&str> = all().map(|case| case.name).collect();
        for known in include_str!("../data/cases.txt").lines() {
            assert!(names.contains(known), "{known} is in reports and lists of users");
        }
    }

    #[test]
    fn a_run_stays_within_its_allowance() {
        for profile in [Profile::Smoke, Profile::Core] {
            for (group, most) in profile.budgets() {
                let steps = steps_of(&selected(&[], profile, *group), profile, *group);
                assert!(steps.len() <= *most, "{profile} {group:?}: {}", steps.len());
            }
        }
        let contract = crate::contract::Contract::built_in();
        for step in steps_of(&selected(&[], Profile::Smoke, None), Profile::Smoke, None) {
            let operation = contract.operation(step.definition().operation).unwrap();
            assert_eq!(operation.method, "GET", "{step:?}");
        }
    }
}

//! The cases: what is required of a deployment, by whom, and how that is seen.

// Before the modules that use them.
#[macro_use]
mod macros;

mod check;
mod compare;
mod consistency;
mod contract;
mod cors;
mod creating;
mod credentials;
mod deleting;
mod explored;
mod history;
mod late;
mod limits;
mod organizations;
mod policies;
mod reading;
mod refusing;
mod registry_token_answers;
mod registry_tokens;
mod tokens;
mod updating;
mod verified;

use std::{collections::BTreeSet, fmt};

pub(crate) use self::check::Check;
pub use self::compare::{Closeness, closeness};
use self::contract::anywhere;
pub use self::verified::{check_requirements, verifying};
pub use crate::outcome::Found;
use crate::{
    exchange::Credential,
    group::Group,
    level::{Citation, Level},
    observed::{Observed, Unmet},
    outcome::Exploration,
    profile::Profile,
    requirements::{self, Requirement},
    steps::Step,
};

/// Something that is required of a deployment.
pub struct Case {
    /// Its stable name.
    pub name: &'static str,
    /// What is required, in a sentence.
    pub requirement: &'static str,
    /// The ids of the requirements that it verifies. The first is the one that it rests on: the case
    /// is as binding, and cites the same.
    pub verifies: &'static [&'static str],
    looks: Looks,
    check: fn(&mut Check<'_>) -> Result<(), Unmet>,
}

/// Which exchanges a case looks at.
#[derive(Clone, Copy)]
enum Looks {
    At(&'static [Step]),
    /// At requests that are to be refused, and at what shows that their operations are there.
    AtRefusals(&'static [Step]),
    Operation(&'static str),
    Explored(Exploration),
    Everything,
}

/// The steps of a profile and a group that the cases need, each once, in order. The first two are always among
/// them: they tell whether the deployment answers, accepts the token, and what was there before.
pub(crate) fn steps_of(cases: &[&Case], profile: Profile, group: Option<Group>) -> Vec<Step> {
    let mut steps = BTreeSet::from([Step::ListBefore, Step::GetToken]);
    for case in cases {
        let looked_at = case.steps(profile).into_iter();
        // A case about a group has its steps elsewhere as well; one about everything goes without.
        let looked_at = looked_at.filter(|step| {
            case.names_its_steps() || group.is_none_or(|group| step.group() == group)
        });
        steps.extend(looked_at.flat_map(Step::with_needs));
    }
    steps.into_iter().collect()
}

impl Case {
    /// How binding it is.
    #[must_use]
    pub fn level(&self) -> Level {
        self.rests_on().level()
    }

    /// Where it comes from.
    #[must_use]
    pub fn citation(&self) -> Citation {
        self.rests_on().citation.clone()
    }

    fn rests_on(&self) -> &'static Requirement {
        let first = self.verifies.first().and_then(|id| requirements::get(id));
        first.expect("`check_requirements` finds every case without a requirement")
    }

    /// The smallest profile that the case is part of.
    #[must_use]
    pub fn profile(&self) -> Profile {
        let profiles = self.steps(Profile::Deep).into_iter().map(Step::profile);
        let smallest = match self.looks {
            Looks::Explored(_) => Some(Profile::Deep),
            Looks::At(_) | Looks::AtRefusals(_) => profiles.max(),
            Looks::Operation(_) | Looks::Everything => profiles.min(),
        };
        smallest.unwrap_or_default()
    }

    /// How many requests the case takes when it is run alone, in `core` or in its own profile. In a
    /// run of several cases they are shared.
    #[must_use]
    pub fn requests(&self) -> usize {
        steps_of(&[self], self.profile().max(Profile::Core), None).len()
    }

    /// The part of the API that the case is about; none when it is about all of it.
    pub(crate) fn group(&self) -> Option<Group> {
        match self.looks {
            Looks::At(steps) | Looks::AtRefusals(steps) => {
                steps.iter().map(|step| step.group()).max()
            }
            Looks::Operation(id) => Some(Group::of(id)),
            Looks::Explored(Exploration::InvalidTokens | Exploration::Lists) => {
                Some(Group::RegistryTokens)
            }
            Looks::Explored(_) => Some(Group::Registries),
            Looks::Everything => None,
        }
    }

    pub(crate) fn steps(&self, profile: Profile) -> Vec<Step> {
        let those = |looked_at: &dyn Fn(&Step) -> bool| {
            let of_profile = |step: &Step| step.profile() <= profile && looked_at(step);
            Step::ALL.iter().copied().filter(of_profile).collect()
        };
        let mut steps = match self.looks {
            Looks::At(steps) => steps.to_vec(),
            Looks::AtRefusals(steps) => {
                let serving = steps.iter().filter_map(|step| step.serving());
                steps.iter().copied().chain(serving).collect()
            }
            Looks::Operation(id) => those(&|step| step.definition().operation == id),
            Looks::Everything => those(&|_| true),
            Looks::Explored(_) => Vec::new(),
        };
        steps.sort();
        steps.dedup();
        steps
    }

    /// Whether it says itself which steps it looks at, whatever group those are of.
    pub(crate) fn names_its_steps(&self) -> bool {
        matches!(self.looks, Looks::At(_) | Looks::AtRefusals(_))
    }

    /// Whether the case looks at whatever an operation is answered.
    pub(crate) fn looks_at(&self, operation: &str) -> bool {
        match self.looks {
            Looks::Operation(id) => id == operation,
            Looks::Everything => true,
            Looks::At(_) | Looks::AtRefusals(_) | Looks::Explored(_) => false,
        }
    }

    /// What is to be explored for the case, beside its steps.
    pub(crate) fn exploration(&self) -> Option<Exploration> {
        match self.looks {
            Looks::Explored(exploration) => Some(exploration),
            _ => None,
        }
    }

    /// Whether the case compares what this step was answered with something else.
    fn compares(&self, is_it: impl Fn(&Step) -> bool) -> bool {
        match self.looks {
            Looks::At(steps) | Looks::AtRefusals(steps) => steps.iter().any(is_it),
            Looks::Operation(_) | Looks::Everything | Looks::Explored(_) => false,
        }
    }

    /// Looks at the run. A case that comes to its end and saw nothing of what it is about has not
    /// passed.
    pub(crate) fn check(&self, check: &mut Check<'_>) -> Result<(), Unmet> {
        (self.check)(check)?;
        check.has_seen_something()
    }
}

/// What the cases of the run's profile find wrong with what a step was answered, from what was sent
/// until now: the case and the place of each fault.
pub(crate) fn faults_at(step: Step, run: &Observed) -> BTreeSet<String> {
    // What a limited token reads is compared as what the run's token reads, by the same cases.
    let operation = step.definition().operation;
    let is_limited = step.definition().credential == Credential::Limited;
    let is_same = |it: &Step| *it == step || is_limited && it.definition().operation == operation;
    let cases = all().filter(|case| case.compares(is_same) && case.profile() <= run.profile);
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

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Every case, in the order in which reports list them.
pub fn all() -> impl Iterator<Item = &'static Case> {
    [
        creating::CASES,
        reading::CASES,
        updating::CASES,
        late::CASES,
        refusing::CASES,
        policies::CASES,
        deleting::CASES,
        consistency::CASES,
        tokens::CASES,
        credentials::CASES,
        registry_tokens::CASES,
        registry_token_answers::CASES,
        organizations::CASES,
        explored::CASES,
        limits::CASES,
        cors::CASES,
        contract::CASES,
    ]
    .into_iter()
    .flatten()
}

/// The cases of a profile and a group whose name contains one of `filters`; all of them when there is
/// none.
#[must_use]
pub fn selected(filters: &[String], profile: Profile, group: Option<Group>) -> Vec<&'static Case> {
    let is_of = |case: &Case, group| case.group().is_none_or(|it| it == group);
    all()
        .filter(|case| case.profile() <= profile)
        .filter(|case| group.is_none_or(|group| is_of(case, group)))
        .filter(|case| {
            filters.is_empty() || filters.iter().any(|filter| case.name.contains(filter.as_str()))
        })
        .collect()
}

/// How many requests the steps of these cases take. Exploration, and removing what was created, come
/// on top.
#[must_use]
pub fn requests(filters: &[String], profile: Profile, group: Option<Group>) -> usize {
    steps_of(&selected(filters, profile, group), profile, group).len()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_every_step_is_looked_at() {
        let names: Vec<&str> = all().map(|case| case.name).collect();
        assert_eq!(names.len(), names.iter().collect::<BTreeSet<_>>().len());
        for name in names {
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{name}");
        }
        let looked_at: BTreeSet<Step> = all()
            .filter(|case| matches!(case.looks, Looks::At(_) | Looks::AtRefusals(_)))
            .flat_map(|case| case.steps(Profile::Deep))
            .flat_map(Step::with_needs)
            .collect();
        let idle: Vec<&Step> = Step::ALL.iter().filter(|step| !looked_at.contains(step)).collect();
        assert!(idle.is_empty(), "no case looks at {idle:?}");
    }

    #[test]
    fn a_step_comes_after_those_that_it_needs() {
        for step in Step::ALL {
            for need in step.definition().needs {
                assert!(need < step, "{step:?} needs {need:?}");
            }
        }
    }

    #[test]
    fn a_run_stays_within_its_allowance() {
        let steps = |profile, group| steps_of(&selected(&[], profile, group), profile, group);
        assert!(steps(Profile::Core, Some(Group::Registries)).len() <= 45);
        assert!(steps(Profile::Core, None).len() <= 75);
        let smoke = steps(Profile::Smoke, None);
        assert!(smoke.len() <= 8, "{smoke:?}");
        let contract = crate::contract::Contract::built_in();
        for step in smoke {
            let operation = contract.operation(step.definition().operation).unwrap();
            assert_eq!(operation.method, "GET", "{step:?}");
        }
    }
}

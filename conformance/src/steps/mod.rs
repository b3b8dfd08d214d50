//! The exchanges of a run. Cases share them: each says which ones it looks at, and a run sends those
//! that its cases need, once. The areas declare them (`areas/`), and `plan` puts them in order.

mod draft;
mod texts;

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
};

pub use self::texts::{
    CHANGED, COLOR, DESCRIPTION, OTHER_COLOR, POLICY_TEXT, TOKEN_CHANGED, TOKEN_DESCRIPTION,
};
pub(crate) use self::{
    draft::{Draft, create, get, nothing, update},
    texts::*,
};
use crate::{
    exchange::Credential,
    group::Group,
    observed::{NotJudged, Observed},
    profile::Profile,
};

/// An exchange of a run. Steps are ordered as they happen.
#[derive(Clone, Copy)]
pub(crate) struct Step(pub(crate) &'static Definition);

/// What is fixed about a step before the run.
pub(crate) struct Definition {
    /// Its name in snapshots, reports and recordings.
    pub(crate) name: &'static str,
    /// The operation that it exercises.
    pub(crate) operation: &'static str,
    /// The smallest profile that it is part of.
    pub(crate) profile: Profile,
    /// The group that it is sent for, where that is not the one of its operation.
    pub(crate) group: Option<Group>,
    /// The credential that it carries.
    pub(crate) credential: Credential,
    /// The steps that its request is made from.
    pub(crate) needs: &'static [Step],
    /// Makes the request from the responses to the steps before it.
    pub(crate) draft: &'static (dyn Fn(&Observed) -> Result<Draft, NotJudged> + Sync),
    /// When it is sent: a part of the run, then the area in it, then the place in that.
    pub(crate) order: (Phase, u8, u16),
}

/// The parts of a run, in their order. What depends on what another area creates comes after that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Phase {
    /// Whether the deployment can be looked at, and what was there before.
    Begin,
    /// What the rest of the run works with.
    Create,
    /// What becomes of it.
    Change,
    /// What must be refused, and must leave no trace.
    Refuse,
    /// Writes with every credential that must be refused.
    RefusedWrites,
    /// Single reads of what is there after all that.
    Read,
    /// What lists return.
    List,
    /// Reads with every credential that must be refused, of what was read before: a cache may not look at
    /// who asks.
    RefusedReads,
    /// One resource less, in what the others are in.
    Less,
    /// Registries go, with all that is in them.
    Delete,
    /// What is created once more.
    Again,
    /// What is there at the end, and what ends a token.
    End,
}

impl Step {
    pub(crate) fn definition(self) -> &'static Definition {
        self.0
    }

    /// The smallest profile that the step is part of.
    pub(crate) fn profile(self) -> Profile {
        self.0.profile
    }

    /// The group that it is sent for.
    pub(crate) fn group(self) -> Group {
        self.0.group.unwrap_or_else(|| Group::of(self.0.operation))
    }

    /// This step and every step that it cannot do without.
    pub(crate) fn with_needs(self) -> Vec<Step> {
        let mut steps: Vec<Step> = self.0.needs.iter().flat_map(|need| need.with_needs()).collect();
        steps.push(self);
        steps
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.name)
    }
}

impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        self.0.order == other.0.order
    }
}

impl Eq for Step {}

impl PartialOrd for Step {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Step {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.order.cmp(&other.0.order)
    }
}

impl Hash for Step {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.order.hash(state);
    }
}

/// Declares the steps of an area, each under a part of the run: its name, operation, profile and
/// credential, the steps that it cannot do without, and how its request is made from their
/// responses. It is sent for the group of its operation, or for the one that is named.
macro_rules! steps {
    ($area:expr; $($phase:ident { $(
        $step:ident = $name:literal, $operation:literal, $profile:ident,
        $credential:ident, $(for $group:ident,)? needs [$($need:ident),*], $draft:expr;
    )* })*) => {
        /// The place of each step among those of this area.
        #[derive(Clone, Copy)]
        enum Place { $($($step,)*)* }

        #[expect(non_upper_case_globals, reason = "they are named as the variants of an enum are")]
        impl $crate::steps::Step {
            $($(
                pub(crate) const $step: Self = Self(&$crate::steps::Definition {
                    name: $name,
                    operation: $operation,
                    profile: $crate::profile::Profile::$profile,
                    group: steps!(@group $($group)?),
                    credential: $crate::exchange::Credential::$credential,
                    needs: &[$($crate::steps::Step::$need),*],
                    draft: &$draft,
                    order: ($crate::steps::Phase::$phase, $area, Place::$step as u16),
                });
            )*)*
        }

        /// The steps of this area.
        pub(super) const STEPS: &[$crate::steps::Step] =
            &[$($($crate::steps::Step::$step,)*)*];
    };
    (@group) => { None };
    (@group $group:ident) => { Some($crate::group::Group::$group) };
}
pub(crate) use steps;

//! Which steps are part of what.

use super::Step;
use crate::{group::Group, profile::Profile};

impl Step {
    /// The smallest profile that the step is part of.
    pub(crate) fn profile(self) -> Profile {
        match self {
            Step::ListBefore
            | Step::GetToken
            | Step::GetOrganization
            | Step::GetRateLimit
            | Step::GetUnknown
            | Step::ListWithoutToken
            | Step::ListUnknownToken
            | Step::TokenWithoutToken => Profile::Smoke,
            Step::GetRevocableToken
            | Step::ListWithoutScope
            | Step::GetWithoutScope
            | Step::ListRegistryTokensWithoutScope
            | Step::GetRegistryTokenWithoutScope => Profile::Core,
            step if Step::PatchWithoutToken <= step && step <= Step::GetWithoutScope => {
                Profile::Deep
            }
            Step::GetTokenAgain
            | Step::UpdateEcosystem
            | Step::CreateUnicodeName
            | Step::ListRegistryTokensWithoutToken
            | Step::CreateWithRevokedToken
            | Step::DeleteWithWriteScope
            | Step::DeleteEmoji
            | Step::LimitedPatch
            | Step::LimitedPut
            | Step::CreatePolicyText
            | Step::CreatePython
            | Step::CreateAgain
            | Step::ListRegistryTokensAgain
            | Step::DeleteAgain
            | Step::DeletePolicyText
            | Step::DeletePython => Profile::Deep,
            _ => Profile::Core,
        }
    }

    /// The group that it is sent for: that of its operation.
    pub(crate) fn group(self) -> Group {
        // With a token that may only write, registries and their tokens are looked at together.
        if matches!(self, Step::GetRevocableToken | Step::ListWithoutScope | Step::GetWithoutScope)
        {
            return Group::RegistryTokens;
        }
        Group::of(self.definition().operation)
    }

    /// This step and every step that it cannot do without.
    pub(crate) fn with_needs(self) -> Vec<Step> {
        let mut steps: Vec<Step> =
            self.definition().needs.iter().flat_map(|need| need.with_needs()).collect();
        steps.push(self);
        steps
    }
}

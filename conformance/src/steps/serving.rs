//! What shows that an operation is there at all.

use super::Step;

impl Step {
    /// The step that shows, when it succeeds, that a deployment serves the operation of this one: only
    /// then does a 404 speak of what was asked for, and not of the route.
    pub(crate) fn serving(self) -> Option<Self> {
        Some(match self.definition().operation {
            "list_registries" => Self::ListBefore,
            "create_registry" => Self::CreateMinimal,
            "get_registry" => Self::GetUpdated,
            "update_registry" => Self::UpdateName,
            "update_registry_with_patch" => Self::UpdateWithPatch,
            "update_registry_with_put" => Self::UpdateWithPut,
            "delete_registry" => Self::DeleteMinimal,
            "create_registry_token" => Self::CreateRegistryToken,
            "list_registry_tokens" => Self::ListRegistryTokens,
            "get_registry_token" => Self::GetRegistryToken,
            "update_registry_token" => Self::UpdateRegistryToken,
            "delete_registry_token" => Self::DeleteRegistryToken,
            "list_organizations" => Self::ListOrganizations,
            "get_organization" => Self::GetOrganization,
            "get_rate_limit" => Self::GetRateLimit,
            "get_access_token" => Self::GetToken,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::Credential;

    #[test]
    fn it_is_the_same_operation_with_the_token_that_may() {
        for step in Step::ALL {
            let Some(serving) = step.serving() else { continue };
            let (definition, own) = (serving.definition(), step.definition());
            assert_eq!(definition.operation, own.operation, "{step:?}");
            assert_eq!(definition.credential, Credential::Main, "{step:?}");
        }
    }
}

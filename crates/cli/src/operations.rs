//! Which operation of the contract is which command: the one table of both.

use registries_contract::Contract;

/// Each operation of the contract, with the command that sends it.
pub(crate) const OPERATIONS: [(&str, &str); 17] = [
    ("list_registries", "list"),
    ("create_registry", "create"),
    ("get_registry", "get"),
    ("update_registry", "update"),
    // Other methods of the same operation.
    ("update_registry_with_patch", "update"),
    ("update_registry_with_put", "update"),
    ("delete_registry", "delete"),
    ("list_registry_tokens", "token list"),
    ("create_registry_token", "token create"),
    ("get_registry_token", "token get"),
    ("update_registry_token", "token update"),
    ("delete_registry_token", "token delete"),
    ("list_organizations", "org list"),
    ("get_organization", "org get"),
    ("get_rate_limit", "org limits"),
    ("get_access_token", "auth status"),
    ("revoke_access_token", "auth revoke"),
];

/// What an operation needs, for who lacks it: the command and the scopes of which one will do.
pub(crate) fn needs(operation: &str) -> Option<String> {
    let (_, command) = OPERATIONS.iter().find(|(known, _)| *known == operation)?;
    let scopes = &Contract::built_in().operation(operation)?.scopes;
    (!scopes.is_empty())
        .then(|| format!("`registries {command}` needs the scope {}", scopes.join(" or ")))
}

#[cfg(test)]
mod tests {
    use clap::{Command, CommandFactory as _};

    use super::*;
    use crate::cli::Cli;

    #[test]
    fn every_operation_of_the_contract_has_a_command() {
        let mut expected: Vec<&str> =
            Contract::built_in().operations().iter().map(|it| it.id.as_str()).collect();
        let mut named: Vec<&str> = OPERATIONS.iter().map(|(operation, _)| *operation).collect();
        expected.sort_unstable();
        named.sort_unstable();
        assert_eq!(named, expected);
    }

    #[test]
    fn every_named_command_exists() {
        let mut root = Cli::command();
        root.build();
        for (operation, command) in OPERATIONS {
            let found = command.split(' ').try_fold(&root, |above: &Command, name| {
                above.get_subcommands().find(|it| it.get_name() == name)
            });
            assert!(found.is_some(), "{operation}: {command}");
        }
    }
}

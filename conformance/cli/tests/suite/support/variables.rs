//! The variables of the command.

/// Those that it heeds, by which a test is not to depend on where it runs.
pub(crate) const VARIABLES: [&str; 12] = [
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
];

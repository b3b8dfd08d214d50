//! The variables of the command.

/// Those that it heeds, by which a test is not to depend on where it runs.
pub(crate) const VARIABLES: [&str; 10] = [
    "REGISTRIES_BASE_URL",
    "REGISTRIES_CA_CERTIFICATE",
    "REGISTRIES_KNOWN",
    "REGISTRIES_ORG",
    "REGISTRIES_PACE",
    "REGISTRIES_PROFILE",
    "REGISTRIES_STRICT",
    "REGISTRIES_TEAM",
    "REGISTRIES_TIMEOUT",
    "REGISTRIES_TOKEN",
];

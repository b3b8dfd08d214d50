//! A reference server of the Registries API.

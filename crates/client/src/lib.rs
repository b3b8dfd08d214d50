//! A typed client of the Registries API, generated from its OpenAPI contract.

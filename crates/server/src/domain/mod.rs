//! The terms of the API as types: what a value must look like to exist at all. No I/O.

pub(crate) mod ecosystem;
mod kebab;
pub(crate) mod organization;
pub(crate) mod problem;
pub(crate) mod properties;
pub(crate) mod registry;
pub(crate) mod registry_input;
pub(crate) mod registry_token;
pub(crate) mod scope;
pub(crate) mod token;

//! Text that comes from files and from deployments.

pub(crate) use registries_command_line::text::{bytes, plain, utf8, without_numbers};
pub(crate) use registries_contract::text::{is_json, without_lone_surrogates};

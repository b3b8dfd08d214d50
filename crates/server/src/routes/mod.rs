//! The operations of the API, one file each.

mod access_token_body;
mod create_registry;
mod delete_registry;
mod get_access_token;
mod get_registry;
mod list_registries;
mod registry_body;
mod revoke_access_token;
mod taken;
mod update_registry;

pub(crate) use create_registry::create_registry;
pub(crate) use delete_registry::delete_registry;
pub(crate) use get_access_token::get_access_token;
pub(crate) use get_registry::get_registry;
pub(crate) use list_registries::list_registries;
pub(crate) use revoke_access_token::revoke_access_token;
pub(crate) use update_registry::update_registry;

//! Lowers the contract to what progenitor takes.
//!
//! The contract says what the documentation says, as strictly as that; a client has to be more
//! tolerant, and progenitor cannot take all of it. Each rule here is one function on the contract
//! as data; its comment names the trap that it closes.

mod bounds;
mod operations;
mod properties;
mod schemas;
mod text;

use serde_json::Value;

pub(crate) use self::operations::HOST;
use crate::Error;

/// The extension that names the Rust type that stands for a schema component.
pub(crate) const NATIVE: &str = "x-native";

/// Lowers the contract. The result is a complete `OpenAPI` document; schemas in it that carry
/// `x-native` stand for the Rust type named there.
pub fn lower(mut contract: Value) -> Result<openapiv3::OpenAPI, Error> {
    apply(&mut contract)?;
    Ok(serde_json::from_value(contract)?)
}

/// All rules, in their order: first the operations, so that only schemas are left in the
/// components, then the schemas, at last what is no longer needed.
fn apply(contract: &mut Value) -> Result<(), Error> {
    operations::drop_aliases(contract)?;
    operations::mark_paths_outside_the_root(contract)?;
    operations::inline_references(contract)?;
    text::name_scopes(contract);
    bounds::list_errors(contract);
    operations::drop_error_responses(contract)?;
    operations::unite_success_responses(contract)?;

    let sides = schemas::Sides::of(contract)?;
    bounds::state_bounds(contract, &sides);
    schemas::accept_any_policy(contract, &sides);
    schemas::hide_secrets(contract, &sides);
    schemas::keep_null_among_scalars(contract, &sides);
    schemas::name_open_sets(contract);
    schemas::drop_constraints(contract);
    schemas::inline_strings(contract);
    schemas::relax_required(contract, &sides)?;
    schemas::lift_null_out_of_unions(contract);
    schemas::write_policies_by_hand(contract);
    schemas::make_alternatives_exclusive(contract);
    schemas::keep_numbers_exact(contract);

    properties::distinguish_empty_from_absent(contract, &sides)?;
    properties::distinguish_null_from_absent(contract, &sides)?;

    text::label_fences(contract);
    operations::drop_unneeded(contract);
    Ok(())
}

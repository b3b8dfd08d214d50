//! From the lowered contract to Rust.

use std::collections::HashMap;

use progenitor::{GenerationSettings, Generator, InterfaceStyle};

use crate::{Error, lower::NATIVE, open_set, parse, polish, times};

const HEADER: &str = "// Generated from openapi.yaml; do not edit.\n\n";

/// The documentation of parameters, by the id of the operation and the name of the parameter.
pub(crate) type Parameters = HashMap<(String, String), String>;

/// Generates the client's source from the contract: the module `types`, the module `builder` and the
/// operations of `Client`.
///
/// The code is included in a crate with these at its root: `Client`, `Error`, `Response`, `Field`
/// and the module `runtime`.
pub fn generate_client(yaml: &str) -> Result<String, Error> {
    let contract = parse(yaml)?;
    let mut own = open_set::items(&contract)?;
    own.extend(times::items(&contract)?);
    let lowered = crate::lower(contract)?;
    let file = polish::polish(generate(&lowered)?, &own, &parameters(&lowered))?;
    Ok(format!("{HEADER}{}", prettyplease::unparse(&file)))
}

/// What progenitor makes of the lowered contract.
pub(crate) fn generate(document: &openapiv3::OpenAPI) -> Result<syn::File, Error> {
    let tokens = Generator::new(&settings(document))
        .generate_tokens(document)
        .map_err(|error| Error::Progenitor(error.to_string()))?;
    Ok(syn::parse2(tokens)?)
}

/// How progenitor is to generate.
pub(crate) fn settings(document: &openapiv3::OpenAPI) -> GenerationSettings {
    let mut settings = GenerationSettings::new();
    settings
        .with_interface(InterfaceStyle::Builder)
        .with_map_type("::std::collections::BTreeMap")
        .with_derive("PartialEq");
    for (name, rust) in natives(document) {
        settings.with_replacement(name, rust, std::iter::empty());
    }
    settings
}

/// What the contract says about each parameter, by the id of its operation and its name.
fn parameters(document: &openapiv3::OpenAPI) -> Parameters {
    let mut parameters = Parameters::new();
    for (_, _, operation) in document.operations() {
        let Some(id) = &operation.operation_id else { continue };
        for parameter in operation.parameters.iter().filter_map(openapiv3::ReferenceOr::as_item) {
            let data = parameter.parameter_data_ref();
            let text = data.description.clone().unwrap_or_default();
            parameters.insert((id.clone(), data.name.clone()), text);
        }
    }
    parameters
}

/// The components that stand for a Rust type, and that type.
fn natives(document: &openapiv3::OpenAPI) -> impl Iterator<Item = (&String, &str)> {
    let schemas = document.components.iter().flat_map(|components| &components.schemas);
    schemas.filter_map(|(name, schema)| {
        let native = schema.as_item()?.schema_data.extensions.get(NATIVE)?;
        Some((name, native.as_str()?))
    })
}

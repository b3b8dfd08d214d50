//! Methods that read the times of responses, for the client's feature `jiff`.

use quote::{format_ident, quote};
use serde_json::{Map, Value};
use syn::{Ident, Item};

use crate::{
    Error,
    contract::{entries, reference, schemas},
};

/// The component that is a time as text.
const TIME: &str = "Timestamp";

/// The properties that are times as seconds since 1970.
const SECONDS: [(&str, &str); 1] = [("Root", "timestamp")];

/// One method for each property that is a time, for the module of types.
pub(crate) fn items(contract: &Value) -> Result<Vec<Item>, Error> {
    let schemas = schemas(contract);
    let mut items = Vec::new();
    for (schema, component) in &schemas {
        let mut methods = Vec::new();
        for (name, property) in entries(component, "properties") {
            let fail = |problem| Error::contract(format!("schema {schema}, {name}"), problem);
            let is_seconds = SECONDS.contains(&(schema.as_str(), name.as_str()));
            if !is_seconds && !is_time(property, &schemas) {
                if holds_time(property, &schemas) {
                    return Err(fail("has a time; give its object a component"));
                }
                continue;
            }
            let own: Ident = syn::parse_str(name)
                .map_err(|_| fail("is a time whose name cannot be that of a method"))?;
            let read = if is_seconds {
                quote!(seconds(#name, self.#own))
            } else {
                quote!(text(#name, self.#own.as_deref()))
            };
            let about =
                format!("[`{name}`](Self#structfield.{name}) as a time; `None` without one.");
            methods.push(quote! {
                #[doc = #about]
                #[doc = ""]
                #[doc = "# Errors"]
                #[doc = ""]
                #[doc = "[`TimeError`](crate::TimeError) if it is no time."]
                pub fn #own(&self) -> Result<Option<crate::jiff::Timestamp>, crate::TimeError> {
                    crate::times::#read
                }
            });
        }
        if !methods.is_empty() {
            let ty = format_ident!("{schema}");
            items.push(syn::parse2(quote! {
                #[cfg(feature = "jiff")]
                impl #ty { #(#methods)* }
            })?);
        }
    }
    Ok(items)
}

/// Whether a property is a time, by its format, its component or that component's pattern.
fn is_time(property: &Value, schemas: &Map<String, Value>) -> bool {
    let pattern = schemas.get(TIME).and_then(|time| time.get("pattern"));
    property.get("format").and_then(Value::as_str) == Some("date-time")
        || reference(property) == Some(TIME)
        || (pattern.is_some() && property.get("pattern") == pattern)
}

/// Whether there is a time within a property that has no component.
fn holds_time(property: &Value, schemas: &Map<String, Value>) -> bool {
    let parts = property.as_array().map(|parts| parts.iter().collect::<Vec<_>>());
    let parts = parts.or_else(|| Some(property.as_object()?.values().collect()));
    let mut parts = parts.into_iter().flatten();
    parts.any(|part| is_time(part, schemas) || holds_time(part, schemas))
}

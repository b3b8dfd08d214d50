//! Types for text whose known values the contract lists (`x-known-values`).

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;
use syn::Item;

use crate::{
    Error,
    contract::{entries, schemas},
};

/// The properties that have such a type, with its name.
const PROPERTIES: [(&str, &str, &str); 1] =
    [("ecosystem", "Ecosystem", "The package ecosystem of a registry.")];

/// The type of a property, when it is such text.
pub(crate) fn type_of(name: &str, property: &Value) -> Option<&'static str> {
    property.get("x-known-values")?;
    PROPERTIES.iter().find(|(property, ..)| *property == name).map(|(_, ty, _)| *ty)
}

/// The types, for the module of types.
pub(crate) fn items(contract: &Value) -> Result<Vec<Item>, Error> {
    let mut sets = BTreeMap::new();
    for (schema, component) in &schemas(contract) {
        for (name, property) in entries(component, "properties") {
            let Some(ty) = type_of(name, property) else { continue };
            let values = texts(&property["x-known-values"]);
            if sets.insert(ty, values.clone()).is_some_and(|other| other != values) {
                let place = format!("schema {schema}, {name}");
                return Err(Error::contract(place, "has other known values elsewhere"));
            }
        }
    }
    let mut items = Vec::new();
    for (_, ty, about) in PROPERTIES {
        if let Some(values) = sets.get(ty) {
            items.extend(syn::parse2::<syn::File>(open_enum(ty, about, values))?.items);
        }
    }
    Ok(items)
}

fn texts(values: &Value) -> Vec<String> {
    let values = values.as_array().into_iter().flatten();
    values.filter_map(Value::as_str).map(str::to_owned).collect()
}

/// An enum of the known values, which keeps any other one as it came in.
fn open_enum(name: &str, about: &str, values: &[String]) -> TokenStream {
    let ty = format_ident!("{name}");
    let variants: Vec<_> = values.iter().map(|value| format_ident!("{}", pascal(value))).collect();
    let docs = values.iter().map(|value| format!("`{value}`"));
    let conversions = conversions(&ty, &variants, values);
    let also = "The set is open: any other text is in `Other`.";
    quote! {
        #[doc = #about]
        #[doc = ""]
        #[doc = #also]
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum #ty {
            #(#[doc = #docs] #variants,)*
            /// A value that the contract does not name. Texts that it names are never in here when they
            /// were converted or received.
            Other(::std::string::String),
        }

        impl #ty {
            /// The values that the contract names.
            pub fn known() -> &'static [Self] {
                static KNOWN: &[#ty] = &[#(#ty::#variants),*];
                KNOWN
            }

            /// Whether the contract names this value.
            pub fn is_known(&self) -> bool {
                Self::known().contains(self)
            }

            /// The value as text.
            pub fn as_str(&self) -> &str {
                match self {
                    #(Self::#variants => #values,)*
                    Self::Other(text) => text,
                }
            }
        }

        #conversions
    }
}

/// What turns text into such an enum, and the enum into text.
fn conversions(ty: &Ident, variants: &[Ident], values: &[String]) -> TokenStream {
    quote! {
        impl ::std::convert::From<&str> for #ty {
            fn from(text: &str) -> Self {
                match text {
                    #(#values => Self::#variants,)*
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        impl ::std::convert::From<::std::string::String> for #ty {
            fn from(text: ::std::string::String) -> Self {
                Self::from(text.as_str())
            }
        }

        impl ::std::convert::From<&#ty> for #ty {
            fn from(value: &#ty) -> Self {
                value.clone()
            }
        }

        impl ::std::str::FromStr for #ty {
            type Err = ::std::convert::Infallible;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                Ok(Self::from(text))
            }
        }

        impl ::std::fmt::Display for #ty {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl ::std::convert::AsRef<str> for #ty {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl ::std::cmp::PartialEq for #ty {
            fn eq(&self, other: &Self) -> bool {
                self.as_str() == other.as_str()
            }
        }

        impl ::std::cmp::Eq for #ty {}

        impl ::std::hash::Hash for #ty {
            fn hash<H: ::std::hash::Hasher>(&self, state: &mut H) {
                self.as_str().hash(state);
            }
        }

        impl ::std::cmp::PartialEq<str> for #ty {
            fn eq(&self, other: &str) -> bool {
                self.as_str() == other
            }
        }

        impl ::std::cmp::PartialEq<&str> for #ty {
            fn eq(&self, other: &&str) -> bool {
                self.as_str() == *other
            }
        }

        impl ::serde::Serialize for #ty {
            fn serialize<S: ::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::std::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> ::serde::Deserialize<'de> for #ty {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::std::result::Result<Self, D::Error> {
                <::std::string::String as ::serde::Deserialize>::deserialize(deserializer)
                    .map(Self::from)
            }
        }
    }
}

/// `cocoa_pods` and `cocoa-pods` as `CocoaPods`. Not `Other`, which is no value.
fn pascal(value: &str) -> String {
    let words = value.split(|c: char| !c.is_ascii_alphanumeric());
    let name = words.fold(String::new(), |name, word| {
        let (first, rest) = word.split_at(word.len().min(1));
        name + &first.to_ascii_uppercase() + rest
    });
    if name == "Other" || !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        format!("V{name}")
    } else {
        name
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn contract(first: &[&str], second: &[&str]) -> Value {
        let schema = |values| json!({"properties": {"ecosystem": {"x-known-values": values}}});
        json!({"components": {"schemas": {"A": schema(first), "B": schema(second)}}})
    }

    #[test]
    fn a_set_has_its_values_and_any_other() {
        let found = items(&contract(&["ruby", "other", "3-d"], &["ruby", "other", "3-d"])).unwrap();
        let Some(Item::Enum(set)) = found.first() else { panic!("no enum") };
        let names: Vec<_> = set.variants.iter().map(|variant| variant.ident.to_string()).collect();
        assert_eq!(names, ["Ruby", "VOther", "V3D", "Other"]);
        assert!(items(&json!({})).is_ok_and(|items| items.is_empty()));
    }

    #[test]
    fn two_sets_of_one_name_are_refused() {
        let error = items(&contract(&["ruby"], &["java"])).err().unwrap().to_string();
        assert!(error.contains("ecosystem"), "{error}");
    }
}

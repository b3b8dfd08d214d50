//! Fits progenitor's output to the hand-written part of the client.
//!
//! progenitor's client has its own error, which loses the status and headers of what it cannot
//! decode, its own constructors and an invented header. What is worth having of it are the types,
//! the builders and the way from a builder to a request. The rest is cut off here, and requests go
//! to the hand-written `Client::execute`, which knows about tokens, retries and errors.
//!
//! Everything that is rewritten is looked for first, and its absence is an [`Error::Output`]: an
//! update of progenitor must not silently change what is sent.

mod docs;
mod send;
mod types;

use quote::ToTokens as _;
use syn::{Attribute, File, ImplItem, Item, ItemImpl, ItemMod, parse_quote, visit_mut::VisitMut};

#[cfg(feature = "surface")]
pub(crate) use self::{docs::text as documentation, types::converted};
use crate::{Error, generate::Parameters};

/// What must not be left of progenitor's runtime.
const REMAINS: [&str; 9] = [
    "progenitor_client",
    "api_version",
    "api-version",
    "encode_path",
    "ResponseValue",
    "OperationInfo",
    "ClientHooks",
    "ByteStream",
    "header_map",
];

/// Fits `file`, which is progenitor's output, to the hand-written client. `own_types` are added to its
/// types.
pub(crate) fn polish(
    file: File,
    own_types: &[Item],
    parameters: &Parameters,
) -> Result<File, Error> {
    let mut kept: File = parse_quote!(
        use crate::Client;
    );
    let mut operations = None;
    for item in file.items {
        match item {
            Item::Mod(mut module) if module.ident == "types" => {
                let content = content(&mut module)?;
                types::polish(content)?;
                content.extend(own_types.iter().cloned());
                kept.items.push(Item::Mod(module));
            }
            Item::Mod(mut module) if module.ident == "builder" => {
                let sent = send::polish(content(&mut module)?)?;
                if operations != Some(sent) {
                    let counts = format!("{operations:?} operations, {sent} of them are sent");
                    return Err(Error::output(counts));
                }
                kept.items.push(Item::Mod(module));
            }
            Item::Impl(item) if is_operations(&item) => {
                operations = Some(item.items.len());
                kept.items.push(Item::Impl(item));
            }
            item => expect_dispensable(&item)?,
        }
    }
    if kept.items.len() != 4 {
        return Err(Error::output("types, operations or builders are missing"));
    }
    StripAllow.visit_file_mut(&mut kept);
    docs::polish(&mut kept, parameters);
    let text = kept.to_token_stream().to_string();
    match REMAINS.iter().find(|remain| text.contains(**remain)) {
        Some(remain) => Err(Error::output(format!("`{remain}` is left of it"))),
        None => Ok(kept),
    }
}

/// The items of an inline module.
fn content(module: &mut ItemMod) -> Result<&mut Vec<Item>, Error> {
    let missing = || Error::output("a module without content");
    module.content.as_mut().map(|(_, items)| items).ok_or_else(missing)
}

/// Whether this is `impl Client` with one function for each operation, which returns its builder.
fn is_operations(item: &ItemImpl) -> bool {
    let returns_builder = |item: &ImplItem| match item {
        ImplItem::Fn(function) => {
            function.sig.output.to_token_stream().to_string().starts_with("-> builder ::")
        }
        _ => false,
    };
    item.trait_.is_none()
        && item.self_ty.to_token_stream().to_string() == "Client"
        && item.items.iter().all(returns_builder)
}

/// Refuses an item that is neither kept nor known to have a hand-written counterpart.
fn expect_dispensable(item: &Item) -> Result<(), Error> {
    let dispensable = match item {
        Item::Use(_) => true,
        Item::Struct(item) => item.ident == "Client",
        Item::Mod(item) => item.ident == "prelude",
        Item::Impl(item) => {
            let name = item.self_ty.to_token_stream().to_string();
            name == "Client" || name == "& Client"
        }
        _ => false,
    };
    if dispensable { Ok(()) } else { Err(Error::output(item.to_token_stream().to_string())) }
}

/// Removes `#[allow(…)]`: which lints generated code may break is said where it is included.
struct StripAllow;

impl VisitMut for StripAllow {
    fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
        attributes.retain(|attribute| !attribute.path().is_ident("allow"));
    }
}

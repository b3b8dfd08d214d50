//! The listing of the client's public surface.

use std::collections::BTreeMap;

use syn::{
    Fields, File, ImplItem, ImplItemFn, Item, ItemEnum, ItemImpl, ItemStruct, PathArguments,
    ReturnType, Type, Visibility,
};

use crate::{Error, generate_client, polish, written};

/// The listing's first lines.
const HEADER: &str = "\
# Listed by `cargo xtask regenerate`; do not edit.
# What registries-client offers: a change here is a change for its users.
#
# Generated from openapi.yaml.
";

/// Lists what the generated part of the client offers: its operations with their setters and what
/// they return, its types with what they hold. Sorted, so that a change of the contract shows as
/// what it changes and nothing else.
pub fn client_surface(yaml: &str) -> Result<String, Error> {
    let file = syn::parse_file(&generate_client(yaml)?)?;
    let entries = entries(&file).into_iter();
    let entries = entries.map(|(title, lines)| format!("\n{title}\n{}", indented(&lines)));
    Ok(HEADER.to_owned() + &entries.collect::<String>())
}

fn indented(lines: &[String]) -> String {
    lines.iter().flat_map(|line| ["    ", line, "\n"]).collect()
}

/// Each operation and type with its lines.
fn entries(file: &File) -> BTreeMap<String, Vec<String>> {
    let mut entries: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let names = operation_names(file);
    for item in &file.items {
        let Item::Mod(module) = item else { continue };
        for item in module.content.iter().flat_map(|(_, items)| items) {
            let entry = match item {
                Item::Struct(item) if module.ident == "types" => Some(of_struct(item)),
                Item::Enum(item) if module.ident == "types" => Some(of_enum(item)),
                Item::Impl(item) if module.ident == "types" => of_feature(item),
                Item::Impl(item) if module.ident == "builder" => of_operation(item, &names),
                _ => None,
            };
            if let Some((title, lines)) = entry {
                entries.entry(title).or_default().extend(lines);
            }
        }
    }
    entries
}

/// The names of the operations, by the names of their builders.
fn operation_names(file: &File) -> BTreeMap<String, String> {
    let operations = file.items.iter().filter_map(|item| match item {
        Item::Impl(item) => Some(&item.items),
        _ => None,
    });
    let named = operations.flatten().filter_map(|item| match item {
        ImplItem::Fn(operation) => match &operation.sig.output {
            ReturnType::Type(_, builder) => Some((builder_name(builder)?, &operation.sig.ident)),
            ReturnType::Default => None,
        },
        _ => None,
    });
    named.map(|(builder, operation)| (builder, operation.to_string())).collect()
}

fn builder_name(builder: &Type) -> Option<String> {
    let Type::Path(path) = builder else { return None };
    Some(path.path.segments.last()?.ident.to_string())
}

fn of_struct(item: &ItemStruct) -> (String, Vec<String>) {
    let public = item.fields.iter().filter(|field| matches!(field.vis, Visibility::Public(_)));
    let mut lines: Vec<_> = public
        .filter_map(|field| Some(format!("{}: {}", field.ident.as_ref()?, short(&field.ty))))
        .collect();
    lines.sort();
    (format!("struct {}", item.ident), lines)
}

fn of_enum(item: &ItemEnum) -> (String, Vec<String>) {
    let variants = item.variants.iter().map(|variant| match &variant.fields {
        Fields::Unit => variant.ident.to_string(),
        fields => format!("{}{}", variant.ident, short(fields)),
    });
    let mut lines: Vec<_> = variants.collect();
    lines.sort();
    (format!("enum {}", item.ident), lines)
}

/// The methods that a type has with a feature only. What every type has is not listed.
fn of_feature(item: &ItemImpl) -> Option<(String, Vec<String>)> {
    let feature = Some(written::feature(&item.attrs)).filter(|feature| !feature.is_empty())?;
    let methods = item.items.iter().filter_map(written::public);
    let title = format!("struct {}", builder_name(&item.self_ty)?);
    Some((title, methods.map(|method| format!("{feature}{method}")).collect()))
}

/// An operation, by the implementation of its builder.
fn of_operation(
    item: &ItemImpl,
    names: &BTreeMap<String, String>,
) -> Option<(String, Vec<String>)> {
    let functions = item.items.iter().filter_map(|item| match item {
        ImplItem::Fn(function) => Some(function),
        _ => None,
    });
    let (send, setters): (Vec<_>, Vec<_>) =
        functions.partition(|function| function.sig.ident == "send");
    let send = send.first()?;
    let mut lines: Vec<_> = setters.iter().filter_map(|setter| of_setter(setter)).collect();
    lines.sort();
    let request = polish::documentation(&send.attrs);
    let request = request.trim().trim_start_matches("Sends a ").replace('`', "");
    lines.insert(0, request.replace(" request to", ""));
    lines.push(format!("-> {}", returned(&send.sig.output)?));
    let name = names.get(&builder_name(&item.self_ty)?)?;
    Some((format!("operation {name}"), lines))
}

fn of_setter(setter: &ImplItemFn) -> Option<String> {
    let bounds = setter.sig.generics.where_clause.as_ref()?;
    let name = &setter.sig.ident;
    let converted = bounds.predicates.iter().find_map(|bound| {
        let mut bound = bound.clone();
        polish::converted(&mut bound).map(short)
    });
    Some(match converted {
        Some(ty) => format!(".{name}({ty})"),
        None => format!(".{name}(…)"),
    })
}

/// The `T` of `Result<Response<T>, Error>`.
fn returned(output: &ReturnType) -> Option<String> {
    let ReturnType::Type(_, ty) = output else { return None };
    let inner = |ty: &Type| {
        let Type::Path(path) = ty else { return None };
        let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
            return None;
        };
        match arguments.args.first()? {
            syn::GenericArgument::Type(ty) => Some(ty.clone()),
            _ => None,
        }
    };
    Some(short(inner(&inner(ty)?)?))
}

/// A type as one would write it with its names imported.
fn short(tokens: impl quote::ToTokens) -> String {
    let text = tokens.to_token_stream().to_string();
    imported(&text.replace(' ', "").replace(",>", ">").replace(',', ", "))
}

/// The text as it reads with its names imported.
pub(crate) fn imported(text: &str) -> String {
    let paths = [
        "::std::string::",
        "::std::option::",
        "::std::vec::",
        "::std::collections::",
        "::serde_json::",
        "crate::types::",
        "crate::",
        "super::",
        "types::",
    ];
    paths.iter().fold(text.to_owned(), |text, path| text.replace(path, ""))
}

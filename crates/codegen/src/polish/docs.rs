//! Documentation of the generated code: complete, and without what only a generator cares about.

use std::collections::HashMap;

use quote::ToTokens as _;
use syn::{
    Attribute, Expr, ExprLit, Field, File, ImplItem, Item, ItemImpl, ItemStruct, Lit, Meta,
    Variant, Visibility, parse_quote, visit_mut, visit_mut::VisitMut,
};

use crate::{generate::Parameters, lower::HOST};

/// The documentation of what setters set: properties and parameters, by the names of type and setter.
type Properties = HashMap<(String, String), String>;

/// Completes the documentation of `file`.
pub(super) fn polish(file: &mut File, parameters: &Parameters) {
    let mut properties = Properties::new();
    for item in &file.items {
        if let Item::Mod(module) = item
            && module.ident == "types"
        {
            collect(module.content.iter().flat_map(|(_, items)| items), &mut properties);
        }
    }
    for ((operation, parameter), text) in parameters {
        properties.insert((builder(operation), parameter.clone()), text.clone());
    }
    Docs { properties }.visit_file_mut(file);
}

/// The name of progenitor's builder of an operation.
fn builder(operation: &str) -> String {
    let upper = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
    operation.split('_').filter(|word| !word.is_empty()).map(upper).collect()
}

fn collect<'a>(items: impl Iterator<Item = &'a Item> + Clone, properties: &mut Properties) {
    let structs = items.filter_map(|item| match item {
        Item::Struct(item) => Some(item),
        _ => None,
    });
    // An object without a component has its description at its type.
    let types: HashMap<_, _> = structs
        .clone()
        .map(|item| (item.ident.to_string(), tidy(&text(&item.attrs)).to_owned()))
        .collect();
    for item in structs {
        for field in &item.fields {
            let Some(name) = &field.ident else { continue };
            let mut about = text(&field.attrs);
            if about.is_empty() {
                let words = field.ty.to_token_stream().to_string();
                let mut words = words.split(|c: char| !c.is_alphanumeric());
                about = words.find_map(|word| types.get(word)).cloned().unwrap_or_default();
            }
            properties.insert((item.ident.to_string(), name.to_string()), about);
        }
    }
}

struct Docs {
    properties: Properties,
}

impl VisitMut for Docs {
    fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
        if attributes.iter().any(is_doc) {
            let text = text(attributes);
            attributes.retain(|attribute| !is_doc(attribute));
            // The path as the contract has it.
            document(attributes, &errors_last(tidy(&text)).replace(&format!("`{HOST}/"), "`/"));
        }
    }

    fn visit_variant_mut(&mut self, variant: &mut Variant) {
        visit_mut::visit_variant_mut(self, variant);
        if !variant.attrs.iter().any(is_doc) {
            let text = format!("The form `{}`.", variant.fields.to_token_stream());
            document(&mut variant.attrs, &text.replace("`(", "`").replace(")`", "`"));
        }
    }

    fn visit_field_mut(&mut self, field: &mut Field) {
        visit_mut::visit_field_mut(self, field);
        if let (Some(name), Visibility::Public(_)) = (&field.ident, &field.vis)
            && !field.attrs.iter().any(is_doc)
        {
            let text = format!("The property `{name}`.");
            document(&mut field.attrs, &text);
        }
    }

    fn visit_item_struct_mut(&mut self, item: &mut ItemStruct) {
        visit_mut::visit_item_struct_mut(self, item);
        if !item.attrs.iter().any(is_doc) {
            let text = format!("Builds a [`{name}`](super::{name}).", name = item.ident);
            document(&mut item.attrs, &text);
        }
    }

    fn visit_item_mod_mut(&mut self, module: &mut syn::ItemMod) {
        visit_mut::visit_item_mod_mut(self, module);
        if !module.attrs.iter().any(is_doc) {
            document(&mut module.attrs, "Parts of the types.");
        }
    }

    fn visit_item_impl_mut(&mut self, item: &mut ItemImpl) {
        visit_mut::visit_item_impl_mut(self, item);
        if item.trait_.is_some() {
            return;
        }
        let name = item.self_ty.to_token_stream().to_string();
        let name = name.split(' ').next().unwrap_or_default().to_owned();
        for item in &mut item.items {
            let ImplItem::Fn(function) = item else { continue };
            if matches!(function.vis, Visibility::Public(_)) && !function.attrs.iter().any(is_doc) {
                let setter = function.sig.ident.to_string();
                let property = self.properties.get(&(name.clone(), setter.clone()));
                let property = property.filter(|text| !text.is_empty());
                let text = property.cloned().unwrap_or_else(|| describe(&setter));
                document(&mut function.attrs, &text);
            }
        }
    }
}

/// What the functions of progenitor's builders do.
fn describe(function: &str) -> String {
    match function {
        "new" => "Starts a request.".to_owned(),
        "builder" => "Starts building a value of this type.".to_owned(),
        "body" => {
            "Sets the request's body: a value of its type, or that type's builder.".to_owned()
        }
        "body_map" => "Changes the request's body through its builder.".to_owned(),
        parameter => format!("Sets `{parameter}`."),
    }
}

/// The text without typify's JSON schema, which is the lowered one, and without progenitor's example,
/// which does not compile.
fn tidy(text: &str) -> &str {
    let end = ["<details><summary>JSON schema", "```ignore"]
        .iter()
        .filter_map(|start| text.find(start))
        .min()
        .unwrap_or(text.len());
    text[..end].trim()
}

/// The text with its section about errors at the end, after what progenitor adds.
fn errors_last(text: &str) -> String {
    let added = "\nSends a `";
    match (text.find("# Errors\n"), text.find(added)) {
        (Some(errors), Some(end)) if errors < end => {
            let (before, section, after) = (&text[..errors], &text[errors..end], &text[end..]);
            format!("{}\n{}\n\n{}", before.trim_end(), after.trim_end(), section.trim_end())
        }
        _ => text.to_owned(),
    }
}

fn is_doc(attribute: &Attribute) -> bool {
    attribute.path().is_ident("doc")
}

/// The documentation in `attributes`.
pub(crate) fn text(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter(|attribute| is_doc(attribute)).filter_map(|attribute| {
        let Meta::NameValue(meta) = &attribute.meta else { return None };
        let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &meta.value else { return None };
        let text = text.value();
        Some(text.strip_prefix(' ').unwrap_or(&text).to_owned())
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Puts `text` in front of `attributes` as documentation, line by line.
fn document(attributes: &mut Vec<Attribute>, text: &str) {
    let lines = text.trim().lines().map(|line| {
        let line = if line.is_empty() { String::new() } else { format!(" {}", line.trim_end()) };
        parse_quote!(#[doc = #line])
    });
    attributes.splice(0..0, lines.collect::<Vec<_>>());
}

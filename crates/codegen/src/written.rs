//! The listing of what the hand-written part of the client offers.

use std::collections::{BTreeMap, BTreeSet};

use quote::{ToTokens, quote};
use syn::{
    Attribute, Fields, File, GenericArgument, GenericParam, Ident, ImplItem, Item, ItemImpl, Meta,
    PathArguments, Signature, TraitItem, Type, UseTree, Variant, Visibility, parse_quote,
};

use crate::{Error, surface::imported};

/// The lines before it.
const HEADER: &str = "\n# Written by hand.\n";

/// Lists the types that `root`, the text of the crate's `lib.rs`, exports from its own modules, whose
/// texts are `modules`. Each has its fields or variants, methods and traits.
///
/// It reads sources as they stand. Of a macro only one is understood that takes nothing and adds methods.
pub fn written_surface<'a>(
    root: &str,
    modules: impl IntoIterator<Item = &'a str>,
) -> Result<String, Error> {
    let root = syn::parse_file(root)?;
    let modules: Vec<_> = modules.into_iter().map(syn::parse_file).collect::<Result<_, _>>()?;
    let mut listing =
        Listing { exported: exported(&root), methods: methods(&modules), ..Listing::default() };
    for file in modules.iter().chain([&root]) {
        listing.add(&file.items)?;
    }
    let missing = listing.exported.iter().find(|name| !listing.entries.contains_key(*name));
    if let Some(name) = missing {
        return Err(Error::output(format!("`{name}` is exported and in none of the sources")));
    }
    let entries = listing.entries.into_values().map(|entry| {
        let lines = entry.lines.into_iter().map(|line| format!("    {line}\n"));
        format!("\n{}\n{}", entry.title, lines.collect::<String>())
    });
    Ok(HEADER.to_owned() + &entries.collect::<String>())
}

#[derive(Default)]
struct Listing {
    /// The names of what is listed.
    exported: BTreeSet<String>,
    /// The methods that a macro adds, by its name.
    methods: BTreeMap<String, Vec<ImplItem>>,
    /// By name of a type, or by the text of one with arguments.
    entries: BTreeMap<String, Entry>,
}

#[derive(Default)]
struct Entry {
    title: String,
    lines: BTreeSet<String>,
}

impl Listing {
    fn add(&mut self, items: &[Item]) -> Result<(), Error> {
        for item in items {
            match item {
                Item::Struct(item) => {
                    let fields = fields(&item.fields, true);
                    self.define(
                        "struct",
                        &item.vis,
                        &item.ident,
                        &item.generics,
                        &item.attrs,
                        fields,
                    );
                }
                Item::Enum(item) => {
                    let variants = item.variants.iter().map(variant).collect();
                    self.define(
                        "enum",
                        &item.vis,
                        &item.ident,
                        &item.generics,
                        &item.attrs,
                        variants,
                    );
                }
                Item::Trait(item) => {
                    let methods = item.items.iter().filter_map(|item| match item {
                        TraitItem::Fn(item) => Some(signature(&item.sig)),
                        _ => None,
                    });
                    let methods = methods.collect();
                    self.define(
                        "trait",
                        &item.vis,
                        &item.ident,
                        &item.generics,
                        &item.attrs,
                        methods,
                    );
                }
                Item::Type(item) => {
                    let ty = vec![format!("= {}", pretty(&item.ty))];
                    self.define("type", &item.vis, &item.ident, &item.generics, &item.attrs, ty);
                }
                Item::Const(item) => {
                    let ty = vec![format!(": {}", pretty(&item.ty))];
                    self.define("const", &item.vis, &item.ident, &item.generics, &item.attrs, ty);
                }
                Item::Impl(item) if !is_test(&item.attrs) => self.implement(item)?,
                Item::Mod(item) if !is_test(&item.attrs) => {
                    self.add(item.content.as_ref().map_or(&[][..], |(_, items)| items))?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Adds what is defined, if it is exported.
    fn define(
        &mut self,
        kind: &str,
        visibility: &Visibility,
        name: &Ident,
        generics: &syn::Generics,
        attributes: &[Attribute],
        lines: Vec<String>,
    ) {
        if !matches!(visibility, Visibility::Public(_))
            || !self.exported.contains(&name.to_string())
        {
            return;
        }
        let entry = self.entries.entry(name.to_string()).or_default();
        entry.title = format!("{}{kind} {name}{}", feature(attributes), parameters(generics));
        entry.lines.extend(lines);
        for attribute in attributes {
            match &attribute.meta {
                Meta::List(list) if list.path.is_ident("derive") => {
                    let traits = list.tokens.to_string();
                    let traits =
                        traits.split(',').map(|it| format!("impl {}", it.replace(' ', "")));
                    entry.lines.extend(traits);
                }
                Meta::Path(path) if path.is_ident("non_exhaustive") => {
                    entry.lines.insert("#[non_exhaustive]".to_owned());
                }
                _ => {}
            }
        }
    }

    /// Adds methods and traits of an exported type.
    fn implement(&mut self, item: &ItemImpl) -> Result<(), Error> {
        let Type::Path(ty) = &*item.self_ty else { return Ok(()) };
        let Some(last) = ty.path.segments.last() else { return Ok(()) };
        if !self.exported.contains(&last.ident.to_string()) {
            return Ok(());
        }
        let feature = feature(&item.attrs);
        let mut lines = Vec::new();
        if let Some((implemented, _)) = &item.trait_ {
            let implemented = implemented.segments.last();
            lines.push(format!("{feature}impl {}", pretty(&parse_quote!(#implemented))));
        } else {
            for item in &item.items {
                match item {
                    ImplItem::Macro(item) => {
                        let name = item.mac.path.to_token_stream().to_string();
                        let methods = self.methods.get(&name);
                        let methods = methods.ok_or_else(|| {
                            Error::output(format!("the macro `{name}` is in none of the sources"))
                        })?;
                        lines.extend(methods.iter().filter_map(public));
                    }
                    item => lines.extend(public(item)),
                }
            }
        }
        if lines.is_empty() {
            return Ok(());
        }
        let (key, title) = if has_own_arguments(item, &last.arguments) {
            (last.ident.to_string(), None)
        } else {
            let text = pretty(&parse_quote!(#last));
            (text.clone(), Some(format!("impl {text}")))
        };
        let entry = self.entries.entry(key).or_default();
        entry.lines.extend(lines);
        entry.title = title.unwrap_or(std::mem::take(&mut entry.title));
        Ok(())
    }
}

/// Whether a type has no other arguments than the parameters of its implementation.
fn has_own_arguments(item: &ItemImpl, arguments: &PathArguments) -> bool {
    let PathArguments::AngleBracketed(arguments) = arguments else { return true };
    let parameters: BTreeSet<_> = item.generics.params.iter().map(name_of).collect();
    arguments.args.iter().all(|argument| match argument {
        GenericArgument::Lifetime(_) => true,
        argument => parameters.contains(&argument.to_token_stream().to_string()),
    })
}

fn name_of(parameter: &GenericParam) -> String {
    match parameter {
        GenericParam::Type(it) => it.ident.to_string(),
        GenericParam::Const(it) => it.ident.to_string(),
        GenericParam::Lifetime(it) => it.lifetime.to_string(),
    }
}

/// What the crate exports from its own modules, without those that are generated.
fn exported(root: &File) -> BTreeSet<String> {
    let modules = root.items.iter().filter_map(|item| match item {
        Item::Mod(item) => Some(item.ident.to_string()),
        _ => None,
    });
    let modules: BTreeSet<_> = modules.collect();
    let mut names = BTreeSet::new();
    for item in &root.items {
        if let Item::Use(item) = item
            && matches!(item.vis, Visibility::Public(_))
            && let UseTree::Path(path) = &item.tree
            && path.ident != "generated"
            && modules.contains(&path.ident.to_string())
        {
            leaves(&path.tree, &mut names);
        }
    }
    names
}

fn leaves(tree: &UseTree, names: &mut BTreeSet<String>) {
    match tree {
        UseTree::Path(path) => leaves(&path.tree, names),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, names)),
        UseTree::Name(name) => {
            names.insert(name.ident.to_string());
        }
        UseTree::Rename(_) | UseTree::Glob(_) => {}
    }
}

/// The methods of macros that take nothing.
fn methods(files: &[File]) -> BTreeMap<String, Vec<ImplItem>> {
    let macros = files.iter().flat_map(|file| &file.items).filter_map(|item| match item {
        Item::Macro(item) => Some((item.ident.as_ref()?.to_string(), &item.mac.tokens)),
        _ => None,
    });
    let parsed = macros.filter_map(|(name, tokens)| {
        // `() => { … };`
        let body = tokens.clone().into_iter().filter_map(|token| match token {
            proc_macro2::TokenTree::Group(group) => Some(group.stream()),
            _ => None,
        });
        let body = body.last()?;
        let methods: ItemImpl = syn::parse2(quote!(impl X { #body })).ok()?;
        Some((name, methods.items))
    });
    parsed.collect()
}

/// The fields as lines; of a struct the public ones.
fn fields(fields: &Fields, only_public: bool) -> Vec<String> {
    let shown =
        fields.iter().filter(|field| !only_public || matches!(field.vis, Visibility::Public(_)));
    let line = |field: &syn::Field| match &field.ident {
        Some(name) => format!("{name}: {}", pretty(&field.ty)),
        None => pretty(&field.ty),
    };
    shown.map(line).collect()
}

fn variant(variant: &Variant) -> String {
    let fields = |fields: &Fields| self::fields(fields, false).join(", ");
    match &variant.fields {
        Fields::Unit => variant.ident.to_string(),
        Fields::Unnamed(_) => format!("{}({})", variant.ident, fields(&variant.fields)),
        Fields::Named(_) => format!("{} {{ {} }}", variant.ident, fields(&variant.fields)),
    }
}

/// A public function or constant as one line.
pub(crate) fn public(item: &ImplItem) -> Option<String> {
    let (visibility, attributes, text) = match item {
        ImplItem::Fn(item) => (&item.vis, &item.attrs, signature(&item.sig)),
        ImplItem::Const(item) => {
            (&item.vis, &item.attrs, format!("const {}: {}", item.ident, pretty(&item.ty)))
        }
        _ => return None,
    };
    matches!(visibility, Visibility::Public(_)).then(|| feature(attributes) + &text)
}

fn signature(signature: &Signature) -> String {
    let text = unparsed(&parse_quote!(impl X { #signature {} }));
    text.trim_end_matches("{}").trim_end_matches([',', ' ']).replace("(mut self", "(self")
}

fn pretty(ty: &Type) -> String {
    let text = unparsed(&parse_quote!(impl X { type X = #ty; }));
    text.trim_start_matches("type X = ").trim_end_matches(';').to_owned()
}

/// The parameters of a type, in brackets.
fn parameters(generics: &syn::Generics) -> String {
    let names: Vec<_> = generics.params.iter().map(name_of).collect();
    if names.is_empty() { String::new() } else { format!("<{}>", names.join(", ")) }
}

/// The only item within `block`, in one line.
fn unparsed(block: &Item) -> String {
    let text = prettyplease::unparse(&parse_quote!(#block));
    let inner = text.split_once('{').and_then(|(_, rest)| rest.rsplit_once('}'));
    let inner = inner.map_or("", |(inner, _)| inner);
    let text = inner.split_whitespace().collect::<Vec<_>>().join(" ");
    let text = text.replace("( ", "(").replace(", )", ")").replace(", >", ">").replace("< ", "<");
    imported(&text)
}

/// The feature that something needs, in brackets before it.
pub(crate) fn feature(attributes: &[Attribute]) -> String {
    let cfgs = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    let cfgs = cfgs.filter_map(|attribute| match &attribute.meta {
        Meta::List(list) => Some(format!("[{}] ", list.tokens.to_string().replace(' ', ""))),
        _ => None,
    });
    cfgs.collect()
}

fn is_test(attributes: &[Attribute]) -> bool {
    feature(attributes).contains("test")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "mod a; mod generated; pub use a::{Public, Kind}; pub use generated::types; \
                        pub use other::Foreign;";

    const MODULE: &str = r#"
        /// Documented.
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub struct Public<T> { pub field: Option<T>, hidden: u8 }
        pub enum Kind { One(u8), Two { #[doc = "d"] three: String }, Three }
        mod inner { type Kind = u8; }
        struct Hidden;
        macro_rules! methods { () => { /// Doc.
            pub fn added(mut self) -> Self { self } }; }
        impl<T> Public<T> {
            pub const MAX: u8 = 1;
            /// Documented.
            pub fn long(&self, first: impl Into<String>, second: std::collections::BTreeMap<String, String>) -> Option<&T> { None }
            #[cfg(feature = "yaml")]
            pub fn with_feature() {}
            pub(crate) fn hidden() {}
            methods!();
        }
        impl Public<String> { pub fn only_of_text(self) {} }
        impl<T> From<T> for Public<T> { fn from(it: T) -> Self { todo!() } }
        impl Hidden { pub fn hidden() {} }
        #[cfg(test)]
        impl Kind { pub fn tested() {} }
    "#;

    #[test]
    fn what_is_exported_is_listed() {
        let listing = written_surface(ROOT, [MODULE]).unwrap();
        assert_eq!(
            listing,
            "\n# Written by hand.\n\
             \nenum Kind\n    One(u8)\n    Three\n    Two { three: String }\n\
             \nstruct Public<T>\n    #[non_exhaustive]\n    \
                 [feature=\"yaml\"] fn with_feature()\n    const MAX: u8\n    \
                 field: Option<T>\n    fn added(self) -> Self\n    \
                 fn long(&self, first: impl Into<String>, second: std::collections::BTreeMap<String, \
                 String>) -> Option<&T>\n    impl Clone\n    impl Debug\n    impl From<T>\n\
             \nimpl Public<String>\n    fn only_of_text(self)\n"
        );
    }

    #[test]
    fn what_is_exported_has_to_be_somewhere() {
        let error = written_surface(ROOT, []).unwrap_err().to_string();
        assert!(error.contains("`Kind`"), "{error}");
        let unknown = MODULE.replace("methods!", "unknown!");
        let error = written_surface(ROOT, [&*unknown]).unwrap_err().to_string();
        assert!(error.contains("`unknown`"), "{error}");
    }
}

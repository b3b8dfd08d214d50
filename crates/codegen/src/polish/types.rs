//! The types of requests and responses, and their builders.

use quote::ToTokens as _;
use syn::{
    Attribute, Expr, ExprMethodCall, Field, GenericArgument, ImplItem, Item, PathArguments, Type,
    TypeParamBound, WherePredicate, parse_quote, visit_mut, visit_mut::VisitMut,
};

use crate::Error;

/// What typify writes at an optional property.
const IS_NONE: &str = "\"::std::option::Option::is_none\"";

/// Rewrites the module of the types.
pub(super) fn polish(items: &mut Vec<Item>) -> Result<(), Error> {
    let mut states = ThreeStates { failed: Ok(()) };
    for item in items {
        states.visit_item_mut(item);
        match item {
            Item::Struct(item) => item.attrs.push(parse_quote!(#[non_exhaustive])),
            Item::Enum(item) => item.attrs.push(parse_quote!(#[non_exhaustive])),
            Item::Mod(module) if module.ident == "builder" => {
                super::content(module)?.iter_mut().for_each(take_plain_values);
            }
            _ => {}
        }
    }
    states.failed
}

/// Makes `Field` of `Option<Field>`: a `Field` knows itself whether it is absent.
struct ThreeStates {
    failed: Result<(), Error>,
}

impl VisitMut for ThreeStates {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        visit_mut::visit_type_mut(self, ty);
        if let Some(inner) = option(ty)
            && inner.to_token_stream().to_string().starts_with("crate :: Field <")
        {
            *ty = inner.clone();
        }
    }

    fn visit_field_mut(&mut self, field: &mut Field) {
        let before = field.ty.clone();
        visit_mut::visit_field_mut(self, field);
        // A builder's field holds a `Result` of it and has no attribute.
        if option(&before).is_none() || option(&field.ty).is_some() {
            return;
        }
        let is_serde = |attribute: &&mut Attribute| attribute.path().is_ident("serde");
        let Some(attribute) = field.attrs.iter_mut().find(is_serde) else {
            self.failed = Err(Error::output("an optional property that is always sent"));
            return;
        };
        let text = attribute.to_token_stream().to_string();
        let absent = text.replace(IS_NONE, "\"crate::Field::is_absent\", default");
        match syn::parse_str::<OneAttribute>(&absent) {
            Ok(OneAttribute(changed)) if absent != text => *attribute = changed,
            _ => self.failed = Err(Error::output(text)),
        }
    }
}

struct OneAttribute(Attribute);

impl syn::parse::Parse for OneAttribute {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        let mut attributes = input.call(Attribute::parse_outer)?;
        attributes.pop().map(Self).ok_or_else(|| input.error("no attribute"))
    }
}

/// Lets the setter of an optional property take what the property holds.
///
/// Trap: typify's setter takes what converts to `Option<String>`, which `&str` does not: a new name
/// would have to be given as `Some("new name".to_owned())`.
fn take_plain_values(item: &mut Item) {
    let Item::Impl(item) = item else { return };
    for item in &mut item.items {
        let ImplItem::Fn(setter) = item else { continue };
        let bounds = setter.sig.generics.where_clause.iter_mut().flat_map(|w| &mut w.predicates);
        let optional =
            bounds.filter_map(converted).filter_map(|ty| Some((option(ty)?.clone(), ty)));
        let mut changed = false;
        for (inner, ty) in optional {
            *ty = inner;
            changed = true;
        }
        if changed {
            WrapConverted.visit_block_mut(&mut setter.block);
        }
    }
}

struct WrapConverted;

impl VisitMut for WrapConverted {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        visit_mut::visit_expr_mut(self, expression);
        if matches!(expression, Expr::MethodCall(ExprMethodCall { method, .. }) if method == "try_into")
        {
            *expression = parse_quote!(#expression.map(Some));
        }
    }
}

/// The `X` of a bound `T: TryInto<X>`.
pub(crate) fn converted(predicate: &mut WherePredicate) -> Option<&mut Type> {
    let WherePredicate::Type(predicate) = predicate else { return None };
    predicate.bounds.iter_mut().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let last = bound.path.segments.last_mut().filter(|last| last.ident == "TryInto")?;
        let PathArguments::AngleBracketed(arguments) = &mut last.arguments else { return None };
        arguments.args.iter_mut().find_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
    })
}

/// The `X` of `Option<X>`.
fn option(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Option")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    }
}

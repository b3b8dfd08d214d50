//! Typed mocks of the operations, for `registries-mock`.
//!
//! progenitor's generator of httpmock helpers knows paths and the types of parameters and bodies;
//! that part of its output is kept. Its responses have the statuses of the lowered contract,
//! which are all of 2xx: here they come from the contract itself, with its statuses and examples.

use std::collections::BTreeMap;

use progenitor::Generator;
use quote::{ToTokens as _, format_ident, quote};
use serde_json::Value;
use syn::{
    Attribute, Expr, ExprMethodCall, File, FnArg, Ident, ImplItem, ImplItemFn, Item, ItemImpl,
    ItemMod, LitStr, Macro, Type, parse_quote, visit_mut, visit_mut::VisitMut,
};

use crate::{
    Error,
    contract::{METHODS, operation_id},
    generate::settings,
    lower::HOST,
    parse,
};

const HEADER: &str = "// Generated from openapi.yaml when the crate is built; do not edit.\n\n";

/// Generates the source of `registries-mock` from the contract: the module `operations` with two types
/// for each operation, one for the requests that a mock matches and one for its response; the modules
/// `examples` and `errors`; and a method of `MockServer` for each operation.
///
/// The code is included in a crate with these at its root: `MockServer`, the macros `ask!` and
/// `reply!`, and the functions `segment`, `value`, `example` and `error`.
pub fn generate_mocks(yaml: &str) -> Result<String, Error> {
    let contract = parse(yaml)?;
    let document = crate::lower(contract.clone())?;
    let tokens = Generator::new(&settings(&document))
        .httpmock(&document, "registries_client")
        .map_err(|error| Error::Progenitor(error.to_string()))?;
    let file: File = syn::parse2(tokens)?;
    let module = file.items.into_iter().find_map(|item| match item {
        Item::Mod(module) if module.ident == "operations" => Some(module),
        _ => None,
    });
    let module = module.ok_or_else(|| Error::output("no mocks of operations"))?;
    let file = mocks(&successes(&contract), module)?;
    Ok(format!("{HEADER}{}", prettyplease::unparse(&file)))
}

/// An operation's response when it succeeds.
struct Success {
    summary: String,
    /// The method of its request, as the constant of `Method`.
    method: Ident,
    status: u16,
    /// The first example, as JSON.
    example: Option<String>,
}

/// The successes of all operations, by the names that progenitor makes of their ids.
fn successes(contract: &Value) -> BTreeMap<String, Success> {
    let paths = contract["paths"].as_object().into_iter().flatten();
    let items = paths.filter_map(|(_, item)| item.as_object()).flatten();
    let operations = items.filter(|(method, _)| METHODS.contains(&method.as_str()));
    let named = operations.filter_map(|(method, operation)| {
        let responses = operation["responses"].as_object()?;
        let (status, response) = responses.iter().find(|(status, _)| status.starts_with('2'))?;
        let response = resolved(contract, response);
        let examples = response.pointer("/content/application~1json/examples");
        let example = examples.and_then(|examples| examples.as_object()?.values().next());
        Some((
            pascal(operation_id(operation)?),
            Success {
                summary: operation["summary"].as_str().unwrap_or_default().to_owned(),
                method: format_ident!("{}", method.to_uppercase()),
                status: status.parse().ok()?,
                example: example.map(|example| resolved(contract, example)["value"].to_string()),
            },
        ))
    });
    named.collect()
}

fn resolved<'a>(contract: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value.get("$ref").and_then(Value::as_str);
    let target = reference.and_then(|it| contract.pointer(it.strip_prefix('#')?));
    target.unwrap_or(value)
}

/// `get_registry` as `GetRegistry`.
fn pascal(id: &str) -> String {
    id.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

/// `GetRegistry` as `get_registry`.
fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

fn mocks(successes: &BTreeMap<String, Success>, mut module: ItemMod) -> Result<File, Error> {
    let items = module.content.take().map(|(_, items)| items).unwrap_or_default();
    let mut operations: Vec<Item> = vec![parse_quote!(
        use registries_client::types;
    )];
    let (mut examples, mut errors) = (Vec::<Item>::new(), Vec::<Item>::new());
    let mut methods = Vec::<ImplItem>::new();
    for item in items {
        let Item::Impl(mut item) = item else { continue };
        let name = item.self_ty.to_token_stream().to_string();
        if let Some(operation) = name.strip_suffix("When") {
            let when = format_ident!("{name}");
            let doc = format!("Which requests a mock of `{}` matches.", snake(operation));
            operations.push(parse_quote!(
                #[doc = #doc]
                pub struct #when(::httpmock::When);
            ));
            asked(&mut item)?;
            operations.push(Item::Impl(item));
            operations.push(parse_quote!(crate::ask! { #when }));
        } else if let Some(operation) = name.strip_suffix("Then") {
            let success = successes.get(operation);
            let success = success.ok_or_else(|| Error::output(format!("{operation} succeeds")))?;
            let function = format_ident!("{}", snake(operation));
            let body = body(&item)?;
            operations.extend(answered(operation, success, body.as_ref()));
            examples.extend(body.and_then(|body| example(&function, success, &body)));
            errors.push(error(&function, success));
            methods.push(method(operation, &function, success));
        }
    }
    if methods.is_empty() || methods.len() * 5 != operations.len() - 1 {
        return Err(Error::output("mocks that are not pairs of when and then"));
    }
    Ok(parse_quote!(
        /// Requests and responses of the operations.
        pub mod operations { #(#operations)* }
        /// The contract's examples of responses, by operation.
        pub mod examples {
            use registries_client::types;
            #(#examples)*
        }
        /// Errors of operations, for doubles: each has the operation's name and method, a status from
        /// 300 to 599, and a message. With another status it panics.
        pub mod errors {
            #(#errors)*
        }
        /// A mock for each operation.
        impl crate::MockServer { #(#methods)* }
    ))
}

/// The method of the server that mocks an operation.
fn method(operation: &str, function: &Ident, success: &Success) -> ImplItem {
    let (when, then) = (format_ident!("{operation}When"), format_ident!("{operation}Then"));
    let doc = format!("Mocks `{function}`: {}.", success.summary.trim_end_matches('.'));
    parse_quote!(
        #[doc = #doc]
        pub fn #function(
            &self,
            configure: impl FnOnce(operations::#when, operations::#then),
        ) -> ::httpmock::Mock<'_> {
            self.mock(|when, then| {
                configure(operations::#when::new(when), operations::#then(then));
            })
        }
    )
}

/// The type for an operation's response.
fn answered(operation: &str, success: &Success, body: Option<&Type>) -> [Item; 2] {
    let then = format_ident!("{operation}Then");
    let function = format_ident!("{}", snake(operation));
    let doc = format!("How a mock of `{function}` responds.");
    let status = success.status;
    let typed = body.map(|body| quote!(, #body));
    let example = body.and(success.example.as_ref()).map(|_| quote!(, #function));
    [
        parse_quote!(
            #[doc = #doc]
            pub struct #then(pub(crate) ::httpmock::Then);
        ),
        parse_quote!(crate::reply! { #then, #status #typed #example }),
    ]
}

/// The function that returns an operation's example.
fn example(function: &Ident, success: &Success, body: &Type) -> Option<Item> {
    let json = success.example.as_ref()?;
    let doc = format!("The contract's example of what `{function}` returns.");
    Some(parse_quote!(
        #[doc = #doc]
        pub fn #function() -> #body {
            crate::example(#json)
        }
    ))
}

/// The function that returns an operation's error.
fn error(function: &Ident, success: &Success) -> Item {
    let doc = format!("The error of a call of `{function}` that got this status and message.");
    let (operation, method) = (function.to_string(), &success.method);
    parse_quote!(
        #[doc = #doc]
        pub fn #function(status: u16, message: &str) -> ::registries_client::Error {
            crate::error(#operation, ::registries_client::Method::#method, status, message)
        }
    )
}

/// The type of the value that progenitor's `success` takes, if it takes any.
fn body(then: &ItemImpl) -> Result<Option<Type>, Error> {
    let is_success = |function: &&ImplItemFn| function.sig.ident == "success";
    let success = functions(then).find(is_success);
    let success = success.ok_or_else(|| Error::output("a mock that cannot succeed"))?;
    let value = success.sig.inputs.iter().find_map(|argument| match argument {
        FnArg::Typed(argument) if argument.pat.to_token_stream().to_string() == "value" => {
            Some(&*argument.ty)
        }
        _ => None,
    });
    Ok(value.map(|ty| match ty {
        Type::Reference(reference) => (*reference.elem).clone(),
        owned => owned.clone(),
    }))
}

fn functions(item: &ItemImpl) -> impl Iterator<Item = &ImplItemFn> {
    item.items.iter().filter_map(|item| match item {
        ImplItem::Fn(function) => Some(function),
        _ => None,
    })
}

/// Fits the type for the requests of an operation.
fn asked(when: &mut ItemImpl) -> Result<(), Error> {
    when.items.retain(|item| !matches!(item, ImplItem::Fn(it) if it.sig.ident == "into_inner"));
    let mut paths = Paths { found: 0 };
    paths.visit_item_impl_mut(when);
    if paths.found == 0 {
        return Err(Error::output("a mock without a path"));
    }
    for item in &mut when.items {
        let ImplItem::Fn(function) = item else { continue };
        let name = function.sig.ident.to_string();
        let doc: Attribute = if name == "new" {
            function.vis = parse_quote!(pub(crate));
            parse_quote!(#[doc = "Matches every request of the operation."])
        } else {
            let doc = format!("Matches requests with this `{name}`.");
            parse_quote!(#[doc = #doc])
        };
        function.attrs.push(doc);
        if name == "body" {
            take_any_value(function)?;
        }
    }
    Ok(())
}

/// Lets a mock take the body as the client's own setter takes it: a value or its builder.
fn take_any_value(function: &mut ImplItemFn) -> Result<(), Error> {
    let argument = function.sig.inputs.last_mut();
    let Some(FnArg::Typed(argument)) = argument else {
        return Err(Error::output("a mock of a body that takes none"));
    };
    if let Type::Reference(reference) = &*argument.ty {
        let ty = &reference.elem;
        *argument.ty = parse_quote!(impl TryInto<#ty, Error: ::std::fmt::Debug>);
        function.block = parse_quote!({ Self(self.0.json_body_obj(&crate::value(value))) });
    }
    Ok(())
}

/// Fits the regular expressions of paths: below the API root, or outside it, and with segments as the
/// client sends them.
///
/// Trap: progenitor puts a value into the expression as it stands, so that `a.b` matches `a-b`, and
/// `a b`, which is sent as `a%20b`, matches nothing.
struct Paths {
    found: usize,
}

impl VisitMut for Paths {
    fn visit_lit_str_mut(&mut self, text: &mut LitStr) {
        let value = text.value();
        if let Some(path) = value.strip_prefix('^') {
            let path = path.strip_prefix(HOST).map_or_else(|| format!("/v2{path}"), str::to_owned);
            *text = LitStr::new(&format!("^{path}"), text.span());
            self.found += 1;
        }
    }

    fn visit_macro_mut(&mut self, format: &mut Macro) {
        let Ok(mut arguments) = format
            .parse_body_with(syn::punctuated::Punctuated::<Expr, syn::Token![,]>::parse_terminated)
        else {
            return;
        };
        arguments.iter_mut().for_each(|argument| self.visit_expr_mut(argument));
        for argument in &mut arguments {
            if matches!(argument, Expr::MethodCall(ExprMethodCall { method, .. }) if method == "to_string")
            {
                *argument = parse_quote!(crate::segment(&#argument));
            }
        }
        format.tokens = arguments.to_token_stream();
        visit_mut::visit_macro_mut(self, format);
    }
}

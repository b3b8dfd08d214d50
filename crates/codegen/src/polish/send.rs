//! The way from a builder to its request, and from there to the hand-written client.

use quote::ToTokens as _;
use syn::{
    Block, Expr, ExprCall, ExprLit, ExprMethodCall, ExprTry, FieldValue, ImplItem, ImplItemFn,
    Item, Lit, LitStr, Local, Macro, Member, Pat, Path, PathArguments, Stmt, Token, Type,
    parse_quote, punctuated::Punctuated, visit_mut, visit_mut::VisitMut,
};

use crate::{Error, lower::HOST};

/// Rewrites the module of the operations' builders and returns how many `send` functions it has.
pub(super) fn polish(items: &mut Vec<Item>) -> Result<usize, Error> {
    items.retain(|item| match item {
        Item::Use(item) => item.to_token_stream().to_string() == "use super :: types ;",
        _ => true,
    });
    let mut sent = 0;
    for item in items {
        let Item::Impl(item) = item else { continue };
        for item in &mut item.items {
            let ImplItem::Fn(function) = item else { continue };
            if function.sig.ident == "new" {
                SayWhatIsMissing.visit_block_mut(&mut function.block);
            } else if function.sig.ident == "send" {
                rewrite(function)?;
                sent += 1;
            }
        }
    }
    Ok(sent)
}

/// Says of a parameter that is not set what to do.
struct SayWhatIsMissing;

impl VisitMut for SayWhatIsMissing {
    fn visit_field_value_mut(&mut self, field: &mut FieldValue) {
        let Member::Named(name) = &field.member else { return };
        if let Expr::Call(ExprCall { func, .. }) = &field.expr
            && matches!(&**func, Expr::Path(called) if called.path.is_ident("Err"))
        {
            let problem = format!("`{name}` is missing; set it before `send`");
            field.expr = parse_quote!(Err(#problem.to_string()));
        }
    }
}

/// Rewrites one `send`.
fn rewrite(function: &mut ImplItemFn) -> Result<(), Error> {
    let mut types = RenameTypes;
    types.visit_signature_mut(&mut function.sig);
    drop_headers(&mut function.block)?;
    hand_over(&mut function.block)?;
    let mut path = EncodePath { failed: Ok(()) };
    path.visit_block_mut(&mut function.block);
    path.failed?;
    PassQuery.visit_block_mut(&mut function.block);
    types.visit_block_mut(&mut function.block);
    Ok(())
}

/// Drops the header map, and with it the `api-version` header.
///
/// Trap: progenitor sends the version of the document as `api-version` with every request; no
/// document of the API mentions such a header.
fn drop_headers(block: &mut Block) -> Result<(), Error> {
    let statements: Vec<_> = block.stmts.iter().map(|s| s.to_token_stream().to_string()).collect();
    let is_map = |text: &String| text.starts_with("let mut header_map =");
    let is_version =
        |text: &String| text.starts_with("header_map . append") && text.contains("\"api-version\"");
    let map = statements.iter().position(is_map);
    let Some(map) = map.filter(|map| statements.get(map + 1).is_some_and(is_version)) else {
        return Err(Error::output("a request without an api-version header"));
    };
    if statements[map + 2..].iter().any(|text| text.starts_with("header_map .")) {
        return Err(Error::output(
            "a request with headers of its own; there is no rule for them yet",
        ));
    }
    block.stmts.drain(map..map + 2);
    let mut headers = DropHeadersCall { dropped: false };
    headers.visit_block_mut(block);
    if headers.dropped { Ok(()) } else { Err(Error::output("a header map that is not used")) }
}

struct DropHeadersCall {
    dropped: bool,
}

impl VisitMut for DropHeadersCall {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        if let Expr::MethodCall(ExprMethodCall { method, receiver, .. }) = expression
            && method == "headers"
        {
            *expression = (**receiver).clone();
            self.dropped = true;
        }
        visit_mut::visit_expr_mut(self, expression);
    }
}

/// Replaces everything after the request is built by a call of the hand-written client.
///
/// Trap: progenitor's error for a success that cannot be decoded has lost status and headers, and a
/// hook cannot put them back.
fn hand_over(block: &mut Block) -> Result<(), Error> {
    let is_request = |statement: &Stmt| match statement {
        Stmt::Local(local) => matches!(&local.pat, Pat::Ident(pat) if pat.ident == "request"),
        _ => false,
    };
    let request = block.stmts.iter().position(is_request);
    let request = request.ok_or_else(|| Error::output("a `send` that builds no request"))?;
    let rest: Vec<_> = block.stmts.drain(request + 1..).collect();
    let [Stmt::Local(info), .., Stmt::Expr(Expr::Match(answer), None)] = rest.as_slice() else {
        return Err(Error::output("a `send` that does not end in a match of the status"));
    };
    let info = info.to_token_stream().to_string();
    let operation =
        info.split('"').nth(1).ok_or_else(|| Error::output("an operation without id"))?;
    let answer = answer.to_token_stream().to_string();
    let sent: Expr = parse_quote!(client.execute(request, #operation).await?);
    let outcome = match (answer.contains("from_response"), answer.contains(":: empty")) {
        (true, false) => parse_quote!(#sent.decode()),
        (false, true) => parse_quote!(Ok(#sent.discard())),
        _ => {
            return Err(Error::output(format!(
                "an answer that is neither JSON nor empty: {answer}"
            )));
        }
    };
    let Stmt::Local(Local { init: Some(init), pat, .. }) = &mut block.stmts[request] else {
        return Err(Error::output("a request that is not initialized"));
    };
    let Expr::Try(ExprTry { expr: built, .. }) = &mut *init.expr else {
        return Err(Error::output("a request that cannot fail to be built"));
    };
    *built = parse_quote!(#built.map_err(crate::runtime::unsendable));
    *pat = parse_quote!(request);
    block.stmts.push(Stmt::Expr(outcome, None));
    Ok(())
}

/// Lets the hand-written client encode path parameters, and refuse those that it must not send.
///
/// Trap: progenitor leaves `.` and `..` as they are, and `\`; the URL parser takes them for the
/// directory, its parent and a slash, so that a request would go to another resource.
struct EncodePath {
    failed: Result<(), Error>,
}

impl VisitMut for EncodePath {
    fn visit_macro_mut(&mut self, format: &mut Macro) {
        if format.path.is_ident("format")
            && format.tokens.to_string().contains("baseurl")
            && let Err(error) = rewrite_url(format)
        {
            self.failed = Err(error);
        }
    }
}

/// Rewrites the arguments of the `format!` that makes a URL.
fn rewrite_url(format: &mut Macro) -> Result<(), Error> {
    let mut arguments = format.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated)?;
    let outside = arguments.first().and_then(template).and_then(|template| {
        let path = template.value().strip_prefix("{}")?.strip_prefix(HOST)?.to_owned();
        Some(LitStr::new(&format!("{{}}{path}"), template.span()))
    });
    let base: Expr = match outside {
        Some(template) => {
            arguments[0] = parse_quote!(#template);
            parse_quote!(client.host_url())
        }
        None => parse_quote!(client.base_url()),
    };
    for argument in arguments.iter_mut().skip(1) {
        let text = argument.to_token_stream().to_string();
        if text == "client . baseurl" {
            *argument = base.clone();
            continue;
        }
        let name = text
            .strip_prefix("encode_path (& ")
            .and_then(|text| text.strip_suffix(" . to_string ())"))
            .ok_or_else(|| Error::output(format!("`{text}` in a URL")))?;
        let ident = quote::format_ident!("{name}");
        *argument = parse_quote!(crate::runtime::path_segment(#name, &#ident)?);
    }
    format.tokens = arguments.to_token_stream();
    Ok(())
}

/// The text that `format!` fills in.
fn template(argument: &Expr) -> Option<&LitStr> {
    match argument {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text),
        _ => None,
    }
}

/// Lets the hand-written client add query parameters, which needs nothing of progenitor's runtime
/// where they are optional and plain. A required one does not compile, and asks for a rule.
struct PassQuery;

impl VisitMut for PassQuery {
    fn visit_expr_call_mut(&mut self, call: &mut ExprCall) {
        let called = call.func.to_token_stream().to_string();
        if called == "progenitor_client :: QueryParam :: new"
            && let [name, Expr::Reference(value)] = &*call.args.iter().cloned().collect::<Vec<_>>()
        {
            let value = &value.expr;
            *call = parse_quote!(crate::runtime::query_parameter(#name, #value.as_ref()));
        }
        visit_mut::visit_expr_call_mut(self, call);
    }
}

/// Puts the hand-written `Error` and `Response` in the place of progenitor's.
struct RenameTypes;

impl VisitMut for RenameTypes {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        visit_mut::visit_type_mut(self, ty);
        let Type::Path(path) = ty else { return };
        let Some(last) = path.path.segments.last() else { return };
        match last.ident.to_string().as_str() {
            "Error" if matches!(last.arguments, PathArguments::AngleBracketed(_)) => {
                *ty = parse_quote!(crate::Error);
            }
            "ResponseValue" => {
                let arguments = &last.arguments;
                *ty = parse_quote!(crate::Response #arguments);
            }
            _ => {}
        }
    }

    fn visit_path_mut(&mut self, path: &mut Path) {
        visit_mut::visit_path_mut(self, path);
        if path.to_token_stream().to_string() == "Error :: InvalidRequest" {
            *path = parse_quote!(crate::Error::InvalidParameter);
        }
    }
}

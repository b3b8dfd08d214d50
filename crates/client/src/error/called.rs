//! What was called, as errors name it.

use std::borrow::Cow;

use reqwest::{Method, Request};

use crate::{
    Token,
    printed::{printable_url, redacted},
    raw,
};

/// What was called.
#[derive(Clone, Debug)]
pub(crate) struct Called {
    pub(crate) operation: &'static str,
    pub(crate) method: Method,
    /// How errors name it: by the operation, or by method and path where the contract has none.
    pub(crate) name: Cow<'static, str>,
}

impl Called {
    /// What `request` calls below `base_url`. Query and secrets are left out of its name.
    pub(crate) fn new(
        operation: &'static str,
        request: &Request,
        base_url: &str,
        token: &Token,
    ) -> Self {
        let method = request.method().clone();
        let name = if operation == raw::OPERATION {
            let secrets = [token.secret()];
            let url = printable_url(request.url().as_str(), &secrets);
            let path = url.strip_prefix(base_url).unwrap_or(&url);
            // A method may be any word.
            Cow::Owned(format!("{} {path}", redacted(method.as_str(), &secrets)))
        } else {
            Cow::Borrowed(operation)
        };
        Self { operation, method, name }
    }
}

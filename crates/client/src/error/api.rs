//! An answer that is not a success.

use std::{error::Error as StdError, fmt, ops::Deref};

use reqwest::{
    StatusCode,
    header::{CONTENT_TYPE, LOCATION},
};
use serde_json::Value;

use super::Problem;
use crate::{
    printed::{printable, printable_url, secrets_of},
    raw,
    response::RawResponse,
    retry::until_reset,
};

/// An answer that is not a success. It dereferences to the response: status, headers, body.
#[derive(Clone)]
pub struct ApiError {
    response: RawResponse,
    json: Option<Value>,
    problems: Vec<Problem>,
    /// What the body says, as it may be printed.
    printed: String,
    /// Where it redirects to, as it may be printed.
    location: Option<String>,
}

/// How many of the problems in a body are printed.
const MAX_PROBLEMS: usize = 10;

impl ApiError {
    /// The error that `response` is, which prints neither the token nor a secret in the body.
    pub(crate) fn new(response: RawResponse) -> Self {
        let json: Option<Value> = serde_json::from_slice(response.body()).ok();
        let mut secrets = json.as_ref().map(secrets_of).unwrap_or_default();
        secrets.extend(response.secrets());
        // Of two secrets the longer one may contain the other.
        secrets.sort_unstable_by_key(|secret| std::cmp::Reverse(secret.len()));
        let entries = json.as_ref().and_then(|json| json.get("errors")?.as_array());
        let problems: Vec<_> =
            entries.into_iter().flatten().map(|entry| Problem::new(entry, &secrets)).collect();
        let message = json.as_ref().and_then(message);
        let message = match message {
            Some(message) => printable(message, &secrets),
            None => shape(&response, &secrets),
        };
        let printed = format!("({message}){}", listed(&problems, &message));
        let location = response.headers.get(LOCATION).and_then(|to| to.to_str().ok());
        let location = location.map(|to| printable_url(to, &secrets));
        Self { response, json, problems, printed, location }
    }

    /// The deployment's `message`, as it came in, when the body is JSON that has one.
    pub fn message(&self) -> Option<&str> {
        self.json.as_ref().and_then(message)
    }

    /// The problems one by one, when the body is JSON that lists them in `errors`.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The entries of `errors`, as they came in, when the body is JSON that lists them. What an entry
    /// looks like is the deployment's choice.
    pub fn errors(&self) -> &[Value] {
        let errors = self.json.as_ref().and_then(|json| json.get("errors")?.as_array());
        errors.map(Vec::as_slice).unwrap_or_default()
    }

    /// The body as JSON, when it is JSON.
    pub fn json(&self) -> Option<&Value> {
        self.json.as_ref()
    }

    /// Whether a 404 says that this kind of resource is missing, and not one that contains it. No
    /// document says how a deployment words that: the first sentence of the `message` counts, such as
    /// Buildkite's `No organization found`. A message that names neither may mean the resource.
    pub(crate) fn is_missing(&self, resource: Resource) -> bool {
        let named = |message: &str| Resource::named(message).is_none_or(|it| it >= resource);
        self.status() == StatusCode::NOT_FOUND && self.message().is_some_and(named)
    }

    /// What a 404 says is missing, by the first sentence of its `message`; `None` where that names nothing,
    /// and of any other status. No document says how a deployment words it.
    pub fn resource(&self) -> Option<Resource> {
        self.message().filter(|_| self.status() == StatusCode::NOT_FOUND).and_then(Resource::named)
    }

    /// The status, and what the body says of it: a part of what `Display` prints, without secrets as well.
    pub fn summary(&self) -> String {
        format!("{} {}", self.status(), self.printed)
    }

    /// What to do next, where that is known: the end of what `Display` prints.
    pub fn hint(&self) -> Option<String> {
        let hint = match self.status() {
            StatusCode::UNAUTHORIZED => {
                "check that the token is right, not expired and not revoked"
            }
            StatusCode::FORBIDDEN => {
                "the token may lack a scope or be limited to other organizations"
            }
            StatusCode::NOT_FOUND if self.message().is_none() => {
                "this is no error of the API, so check the base URL and what is between"
            }
            StatusCode::NOT_FOUND if self.operation() == raw::OPERATION => {
                "check the path, and that the token may see what it names"
            }
            StatusCode::NOT_FOUND if self.resource() == Some(Resource::Path) => {
                "check the base URL, with its version"
            }
            StatusCode::NOT_FOUND => {
                "check the slugs, and that the token may see this organization"
            }
            StatusCode::TOO_MANY_REQUESTS => {
                return Some(match until_reset(self) {
                    Some(reset) => format!("try again in {} s", reset.as_secs_f64().ceil()),
                    None => "try again later".to_owned(),
                });
            }
            status if status.is_redirection() => {
                let to = self.location.as_ref()?;
                return Some(format!("the deployment redirects to {to}, so check the base URL"));
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

impl Deref for ApiError {
    type Target = RawResponse;

    fn deref(&self) -> &RawResponse {
        &self.response
    }
}

impl fmt::Debug for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiError")
            .field("operation", &self.operation())
            .field("status", &self.status())
            .field("printed", &self.printed)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} returned {}", self.called.name, self.summary())?;
        self.hint().map_or(Ok(()), |hint| write!(f, "; {hint}"))
    }
}

impl StdError for ApiError {}

/// What a 404 may be about; each is contained in the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Resource {
    /// The path itself, of which the deployment knows nothing.
    Path,
    /// An organization.
    Organization,
    /// A registry.
    Registry,
    /// A registry token.
    Token,
}

impl Resource {
    /// The innermost resource that the first sentence of a message names.
    fn named(message: &str) -> Option<Self> {
        let sentence = message.split(". ").next().unwrap_or_default().to_lowercase();
        let sentence = without_quoted(&sentence);
        let words = [
            (Self::Token, "token"),
            (Self::Registry, "registry"),
            (Self::Organization, "organization"),
            (Self::Path, "path"),
            (Self::Path, "route"),
        ];
        words.into_iter().find(|(_, word)| sentence.contains(word)).map(|(resource, _)| resource)
    }
}

/// A text without what is quoted in it, which may be a slug of any words.
fn without_quoted(text: &str) -> String {
    const QUOTES: [char; 4] = ['`', '"', '\u{201c}', '\u{201d}'];
    text.split(QUOTES).step_by(2).collect()
}

fn message(body: &Value) -> Option<&str> {
    body.get("message")?.as_str()
}

/// The problems as they are printed after the message, but for those that it contains. Secrets are
/// replaced in them already.
fn listed(problems: &[Problem], message: &str) -> String {
    let (nameless, named): (Vec<&Problem>, Vec<_>) =
        problems.iter().partition(|problem| **problem == Problem::default());
    let mut texts: Vec<String> = named.into_iter().map(Problem::to_string).collect();
    texts.retain(|text| !message.contains(text.as_str()));
    let more = nameless.len() + texts.len().saturating_sub(MAX_PROBLEMS);
    texts.truncate(MAX_PROBLEMS);
    match (texts.is_empty(), more) {
        (true, 0) => String::new(),
        (true, more) => format!(": {more} problems"),
        (false, 0) => format!(": {}", texts.join("; ")),
        (false, more) => format!(": {} and {more} more", texts.join("; ")),
    }
}

/// What a body without a message is, in words.
pub(super) fn shape(response: &RawResponse, secrets: &[&str]) -> String {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.map(|kind| printable(kind.split(';').next().unwrap_or_default(), secrets));
    match (response.body().len(), kind) {
        (0, _) => "without a body".to_owned(),
        (length, Some(kind)) => format!("{length} bytes of {kind}"),
        (length, None) => format!("{length} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use reqwest::{Method, header::HeaderMap};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_404_is_about_the_innermost_resource_that_it_names() {
        use Resource::{Organization, Path, Registry, Token};
        for (message, named) in [
            ("No organization found", Some(Organization)),
            (
                "No organization found. Check its slug, and that the token covers it.",
                Some(Organization),
            ),
            ("No registry found. Check the organization.", Some(Registry)),
            ("There is no registry `x` in this organization", Some(Registry)),
            ("No organization `registry-team` with a \"token\" found", Some(Organization)),
            ("No registry token found. Check its id.", Some(Token)),
            ("Nothing is served at this path. The API is under /v2.", Some(Path)),
            ("No registry found", Some(Registry)),
            ("No organization `my-registry` found", Some(Organization)),
            ("No such token. See the registry", Some(Token)),
            ("No route matches", Some(Path)),
            ("Not Found", None),
        ] {
            let body = json!({"message": message}).to_string();
            let response =
                RawResponse::new("o", Method::GET, StatusCode::NOT_FOUND, HeaderMap::new(), body);
            let error = ApiError::new(response);
            assert_eq!(error.resource(), named, "{message}");
            for resource in [Organization, Registry, Token] {
                let is_missing = named.is_none_or(|named| named >= resource);
                assert_eq!(error.is_missing(resource), is_missing, "{resource:?}: {message}");
            }
        }
    }
}

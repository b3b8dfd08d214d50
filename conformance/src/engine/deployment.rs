//! The deployment that is looked at, and how requests get there.

use std::{
    borrow::Cow,
    fmt, io,
    path::PathBuf,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::BytesMut;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use url::{Host, Url};

use crate::{
    engine::connections::{Connections, Overlong},
    engine::secrets::Secrets,
    exchange::{
        Answer, BROKEN_OFF, Credential, CurlNames, NO_CONNECTION, NoAnswer, Request, TIMED_OUT,
        UNKNOWN_TOKEN,
    },
    text::without_numbers,
};

/// How large a body may be, as it arrives and uncompressed, to be looked at. Of what is longer, nothing is.
#[doc(hidden)]
pub const BODY_LIMIT: usize = 16 << 20;

/// How much memory all responses together may take, estimated by their bodies.
const TOTAL_LIMIT: usize = 1 << 30;

/// What the memory of a value of JSON is about, beside its text.
const VALUE_SIZE: usize = 64;

/// An access token. Its Debug form does not show it.
#[derive(Clone)]
pub struct Token {
    text: String,
    origin: Option<String>,
    variable: Option<String>,
}

impl Token {
    /// A token from what a person or a file gives: surrounding white space is no part of it.
    pub fn new(text: &str) -> Result<Self, DeploymentError> {
        let token = text.trim();
        if token.len() > 1 && (token.starts_with(QUOTES) || token.ends_with(QUOTES)) {
            return Err(DeploymentError::TokenInQuotes);
        }
        if token.starts_with(['{', '[']) || token.ends_with(['}', ']']) {
            return Err(DeploymentError::TokenInJson);
        }
        if !token.is_ascii() {
            return Err(DeploymentError::TokenBeyondAscii);
        }
        let encoded = token.split("%20").next().unwrap_or_default();
        let first = encoded.split(|c: char| c.is_whitespace() || c == ':').next();
        let first = first.unwrap_or_default();
        if SCHEMES.iter().any(|scheme| first.eq_ignore_ascii_case(scheme)) {
            return Err(DeploymentError::TokenWithScheme(first.to_owned()));
        }
        if token.split_once('=').is_some_and(|(name, rest)| is_name(name) && !is_padding(rest)) {
            return Err(DeploymentError::TokenWithName);
        }
        match HeaderValue::from_str(token) {
            Ok(_) if !token.is_empty() && !token.contains(char::is_whitespace) => {
                Ok(Self { text: token.to_owned(), origin: None, variable: None })
            }
            _ => Err(DeploymentError::Token),
        }
    }

    /// The same token, of which messages say where it comes from, such as "the environment variable
    /// `REGISTRIES_TOKEN`".
    #[must_use]
    pub fn from_origin(self, origin: &str) -> Self {
        Self { origin: Some(origin.to_owned()), ..self }
    }

    /// The same token, which the environment has in this variable: `curl` lines name it.
    #[must_use]
    pub fn in_variable(self, name: &str) -> Self {
        let can_be_named = is_name(name) && !name.starts_with(|c: char| c.is_ascii_digit());
        Self { variable: can_be_named.then(|| name.to_owned()), ..self }
    }

    /// What to do about a token that is refused.
    pub(crate) fn advice(&self) -> String {
        match &self.origin {
            Some(origin) => format!("check {origin}, which the token comes from"),
            None => "check the token".to_owned(),
        }
    }
}

impl PartialEq for Token {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Token {}

/// What a person writes around a text, and a token has not: `<` and `>` stand around what is to be
/// replaced.
const QUOTES: [char; 14] = ['"', '\'', '`', '“', '”', '„', '‘', '’', '«', '»', '‹', '›', '<', '>'];

/// Whether a text can be the name of a variable.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// Whether what follows the first `=` of a token only fills it up, as base64 does.
fn is_padding(text: &str) -> bool {
    text.chars().all(|c| c == '=')
}

/// What a header has before the token, and a token has not.
const SCHEMES: [&str; 4] = ["Bearer", "Basic", "Token", "Authorization"];

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(redacted)")
    }
}

/// What a run needs to know of a deployment.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// The API root, including `/v2`, without a slash at its end.
    pub base_url: String,
    /// The slug of the organization that the run works in.
    pub organization: String,
    /// The token that the run uses.
    pub token: Token,
    /// The id of one of the organization's teams, for which registries are then created. If it is
    /// set, the organization has teams; one that has cannot be looked at without.
    pub team: Option<String>,
    /// A token that may only read, for the cases about scopes.
    pub limited_token: Option<Token>,
    /// A token that the run may revoke, for the cases about revocation.
    pub revocable_token: Option<Token>,
    /// How long a response may take.
    pub timeout: Duration,
    /// Certificates in PEM that are trusted beside those of the machine.
    pub ca_certificates: Vec<u8>,
    /// The file that they are from, which `curl` lines name.
    pub ca_certificate_file: Option<PathBuf>,
}

impl Deployment {
    /// A deployment with the least that a run needs to know: its API root, the slug of an organization,
    /// and a token. A response may take 30 seconds. Fails when one of the three is of no use.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), registries_conformance::deployment::DeploymentError> {
    /// use registries_conformance::{Deployment, Options, report};
    ///
    /// let deployment = Deployment::new("http://127.0.0.1:8080/v2", "my-org", "a-token")?;
    /// let report = registries_conformance::run(deployment, Options::default()).await?;
    /// println!("{}", report::human(&report));
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(base_url: &str, organization: &str, token: &str) -> Result<Self, DeploymentError> {
        Ok(Self {
            base_url: self::base_url(base_url)?,
            organization: self::organization(organization)?,
            token: Token::new(token)?,
            team: None,
            limited_token: None,
            revocable_token: None,
            timeout: Duration::from_secs(30),
            ca_certificates: Vec::new(),
            ca_certificate_file: None,
        })
    }

    /// What `curl` lines name.
    pub(crate) fn curl_names(&self) -> CurlNames {
        let CurlNames { mut variables, .. } = CurlNames::default();
        let tokens =
            [Some(&self.token), self.limited_token.as_ref(), self.revocable_token.as_ref()];
        for (name, token) in variables.iter_mut().zip(tokens) {
            if let Some(variable) = token.and_then(|token| token.variable.as_ref()) {
                name.clone_from(variable);
            }
        }
        let file = self.ca_certificate_file.as_ref().map(|path| path.display().to_string());
        CurlNames { variables, ca_certificate: file }
    }
}

/// Why a deployment cannot be looked at.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum DeploymentError {
    /// The base URL is of no use.
    #[error(
        "{0}; expected http://HOST/v2 or https://HOST/v2, without user, password, query and fragment"
    )]
    BaseUrl(String),
    /// The organization is no slug.
    #[error(
        "the organization {0:?} is not a slug: letters, digits, hyphens and underscores, the first a \
         letter or a digit"
    )]
    Organization(String),
    /// The team has no id.
    #[error("the team's id is empty")]
    Team,
    /// The token cannot be sent.
    #[error("the token is empty, or has characters that an HTTP header cannot carry")]
    Token,
    /// The token stands in quotation marks.
    #[error("the token is in quotation marks; leave them out")]
    TokenInQuotes,
    /// The token is in an object or a list of JSON.
    #[error("the token is in an object or a list of JSON; give the token alone")]
    TokenInJson,
    /// The token stands behind the name of a variable.
    #[error("the token has a name and a `=` before it; give the token alone")]
    TokenWithName,
    /// The token has characters that no token has.
    #[error(
        "the token has characters beyond ASCII, perhaps an invisible byte order mark; give the \
         token alone"
    )]
    TokenBeyondAscii,
    /// The token has the scheme before it that a header has.
    #[error(
        "the token begins with {0:?}; give the token alone, without what precedes it in a header"
    )]
    TokenWithScheme(String),
    /// What is to be trusted is no certificate.
    #[error("there is no certificate in PEM to trust: {0}")]
    CaCertificates(String),
    /// The HTTP client could not be made.
    #[error("the HTTP client could not be made: {0}")]
    Client(String),
}

/// The API root as it is used: checked, without credentials, query or a slash at the end.
pub fn base_url(text: &str) -> Result<String, DeploymentError> {
    let text = text.trim();
    // What has a user, or a query, may have a secret.
    let shown = if text.contains(['@', '?', '#']) { String::new() } else { format!(" {text:?}") };
    let wrong = |what: &str| DeploymentError::BaseUrl(format!("the base URL{shown} {what}"));
    if !text.contains("://") {
        return Err(wrong("has no scheme"));
    }
    let url = Url::parse(text).map_err(|_| wrong("is not a URL"))?;
    let plain = url.username().is_empty() && url.password().is_none();
    let complete = url.has_host() && url.query().is_none() && url.fragment().is_none();
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong("has another scheme"));
    }
    if !plain || !complete {
        return Err(wrong("has more than a host and a path"));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// The organization's slug, checked: it becomes a segment of a path. Which form it has is disputed; every
/// form of the contract is accepted (x-disagreements, registry-slug).
pub fn organization(text: &str) -> Result<String, DeploymentError> {
    let begins_well = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !begins_well || !text.chars().all(fits) {
        return Err(DeploymentError::Organization(text.to_owned()));
    }
    Ok(text.to_owned())
}

/// A team's id, checked. What form it has is disputed (contract, x-disagreements, team-ids).
pub fn team(text: &str) -> Result<String, DeploymentError> {
    let id = text.trim();
    if id.is_empty() { Err(DeploymentError::Team) } else { Ok(id.to_owned()) }
}

/// The certificates in a text; none when it is empty.
fn ca_certificates(pem: &[u8]) -> Result<Vec<reqwest::Certificate>, DeploymentError> {
    if pem.is_empty() {
        return Ok(Vec::new());
    }
    let wrong = |reason: String| DeploymentError::CaCertificates(reason);
    match reqwest::Certificate::from_pem_bundle(pem) {
        Ok(certificates) if certificates.is_empty() => Err(wrong("the file has none".into())),
        Ok(certificates) => Ok(certificates),
        Err(error) => Err(wrong(causes(&error))),
    }
}

pub(crate) fn is_loopback(base_url: &str) -> bool {
    match Url::parse(base_url).ok().as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// What an HTTP client for `base_url` begins with, that trusts these certificates in PEM as well.
pub fn client_for(
    base_url: &str,
    certificates: &[u8],
) -> Result<reqwest::ClientBuilder, DeploymentError> {
    let certificates = ca_certificates(certificates)?;
    let mut builder = reqwest::Client::builder();
    if is_loopback(base_url) {
        // A proxy of the environment is for the world outside, and cannot reach this machine.
        builder = builder.no_proxy();
        if base_url.starts_with("http://") {
            // Nothing is encrypted, and reading the machine's certificates takes as long as dozens of
            // requests to it.
            return Ok(builder.tls_certs_only([]));
        }
    }
    Ok(if certificates.is_empty() { builder } else { builder.tls_certs_merge(certificates) })
}

/// Sends requests to a deployment and keeps its secrets.
#[derive(Debug)]
pub(crate) struct Live {
    deployment: Deployment,
    connections: Connections,
    /// It grows with what the deployment issues.
    secrets: Mutex<Secrets>,
    /// How much memory the responses so far take.
    count: AtomicUsize,
    /// Whether one was refused because there is no room for it.
    is_full: AtomicBool,
}

impl Live {
    pub(crate) fn new(deployment: Deployment) -> Result<Self, DeploymentError> {
        let connections = Connections::new(&deployment)?;
        let tokens = [Some(&deployment.token), deployment.limited_token.as_ref()];
        let tokens = tokens.into_iter().chain([deployment.revocable_token.as_ref()]);
        let named = tokens.zip(Secrets::PLACEHOLDERS);
        let secrets =
            Secrets::known(named.filter_map(|(it, name)| Some((it?.text.as_str(), name))));
        Ok(Self {
            deployment,
            connections,
            secrets: Mutex::new(secrets),
            count: AtomicUsize::new(0),
            is_full: AtomicBool::new(false),
        })
    }

    pub(crate) fn deployment(&self) -> &Deployment {
        &self.deployment
    }

    /// A response that did not end where it said, if a request has met what was left of it.
    pub(crate) fn overlong(&self) -> Option<Overlong> {
        self.connections.overlong()
    }

    /// Sends one request and reads the whole answer.
    pub(crate) async fn send(&self, request: &Request) -> Result<Answer, NoAnswer> {
        match self.send_now(request).await {
            Ok(answer) => {
                self.connections.answered(&self.deployment, request, &answer);
                Ok(answer)
            }
            Err(why) => Err(self.connections.explained(&self.deployment, why)),
        }
    }

    async fn send_now(&self, request: &Request) -> Result<Answer, NoAnswer> {
        let url = format!("{}{}", self.deployment.base_url, request.path);
        let method = request.method.parse().map_err(|_| NoAnswer::new("no such method"))?;
        let mut builder = self.connections.client().request(method, url);
        for (name, value) in request.headers() {
            builder = builder.header(*name, *value);
        }
        if let Some(value) = self.authorization(request.credential)? {
            builder = builder.header(AUTHORIZATION, value);
        }
        if let Some(body) = &request.body {
            builder = builder.header(CONTENT_TYPE, "application/json").body(body.clone());
        }
        let mut response = builder.send().await.map_err(|error| no_answer(&error))?;
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| no_answer(&error))? {
            body.extend_from_slice(&chunk);
            if body.len() > BODY_LIMIT {
                return Err(NoAnswer::too_large(format!(
                    "the response is too large to be judged: it has more than {BODY_LIMIT} bytes"
                )));
            }
        }
        self.weigh(&body)?;
        let headers = response.headers().iter();
        let headers: Vec<_> =
            headers.map(|(name, value)| (name.as_str(), header_text(value))).collect();
        let headers = headers.iter().map(|(name, value)| (*name, &**value));
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        secrets.learn_answer(&request.path, headers.clone(), &body);
        secrets.prepare();
        let status = response.status().as_u16();
        Ok(secrets.answer((&request.method, &request.path), status, headers, &body))
    }

    /// Whether the server expects TLS at an address that was given for plain HTTP. Asks it, without
    /// a token.
    pub(crate) async fn expects_tls(&self) -> bool {
        let Some(rest) = self.deployment.base_url.strip_prefix("http://") else { return false };
        match self.connections.client().get(format!("https://{rest}")).send().await {
            Ok(_) => true,
            // What it shows is a certificate, though one that is not trusted.
            Err(error) => {
                matches!(cause::<rustls::Error>(&error), Some(rustls::Error::InvalidCertificate(_)))
            }
        }
    }

    /// Takes note of a body that is kept, unless it is one too many.
    fn weigh(&self, body: &[u8]) -> Result<(), NoAnswer> {
        let values = body.iter().filter(|byte| b",:[{".contains(byte)).count();
        let weight = body.len() + values * VALUE_SIZE;
        let before = self.count.fetch_add(weight, Ordering::Relaxed);
        if before.saturating_add(weight) > TOTAL_LIMIT {
            // It is not kept; smaller ones, of what is removed, still can be.
            self.count.fetch_sub(weight, Ordering::Relaxed);
            self.is_full.store(true, Ordering::Relaxed);
            return Err(NoAnswer::too_large(full()));
        }
        Ok(())
    }

    /// Why no more responses can be kept, if they cannot.
    pub(crate) fn is_full(&self) -> Option<String> {
        self.is_full.load(Ordering::Relaxed).then(full)
    }

    fn authorization(&self, credential: Credential) -> Result<Option<HeaderValue>, NoAnswer> {
        let bearer = |token: &str| format!("Bearer {token}");
        let given = |token: &Option<Token>| {
            token.as_ref().map(|token| bearer(&token.text)).ok_or(NoAnswer::new("no such token"))
        };
        let text = match credential {
            Credential::None => return Ok(None),
            Credential::Unknown => bearer(UNKNOWN_TOKEN),
            Credential::Main => bearer(&self.deployment.token.text),
            Credential::Basic => {
                let token = &self.deployment.token.text;
                format!("Basic {}", STANDARD.encode(format!("{token}:{token}")))
            }
            Credential::Limited => given(&self.deployment.limited_token)?,
            Credential::Revocable => given(&self.deployment.revocable_token)?,
        };
        let mut value =
            HeaderValue::from_str(&text).map_err(|_| NoAnswer::new("the token cannot be sent"))?;
        value.set_sensitive(true);
        Ok(Some(value))
    }
}

fn full() -> String {
    format!(
        "the responses of this run are together too large to be judged: they take more than {TOTAL_LIMIT} bytes of \
         memory"
    )
}

/// The value of a header as text: UTF-8, or a character for each byte.
pub(crate) fn header_text(value: &HeaderValue) -> Cow<'_, str> {
    let latin = || value.as_bytes().iter().map(|byte| char::from(*byte)).collect();
    str::from_utf8(value.as_bytes()).map_or_else(|_| Cow::Owned(latin()), Cow::Borrowed)
}

pub(crate) fn no_answer(error: &reqwest::Error) -> NoAnswer {
    let reason = if error.is_timeout() {
        TIMED_OUT.to_owned()
    } else if error.is_connect() {
        format!("{NO_CONNECTION}: {}{}", without_numbers(&root_cause(error)), hint(error))
    } else if error.is_builder() {
        causes(error)
    } else {
        format!("{BROKEN_OFF}: {}", without_numbers(&root_cause(error)))
    };
    NoAnswer::new(reason)
}

/// What to do about a server without TLS.
const NO_TLS: &str = " (the server does not support TLS there: is the URL's scheme http?)";
/// What to do about a certificate that is not trusted. One with the name of a trusted one is like that.
const UNKNOWN_ISSUER: &str = " (the server's certificate is signed by an unknown authority; trust it with \
                              --ca-certificate FILE)";
const AUTHORITY: &str = " (the server's certificate is that of an authority; it needs one of its own, \
                         with the basic constraint CA:FALSE)";
const ANOTHER_NAME: &str = " (the server's certificate is for another name than the base URL has)";

/// Whether a reason says itself what to do.
pub(crate) fn has_advice(reason: &str) -> bool {
    [NO_TLS, UNKNOWN_ISSUER, AUTHORITY, ANOTHER_NAME].iter().any(|hint| reason.ends_with(hint))
}

/// What to do about a connection that could not be made.
fn hint(error: &reqwest::Error) -> &'static str {
    use rustls::{CertificateError, Error, InvalidMessage};
    match cause::<Error>(error) {
        // What greets TLS with another protocol, or hangs up, is a server without it.
        Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => NO_TLS,
        None if cause::<io::Error>(error).map(io::Error::kind)
            == Some(io::ErrorKind::UnexpectedEof) =>
        {
            NO_TLS
        }
        Some(Error::InvalidCertificate(
            CertificateError::UnknownIssuer | CertificateError::BadSignature,
        )) => UNKNOWN_ISSUER,
        Some(Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        )) => ANOTHER_NAME,
        // rustls has no kind for this one, and keeps that of its verifier.
        Some(Error::InvalidCertificate(CertificateError::Other(other)))
            if matches!(other.0.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity)) =>
        {
            AUTHORITY
        }
        _ => "",
    }
}

/// The outermost error of a kind that is behind this one.
fn cause<'e, E: std::error::Error + 'static>(
    error: &'e (dyn std::error::Error + 'static),
) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        // An I/O error does not return its inner error as its source.
        let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if let Some(found) = inner.and_then(|inner| cause(inner)) {
            return Some(found);
        }
        next = error.source();
    }
    None
}

pub(crate) fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

fn root_cause(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(cause) = error.source() {
        error = cause;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_checked_and_trimmed() {
        assert_eq!(base_url("http://127.0.0.1:8080/v2/").unwrap(), "http://127.0.0.1:8080/v2");
        for wrong in ["", "localhost:80", "ftp://h/v2", "http://u:p@h/v2", "http://h/v2?a=b"] {
            assert!(base_url(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_organization_has_a_slug_of_the_contract() {
        for right in ["my-org", "My-Org", "0", "a_b", "Z-"] {
            assert_eq!(organization(right).unwrap(), right);
        }
        for wrong in ["", "-a", "_a", "a/b", "a b", "..", "ö", "a%2f"] {
            let error = DeploymentError::Organization(wrong.into());
            assert_eq!(organization(wrong), Err(error), "{wrong}");
        }
    }

    #[test]
    fn a_token_is_trimmed_checked_and_never_shown() {
        let token = Token::new(" bkrt_canary\n").unwrap();
        assert_eq!(format!("{token:?}"), "Token(redacted)");
        for wrong in ["", "  ", "a b", "a\nb", "\u{1}"] {
            assert_eq!(Token::new(wrong), Err(DeploymentError::Token), "{wrong:?}");
        }
    }

    #[test]
    fn what_is_no_token_alone_is_reported_as_that() {
        for (text, error) in [
            ("\"bkua_a\"", DeploymentError::TokenInQuotes),
            ("'bkua_a'", DeploymentError::TokenInQuotes),
            ("“bkua_a”", DeploymentError::TokenInQuotes),
            ("bkua_a\"", DeploymentError::TokenInQuotes),
            ("<bkua_a>", DeploymentError::TokenInQuotes),
            ("«bkua_a»", DeploymentError::TokenInQuotes),
            ("{\"token\":\"bkua_a\"}", DeploymentError::TokenInJson),
            ("TOKEN=bkua_a", DeploymentError::TokenWithName),
            ("\u{feff}bkua_a", DeploymentError::TokenBeyondAscii),
            ("bkua_ä", DeploymentError::TokenBeyondAscii),
            ("Bearer:bkua_a", DeploymentError::TokenWithScheme("Bearer".into())),
            ("Bearer%20bkua_a", DeploymentError::TokenWithScheme("Bearer".into())),
            ("Bearer bkua_a", DeploymentError::TokenWithScheme("Bearer".into())),
            ("bearer\tbkua_a", DeploymentError::TokenWithScheme("bearer".into())),
            ("Bearer", DeploymentError::TokenWithScheme("Bearer".into())),
            ("Authorization: Bearer a", DeploymentError::TokenWithScheme("Authorization".into())),
        ] {
            assert_eq!(Token::new(text), Err(error), "{text:?}");
        }
        for token in ["bkua_a", "tokens", "bearerbkua", "$3cret", "YQ==", "a:b", "a%20b"] {
            assert!(Token::new(token).is_ok(), "{token}");
        }
    }

    /// A server that answers every connection with the same body, and closes it.
    async fn answering(body: Vec<u8>) -> String {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let head = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    assert_ne!(stream.read_buf(&mut request).await.unwrap(), 0);
                }
                stream.write_all(head.as_bytes()).await.unwrap();
                stream.write_all(&body).await.unwrap();
            }
        });
        format!("http://{address}")
    }

    #[tokio::test]
    async fn all_responses_of_a_run_together_are_bounded() {
        // Each comma may stand for a value, so that two of these are one too many.
        let body = vec![b','; TOTAL_LIMIT / (1 + VALUE_SIZE) / 2 + 1];
        assert!(body.len() <= BODY_LIMIT, "one alone is read");
        let base_url = answering(body).await;
        let live =
            Live::new(Deployment::new(&base_url, "my-org", "a-token-of-mine").unwrap()).unwrap();
        let request = Request {
            operation: "list_registries",
            method: "GET".into(),
            path: "/".into(),
            credential: Credential::None,
            body: None,
        };
        assert_eq!(live.send(&request).await.unwrap().status, 200);
        let why = live.send(&request).await.unwrap_err();
        assert!(why.is_too_large() && why.reason().contains("together too large"), "{why}");
    }

    #[test]
    fn only_this_machine_is_reached_without_a_proxy() {
        for here in ["http://127.0.0.1:1/v2", "http://[::1]:1/v2", "https://localhost/v2"] {
            assert!(is_loopback(here), "{here}");
        }
        for there in ["https://api.example.com/v2", "http://10.0.0.1/v2", "nothing"] {
            assert!(!is_loopback(there), "{there}");
        }
    }
}

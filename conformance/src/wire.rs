//! What is sent and what comes back, free of secrets from the moment it arrives.

use std::fmt;

pub(crate) use registries_contract::text::{abridged, is_segment};
pub use registries_contract::{Answer, Unrecorded};
use serde_json::Value;

/// Which credential a request carries. The secrets themselves never leave [`crate::engine::deployment`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Credential {
    /// None at all.
    None,
    /// A token that cannot be known to the deployment.
    Unknown,
    /// The token of the run.
    Main,
    /// The token of the run as user and as password, whichever a deployment may look at.
    Basic,
    /// A token that may only read.
    Limited,
    /// A token that the run may revoke.
    Revocable,
}

impl Credential {
    /// Whether it is a token that the deployment knows.
    pub(crate) fn is_known(self) -> bool {
        !matches!(self, Self::None | Self::Unknown | Self::Basic)
    }

    /// How the credential is written in a `curl` line; `None` when there is none to write.
    fn curl_option(self, names: &CurlNames) -> Option<String> {
        let bearer = |token: &str| Some(format!("-H \"Authorization: Bearer {token}\""));
        let [main, limited, revocable] = names.variables.each_ref().map(|name| format!("${name}"));
        match self {
            Self::None => None,
            Self::Unknown => bearer(UNKNOWN_TOKEN),
            Self::Basic => Some(format!("-u \"{main}:{main}\"")),
            Self::Main => bearer(&main),
            Self::Limited => bearer(&limited),
            Self::Revocable => bearer(&revocable),
        }
    }

    /// The header that carries the credential, with a name in place of the token; `None` when there
    /// is none.
    pub(crate) fn authorization(self) -> Option<String> {
        let bearer = |value: &str| Some(format!("Bearer {value}"));
        match self {
            Self::None => None,
            Self::Unknown => bearer(UNKNOWN_TOKEN),
            Self::Main => bearer("$REGISTRIES_TOKEN"),
            Self::Basic => Some("Basic $REGISTRIES_TOKEN:$REGISTRIES_TOKEN".into()),
            Self::Limited => bearer("$REGISTRIES_LIMITED_TOKEN"),
            Self::Revocable => bearer("$REGISTRIES_REVOCABLE_TOKEN"),
        }
    }
}

/// What a `curl` line names: the environment variables with the tokens, and the file with certificates.
#[derive(Clone, Debug)]
pub(crate) struct CurlNames {
    /// The variables with the run's token, the limited one and the revocable one.
    pub(crate) variables: [String; 3],
    /// The file with certificates that are trusted beside those of the machine.
    pub(crate) ca_certificate: Option<String>,
}

impl Default for CurlNames {
    fn default() -> Self {
        let variables =
            ["REGISTRIES_TOKEN", "REGISTRIES_LIMITED_TOKEN", "REGISTRIES_REVOCABLE_TOKEN"];
        Self { variables: variables.map(str::to_owned), ca_certificate: None }
    }
}

/// What is sent as the token that no deployment knows.
pub(crate) const UNKNOWN_TOKEN: &str = "conformance-unknown-token";

/// The method of what a browser sends before a request of another origin.
pub(crate) const PREFLIGHT: &str = "OPTIONS";

/// The other origin.
pub(crate) const ORIGIN: &str = "https://example.com";

/// A request to an operation of the contract, or the preflight of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The `operationId`.
    pub operation: &'static str,
    /// The method, in upper case.
    pub method: String,
    /// The path below the base URL, percent-encoded.
    pub path: String,
    /// The credential.
    pub credential: Credential,
    /// The body, which is sent as it is and declared as JSON.
    pub body: Option<String>,
}

impl Request {
    /// The headers beside those for the credential and the body: a preflight says what is to come.
    pub(crate) fn headers(&self) -> &'static [(&'static str, &'static str)] {
        if self.method != PREFLIGHT {
            return &[("accept", "application/json")];
        }
        &[
            ("accept", "*/*"),
            ("origin", ORIGIN),
            ("access-control-request-method", "GET"),
            ("access-control-request-headers", "authorization"),
        ]
    }

    /// The `curl` command that repeats this request, the token as `$REGISTRIES_TOKEN`.
    #[must_use]
    pub fn curl(&self, base_url: &str) -> String {
        self.curl_with(base_url, &CurlNames::default())
    }

    /// The same, with other names of variables, and with certificates.
    pub(crate) fn curl_with(&self, base_url: &str, names: &CurlNames) -> String {
        let mut words = vec!["curl".to_owned(), "-i".to_owned()];
        let ca_certificate = names.ca_certificate.as_deref();
        words.extend(ca_certificate.map(|path| format!("--cacert {}", quoted(path))));
        words.extend(self.credential.curl_option(names));
        if self.method == PREFLIGHT {
            words
                .extend(self.headers().iter().map(|(name, value)| format!("-H '{name}: {value}'")));
        }
        words.push(format!("-X {} {}", self.method, quoted(&format!("{base_url}{}", self.path))));
        if let Some(body) = &self.body {
            words.push("-H 'Content-Type: application/json'".into());
            words.push(format!("-d {}", quoted(body)));
        }
        words.join(" ")
    }
}

/// `text` as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Why a request got no response: none came in time.
pub(crate) const TIMED_OUT: &str = "the request timed out";

/// The same: the connection could not be made. The cause follows.
pub(crate) const NO_CONNECTION: &str = "no connection";

/// The same: the connection ended before the response did. The cause follows.
pub(crate) const BROKEN_OFF: &str = "the connection broke off";

/// Why a request got no response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoAnswer {
    reason: String,
    is_too_large: bool,
}

impl NoAnswer {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), is_too_large: false }
    }

    /// There was a response, and it is longer than what can be looked at.
    pub(crate) fn too_large(reason: String) -> Self {
        Self { reason, is_too_large: true }
    }

    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }

    /// Whether there was a response, longer than what can be looked at.
    pub(crate) fn is_too_large(&self) -> bool {
        self.is_too_large
    }

    /// Whether the response was lost on the way, so that the request may have been carried out.
    pub(crate) fn is_lost(&self) -> bool {
        [TIMED_OUT, NO_CONNECTION, BROKEN_OFF].iter().any(|it| self.reason.starts_with(it))
    }

    /// Whether a server was there, and ended the connection.
    pub(crate) fn is_broken_off(&self) -> bool {
        self.reason.starts_with(BROKEN_OFF)
    }

    /// The reason without its cause.
    pub(crate) fn brief(&self) -> &str {
        let known = [TIMED_OUT, NO_CONNECTION, BROKEN_OFF];
        known.into_iter().find(|it| self.reason.starts_with(it)).unwrap_or(&self.reason)
    }

    /// Whether the request cannot have been carried out, for want of a connection.
    pub(crate) fn is_without_connection(&self) -> bool {
        self.reason.starts_with(NO_CONNECTION)
    }
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

/// A property's value as findings show it.
pub(crate) fn shown(value: Option<&Value>) -> String {
    value.map_or_else(|| "no such property".into(), abridged)
}

/// An id as a path has it. That it has to be text, the contract says; a number identifies as well.
pub(crate) fn id_text(id: &Value) -> Option<String> {
    match id {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curl_line_survives_the_shell() {
        let request = Request {
            operation: "create_registry",
            method: "POST".into(),
            path: "/packages/organizations/my-org/registries".into(),
            credential: Credential::Main,
            body: Some(r#"{"name":"it's"}"#.into()),
        };
        let line = request.curl("http://127.0.0.1:1/v2");
        let script = format!("curl() {{ printf '%s\\n' \"$@\"; }}; {line}");
        let output = std::process::Command::new("sh")
            .args(["-c", &script])
            .env("REGISTRIES_TOKEN", "secret")
            .output()
            .unwrap();
        let words = String::from_utf8(output.stdout).unwrap();
        let expected = [
            "-i",
            "-H",
            "Authorization: Bearer secret",
            "-X",
            "POST",
            "http://127.0.0.1:1/v2/packages/organizations/my-org/registries",
            "-H",
            "Content-Type: application/json",
            "-d",
            r#"{"name":"it's"}"#,
        ];
        assert_eq!(words.lines().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_curl_line_names_the_callers_variable_and_file() {
        let variables = ["STAGING", "READER", "REVOCABLE"].map(str::to_owned);
        let ca_certificate = Some("/tmp/my authority.pem".to_owned());
        let names = CurlNames { variables, ca_certificate };
        let line = |credential| {
            let request = Request {
                operation: "list_organizations",
                method: "GET".into(),
                path: "/organizations".into(),
                credential,
                body: None,
            };
            let line = request.curl_with("https://127.0.0.1:1/v2", &names);
            let script = format!("curl() {{ printf '%s\\n' \"$@\"; }}; {line}");
            let mut shell = std::process::Command::new("sh");
            let shell = shell.args(["-c", &script]).env("STAGING", "one").env("READER", "two");
            String::from_utf8(shell.output().unwrap().stdout).unwrap()
        };
        let main = line(Credential::Main);
        assert!(main.starts_with("-i\n--cacert\n/tmp/my authority.pem\n"), "{main}");
        assert!(main.contains("\nAuthorization: Bearer one\n"), "{main}");
        assert!(line(Credential::Limited).contains("\nAuthorization: Bearer two\n"));
        assert!(line(Credential::Basic).contains("\n-u\none:one\n"));
    }

    #[test]
    fn the_curl_line_of_a_preflight_says_what_is_to_come() {
        let request = Request {
            operation: "list_registries",
            method: PREFLIGHT.into(),
            path: "/organizations".into(),
            credential: Credential::None,
            body: None,
        };
        let line = request.curl("http://127.0.0.1:1/v2");
        assert!(line.contains("-H 'origin: https://example.com'"), "{line}");
        assert!(line.contains("-H 'access-control-request-headers: authorization'"), "{line}");
        assert!(line.ends_with("-X OPTIONS 'http://127.0.0.1:1/v2/organizations'"), "{line}");
    }
}

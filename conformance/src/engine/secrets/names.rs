//! The names of what holds credentials: headers, parameters and properties.

/// Parts of such names.
const CREDENTIALS: [&str; 15] = [
    "authorization",
    "cookie",
    "token",
    "secret",
    "key",
    "auth",
    "passw",
    "passphrase",
    "pwd",
    "credential",
    "session",
    "signature",
    "jwt",
    "bearer",
    "csrf",
];

/// Parts of the names of properties and of a response's headers: these have keys and authors of other
/// kinds.
const SECRETS: [&str; 16] = [
    "token",
    "secret",
    "passw",
    "passphrase",
    "credential",
    "apikey",
    "accesskey",
    "privatekey",
    "secretkey",
    "authorization",
    "xauth",
    "jwt",
    "bearer",
    "cookie",
    "sessionid",
    "signature",
];

/// Words of names that hold a password, of whose parts other words consist.
const PASSWORDS: [&str; 4] = ["pass", "pw", "pwd", "passwd"];

/// Parts of names that say where a list goes on.
const PAGING: [&str; 6] = ["page", "next", "prev", "continuation", "cursor", "sync"];

/// Ends of the names of properties that say something about a token, and not the token.
const ABOUT: [&str; 14] = [
    "id",
    "ids",
    "url",
    "uri",
    "type",
    "name",
    "count",
    "at",
    "in",
    "expiry",
    "kind",
    "endpoint",
    "scopes",
    "description",
];

/// Whether a request's header of this name holds a credential.
pub(super) fn is_credential_header(name: &str) -> bool {
    match name {
        // HTTP/2 names the host and port so. Others are names that are as new as their requests,
        // and what a browser says of the credentials that it will send.
        ":authority" | "idempotency-key" | "sec-websocket-key" => false,
        _ if name.starts_with("access-control-") => false,
        _ => has(name, &CREDENTIALS) || is_password(name),
    }
}

/// Whether a response's header of this name holds a credential.
pub(super) fn is_secret_header(name: &str) -> bool {
    let is_about = ["access-control-", "www-", "proxy-authenticate", "ratelimit", "x-ratelimit"];
    let is_it = has(name, &SECRETS) || is_password(name) || name == "x-key";
    !is_about.iter().any(|it| name.starts_with(it)) && is_it
}

/// Whether a parameter of a query or a form holds a credential; its name may be percent-encoded.
pub(super) fn is_secret_parameter(name: &str) -> bool {
    let name = url::form_urlencoded::parse(name.as_bytes()).next();
    let name = name.map(|(name, _)| name.to_ascii_lowercase()).unwrap_or_default();
    let exact = ["sig", "sid", "code", "sas", "apikey"].contains(&&*name);
    exact || ((has(&name, &CREDENTIALS) || is_password(&name)) && !is_paging(&name))
}

/// Whether a property of this name holds a secret.
pub(super) fn is_secret_property(name: &str) -> bool {
    let words: Vec<String> = words(name);
    let is_about = words.last().is_some_and(|last| ABOUT.contains(&&**last));
    let is_it = has(name, &SECRETS) || is_password(name);
    !is_about && is_it && !is_paging(&name.to_ascii_lowercase())
}

/// Whether a property of this name holds a password, which may be short.
pub(super) fn is_password_property(name: &str) -> bool {
    is_secret_property(name) && (is_password(name) || has(name, &["passw"]))
}

/// Whether a property of this name holds a secret where its value looks like one.
pub(super) fn is_key_property(name: &str) -> bool {
    name.eq_ignore_ascii_case("key")
}

fn is_password(name: &str) -> bool {
    words(name).iter().any(|word| PASSWORDS.contains(&&**word))
}

fn has(name: &str, parts: &[&str]) -> bool {
    let name: String = name
        .chars()
        .filter(|c| !matches!(c, '-' | '_' | '.'))
        .collect::<String>()
        .to_ascii_lowercase();
    parts.iter().any(|part| name.contains(part))
}

fn is_paging(name: &str) -> bool {
    PAGING.iter().any(|part| name.contains(part))
}

/// The words of a name, in whichever way it is written: `tokenId`, `token_id`, `Token-ID`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        was_lower = c.is_lowercase();
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_distinguished() {
        for name in [
            "authorization",
            "proxy-authorization",
            "cookie",
            "x-auth-token",
            "x-api-key",
            "x-vault-token",
            "private-token",
            "x-amz-security-token",
            "x-csrf-token",
            "x-key",
            "x-foo-pass",
        ] {
            assert!(is_credential_header(name), "{name}");
        }
        for name in [
            ":authority",
            "accept",
            "idempotency-key",
            "access-control-request-headers",
            "origin",
            "content-type",
            "if-none-match",
            "x-bypass",
        ] {
            assert!(!is_credential_header(name), "{name}");
        }
        for name in [
            "set-cookie",
            "x-auth-token",
            "x-subject-token",
            "x-api-key",
            "x-session-id",
            "x-key",
            "x-foo-pass",
        ] {
            assert!(is_secret_header(name), "{name}");
        }
        for name in [
            "www-authenticate",
            "proxy-authenticate",
            "ratelimit-user-limit",
            "surrogate-key",
            "x-cache-key",
            "access-control-allow-credentials",
            "link",
            "etag",
            "x-request-id",
            "content-type",
        ] {
            assert!(!is_secret_header(name), "{name}");
        }
        for name in [
            "api_key",
            "API-Key",
            "access%5Ftoken",
            "sig",
            "client_secret",
            "X-Amz-Signature",
            "user_pass",
            "pw",
        ] {
            assert!(is_secret_parameter(name), "{name}");
        }
        for name in ["page", "page_token", "per_page", "nextToken", "q", "continuation-token"] {
            assert!(!is_secret_parameter(name), "{name}");
        }
        for name in [
            "token",
            "clientSecret",
            "registry_token",
            "password",
            "API_KEY",
            "accessToken",
            "pwd",
            "pass",
            "password_confirmation",
            "dbPass",
        ] {
            assert!(is_secret_property(name), "{name}");
        }
        for name in [
            "token_id",
            "tokenId",
            "token_type",
            "next_page_token",
            "key",
            "name",
            "description",
            "token_url",
            "graphql_id",
            "slug",
            "passed",
            "compass",
            "passed_at",
            "expires_at",
            "authors",
        ] {
            assert!(!is_secret_property(name), "{name}");
        }
    }
}

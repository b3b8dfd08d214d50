//! The access token, and secrets in responses.

use std::{fmt, fs, path::Path};

use reqwest::header::HeaderValue;
use serde::{Deserialize, Serialize};

use crate::{
    Error,
    printed::{printable, redacted},
};

/// An access token. It can be used but not seen: neither `Debug` nor an error prints it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token {
    authorization: HeaderValue,
}

impl Token {
    /// Takes a token as it was issued. White space around it is removed, so that a token may come
    /// from a file or a command.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] if it is empty, or has anything but visible ASCII in it.
    pub fn new(secret: impl AsRef<str>) -> Result<Self, Error> {
        let secret = secret.as_ref().trim();
        if secret.is_empty() {
            return Err(Error::configuration("the token is empty"));
        }
        if !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::configuration(
                "the token contains white space, control or non-ASCII characters and is no token",
            ));
        }
        let mut authorization = HeaderValue::try_from(format!("Bearer {secret}"))
            .map_err(|_| Error::configuration("the token cannot be sent in a header"))?;
        authorization.set_sensitive(true);
        Ok(Self { authorization })
    }

    /// Reads a token from a file that contains nothing else.
    ///
    /// # Errors
    ///
    /// [`Error::Configuration`] if the file cannot be read, and those of [`new`](Self::new).
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let secret = fs::read_to_string(path).map_err(|error| {
            // The path may be a token, given by mistake.
            let path = printable(&path.display().to_string(), &[]);
            Error::configuration(format!("cannot read the token from {path}: {error}"))
        })?;
        Self::new(secret)
    }

    /// `text` without the token and whatever looks like one, wherever that stands: a deployment may send
    /// it back.
    pub fn redact(&self, text: &str) -> String {
        redacted(text, &[self.secret()])
    }

    /// The token itself, to be looked for in what is printed.
    pub(crate) fn secret(&self) -> &str {
        let text = self.authorization.to_str().unwrap_or_default();
        text.strip_prefix("Bearer ").unwrap_or_default()
    }

    /// The value of the `Authorization` header, marked as sensitive.
    pub(crate) fn authorization(&self) -> HeaderValue {
        self.authorization.clone()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(redacted)")
    }
}

/// A secret that came with a response. `Debug` does not print it.
#[derive(Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// A secret of this text, for tests: the client itself reads secrets from responses.
    ///
    /// ```
    /// use registries_client::Secret;
    ///
    /// let secret = Secret::new("bkrt_0123456789");
    /// assert_eq!(secret.expose(), "bkrt_0123456789");
    /// assert_eq!(format!("{secret:?}"), "Secret(redacted)");
    /// ```
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself. Store it where only its user can read it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_not_printed() {
        let token = Token::new("bkua_secret\n").unwrap();
        assert_eq!(format!("{token:?}"), "Token(redacted)");
        assert!(!format!("{:?}", token.authorization()).contains("secret"));
        assert_eq!(token.authorization(), "Bearer bkua_secret");
        assert_eq!(token.redact("a bkua_secret;bkua_"), "a [redacted];bkua_");
    }

    #[test]
    fn what_cannot_be_a_token_is_refused_without_printing_it() {
        for bad in ["", " \n", "bkua secret", "bkua\nsecret", "bkua\u{0}secret", "bkuasecrét"] {
            let error = Token::new(bad).unwrap_err();
            assert!(matches!(error, Error::Configuration(_)), "{error}");
            assert!(!error.to_string().contains("bkua"), "{error}");
        }
    }

    #[test]
    fn a_token_file_that_cannot_be_read_is_named() {
        let error = Token::from_file("/no/such/file").unwrap_err().to_string();
        assert!(error.contains("/no/such/file"), "{error}");
        // The token in place of its file is not printed.
        let error = Token::from_file("bkua_hunter2").unwrap_err();
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    }
}

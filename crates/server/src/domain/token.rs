//! Access tokens: the secret, what is stored of it, and what it allows.

use std::fmt;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::organization::{Organization, User};
use super::scope::Scope;

/// An access token as it is stored: everything but the secret.
///
/// A token belongs to a user, is limited to organizations and to scopes, may expire, and can be
/// revoked (documented, Access tokens).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AccessToken {
    pub(crate) id: Uuid,
    pub(crate) user: User,
    pub(crate) description: String,
    pub(crate) scopes: Vec<Scope>,
    /// In the order of their slugs.
    pub(crate) organizations: Vec<Organization>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: Option<DateTime<Utc>>,
    pub(crate) revoked_at: Option<DateTime<Utc>>,
}

impl AccessToken {
    pub(crate) fn is_revoked(&self) -> bool {
        self.revoked_at.is_some()
    }

    /// A token stops working in the instant that it names.
    pub(crate) fn is_expired(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_some_and(|expires_at| expires_at <= now)
    }
}

/// The secret that is sent as `Authorization: Bearer …`. It is shown once and never stored.
pub(crate) struct Secret(String);

impl Secret {
    /// Makes access tokens recognisable to scanners that look for leaked ones (client-observed).
    const ACCESS_TOKEN: &str = "bkua_";
    /// The same for registry tokens (client-observed).
    const REGISTRY_TOKEN: &str = "bkrt_";

    /// The secret of an access token, made of these random bytes.
    pub(crate) fn of_access_token(bytes: [u8; 32]) -> Self {
        Self(format!("{}{}", Self::ACCESS_TOKEN, hex(&bytes)))
    }

    /// The secret of a registry token, made of these random bytes.
    pub(crate) fn of_registry_token(bytes: [u8; 32]) -> Self {
        Self(format!("{}{}", Self::REGISTRY_TOKEN, hex(&bytes)))
    }

    /// The secret that a caller sent, whatever its form: it is only ever hashed.
    pub(crate) fn presented(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Shows the secret, to the one person who is to have it.
    pub(crate) fn reveal(self) -> String {
        self.0
    }

    /// What is stored. A plain hash is enough: the secret is 256 random bits, which cannot be
    /// guessed. The look-up by hash does not depend on how much of a secret is right.
    pub(crate) fn digest(&self) -> TokenDigest {
        TokenDigest(Sha256::digest(self.0.as_bytes()).into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(redacted)")
    }
}

/// SHA-256 of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct TokenDigest([u8; 32]);

impl TokenDigest {
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_has_all_its_random_bytes() {
        let mut bytes = [0; 32];
        bytes[0] = 0xab;
        bytes[31] = 0x01;
        let hex = format!("ab{}01", "00".repeat(30));
        assert_eq!(Secret::of_access_token(bytes).reveal(), format!("bkua_{hex}"));
        assert_eq!(Secret::of_registry_token(bytes).reveal(), format!("bkrt_{hex}"));
    }

    #[test]
    fn a_digest_is_that_of_the_whole_secret() {
        let issued = Secret::of_access_token([7; 32]);
        let digest = issued.digest();
        let presented = issued.reveal();
        assert_eq!(Secret::presented(&presented).digest(), digest);
        assert_ne!(Secret::presented(&presented[5..]).digest(), digest);
    }

    #[test]
    fn a_secret_is_not_printed() {
        assert_eq!(format!("{:?}", Secret::presented("hidden")), "Secret(redacted)");
    }
}

//! The reference server, started in this process, as a deployment to look at.

use registries_server::{Embedded, EmbeddedOptions, RateLimit, Scope};

use registries_conformance::deployment::{Deployment, Token};

/// More requests a minute than any run sends.
const NEVER_REACHED: u32 = 100_000;

/// The reference server on a free loopback port, with the tokens that a full run needs. It stops
/// when it is dropped.
pub struct Reference {
    /// The server.
    pub server: Embedded,
    /// The deployment that it is.
    pub deployment: Deployment,
    /// The secrets of the deployment's tokens: all scopes, reading only, writing only and to be
    /// revoked.
    pub secrets: [String; 3],
}

/// Why the reference server is not there.
#[derive(Debug, thiserror::Error)]
#[error("the reference server cannot be used: {0}")]
pub struct ReferenceError(String);

impl ReferenceError {
    pub(crate) fn new(reason: String) -> Self {
        Self(reason)
    }
}

impl Reference {
    /// Starts the server without a rate limit for the user, and with one for the organization that
    /// no run reaches: what is left of it can be seen to go down.
    pub async fn start() -> Result<Self, ReferenceError> {
        let organization_rate_limit = RateLimit::PerMinute(NEVER_REACHED);
        Self::start_with(EmbeddedOptions { organization_rate_limit, ..EmbeddedOptions::default() })
            .await
    }

    /// Starts the server with options.
    pub async fn start_with(options: EmbeddedOptions) -> Result<Self, ReferenceError> {
        let failed = |error: &dyn std::error::Error| ReferenceError(error.to_string());
        let server = Embedded::start_with(options).await.map_err(|error| failed(&error))?;
        let organization = server.organization().to_owned();
        let mut secrets = [const { String::new() }; 3];
        let scopes = [&Scope::ALL[..], &[Scope::ReadRegistries], &[Scope::WriteRegistries]];
        for (secret, scopes) in secrets.iter_mut().zip(scopes) {
            let created = server.create_token(&organization, scopes).await;
            *secret = created.map_err(|error| failed(&error))?;
        }
        let token = |index: usize| Token::new(&secrets[index]).map_err(|error| failed(&error));
        let deployment = Deployment::new(server.base_url(), &organization, &secrets[0]);
        let deployment = Deployment {
            limited_token: Some(token(1)?),
            revocable_token: Some(token(2)?),
            ..deployment.map_err(|error| failed(&error))?
        };
        Ok(Self { server, deployment, secrets })
    }

    /// Gives the organization a team, and names it in the deployment.
    pub async fn give_team(&mut self) -> Result<(), ReferenceError> {
        let created = self.server.create_team(&self.deployment.organization, "Platform").await;
        let id = created.map_err(|error| ReferenceError(error.to_string()))?;
        self.deployment.team = Some(id.to_string());
        Ok(())
    }

    /// The same deployment, reached at another API root.
    #[must_use]
    pub fn at(&self, base_url: &str) -> Deployment {
        Deployment { base_url: base_url.to_owned(), ..self.deployment.clone() }
    }
}

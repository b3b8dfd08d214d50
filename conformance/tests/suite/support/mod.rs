//! A reference server to run the suite against, and a place between the two where deviations go.

use std::{process::Command, time::Duration};

use registries_conformance::{Deployment, Options, Report, deployment::Token};
use registries_server::{Embedded, Scope};

use self::deviating::Deviating;

pub(crate) mod deviating;

/// The reference server and everything that a run needs to know of it.
pub(crate) struct Reference {
    pub(crate) server: Embedded,
    pub(crate) deployment: Deployment,
    /// The tokens of the deployment: all scopes, reading only, to be revoked.
    pub(crate) secrets: Vec<String>,
}

impl Reference {
    pub(crate) async fn start() -> Self {
        let server = Embedded::start().await.unwrap();
        let mut secrets = Vec::new();
        for scopes in [&Scope::ALL[..], &[Scope::ReadRegistries], &Scope::ALL[..]] {
            secrets.push(server.create_token(server.organization(), scopes).await.unwrap());
        }
        let mut tokens = secrets.iter().map(|secret| Token::new(secret).unwrap());
        let deployment = Deployment {
            base_url: server.base_url().to_owned(),
            organization: server.organization().to_owned(),
            token: tokens.next().unwrap(),
            limited_token: tokens.next(),
            revocable_token: tokens.next(),
            timeout: Duration::from_secs(20),
        };
        Self { server, deployment, secrets }
    }

    /// The deployment that `deviating` makes of it.
    pub(crate) fn behind(&self, deviating: &Deviating) -> Deployment {
        Deployment { base_url: deviating.base_url.clone(), ..self.deployment.clone() }
    }
}

/// A run of all cases.
pub(crate) async fn run(deployment: &Deployment) -> Report {
    registries_conformance::run(deployment.clone(), Options::default()).await.unwrap()
}

/// The command, with the organization and the token of a deployment in its environment.
pub(crate) fn conformance(reference: &Reference) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
    command
        .env_remove("REGISTRIES_BASE_URL")
        .env("REGISTRIES_ORG", reference.server.organization())
        .env("REGISTRIES_TOKEN", &reference.secrets[0]);
    command
}

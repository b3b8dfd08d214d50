//! A reference server to run the suite against, and a place between the two where deviations go.

use std::time::Duration;

use registries_conformance::{Deployment, Options, Report, deployment::Token};
use registries_server::{Embedded, Scope};

pub(crate) mod deviating;

/// The reference server and everything that a run needs to know of it.
pub(crate) struct Reference {
    pub(crate) server: Embedded,
    pub(crate) deployment: Deployment,
}

impl Reference {
    pub(crate) async fn start() -> Self {
        let server = Embedded::start().await.unwrap();
        let mut tokens = Vec::new();
        for scopes in [&Scope::ALL[..], &[Scope::ReadRegistries], &Scope::ALL[..]] {
            let secret = server.create_token(server.organization(), scopes).await.unwrap();
            tokens.push(Token::new(&secret).unwrap());
        }
        let mut tokens = tokens.into_iter();
        let deployment = Deployment {
            base_url: server.base_url().to_owned(),
            organization: server.organization().to_owned(),
            token: tokens.next().unwrap(),
            limited_token: tokens.next(),
            revocable_token: tokens.next(),
            timeout: Duration::from_secs(20),
        };
        Self { server, deployment }
    }
}

/// A run of all cases.
pub(crate) async fn run(deployment: &Deployment) -> Report {
    registries_conformance::run(deployment.clone(), Options::default()).await.unwrap()
}

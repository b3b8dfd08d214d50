//! What the tests share: runs, the command, and deployments that answer otherwise.

use std::{process::Command, sync::Arc};

use registries_conformance::{
    Deployment, Options, Report,
    reference::Reference,
    strength::between::{Answering, Behaviour, Between, Incoming, Outgoing, Upstream},
};

/// Changes the answers of the reference server.
pub(crate) struct Changed(pub(crate) fn(&Incoming, &mut Outgoing));

impl Behaviour for Changed {
    fn answer<'a>(&'a self, request: Incoming, upstream: &'a Upstream) -> Answering<'a> {
        Box::pin(async move {
            let mut outgoing = upstream.send(&request).await;
            (self.0)(&request, &mut outgoing);
            outgoing
        })
    }
}

/// The reference server behind a deployment that behaves so.
pub(crate) async fn behind(reference: &Reference, behaviour: impl Behaviour + 'static) -> Between {
    Between::start(reference.server.base_url(), Arc::new(behaviour)).await.unwrap()
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

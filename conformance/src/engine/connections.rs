//! The connections that requests go through, and what to do when a response does not end where it
//! says: the rest of it would be read as the beginning of the next one.

use std::sync::{Mutex, OnceLock, PoisonError};

use crate::{
    engine::deployment::{Deployment, DeploymentError, causes, client_for},
    exchange::{Answer, NoAnswer, Request},
};

/// What hyper says of bytes that are no response, or that no request has asked for.
const NO_RESPONSE: [&str; 2] = ["invalid HTTP", "unexpected message"];

/// A response that did not end where it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Overlong {
    /// The method of its request.
    pub(crate) method: String,
    /// The path of its request.
    pub(crate) path: String,
    /// Its status.
    pub(crate) status: u16,
}

/// The HTTP clients of a run.
#[derive(Debug)]
pub(crate) struct Connections {
    /// Uses a connection for many requests.
    pooled: reqwest::Client,
    /// Opens a connection for each request, from when connections cannot be used again.
    single: OnceLock<reqwest::Client>,
    last: Mutex<Option<Overlong>>,
    overlong: Mutex<Option<Overlong>>,
}

impl Connections {
    pub(crate) fn new(deployment: &Deployment) -> Result<Self, DeploymentError> {
        let pooled = built(deployment, |builder| builder)?;
        Ok(Self {
            pooled,
            single: OnceLock::new(),
            last: Mutex::default(),
            overlong: Mutex::default(),
        })
    }

    /// The client for the next request.
    pub(crate) fn client(&self) -> &reqwest::Client {
        self.single.get().unwrap_or(&self.pooled)
    }

    /// Takes note of a response. One that has a body in spite of its status leaves a connection that
    /// cannot be used again.
    pub(crate) fn answered(&self, deployment: &Deployment, request: &Request, answer: &Answer) {
        let Request { method, path, .. } = request;
        let overlong =
            Overlong { method: method.clone(), path: path.clone(), status: answer.status };
        *locked(&self.last) = Some(overlong);
        if answer.needless_body().is_some() {
            self.use_none_again(deployment);
        }
    }

    /// Says which answer was to blame when a request met what was left of the one before.
    pub(crate) fn explained(&self, deployment: &Deployment, why: NoAnswer) -> NoAnswer {
        if !NO_RESPONSE.iter().any(|text| why.reason().contains(text)) {
            return why;
        }
        let Some(last) = locked(&self.last).clone() else { return why };
        self.use_none_again(deployment);
        let Overlong { method, path, status } = &last;
        let explained = format!(
            "{}; the response before it on the connection, to {method} {path} ({status}), was longer \
             than it said",
            why.reason()
        );
        *locked(&self.overlong) = Some(last);
        NoAnswer::new(explained)
    }

    /// The response that did not end where it said, if a request has met what was left of it.
    pub(crate) fn overlong(&self) -> Option<Overlong> {
        locked(&self.overlong).clone()
    }

    fn use_none_again(&self, deployment: &Deployment) {
        if self.single.get().is_none()
            && let Ok(single) = built(deployment, |builder| builder.pool_max_idle_per_host(0))
        {
            self.single.get_or_init(|| single);
        }
    }
}

fn built(
    deployment: &Deployment,
    with: impl FnOnce(reqwest::ClientBuilder) -> reqwest::ClientBuilder,
) -> Result<reqwest::Client, DeploymentError> {
    let builder = client_for(&deployment.base_url, &deployment.ca_certificates)?
        .user_agent(concat!("registries-conformance/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .timeout(deployment.timeout);
    with(builder).build().map_err(|error| DeploymentError::Client(causes(&error)))
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::Credential;

    fn deployment() -> Deployment {
        Deployment::new("http://127.0.0.1:1/v2", "my-org", "a-token-of-mine").unwrap()
    }

    fn request() -> Request {
        Request {
            operation: "revoke_access_token",
            method: "DELETE".into(),
            path: "/access-token".into(),
            credential: Credential::Main,
            body: None,
        }
    }

    fn answer(headers: &[(&str, &str)]) -> Answer {
        let clean = |text: &str| (text.to_owned(), false);
        Answer::cleaned(204, headers.iter().copied(), b"", clean)
    }

    #[test]
    fn what_meets_the_rest_of_a_response_names_that_response() {
        let (deployment, request) = (deployment(), request());
        let connections = Connections::new(&deployment).unwrap();
        connections.answered(&deployment, &request, &answer(&[]));
        let reset = NoAnswer::new("connection reset");
        assert_eq!(connections.explained(&deployment, reset.clone()), reset);
        assert_eq!(connections.overlong(), None);
        let parsed = NoAnswer::new("invalid HTTP version parsed");
        let why = connections.explained(&deployment, parsed).to_string();
        assert!(why.contains("to DELETE /access-token (204), was longer than it said"), "{why}");
        assert_eq!(connections.overlong().map(|it| it.status), Some(204));
        assert!(connections.single.get().is_some());
    }

    #[test]
    fn after_a_body_that_the_status_rules_out_no_connection_is_used_again() {
        let (deployment, request) = (deployment(), request());
        for (headers, is_needless) in [
            (&[][..], false),
            (&[("Content-Length", "0")], false),
            (&[("Content-Length", "16")], true),
            (&[("Transfer-Encoding", "chunked")], true),
        ] {
            let connections = Connections::new(&deployment).unwrap();
            connections.answered(&deployment, &request, &answer(headers));
            assert_eq!(connections.single.get().is_some(), is_needless, "{headers:?}");
        }
    }
}

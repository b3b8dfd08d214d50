//! A server inside another program, for tests.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::admin::{Admin, AdminError, AdministrationError, TokenRequest};
use crate::app::App;
use crate::clock::{Clock, SystemClock};
use crate::config::{Config, Limits, PublicUrl, PublicUrls, RateLimit};
use crate::domain::scope::Scope;
use crate::ids::SystemIds;
use crate::server::Server;
use crate::storage::{DatabaseUrl, OpenError, Storage, WhenMissing};
use crate::tls::Tls;

/// It is not exposed to attacks, and the program around it may pause, as it does in a debugger.
const PATIENCE: Duration = Duration::from_hours(1);

/// A reference server in this process: in memory unless asked, on a free loopback port, limits off unless asked.
///
/// It is a real server on a real socket, and stops when it is shut down or dropped.
pub struct Embedded {
    base_url: String,
    admin: Admin,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl Embedded {
    const ORGANIZATION: &str = "example-org";

    /// Starts a server that has one organization, `example-org`.
    pub async fn start() -> Result<Self, StartError> {
        Self::start_with(EmbeddedOptions::default()).await
    }

    /// Starts a server with options, which has one organization, `example-org`.
    pub async fn start_with(options: EmbeddedOptions) -> Result<Self, StartError> {
        let listener = TcpListener::bind(options.listen).await.map_err(Kind::Io)?;
        Self::start_on(listener, options).await
    }

    pub(crate) async fn start_on(
        listener: TcpListener,
        options: EmbeddedOptions,
    ) -> Result<Self, StartError> {
        let storage: Storage = match &options.database {
            None => Storage::in_memory()?,
            Some(url) => {
                let url: DatabaseUrl = url.parse().map_err(|error| Kind::Other(Box::new(error)))?;
                url.open(WhenMissing::Create).await?
            }
        };
        let address = listener.local_addr().map_err(Kind::Io)?;
        let tls = options.tls.map(|files| Tls::load(files.certificate, files.key).map(Arc::new));
        let tls = tls.transpose().map_err(|error| Kind::Other(Box::new(error)))?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let here = PublicUrl::at(scheme, address);
        let base_url = PublicUrls::new(&here, None).base();
        let public = options.public_url.as_deref().map(PublicUrl::of_api).transpose();
        let public = public.map_err(|error| Kind::Other(Box::new(error)))?;
        let urls = PublicUrls::new(&public.unwrap_or(here), None);
        let config = Config {
            limits: Limits {
                organization: options.organization_rate_limit,
                user: options.user_rate_limit,
            },
            max_body: options.max_body,
            header_timeout: PATIENCE,
            body_timeout: PATIENCE,
            idle_timeout: PATIENCE,
            example_organization: Some(Self::ORGANIZATION),
            ..Config::new(urls)
        };
        let ids = Arc::new(SystemIds::default());
        let app = App::new(config, storage.clone(), options.clock.clone(), ids.clone());
        let admin = Admin { storage, clock: options.clock, ids };
        match admin.create_organization(Self::ORGANIZATION, None).await {
            // Another server on this database was here before.
            Ok(_) | Err(AdminError::OrganizationExists(_)) => {}
            Err(error) => return Err(Kind::Admin(error).into()),
        }
        let (stop, stopped) = oneshot::channel();
        let server = Server { app, listener, tls, monitoring: None };
        let stop_asked = async {
            // The sender was dropped, or sent: both mean to stop.
            let _ = stopped.await;
        };
        let running = tokio::spawn(server.run(stop_asked, std::future::pending()));
        Ok(Self { base_url, admin, stop, running })
    }

    /// The API's root, `http://127.0.0.1:PORT/v2`, or with TLS `https://…`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The slug of the organization that was there from the start.
    pub fn organization(&self) -> &str {
        Self::ORGANIZATION
    }

    /// Creates another organization.
    pub async fn create_organization(&self, slug: &str) -> Result<(), AdministrationError> {
        self.admin.create_organization(slug, None).await?;
        Ok(())
    }

    /// Gives an organization a team and returns its id. From then on, the organization's registries are
    /// created with `team_ids`.
    pub async fn create_team(
        &self,
        organization: &str,
        name: &str,
    ) -> Result<Uuid, AdministrationError> {
        Ok(self.admin.create_team(organization, name).await?.id)
    }

    /// Creates an access token and returns its secret.
    pub async fn create_token(
        &self,
        organization: &str,
        scopes: &[Scope],
    ) -> Result<String, AdministrationError> {
        self.issue_token(&TokenRequest::new(organization, scopes)).await
    }

    /// Creates an access token of which more is said than its scopes, and returns its secret.
    pub async fn issue_token(&self, request: &TokenRequest) -> Result<String, AdministrationError> {
        let (_, secret) = self.admin.create_token(request).await?;
        Ok(secret)
    }

    /// How many registries there are in all organizations together.
    pub async fn registries(&self) -> Result<usize, AdministrationError> {
        Ok(self.admin.storage.count_registries().await.map_err(AdminError::from)?)
    }

    /// Stops the server after the running requests.
    pub async fn shutdown(self) {
        // The server may have stopped by itself; then there is no receiver.
        let _ = self.stop.send(());
        if let Err(error) = self.running.await {
            tracing::error!(%error, "the embedded server panicked");
        }
    }
}

/// How an embedded server differs from the default one.
#[derive(Clone)]
pub struct EmbeddedOptions {
    /// The URL of a database that the server shares and keeps, as `registries-server serve
    /// --database` takes it; by default the server has one of its own in memory.
    pub database: Option<String>,
    /// Where to listen, by default on a free port of 127.0.0.1.
    pub listen: SocketAddr,
    /// What the addresses in answers begin with, as `registries-server serve --public-url` takes it;
    /// by default with where the server listens. Servers behind one front have the same.
    pub public_url: Option<String>,
    /// Requests a minute to one organization, by default not limited.
    pub organization_rate_limit: RateLimit,
    /// Requests a minute from one user, by default not limited.
    pub user_rate_limit: RateLimit,
    /// The clock, by default that of the machine.
    pub clock: Arc<dyn Clock>,
    /// The longest request body in bytes, by default 1 MiB.
    pub max_body: usize,
    /// Certificate and key for TLS, with HTTP/2 for clients that support it; by default neither.
    pub tls: Option<TlsFiles>,
}

/// A certificate and its key, in PEM files.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The certificate, followed by those that lead to its root.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            database: None,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            public_url: None,
            organization_rate_limit: RateLimit::Off,
            user_rate_limit: RateLimit::Off,
            clock: Arc::new(SystemClock),
            max_body: Config::MAX_BODY,
            tls: None,
        }
    }
}

/// Why an embedded server did not start.
#[derive(Debug, thiserror::Error)]
#[error("cannot start the embedded server: {0}")]
pub struct StartError(#[from] Kind);

impl From<OpenError> for StartError {
    fn from(error: OpenError) -> Self {
        Self(Kind::Other(Box::new(error)))
    }
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Kind {
    #[error(transparent)]
    Io(std::io::Error),
    #[error(transparent)]
    Admin(#[from] AdminError),
    #[error(transparent)]
    Other(Box<dyn std::error::Error + Send + Sync>),
}

//! `registries-server serve`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use super::database::DatabaseOption;
use super::settings::Settings;
use super::signals::{Hangups, Signals};
use super::{Failure, logging, print};
use crate::admin::AdminError;
use crate::app::App;
use crate::clock::{Clock, SystemClock};
use crate::config::{PublicUrl, PublicUrls};
use crate::ids::SystemIds;
use crate::server::Server;
use crate::storage::WhenMissing;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Serve {
    #[command(flatten)]
    database: DatabaseOption,
    #[command(flatten)]
    settings: Settings,
}

const EXAMPLES: &str = "\
Examples:
  registries-server serve --listen 127.0.0.1:8080 --database sqlite://registries.db
  registries-server serve --listen 0.0.0.0:8080 --database sqlite:///var/lib/registries.db \\
    --public-url https://registries.example.org --rate-limit-user off
  registries-server serve --database postgres://registries@db.example.org/registries
  registries-server config example > registries.toml
  registries-server serve --config registries.toml

A flag goes before the environment, the environment before the file, the file before the default.

The file or the tables are made if there are none. Any number of servers share one PostgreSQL database,
and its rate limits. When the server listens, it prints one line on standard output: `listening on
http://ADDR:PORT/v2`; with --admin-listen a second one: `monitoring on http://ADDR:PORT`. On SIGHUP the
certificate and its key are read again, if there are any. It stops on SIGTERM and on Ctrl-C, after it has answered what it
was asked; a second signal ends that wait.";

impl Serve {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let (mut signals, hangups) = (Signals::listen()?, Hangups::listen()?);
        // A file that it reads may be a pipe to which nobody writes, and holds up its thread.
        let start = tokio::task::spawn_blocking(|| Handle::current().block_on(self.start()));
        let Started { server, scheme, address, monitoring, delay } = tokio::select! {
            started = start => started
                .map_err(|error| Failure::Io { what: "start", error: error.into() })??,
            // Nobody has been promised anything yet.
            () = signals.next() => std::process::exit(0),
        };
        hangups.reload(server.tls.clone());
        print(&format!("listening on {scheme}://{address}/v2"))?;
        if let Some(address) = &monitoring {
            print(&format!("monitoring on http://{address}"))?;
        }
        let app = server.app.clone();
        let (stop, at_once) = signals.stop(delay, move || app.begin_to_stop());
        server.run(stop, at_once).await;
        Ok(())
    }

    /// Everything that a server stands on.
    async fn start(self) -> Result<Started, Failure> {
        let settings = self.settings.or(self.database.file()?);
        logging::start(&settings.log(), settings.log_format());
        let storage = self.database.open(&settings, WhenMissing::Create).await?;
        if !storage.has_organizations().await.map_err(AdminError::from)? {
            tracing::warn!("{NOTHING_YET}");
        }
        let (listener, address) = bind(settings.listen()).await?;
        let monitoring = match settings.admin_listen {
            Some(listen) => Some(bind(listen).await?),
            None => None,
        };
        let tls = settings.tls()?;
        if let Some(tls) = &tls {
            tls.log_problems(SystemClock.now());
        }
        let scheme = if tls.is_some() { "https" } else { "http" };
        let public = settings.public_url.clone().unwrap_or_else(|| {
            if address.ip().is_unspecified() {
                tracing::warn!("no --public-url: URLs in answers hold for this machine only");
            }
            PublicUrl::at(scheme, address)
        });
        let urls = PublicUrls::new(&public, settings.public_web_url.as_ref());
        let ids = Arc::new(SystemIds::default());
        let delay = settings.shutdown_delay();
        let config = settings.config(urls);
        let app = App::new(config, storage, Arc::new(SystemClock), ids);
        let (monitoring, monitoring_address) = monitoring.unzip();
        let server = Server { app, listener, tls, monitoring };
        Ok(Started { server, scheme, address, monitoring: monitoring_address, delay })
    }
}

/// A server that is about to serve.
struct Started {
    server: Server,
    scheme: &'static str,
    address: SocketAddr,
    /// Where the second listener is, if there is one.
    monitoring: Option<SocketAddr>,
    /// How long it goes on after it was asked to stop.
    delay: Duration,
}

const NOTHING_YET: &str = "there is no organization yet, and so nobody can use the API; create one \
    with `registries-server org create SLUG` and an access token with `registries-server token create \
    --org SLUG --scopes all`, each with the same --database or --config";

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Failure> {
    let listen = |error| Failure::Listen { address, error };
    let listener = TcpListener::bind(address).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    Ok((listener, address))
}

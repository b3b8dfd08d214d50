//! `registries-server serve`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::runtime::Handle;

use super::database::DatabaseOption;
use super::listening::listen;
use super::settings::Settings;
use super::signals::{Hangups, Signals};
use super::{Failure, io_failure, logging, print};
use crate::admin::AdminError;
use crate::app::App;
use crate::clock::{Clock, SystemClock};
use crate::config::{PublicUrl, PublicUrls};
use crate::ids::SystemIds;
use crate::server::Server;
use crate::storage::WhenMissing;

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Serve {
    #[command(flatten)]
    database: DatabaseOption,
    #[command(flatten)]
    settings: Settings,
}

const EXAMPLES: &str = "\
Examples:
  registries-server serve --database sqlite://registries.db
  registries-server serve --listen :8080 --rate-limit-user off \\
    --public-url https://registries.example.org
  registries-server serve --database postgres://registries@db/registries
  registries-server config example > registries.toml
  registries-server serve --config registries.toml

Flags take precedence over environment variables, and these over the file.

A missing SQLite file, or missing tables, are created. Any number of servers
share one PostgreSQL database and its rate limits.

The first line on standard output is `listening on URL`; with --admin-listen,
`monitoring on URL` follows. SIGHUP reads the certificate and its key again.
SIGTERM and Ctrl-C stop the server after the running requests; a second signal
stops it at once.";

impl Serve {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let (mut signals, hangups) = (Signals::listen()?, Hangups::listen()?);
        // A file that it reads may be a pipe without a writer, which blocks the thread.
        let start = tokio::task::spawn_blocking(|| Handle::current().block_on(self.start()));
        let Started { server, scheme, address, monitoring, delay } = tokio::select! {
            started = start => started
                .map_err(|error| io_failure("start", &error.into()))??,
            // No request was accepted yet.
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
        let tls = settings.tls()?;
        if let Some(tls) = &tls {
            tls.log_problems(SystemClock.now());
        }
        let storage = self.database.open(&settings, WhenMissing::Create).await?;
        if !storage.has_organizations().await.map_err(AdminError::from)? {
            tracing::warn!("{NOTHING_YET}");
        }
        let (listener, address) = listen(&settings.listen()).await?;
        let monitoring = match &settings.admin_listen {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let scheme = if tls.is_some() { "https" } else { "http" };
        let public = settings.public_url.clone().unwrap_or_else(|| {
            if address.ip().is_unspecified() {
                tracing::warn!("without --public-url, URLs in responses only work on this machine");
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

const NOTHING_YET: &str = "the database has no organization yet; create one with `registries-server org \
    create SLUG`, and an access token with `registries-server token create --org SLUG --scopes all`, both \
    with the same --database or --config";

//! `registries-server serve`.

use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use tokio::net::TcpListener;

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
        let (signals, hangups) = (Signals::listen()?, Hangups::listen()?);
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
        hangups.reload(tls.clone());
        let scheme = if tls.is_some() { "https" } else { "http" };
        let public = settings.public_url.clone().unwrap_or_else(|| {
            if address.ip().is_unspecified() {
                tracing::warn!("no --public-url: URLs in answers hold for this machine only");
            }
            PublicUrl::at(scheme, address)
        });
        let urls = PublicUrls::new(&public, settings.public_web_url.as_ref());
        let ids = Arc::new(SystemIds::default());
        let config = settings.config(urls);
        let app = App::new(config, storage, Arc::new(SystemClock), ids);
        print(&format!("listening on {scheme}://{address}/v2"))?;
        if let Some((_, address)) = &monitoring {
            print(&format!("monitoring on http://{address}"))?;
        }
        let monitoring = monitoring.map(|(listener, _)| listener);
        let server = Server { app: app.clone(), listener, tls, monitoring };
        let (stop, at_once) = signals.stop(settings.shutdown_delay(), move || app.begin_to_stop());
        server.run(stop, at_once).await;
        Ok(())
    }
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

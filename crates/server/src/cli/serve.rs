//! `registries-server serve`.

use std::sync::Arc;

use clap::Args;
use tokio::net::TcpListener;

use super::database::DatabaseOption;
use super::settings::Settings;
use super::signals::Signals;
use super::{Failure, logging, print};
use crate::app::App;
use crate::clock::SystemClock;
use crate::config::{PublicUrl, PublicUrls};
use crate::ids::SystemIds;
use crate::server::serve;
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
http://ADDR:PORT/v2`. It stops on SIGTERM and on Ctrl-C, after it has answered what it was asked.";

impl Serve {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let signals = Signals::listen()?;
        let settings = self.settings.or(self.database.file()?);
        logging::start(&settings.log(), settings.log_format());
        let storage = self.database.open(&settings, WhenMissing::Create).await?;
        let listen = settings.listen();
        let listener = TcpListener::bind(listen)
            .await
            .map_err(|error| Failure::Listen { address: listen, error })?;
        let io = |what| move |error| Failure::Io { what, error };
        let address = listener.local_addr().map_err(io("tell the address"))?;
        let public = match &settings.public_url {
            Some(url) => url.clone(),
            None => {
                if address.ip().is_unspecified() {
                    tracing::warn!("no --public-url: URLs in answers hold for this machine only");
                }
                PublicUrl::at(address)
            }
        };
        let urls = PublicUrls::new(&public, settings.public_web_url.as_ref());
        let ids = Arc::new(SystemIds::default());
        let app = App::new(settings.config(urls), storage, Arc::new(SystemClock), ids);
        print(&format!("listening on http://{address}/v2"))?;
        serve(listener, app, signals.stop()).await.map_err(io("serve"))
    }
}

//! `registries-server serve`.

use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use tokio::net::TcpListener;

use super::database::DatabaseOption;
use super::signals::Signals;
use super::{Failure, print};
use crate::app::App;
use crate::clock::SystemClock;
use crate::config::{Config, Limits, PublicUrl, PublicUrls, RateLimit};
use crate::ids::SystemIds;
use crate::server::serve;
use crate::storage::WhenMissing;

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Serve {
    /// Where to listen; port 0 stands for any free port
    #[arg(
        long,
        value_name = "ADDR:PORT",
        env = "REGISTRIES_SERVER_LISTEN",
        default_value = "127.0.0.1:8080"
    )]
    listen: SocketAddr,
    #[command(flatten)]
    database: DatabaseOption,
    /// How callers reach this server, without /v2; by default the address it listens on
    #[arg(
        long,
        value_name = "URL",
        env = "REGISTRIES_SERVER_PUBLIC_URL",
        value_parser = PublicUrl::of_api
    )]
    public_url: Option<PublicUrl>,
    /// What `web_url`s are built on; by default the public URL
    #[arg(long, value_name = "URL", env = "REGISTRIES_SERVER_PUBLIC_WEB_URL")]
    public_web_url: Option<PublicUrl>,
    /// How many requests a minute one user may send, or `off`
    #[arg(
        long,
        value_name = "N|off",
        env = "REGISTRIES_SERVER_RATE_LIMIT_USER",
        default_value_t = Limits::default().user
    )]
    rate_limit_user: RateLimit,
    /// How many requests a minute may be sent to one organization, or `off`
    #[arg(
        long,
        value_name = "N|off",
        env = "REGISTRIES_SERVER_RATE_LIMIT_ORG",
        default_value_t = Limits::default().organization
    )]
    rate_limit_org: RateLimit,
}

const EXAMPLES: &str = "\
Examples:
  registries-server serve --listen 127.0.0.1:8080 --database sqlite://registries.db
  registries-server serve --listen 0.0.0.0:8080 --database sqlite:///var/lib/registries.db \\
    --public-url https://registries.example.org --rate-limit-user off
  registries-server serve --database postgres://registries@db.example.org/registries

The file or the tables are made if there are none. Any number of servers share one PostgreSQL database,
and its rate limits. When the server listens, it prints one line on standard output: `listening on
http://ADDR:PORT/v2`. It stops on SIGTERM and on Ctrl-C, after it has answered what it was asked.";

impl Serve {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let signals = Signals::listen()?;
        let storage = self.database.open(WhenMissing::Create).await?;
        let listener = TcpListener::bind(self.listen)
            .await
            .map_err(|error| Failure::Listen { address: self.listen, error })?;
        let io = |what| move |error| Failure::Io { what, error };
        let address = listener.local_addr().map_err(io("tell the address"))?;
        let public = match &self.public_url {
            Some(url) => url.clone(),
            None => reachable(address)?,
        };
        let urls = PublicUrls::new(&public, self.public_web_url.as_ref());
        let config = Config {
            limits: Limits { organization: self.rate_limit_org, user: self.rate_limit_user },
            ..Config::new(urls)
        };
        let ids = Arc::new(SystemIds::default());
        let app = App::new(config, storage, Arc::new(SystemClock), ids);
        print(&format!("listening on http://{address}/v2"))?;
        serve(listener, app, signals.stop()).await.map_err(io("serve"))
    }
}

/// The address to call when the one listened on is all that is known. A server that listens on
/// every address is reached at the loopback one, at least from its own machine.
fn reachable(mut address: SocketAddr) -> Result<PublicUrl, Failure> {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() {
            std::net::Ipv4Addr::LOCALHOST.into()
        } else {
            std::net::Ipv6Addr::LOCALHOST.into()
        });
        tracing::warn!(%address, "no --public-url: URLs in answers hold for this machine only");
    }
    format!("http://{address}").parse().map_err(|error| Failure::Invalid(format!("{error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_derived_from_the_address() {
        for (address, base) in [
            ("127.0.0.1:80", "http://127.0.0.1/v2"),
            ("192.0.2.1:8080", "http://192.0.2.1:8080/v2"),
            ("0.0.0.0:8080", "http://127.0.0.1:8080/v2"),
            ("[::]:8080", "http://[::1]:8080/v2"),
        ] {
            let url = reachable(address.parse().unwrap()).unwrap();
            assert_eq!(PublicUrls::new(&url, None).base(), base);
        }
    }
}

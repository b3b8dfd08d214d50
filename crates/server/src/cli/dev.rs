//! `registries-server dev`.

use std::time::Duration;

use clap::Args;
use registries_command_line::print_secret;

use super::Failure;
use super::listening::listen;
use super::signals::Signals;
use crate::config::ListenAddress;
use crate::domain::scope::Scope;
use crate::embedded::{Embedded, EmbeddedOptions};

#[derive(Debug, Args)]
#[command(after_long_help = EXAMPLES)]
pub(super) struct Dev {
    /// Address to listen on
    ///
    /// HOST:PORT, or :PORT for 127.0.0.1. Port 0 is any free port. 0.0.0.0 accepts connections from other
    /// machines.
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "REGISTRIES_SERVER_LISTEN",
        default_value = ListenAddress::DEFAULT
    )]
    listen: ListenAddress,
}

const EXAMPLES: &str = "\
Examples:
  registries-server dev
  registries-server dev --listen 127.0.0.1:0

It has one organization and one access token, which are printed. Rate limits are
reported but not enforced. Ctrl-C stops it, and everything is lost.";

impl Dev {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let signals = Signals::listen()?;
        let (listener, _) = listen(&self.listen).await?;
        let start = |error| Failure::not_carried_out(format!("{error}"));
        let server = Embedded::start_on(listener, EmbeddedOptions::default()).await;
        let server = server.map_err(start)?;
        let organization = server.organization();
        let token = server
            .create_token(organization, &Scope::ALL)
            .await
            .map_err(|error| Failure::not_carried_out(error.to_string()))?;
        print_secret(&introduction(server.base_url(), organization, &token))?;
        let (stop, at_once) = signals.stop(Duration::ZERO, || {});
        stop.await;
        tokio::select! {
            () = server.shutdown() => {}
            () = at_once => {}
        }
        Ok(())
    }
}

fn introduction(base_url: &str, organization: &str, token: &str) -> String {
    let host = base_url.strip_suffix("/v2").unwrap_or(base_url);
    format!(
        "listening on {base_url}

Everything is in memory. Press Ctrl-C to stop.

  base URL       {base_url}
  organization   {organization}
  access token   {token}
  documentation  {host}/docs

Create a registry:

  curl -H \"Authorization: Bearer {token}\" \\
    -X POST \"{base_url}/packages/organizations/{organization}/registries\" \\
    -H \"Content-Type: application/json\" \\
    -d '{{\"name\": \"my registry\", \"ecosystem\": \"ruby\"}}'

"
    )
}

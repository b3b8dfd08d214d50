//! `registries-server dev`.

use std::net::SocketAddr;
use std::time::Duration;

use clap::Args;

use super::signals::Signals;
use super::{Failure, print_lines};
use crate::domain::scope::Scope;
use crate::embedded::{Embedded, EmbeddedOptions};

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Dev {
    /// Where to listen; port 0 stands for any free port
    #[arg(
        long,
        value_name = "ADDR:PORT",
        env = "REGISTRIES_SERVER_LISTEN",
        default_value = "127.0.0.1:0"
    )]
    listen: SocketAddr,
}

const EXAMPLES: &str = "\
Everything is in memory and gone when the command ends, which Ctrl-C does. Rate limits are told and
not enforced. The access token is printed, since it is good for nothing else.";

impl Dev {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let signals = Signals::listen()?;
        let start = |error| Failure::Invalid(format!("{error}"));
        let options = EmbeddedOptions { listen: self.listen, ..EmbeddedOptions::default() };
        let server = Embedded::start_with(options).await.map_err(start)?;
        let organization = server.organization();
        let token = server
            .create_token(organization, &Scope::ALL)
            .await
            .map_err(|error| Failure::Invalid(error.to_string()))?;
        print_lines(&introduction(server.base_url(), organization, &token))?;
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
    format!(
        "listening on {base_url}

Everything is in memory. Press Ctrl-C to stop.

  base URL      {base_url}
  organization  {organization}
  access token  {token}

Create a registry:

  curl -H \"Authorization: Bearer {token}\" \\
    -X POST \"{base_url}/packages/organizations/{organization}/registries\" \\
    -H \"Content-Type: application/json\" \\
    -d '{{\"name\": \"my registry\", \"ecosystem\": \"ruby\"}}'
"
    )
}

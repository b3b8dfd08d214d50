//! The reference server in a process of its own, so that it takes no time from what is measured and
//! shares nothing with it.

use std::{env, process::Stdio};

use anyhow::{Context, Result};
use registries_conformance::{Deployment, deployment::Token};
use registries_strength::reference::Reference;
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt, BufReader, sink, stdin},
    process::{Child, Command},
};

/// A server with nothing in it. It ends when it is dropped.
pub(super) struct Server {
    pub(super) reached: Reached,
    _process: Child,
}

/// How a server is reached. The secrets go through a pipe and open nothing but the server.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Reached {
    pub(super) base_url: String,
    pub(super) organization: String,
    /// In the order of [`Reference::secrets`].
    pub(super) secrets: [String; 3],
}

impl Server {
    pub(super) async fn start() -> Result<Self> {
        let program = env::current_exe().context("finding this program")?;
        let mut process = Command::new(program)
            .arg("reference")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("starting the reference server")?;
        let stdout = process.stdout.take().context("the reference server has no output")?;
        let line = BufReader::new(stdout).lines().next_line().await?;
        let line = line.context("the reference server ended before it listened")?;
        let reached = serde_json::from_str(&line).context("reading where the server listens")?;
        Ok(Self { reached, _process: process })
    }
}

impl Reached {
    pub(super) fn new(deployment: &Deployment, secrets: [String; 3]) -> Self {
        let Deployment { base_url, organization, .. } = deployment.clone();
        Self { base_url, organization, secrets }
    }

    pub(super) fn deployment(&self) -> Result<Deployment> {
        let [main, limited, revocable] = &self.secrets;
        Ok(Deployment {
            limited_token: Some(Token::new(limited)?),
            revocable_token: Some(Token::new(revocable)?),
            ..Deployment::new(&self.base_url, &self.organization, main)?
        })
    }
}

/// What the process of a [`Server`] does until its standard input ends, which it does with the
/// process that started it.
pub(super) async fn serve() -> Result<()> {
    let Reference { server, deployment, secrets } = Reference::start().await?;
    let reached = serde_json::to_string(&Reached::new(&deployment, secrets))?;
    crate::print(&format!("{reached}\n"))?;
    tokio::io::copy(&mut stdin(), &mut sink()).await?;
    server.shutdown().await;
    Ok(())
}

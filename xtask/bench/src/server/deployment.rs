//! A database, and the server on it.

use std::{net::SocketAddr, path::PathBuf};

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use hyper::{Request, header::AUTHORIZATION};
use tempfile::TempDir;
use tokio::process::Child;

use super::{
    load, process,
    registries::{self, ORGANIZATION},
};

/// A database with one organization and one token.
pub(super) struct Database {
    /// On the file system of the build, which is not in memory as that of temporary files may be.
    directory: TempDir,
    pub(super) authorization: String,
}

impl Database {
    /// A database with as many registries.
    pub(super) async fn create(registries: usize) -> Result<Self> {
        let directory = TempDir::new_in(process::directory()?)?;
        let mut database = Self { directory, authorization: String::new() };
        let url = database.url();
        run(&["org", "create", "--database", &url, ORGANIZATION]).await?;
        let token =
            ["token", "create", "--database", &url, "--org", ORGANIZATION, "--scopes", "all"];
        database.authorization = format!("Bearer {}", run(&token).await?.trim());
        let path = database.path();
        tokio::task::spawn_blocking(move || registries::seed(&path, registries)).await??;
        Ok(database)
    }

    pub(super) fn path(&self) -> PathBuf {
        self.directory.path().join("registries.db")
    }

    /// Starts the server with its defaults. Requests are counted against limits that are never
    /// reached.
    pub(super) async fn serve(&self) -> Result<Server> {
        let (most, url) = (u32::MAX.to_string(), self.url());
        let mut args = vec!["serve", "--listen", "127.0.0.1:0", "--database", &url];
        args.extend(["--rate-limit-user", &most, "--rate-limit-org", &most]);
        let mut process = process::server(&args)?.spawn().context("starting the server")?;
        let line = process::first_line(&mut process).await?;
        let address =
            line.strip_prefix("listening on http://").and_then(|it| it.strip_suffix("/v2"));
        let address = address.context("the server does not say where it listens")?.parse()?;
        Ok(Server { process, address, authorization: self.authorization.clone() })
    }

    fn url(&self) -> String {
        format!("sqlite://{}", self.path().display())
    }
}

/// A server that runs. It ends when it is dropped.
pub(super) struct Server {
    pub(super) process: Child,
    pub(super) address: SocketAddr,
    authorization: String,
}

impl Server {
    /// A request that the server lets pass.
    pub(super) fn get(&self, path: &str) -> Result<Request<load::Body>> {
        let request = Request::get(path).header(AUTHORIZATION, &self.authorization);
        Ok(request.body(load::Body::default())?)
    }

    /// What it answers.
    pub(super) async fn answer(&self, path: &str) -> Result<Bytes> {
        let mut body = Vec::new();
        load::send(self.address, self.get(path)?, |bytes| body.extend_from_slice(bytes)).await?;
        Ok(body.into())
    }
}

/// Runs the server's program to its end, and returns what it prints.
async fn run(args: &[&str]) -> Result<String> {
    let output = process::server(args)?.output().await.context("starting the server")?;
    ensure!(output.status.success(), "`registries-server {} …` failed", args[..2].join(" "));
    Ok(String::from_utf8(output.stdout)?)
}

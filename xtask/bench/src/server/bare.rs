//! A bare handler: what the same framework answers in a second with nothing to do.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use axum::{Router, http::header, routing::get};
use bytes::Bytes;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, stdin},
    net::TcpListener,
    process::{Child, ChildStdin},
};

use super::process;

/// A process that answers every request for a registry, or for all of them, with the same bytes. It
/// ends when it is dropped.
pub(crate) struct Bare {
    pub(crate) address: SocketAddr,
    _stdin: ChildStdin,
    _process: Child,
}

impl Bare {
    pub(crate) async fn start(body: &str) -> Result<Self> {
        let (mut process, mut stdin) = process::own(&["bare"])?;
        stdin.write_all(format!("{}\n", serde_json::to_string(body)?).as_bytes()).await?;
        let line = process::first_line(&mut process).await?;
        let address = line.parse().context("reading where the bare handler listens")?;
        Ok(Self { address, _stdin: stdin, _process: process })
    }
}

/// What the process of a [`Bare`] does until its standard input ends, whose first line is the body.
pub(crate) async fn serve() -> Result<()> {
    let mut lines = BufReader::new(stdin()).lines();
    let line = lines.next_line().await?.context("there is no body to answer")?;
    let body = Bytes::from(serde_json::from_str::<String>(&line)?);
    let answer = async move || ([(header::CONTENT_TYPE, "application/json")], body);
    let all = "/v2/packages/organizations/{organization}/registries";
    let routes = Router::new()
        .route(all, get(answer.clone()))
        .route(&format!("{all}/{{slug}}"), get(answer));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    crate::print(&format!("{}\n", listener.local_addr()?))?;
    tokio::select! {
        served = axum::serve(listener, routes) => Ok(served?),
        ended = lines.next_line() => Ok(ended.map(drop)?),
    }
}

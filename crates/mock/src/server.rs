//! The server that answers.

use registries_client::{Client, ClientBuilder, Token};

/// A server on this machine that answers with mocks.
///
/// It has a method for each operation of the API, such as
/// [`get_registry`](Self::get_registry), and those of [`httpmock::MockServer`]. A request that no mock
/// matches is answered with 404.
pub struct MockServer(httpmock::MockServer);

impl MockServer {
    /// Starts a server, on a port of its own.
    pub async fn start() -> Self {
        Self(httpmock::MockServer::start_async().await)
    }

    /// The URL that a client takes: the API's root, `http://127.0.0.1:PORT/v2`.
    pub fn base_url(&self) -> String {
        self.0.url("/v2")
    }

    /// A client of this server.
    ///
    /// # Panics
    ///
    /// If there is no HTTP client.
    pub fn client(&self) -> Client {
        self.client_builder().build().expect("a client of a mock")
    }

    /// A client of this server that more is to be said about, such as its retries. It uses no
    /// proxy, whatever the environment names.
    ///
    /// # Panics
    ///
    /// Never.
    pub fn client_builder(&self) -> ClientBuilder {
        let token = Token::new("mock").expect("a token");
        Client::builder().base_url(self.base_url()).token(token).no_proxy()
    }
}

impl std::ops::Deref for MockServer {
    type Target = httpmock::MockServer;

    fn deref(&self) -> &httpmock::MockServer {
        &self.0
    }
}

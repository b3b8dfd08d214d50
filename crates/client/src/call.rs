//! One call: what it needs is given, what it may have is set, and then it is awaited.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
};

use crate::{
    Client, Error, Response,
    client::{Options, option_methods},
};

/// What a call becomes when it is sent: a future that borrows nothing, so that it can be spawned.
pub type CallFuture<T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send>>;

/// How a call is sent: through a client that carries its options.
type Start<T, B> = Box<dyn FnOnce(Client, B) -> CallFuture<Response<T>> + Send>;

/// A call that returns a `T`. It does nothing until it is awaited or [sent](Self::send).
///
/// Every call has the options below. Those that have properties to set are documented with the
/// method that begins them, such as
/// [`OrganizationHandle::create_registry`](crate::OrganizationHandle::create_registry); `B` holds
/// these properties.
///
/// # Errors
///
/// A status that its operation lists is an [`Error::Api`]. Besides, every call may fail with:
///
/// - [`Error::Transport`]: there was no response, or only a part of it
/// - [`Error::Deadline`]: its [deadline](Self::deadline) passed
/// - [`Error::Decode`], [`Error::TooLarge`]: it succeeded, but its response cannot be read
/// - [`Error::InvalidParameter`]: it cannot be sent, for example with a slug that is empty, `.` or `..`
///
/// [`Error::kind`] says what to do about each.
///
/// ```no_run
/// # async fn example(client: registries_client::Client) -> Result<(), registries_client::Error> {
/// use std::time::Duration;
///
/// let registry = client.organization("my-org").registry("my-gems");
/// let gems = registry.get().deadline(Duration::from_secs(10)).await?;
/// println!("{}", gems.name);
///
/// // `send` gives the status, the headers and the rate limits too.
/// let response = registry.get().header("X-Request-Id", "42").send().await?;
/// println!("{} {:?} {}", response.status(), response.rate_limits().user.remaining, response.name);
///
/// // A call borrows nothing.
/// tokio::spawn(registry.get().into_future());
/// # Ok(())
/// # }
/// ```
#[must_use = "a call does nothing until it is awaited or sent"]
pub struct Call<T, B = ()> {
    pub(crate) client: Client,
    pub(crate) body: B,
    start: Start<T, B>,
}

impl<T> Call<T> {
    /// A call without properties.
    pub(crate) fn new<F>(client: &Client, start: impl FnOnce(Client) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<Response<T>, Error>> + Send + 'static,
    {
        Self::with_body(client, (), |client, ()| start(client))
    }
}

impl<T, B> Call<T, B> {
    /// A call with properties that may be set.
    pub(crate) fn with_body<F>(
        client: &Client,
        body: B,
        start: impl FnOnce(Client, B) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = Result<Response<T>, Error>> + Send + 'static,
    {
        let start = |client, body| -> CallFuture<_> { Box::pin(start(client, body)) };
        Self { client: client.clone(), body, start: Box::new(start) }
    }

    /// The same call with other properties.
    pub(crate) fn map_body(mut self, change: impl FnOnce(B) -> B) -> Self {
        self.body = change(self.body);
        self
    }

    /// Sends the call, and returns the value with the status, the headers and the body of its
    /// response.
    ///
    /// # Errors
    ///
    /// Those of the operation, and those of [every call](Self#errors).
    pub fn send(self) -> CallFuture<Response<T>> {
        (self.start)(self.client, self.body)
    }

    option_methods!();

    /// Says that the request may be carried out twice without harm, as every `GET`, `HEAD` and `OPTIONS` may. Then it is
    /// also sent again when it is not known whether an earlier attempt was carried out: after 502,
    /// 503 and 504, a timeout or a broken connection.
    pub fn idempotent(mut self) -> Self {
        self.options_mut().idempotent = true;
        self
    }

    fn options_mut(&mut self) -> &mut Options {
        self.client.options_mut()
    }
}

impl<T: 'static, B> IntoFuture for Call<T, B> {
    type Output = Result<T, Error>;
    type IntoFuture = CallFuture<T>;

    /// Sends the call, and returns the value alone.
    fn into_future(self) -> CallFuture<T> {
        let sent = self.send();
        Box::pin(async { Ok(sent.await?.into_inner()) })
    }
}

impl<T, B> fmt::Debug for Call<T, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call").field("client", &self.client).finish_non_exhaustive()
    }
}

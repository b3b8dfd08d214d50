//! Requests for what the contract does not have.

use bytes::Bytes;
use reqwest::{
    Method,
    header::{CONTENT_TYPE, HeaderValue},
};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    Call, CallFuture, Client, Error, Response,
    runtime::{path_segment, unsendable},
};

/// The operation that errors name.
pub(crate) const OPERATION: &str = "request";

/// The properties of [`Client::request`]: a method, a path, a query and a body.
#[derive(Debug)]
pub struct RawRequest {
    method: Method,
    path: Result<String, Error>,
    query: Vec<(String, String)>,
    /// The media type and the bytes.
    body: Option<Result<(HeaderValue, Bytes), Error>>,
}

impl Client {
    /// Requests what the contract does not have, with the same token, retries, pacing and errors as
    /// every call. It returns the bytes of the body;
    /// [`send_json`](Call::send_json) reads them as JSON.
    ///
    /// The path is given in segments, which are appended to the base URL. They are encoded.
    ///
    /// # Errors
    ///
    /// Any status that is no success, and those of [every call](Call#errors): an empty segment, `.` and
    /// `..` are an [`Error::InvalidParameter`].
    ///
    /// ```no_run
    /// # async fn example(client: registries_client::Client) -> Result<(), registries_client::Error> {
    /// use registries_client::Method;
    /// use serde_json::Value;
    ///
    /// let teams = client
    ///     .request(Method::GET, ["organizations", "my-org", "teams"])
    ///     .query("per_page", 100)
    ///     .send_json::<Value>()
    ///     .await?;
    /// println!("{} {}", teams.status(), teams[0]["slug"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn request<S: AsRef<str>>(
        &self,
        method: Method,
        segments: impl IntoIterator<Item = S>,
    ) -> Call<Bytes, RawRequest> {
        let segments =
            segments.into_iter().map(|segment| path_segment("segment", segment.as_ref()));
        let path = segments.map(|segment| Ok(format!("/{}", segment?))).collect();
        self.raw(method, path)
    }

    /// The same for a path that is encoded already, with its query if it has one: it is sent as it is
    /// given, below the base URL. It begins with a slash.
    ///
    /// # Errors
    ///
    /// Those of [`request`](Self::request). What would leave the base URL, such as `..`, and a fragment
    /// are an [`Error::InvalidParameter`].
    ///
    /// ```no_run
    /// # async fn example(client: registries_client::Client) -> Result<(), registries_client::Error> {
    /// use registries_client::Method;
    ///
    /// client.request_path(Method::GET, "/organizations/my-org/teams?name=a%20b").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn request_path(&self, method: Method, path: impl AsRef<str>) -> Call<Bytes, RawRequest> {
        self.raw(method, checked(path.as_ref()))
    }

    fn raw(&self, method: Method, path: Result<String, Error>) -> Call<Bytes, RawRequest> {
        let request = RawRequest { method, path, query: Vec::new(), body: None };
        Call::with_body(self, request, |client, request| async move { client.send(request).await })
    }

    async fn send(&self, request: RawRequest) -> Result<Response<Bytes>, Error> {
        let RawRequest { method, path, query, body } = request;
        let url = format!("{}{}", self.base_url(), path?);
        let mut builder = self.client.request(method, url);
        if !query.is_empty() {
            builder = builder.query(&query);
        }
        if let Some(body) = body {
            let (content_type, body) = body?;
            builder = builder.header(CONTENT_TYPE, content_type).body(body);
        }
        let raw = self.execute(builder.build().map_err(unsendable)?, OPERATION).await?;
        raw.into_bytes()
    }
}

/// A path and a query that stay below the base URL.
fn checked(path: &str) -> Result<String, Error> {
    let refuse = |problem: &str| Err(Error::InvalidParameter(format!("the path {problem}")));
    if !path.starts_with('/') {
        return refuse("does not begin with a slash");
    }
    if path.contains('#') {
        return refuse("has a fragment, which is never sent; encode `#` as %23");
    }
    // URLs lose line breaks and tabs, and take a backslash for a slash.
    if path.contains(|c: char| c.is_control() || c == '\\') {
        return refuse("has a control character or a backslash; encode it");
    }
    let segments = path.split('?').next().unwrap_or_default().split('/');
    let mut segments = segments.map(|segment| segment.to_ascii_lowercase().replace("%2e", "."));
    if segments.any(|segment| matches!(&*segment, "." | "..")) {
        return refuse("has a segment `.` or `..`, which a URL takes for a directory");
    }
    Ok(path.to_owned())
}

impl Call<Bytes, RawRequest> {
    /// Adds a parameter to the query.
    #[expect(clippy::needless_pass_by_value, reason = "`query(\"page\", 2)` reads best")]
    pub fn query(self, name: impl Into<String>, value: impl ToString) -> Self {
        self.map_body(|mut request| {
            request.query.push((name.into(), value.to_string()));
            request
        })
    }

    /// Sends `body` as JSON. The call fails with [`Error::InvalidParameter`] if it has no JSON form.
    pub fn json(self, body: &(impl Serialize + ?Sized)) -> Self {
        let json = serde_json::to_vec(body).map_err(|error| {
            Error::InvalidParameter(format!("the body has no JSON form: {error}"))
        });
        let json = json.map(|json| (HeaderValue::from_static("application/json"), json.into()));
        self.map_body(|request| RawRequest { body: Some(json), ..request })
    }

    /// Sends these bytes with this media type, such as `text/yaml`. The call fails with
    /// [`Error::InvalidParameter`] if the media type has characters that cannot be sent.
    pub fn body(self, content_type: &str, body: impl Into<Bytes>) -> Self {
        let content_type = HeaderValue::from_str(content_type).map_err(|_| {
            let problem = "the media type of the body has characters that cannot be sent";
            Error::InvalidParameter(problem.to_owned())
        });
        let body = content_type.map(|content_type| (content_type, body.into()));
        self.map_body(|request| RawRequest { body: Some(body), ..request })
    }

    /// Sends the request, and reads the body of a success as JSON.
    ///
    /// # Errors
    ///
    /// Those of [`Client::request`], and [`Error::Decode`] if the body is no JSON of this form.
    pub fn send_json<T: DeserializeOwned + 'static>(self) -> CallFuture<Response<T>> {
        let sent = self.send();
        Box::pin(async { sent.await?.into_parts().1.decode() })
    }
}

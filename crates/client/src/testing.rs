//! What doubles of the client are made with in tests.

use crate::{RawResponse, Response};

impl<T> Response<T> {
    /// A response with this value, for tests. The value need not be what the body of `raw` says.
    ///
    /// ```
    /// use registries_client::{HeaderMap, Method, RawResponse, Response, StatusCode};
    ///
    /// let raw =
    ///     RawResponse::new("get_registry", Method::GET, StatusCode::OK, HeaderMap::new(), "");
    /// assert_eq!(*Response::new("gems", raw), "gems");
    /// ```
    pub fn new(value: T, raw: RawResponse) -> Self {
        Self::from_parts(value, raw)
    }
}

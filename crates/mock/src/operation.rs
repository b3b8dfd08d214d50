//! What mocks match and respond with, beyond what the contract says of each operation.

use httpmock::{HttpMockResponse, Then};

/// Gives the type for an operation's requests what all of them have.
macro_rules! ask {
    ($when:ident) => {
        #[expect(clippy::return_self_not_must_use, reason = "it is the end of a closure")]
        impl $when {
            /// Matches requests with this header.
            pub fn header(self, name: &str, value: &str) -> Self {
                Self(self.0.header(name, value))
            }

            /// Whatever else `httpmock` can match.
            pub fn and(self, when: impl FnOnce(::httpmock::When) -> ::httpmock::When) -> Self {
                Self(when(self.0))
            }
        }
    };
}

/// Gives the type for an operation's answers what all of them have.
macro_rules! reply {
    ($then:ident, $status:literal) => {
        impl $then {
            /// A success, which has no body.
            pub fn success(self) -> Self {
                Self(self.0.status($status))
            }
        }

        crate::reply!(@any $then);
    };
    ($then:ident, $status:literal, $body:ty) => {
        impl $then {
            /// A success with this value, or with what this builder builds.
            pub fn success(self, value: impl TryInto<$body, Error: ::std::fmt::Debug>) -> Self {
                Self(self.0.status($status).json_body_obj(&crate::value::<$body>(value)))
            }
        }

        crate::reply!(@any $then);
    };
    ($then:ident, $status:literal, $body:ty, $example:ident) => {
        impl $then {
            /// A success with the contract's example.
            pub fn example(self) -> Self {
                self.success(super::examples::$example())
            }
        }

        crate::reply!($then, $status, $body);
    };
    (@any $then:ident) => {
        #[expect(clippy::return_self_not_must_use, reason = "it is the end of a closure")]
        impl $then {
            /// An error with this status and message.
            pub fn error(self, status: u16, message: &str) -> Self {
                self.json(status, crate::message_body(message))
            }

            /// This status and JSON.
            pub fn json(self, status: u16, body: ::serde_json::Value) -> Self {
                Self(self.0.status(status).json_body(body))
            }

            /// This status and text, such as the error page of a proxy.
            pub fn text(self, status: u16, content_type: &str, body: &str) -> Self {
                Self(self.0.status(status).header("Content-Type", content_type).body(body))
            }

            /// 429 with the headers of a user's limit that is exhausted for so many seconds.
            pub fn rate_limited(self, seconds: u32) -> Self {
                self.error(429, "the rate limit is exhausted")
                    .header("Retry-After", &seconds.to_string())
                    .rate_limit(0, seconds)
            }

            /// The headers of rate limits: how many requests the user has left, and in how many seconds
            /// the window ends.
            pub fn rate_limit(self, remaining: u32, seconds: u32) -> Self {
                Self(crate::operation::rate_limit(self.0, remaining, seconds))
            }

            /// Adds a header.
            pub fn header(self, name: &str, value: &str) -> Self {
                Self(self.0.header(name, value))
            }

            /// Waits before the response.
            pub fn delay(self, delay: ::std::time::Duration) -> Self {
                Self(self.0.delay(delay))
            }

            /// Closes the connection before the response is complete.
            pub fn broken(self) -> Self {
                Self(crate::operation::broken(self.0))
            }

            /// Responds to so many requests. Later ones go to the next mock that matches: mocks match in
            /// the order in which they were made.
            pub fn times(self, times: usize) -> Self {
                Self(self.0.up_to_n_times(times))
            }

            /// Whatever else `httpmock` can respond with.
            pub fn and(self, then: impl FnOnce(::httpmock::Then) -> ::httpmock::Then) -> Self {
                Self(then(self.0))
            }
        }
    };
}

pub(crate) use {ask, reply};

/// The headers of rate limits, with the limits of the contract's examples.
pub(crate) fn rate_limit(then: Then, remaining: u32, seconds: u32) -> Then {
    let seconds = seconds.to_string();
    then.header("RateLimit-Scope", "rest")
        .header("RateLimit-Limit", "200")
        .header("RateLimit-Remaining", "180")
        .header("RateLimit-Reset", &seconds)
        .header("RateLimit-User-Scope", "rest_user")
        .header("RateLimit-User-Limit", "50")
        .header("RateLimit-User-Remaining", remaining.to_string())
        .header("RateLimit-User-Reset", seconds)
}

/// A response whose body is shorter than it says.
///
/// The length is given twice, which HTTP allows. A debug build of hyper panics where one length differs
/// from the body's.
pub(crate) fn broken(then: Then) -> Then {
    then.respond_with(|_| {
        let response = HttpMockResponse::builder().status(200);
        response
            .header("Content-Type", "application/json")
            .header("Content-Length", "100, 100")
            .header("Connection", "close")
            .body("[")
            .build()
    })
}

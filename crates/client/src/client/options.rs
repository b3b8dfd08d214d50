//! What is set for one call.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::header::{
    AUTHORIZATION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING,
};

use crate::{Error, RetryPolicy};

/// What is set for one call, besides the client's settings. A [`Client`](crate::Client) carries it,
/// so that generated builders honour it too.
#[derive(Clone, Default)]
pub(crate) struct Options {
    pub(crate) timeout: Option<Duration>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) retry: Option<RetryPolicy>,
    /// Whether the request may be carried out twice without harm.
    pub(crate) idempotent: bool,
    headers: HeaderMap,
    /// What is wrong with a header that was set.
    invalid: Option<String>,
    /// Who wants to know whether an attempt may have been carried out without its success being seen.
    lost: Option<Arc<AtomicBool>>,
}

impl Options {
    pub(crate) fn set_header<N, V>(&mut self, name: N, value: V)
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        /// They are the client's.
        const RESERVED: [HeaderName; 4] = [AUTHORIZATION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING];
        let problem = match (name.try_into(), value.try_into()) {
            (Ok(name), _) if RESERVED.contains(&name) => {
                format!("the header `{name}` is the client's own and cannot be set for a call")
            }
            (Ok(name), Ok(value)) => {
                self.headers.insert(name, value);
                return;
            }
            (Ok(name), Err(_)) => {
                format!("the value of the header `{name}` contains characters that cannot be sent")
            }
            (Err(_), _) => "a header's name contains characters that cannot be sent".to_owned(),
        };
        self.invalid.get_or_insert(problem);
    }

    /// The headers that were set, if all of them can be sent.
    pub(crate) fn headers(&self) -> Result<&HeaderMap, Error> {
        match &self.invalid {
            Some(problem) => Err(Error::InvalidParameter(problem.clone())),
            None => Ok(&self.headers),
        }
    }

    /// Says that an attempt may have been carried out, although its success was not seen.
    pub(crate) fn note_lost(&self) {
        if let Some(lost) = &self.lost {
            lost.store(true, Ordering::Relaxed);
        }
    }

    /// What says after the call whether an attempt was lost.
    pub(crate) fn watch_lost(&mut self) -> Arc<AtomicBool> {
        Arc::clone(self.lost.insert(Arc::default()))
    }
}

/// The options of one call, as methods of what has `fn options_mut(&mut self) -> &mut Options`.
macro_rules! option_methods {
    () => {
        /// How long one attempt may take, until the last byte of its response; by default what
        /// [`ClientBuilder::timeout`](crate::ClientBuilder::timeout) says, 30 seconds. An attempt that
        /// takes longer is an [`Error::Transport`](crate::Error::Transport), or is sent again.
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.options_mut().timeout = Some(timeout);
            self
        }

        /// How long the call may take as a whole: the wait for its turn ([`Pacing`](crate::Pacing)),
        /// attempts, and the waits between them. None by default.
        ///
        /// When it passes, the call fails with [`Error::Deadline`](crate::Error::Deadline), which says
        /// what it waited for. A wait for another attempt that would end later is not begun: the call
        /// fails before, with what its last attempt has shown.
        pub fn deadline(mut self, deadline: std::time::Duration) -> Self {
            self.options_mut().deadline = Some(deadline);
            self
        }

        /// Sends a header, in place of one of the same name. `Authorization`, `Host` and those that
        /// frame the body are the client's own: with one of them, and with one that cannot be sent,
        /// the call fails with [`Error::InvalidParameter`](crate::Error::InvalidParameter).
        pub fn header<N, V>(mut self, name: N, value: V) -> Self
        where
            N: TryInto<reqwest::header::HeaderName>,
            V: TryInto<reqwest::header::HeaderValue>,
        {
            self.options_mut().set_header(name, value);
            self
        }

        /// When the request is sent again, in place of the policy of the client
        /// ([`ClientBuilder::retry`](crate::ClientBuilder::retry)).
        pub fn retry(mut self, policy: crate::RetryPolicy) -> Self {
            self.options_mut().retry = Some(policy);
            self
        }
    };
}
pub(crate) use option_methods;

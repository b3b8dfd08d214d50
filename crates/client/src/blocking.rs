//! Calls that block the thread until they have their result, for programs without `async`.

use std::{
    io,
    sync::{Mutex, PoisonError},
    thread,
};

use bytes::Bytes;
use serde::de::DeserializeOwned;
use tokio::runtime::{Builder, Handle};

use crate::{Call, Error, Pages, RawRequest, Rename, Response, types};

/// What all calls run on.
static RUNTIME: Mutex<Option<Handle>> = Mutex::new(None);

/// Runs `future` to its end on this thread. Connections and timers are served by another one, which
/// the first call starts.
#[track_caller]
fn block_on<F: Future>(future: F) -> Result<F::Output, Error> {
    Ok(runtime()?.block_on(future))
}

fn runtime() -> Result<Handle, Error> {
    let mut runtime = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*runtime {
        return Ok(handle.clone());
    }
    let handle = start().map_err(|error| {
        Error::configuration(format!("no thread for blocking calls can be started: {error}"))
    })?;
    Ok(runtime.insert(handle).clone())
}

fn start() -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let thread = thread::Builder::new().name("registries-client".to_owned());
    thread.spawn(move || runtime.block_on(std::future::pending::<()>()))?;
    Ok(handle)
}

impl<T: 'static, B> Call<T, B> {
    /// Sends the call, blocks the thread until it has its result, and returns the value alone. With
    /// the feature `blocking`.
    ///
    /// ```no_run
    /// # fn example() -> Result<(), registries_client::Error> {
    /// let client = registries_client::Client::from_env()?;
    /// let gems = client.organization("my-org").create_registry("My Gems", "ruby").wait()?;
    /// println!("{}", gems.slug);
    /// for organization in client.organizations().wait() {
    ///     println!("{}", organization?.slug);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [every call](Call#errors), and [`Error::Configuration`] if no thread can be started.
    ///
    /// # Panics
    ///
    /// In a task or function that is run by tokio, which must not be blocked: await the call there.
    #[track_caller]
    pub fn wait(self) -> Result<T, Error> {
        Ok(self.send_wait()?.into_inner())
    }

    /// As [`wait`](Self::wait), with the status, the headers and the body of the response.
    ///
    /// # Errors
    ///
    /// Those of [`wait`](Self::wait).
    ///
    /// # Panics
    ///
    /// In a task or function that is run by tokio.
    #[track_caller]
    pub fn send_wait(self) -> Result<Response<T>, Error> {
        block_on(self.send())?
    }
}

impl Call<Bytes, RawRequest> {
    /// As [`send_json`](Self::send_json), and blocks the thread until there is a result. With the
    /// feature `blocking`.
    ///
    /// # Errors
    ///
    /// Those of [`send_json`](Self::send_json), and [`Error::Configuration`] if no thread can be started.
    ///
    /// # Panics
    ///
    /// In a task or function that is run by tokio.
    #[track_caller]
    pub fn send_json_wait<T: DeserializeOwned + 'static>(self) -> Result<Response<T>, Error> {
        block_on(self.send_json())?
    }
}

impl Rename<'_> {
    /// Sends the call, blocks the thread until it has its result, and returns the registry. With the
    /// feature `blocking`.
    ///
    /// # Errors
    ///
    /// Those of [`RegistryHandle::rename`](crate::RegistryHandle::rename), and
    /// [`Error::Configuration`] if no thread can be started.
    ///
    /// # Panics
    ///
    /// In a task or function that is run by tokio.
    #[track_caller]
    pub fn wait(self) -> Result<types::Registry, Error> {
        Ok(block_on(self.send())??.into_inner())
    }
}

impl<T: Clone + PartialEq + Unpin> Pages<T> {
    /// The entries as an iterator, which blocks the thread while a page is requested. It ends after
    /// an error. With the feature `blocking`.
    ///
    /// # Errors
    ///
    /// The entries are those of [`next`](Self::next), and an [`Error::Configuration`] if no thread can be
    /// started.
    ///
    /// # Panics
    ///
    /// The iterator panics in a task or function that is run by tokio.
    #[track_caller]
    pub fn wait(mut self) -> impl Iterator<Item = Result<T, Error>> {
        std::iter::from_fn(move || block_on(self.next()).unwrap_or_else(|error| Some(Err(error))))
    }
}

//! Lists that come page by page.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
    vec,
};

use futures_core::Stream;

use crate::{
    CallFuture, Client, Error, Response,
    client::{Options, option_methods},
    error::DecodeError,
    link::{self, Link},
};

/// How many entries a page has by default (documented, Pagination). It is sent, so that a page with
/// fewer entries is the last one, whatever the deployment's own default is.
const DEFAULT_PER_PAGE: u32 = 30;

/// How many pages in a row may be empty, although each names another one.
const MAX_EMPTY: u32 = 10;

/// Which page to get, and how many entries it is to have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageOf {
    pub(crate) page: u32,
    pub(crate) per_page: u32,
}

type Fetch<T> = Box<dyn Fn(Client, PageOf) -> CallFuture<Response<Vec<T>>> + Send>;

/// A list that comes page by page: as a stream of its entries, [page by page](Self::next_page), or
/// [all at once](Self::all). A page is requested when it is asked for.
///
/// The options are those of a [`Call`](crate::Call), for the request of each page.
///
/// The header `Link` of a page says whether there is another one, and only the number of the page is
/// taken from it: no request leaves the base URL. Without the header, a page with fewer entries than
/// `per_page` is the last one.
///
/// # Errors
///
/// Those of each page's request. A list neither ends early without an error nor goes on for ever: it is
/// an [`Error::Decode`] when `Link` names a next page without a number, the same or an earlier one, or
/// two different ones; when a page is the same as the one before; and when ten pages in a row are
/// empty. The entries before come first, and the list ends after such an error.
///
/// ```no_run
/// # async fn example(client: registries_client::Client) -> Result<(), registries_client::Error> {
/// let mut organizations = client.organizations().per_page(100);
/// while let Some(organization) = organizations.next().await {
///     println!("{}", organization?.slug);
/// }
///
/// let all = client.organizations().all().await?;
/// println!("{} organizations", all.len());
/// # Ok(())
/// # }
/// ```
#[must_use = "a list is requested when its entries are asked for"]
pub struct Pages<T> {
    client: Client,
    fetch: Fetch<T>,
    per_page: u32,
    next: Next,
    /// How many pages before were empty.
    empty: u32,
    /// The request of a page that is under way.
    pending: Option<CallFuture<Response<Vec<T>>>>,
    /// What a stream has not yet taken of a page.
    entries: vec::IntoIter<T>,
    /// The page before: a deployment that knows no pages would send the same for ever.
    before: Vec<T>,
}

/// What comes after the pages that were received.
#[derive(Debug)]
enum Next {
    Page(u32),
    /// Not known, because of this.
    Unknown(Error),
    Nothing,
}

impl<T: Clone + PartialEq> Pages<T> {
    pub(crate) fn new(
        client: &Client,
        fetch: impl Fn(Client, PageOf) -> CallFuture<Response<Vec<T>>> + Send + 'static,
    ) -> Self {
        Self {
            client: client.clone(),
            fetch: Box::new(fetch),
            per_page: DEFAULT_PER_PAGE,
            next: Next::Page(1),
            empty: 0,
            pending: None,
            entries: Vec::new().into_iter(),
            before: Vec::new(),
        }
    }

    /// How many entries a page has. From 1 to 100. Default: `30`. The reference server answers other
    /// numbers with 422.
    pub fn per_page(mut self, per_page: u32) -> Self {
        self.per_page = per_page;
        self
    }

    /// The page to begin with. At least 1. Default: `1`.
    pub fn page(mut self, page: u32) -> Self {
        self.next = Next::Page(page);
        self
    }

    option_methods!();

    fn options_mut(&mut self) -> &mut Options {
        self.client.options_mut()
    }

    /// The next page; nothing after the last one.
    ///
    /// # Errors
    ///
    /// Those of the page's request; then the next call requests the same page again. And those of a
    /// [list](Self#errors), after which it ends.
    pub async fn next_page(&mut self) -> Result<Option<Response<Vec<T>>>, Error> {
        poll_fn(|context| self.poll_page(context)).await
    }

    /// The next entry; nothing after the last one, and after an error.
    ///
    /// # Errors
    ///
    /// Those of [`next_page`](Self::next_page).
    pub async fn next(&mut self) -> Option<Result<T, Error>>
    where
        T: Unpin,
    {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Every entry that was not yet taken, of all pages.
    ///
    /// # Errors
    ///
    /// Those of [`next_page`](Self::next_page). The entries of the pages before are lost with it.
    pub async fn all(mut self) -> Result<Vec<T>, Error> {
        let mut all: Vec<T> = std::mem::take(&mut self.entries).collect();
        while let Some(page) = self.next_page().await? {
            all.extend(page.into_inner());
        }
        Ok(all)
    }

    fn poll_page(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<Response<Vec<T>>>, Error>> {
        let page = match std::mem::replace(&mut self.next, Next::Nothing) {
            Next::Nothing => return Poll::Ready(Ok(None)),
            Next::Unknown(error) => return Poll::Ready(Err(error)),
            Next::Page(page) => page,
        };
        // Until there is a response, and after an error.
        self.next = Next::Page(page);
        let Self { client, fetch, per_page, .. } = self;
        let request = || fetch(client.clone(), PageOf { page, per_page: *per_page });
        let pending = self.pending.get_or_insert_with(request);
        let response = ready!(pending.as_mut().poll(context));
        self.pending = None;
        let response = response?;
        let is_repeated = !response.is_empty() && self.before == **response;
        self.empty = if response.is_empty() { self.empty + 1 } else { 0 };
        let found = link::next_page(response.headers());
        self.next = match self.after(page, &response, is_repeated, found) {
            Ok(Some(next)) => Next::Page(next),
            Ok(None) => Next::Nothing,
            Err(problem) => {
                let (_, raw) = response.clone().into_parts();
                Next::Unknown(DecodeError::of_pages(raw, problem).into())
            }
        };
        if is_repeated {
            // Its entries came before.
            return self.poll_page(context);
        }
        if !response.is_empty() {
            self.before.clone_from(&response);
        }
        Poll::Ready(Ok(Some(response)))
    }

    /// The page after this one, or what is wrong with what the response says about it.
    fn after(
        &self,
        page: u32,
        entries: &[T],
        is_repeated: bool,
        link: Link,
    ) -> Result<Option<u32>, String> {
        match link {
            Link::Next(_) if is_repeated => {
                Err(format!("page {page} is the same as the one before, and names another"))
            }
            Link::Next(_) if self.empty >= MAX_EMPTY => Err(format!(
                "page {page} is the {MAX_EMPTY}th empty one in a row, and names another"
            )),
            Link::Next(next) if next <= page => {
                Err(format!("`Link` of page {page} names page {next} as the next one"))
            }
            Link::Next(next) => Ok(Some(next)),
            Link::Odd(problem) => Err(format!("`Link` of page {page} {problem}")),
            Link::Other => Ok(None),
            // Something between may have removed the header.
            Link::None if is_repeated || entries.len() < self.per_page as usize => Ok(None),
            Link::None => Ok(page.checked_add(1)),
        }
    }
}

impl<T: Clone + PartialEq + Unpin> Stream for Pages<T> {
    type Item = Result<T, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(entry) = this.entries.next() {
                return Poll::Ready(Some(Ok(entry)));
            }
            match ready!(this.poll_page(context)) {
                Ok(Some(page)) => this.entries = page.into_inner().into_iter(),
                Ok(None) => return Poll::Ready(None),
                Err(error) => {
                    this.next = Next::Nothing;
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("per_page", &self.per_page)
            .field("next", &self.next)
            .finish_non_exhaustive()
    }
}

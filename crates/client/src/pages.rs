//! Lists that come page by page.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, ready},
    vec,
};

use futures_core::Stream;
use reqwest::{
    Url,
    header::{HeaderMap, LINK},
};

use crate::{
    CallFuture, Client, Error, Response,
    client::{Options, option_methods},
};

/// How many entries a page has by default (documented, Pagination).
const DEFAULT_PER_PAGE: u32 = 30;

/// Which page to get, and how many entries it is to have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageOf {
    pub(crate) page: u32,
    pub(crate) per_page: Option<u32>,
}

type Fetch<T> = Box<dyn Fn(Client, PageOf) -> CallFuture<Response<Vec<T>>> + Send>;

/// A list that comes page by page: as a stream of its entries, [page by page](Self::next_page), or
/// [all at once](Self::all). A page is requested when it is asked for.
///
/// The options are those of a [`Call`](crate::Call), for the request of each page.
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
    per_page: Option<u32>,
    /// The page to request next; none after the last.
    next: Option<u32>,
    /// The request of a page that is under way.
    pending: Option<CallFuture<Response<Vec<T>>>>,
    /// What a stream has not yet taken of a page.
    entries: vec::IntoIter<T>,
    /// The first entry of the page before: a deployment that knows no pages would send the same for
    /// ever.
    first: Option<T>,
}

impl<T: Clone + PartialEq> Pages<T> {
    pub(crate) fn new(
        client: &Client,
        fetch: impl Fn(Client, PageOf) -> CallFuture<Response<Vec<T>>> + Send + 'static,
    ) -> Self {
        Self {
            client: client.clone(),
            fetch: Box::new(fetch),
            per_page: None,
            next: Some(1),
            pending: None,
            entries: Vec::new().into_iter(),
            first: None,
        }
    }

    /// How many entries a page has, 1 to 100; 30 by default (documented, Pagination). The reference
    /// server answers other numbers with 422.
    pub fn per_page(mut self, per_page: u32) -> Self {
        self.per_page = Some(per_page);
        self
    }

    /// The page to begin with; 1 by default.
    pub fn page(mut self, page: u32) -> Self {
        self.next = Some(page);
        self
    }

    option_methods!();

    fn options_mut(&mut self) -> &mut Options {
        self.client.options_mut()
    }

    /// The next page; nothing after the last one. After an error, the next call requests the same
    /// page again.
    pub async fn next_page(&mut self) -> Result<Option<Response<Vec<T>>>, Error> {
        poll_fn(|context| self.poll_page(context)).await
    }

    /// The next entry; nothing after the last one, and after an error.
    pub async fn next(&mut self) -> Option<Result<T, Error>>
    where
        T: Unpin,
    {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }

    /// Every entry that was not yet taken, of all pages.
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
        let Some(page) = self.next else { return Poll::Ready(Ok(None)) };
        let Self { client, fetch, per_page, .. } = self;
        let request = || fetch(client.clone(), PageOf { page, per_page: *per_page });
        let pending = self.pending.get_or_insert_with(request);
        let response = ready!(pending.as_mut().poll(context));
        self.pending = None;
        let response = response?;
        let is_repeated = !response.is_empty() && self.first.as_ref() == response.first();
        let per_page = self.per_page.unwrap_or(DEFAULT_PER_PAGE);
        self.next = match link(response.headers()) {
            Link::Next(next) => next.or(Some(page.saturating_add(1))).filter(|next| *next > page),
            Link::Other => None,
            // Something between may have removed the header.
            Link::None if is_repeated || response.len() < per_page as usize => None,
            Link::None => page.checked_add(1),
        };
        if is_repeated {
            return Poll::Ready(Ok(None));
        }
        self.first = response.first().cloned();
        Poll::Ready(Ok(Some(response)))
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
                    this.next = None;
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

/// What the header `Link` says about the next page.
#[derive(Debug, PartialEq, Eq)]
enum Link {
    /// There is one, with this number if it could be read.
    Next(Option<u32>),
    /// There are others, and no next one.
    Other,
    /// Nothing.
    None,
}

/// Only the number of the page is taken from the link, so that no response can send the token
/// elsewhere.
fn link(headers: &HeaderMap) -> Link {
    let mut found = Link::None;
    for value in headers.get_all(LINK).iter().filter_map(|value| value.to_str().ok()) {
        // `<url>; rel="next", <url>; rel="last"`; a URL may hold commas and semicolons.
        for link in value.split('<').skip(1) {
            let Some((url, parameters)) = link.split_once('>') else { continue };
            let is_next = parameters.split([';', ',']).any(|parameter| {
                let Some((name, value)) = parameter.split_once('=') else { return false };
                let mut relations = value.trim().trim_matches('"').split_ascii_whitespace();
                name.trim().eq_ignore_ascii_case("rel")
                    && relations.any(|relation| relation.eq_ignore_ascii_case("next"))
            });
            if is_next {
                return Link::Next(page_of(url));
            }
            found = Link::Other;
        }
    }
    found
}

fn page_of(url: &str) -> Option<u32> {
    // The reference may be relative; only its query counts.
    let url = Url::parse("http://host").ok()?.join(url).ok()?;
    url.query_pairs().find(|(name, _)| name == "page")?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_in_the_header() {
        for (value, expected) in [
            (r#"<https://h/v2/organizations?page=2>; rel="next""#, Link::Next(Some(2))),
            (
                r#"<https://h/a,b;c?page=1>; rel="prev", <?page=7&per_page=1>; rel="next""#,
                Link::Next(Some(7)),
            ),
            ("<https://h/?page=3>; title=\"x\"; REL=\"last next\"", Link::Next(Some(3))),
            ("<https://h/?cursor=abc>; rel=next", Link::Next(None)),
            (r#"<https://h/?page=1>; rel="first""#, Link::Other),
            ("nonsense", Link::None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(LINK, value.parse().unwrap());
            assert_eq!(link(&headers), expected, "{value}");
        }
        assert_eq!(link(&HeaderMap::new()), Link::None);
    }
}

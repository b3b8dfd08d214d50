//! Pages of a list.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use url::form_urlencoded;

use crate::app::App;

/// Which part of a list is asked for: `page`, by default 1, and `per_page`, by default 30 and at
/// most 100 (documented, Pagination). What is no such number counts as not given, and more than the
/// most as the most (choice).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    number: usize,
    size: usize,
}

impl Page {
    const DEFAULT_SIZE: usize = 30;
    const MAX_SIZE: usize = 100;

    fn parse(query: &str) -> Self {
        let number = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            let (_, value) = pairs.find(|(key, _)| key == name)?;
            value.parse().ok().filter(|number| *number > 0)
        };
        Self {
            number: number("page").unwrap_or(1),
            size: number("per_page").unwrap_or(Self::DEFAULT_SIZE).min(Self::MAX_SIZE),
        }
    }

    /// The part of `all` that is asked for; nothing beyond its end.
    pub(super) fn of<'a, T>(&self, all: &'a [T]) -> &'a [T] {
        let mut pages = all.chunks(self.size);
        pages.nth(self.number - 1).unwrap_or_default()
    }

    /// Where the other pages of a list of `total` entries at `url` are (documented, Pagination).
    pub(super) fn link(&self, url: &str, total: usize) -> HeaderMap {
        let last = total.div_ceil(self.size).max(1);
        let mut pages = Vec::new();
        if self.number < last {
            pages.push(("next", self.number + 1));
            pages.push(("last", last));
        }
        if self.number > 1 {
            pages.push(("prev", (self.number - 1).min(last)));
            pages.push(("first", 1));
        }
        let links: Vec<String> = pages
            .into_iter()
            .map(|(rel, page)| format!("<{url}?page={page}&per_page={}>; rel=\"{rel}\"", self.size))
            .collect();
        let value = (!links.is_empty()).then(|| HeaderValue::try_from(links.join(", ")).ok());
        value.flatten().map(|value| (header::LINK, value)).into_iter().collect()
    }
}

impl FromRequestParts<App> for Page {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Self, Infallible> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_make_no_sense_are_not_taken() {
        for (query, number, size) in [
            ("", 1, 30),
            ("page=3&per_page=2", 3, 2),
            ("page=0&per_page=0", 1, 30),
            ("page=-1&per_page=x", 1, 30),
            ("per_page=101", 1, 100),
            ("page=99999999999999999999999", 1, 30),
        ] {
            assert_eq!(Page::parse(query), Page { number, size }, "{query}");
        }
    }

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let all = [1, 2, 3, 4, 5];
        let page = |query: &str| Page::parse(query).of(&all).to_vec();
        assert_eq!(page("per_page=2"), [1, 2]);
        assert_eq!(page("per_page=2&page=3"), [5]);
        assert!(page("per_page=2&page=4").is_empty());
        assert_eq!(page(""), all);
        assert!(page(&format!("page={}", usize::MAX)).is_empty());
    }

    #[test]
    fn links_name_the_pages_that_there_are() {
        let link = |query: &str, total| {
            let headers = Page::parse(query).link("http://h/v2/organizations", total);
            headers.get("link").map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(link("", 30), None);
        assert_eq!(link("", 0), None);
        assert_eq!(
            link("page=2&per_page=2", 5).unwrap(),
            "<http://h/v2/organizations?page=3&per_page=2>; rel=\"next\", \
             <http://h/v2/organizations?page=3&per_page=2>; rel=\"last\", \
             <http://h/v2/organizations?page=1&per_page=2>; rel=\"prev\", \
             <http://h/v2/organizations?page=1&per_page=2>; rel=\"first\""
        );
        let last = link("page=3&per_page=2", 5).unwrap();
        assert!(last.contains("page=2&") && !last.contains("next"), "{last}");
    }
}

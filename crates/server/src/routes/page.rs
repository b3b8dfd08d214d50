//! Pages of a list.

use axum::http::{HeaderMap, HeaderValue, header};
use url::form_urlencoded;

use crate::domain::problem::{Code, Problem};
use crate::error::Error;

/// Which part of a list is asked for: `page`, by default 1, and `per_page`, by default 30 and at
/// most 100 (documented, Pagination). Anything else that is given for them is refused (choice).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    number: usize,
    size: usize,
}

impl Page {
    const DEFAULT_SIZE: usize = 30;
    const MAX_SIZE: usize = 100;

    /// The part that a query asks for.
    pub(super) fn of_query(query: Option<&str>) -> Result<Self, Error> {
        Self::parse(query.unwrap_or_default()).map_err(Error::Validation)
    }

    fn parse(query: &str) -> Result<Self, Vec<Problem>> {
        let number = number_from(query, "page", usize::MAX);
        let size = number_from(query, "per_page", Self::MAX_SIZE);
        match (number, size) {
            (Ok(number), Ok(size)) => {
                Ok(Self { number: number.unwrap_or(1), size: size.unwrap_or(Self::DEFAULT_SIZE) })
            }
            (number, size) => Err(number.err().into_iter().chain(size.err()).collect()),
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

/// The number that a query gives for `name`, if it does: digits, at least 1 and at most `most`.
fn number_from(query: &str, name: &'static str, most: usize) -> Result<Option<usize>, Problem> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let mut values = pairs.filter(|(key, _)| key == name).map(|(_, value)| value);
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Problem::new(name, Code::Invalid, format!("{name} is given more than once")));
    }
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        let message = format!("{name} must be a whole number");
        return Err(Problem::new(name, Code::WrongType, message));
    }
    // A number that is too large for this machine is a page beyond every end.
    let number = value.parse().unwrap_or(usize::MAX);
    if (1..=most).contains(&number) {
        return Ok(Some(number));
    }
    let message = match most {
        usize::MAX => format!("{name} must be at least 1"),
        most => format!("{name} must be at least 1 and at most {most}"),
    };
    Err(Problem::new(name, Code::Invalid, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_bounds() {
        for (query, number, size) in [
            ("", 1, 30),
            ("page=3&per_page=2", 3, 2),
            ("other=0&per_page=100", 1, 100),
            ("page=99999999999999999999999", usize::MAX, 30),
        ] {
            assert_eq!(Page::parse(query), Ok(Page { number, size }), "{query}");
        }
        for (query, expected) in [
            ("page=0&per_page=0", &[("page", "at least 1"), ("per_page", "at most 100")][..]),
            ("per_page=101", &[("per_page", "at most 100")]),
            ("per_page=99999999999999999999999", &[("per_page", "at most 100")]),
            ("page=-1&per_page=x", &[("page", "whole number"), ("per_page", "whole number")]),
            ("page=", &[("page", "whole number")]),
            ("page=%2B1", &[("page", "whole number")]),
            ("page=1.0", &[("page", "whole number")]),
            ("page=1&page=1", &[("page", "more than once")]),
        ] {
            let problems = Page::parse(query).unwrap_err();
            assert_eq!(problems.len(), expected.len(), "{query}: {problems:?}");
            for (problem, (field, fragment)) in problems.iter().zip(expected) {
                assert_eq!(problem.field, *field, "{query}");
                assert!(problem.message.contains(fragment), "{query}: {}", problem.message);
            }
        }
    }

    #[test]
    fn pages_follow_each_other_to_the_end() {
        let all = [1, 2, 3, 4, 5];
        let page = |query: &str| Page::parse(query).unwrap().of(&all).to_vec();
        assert_eq!(page("per_page=2"), [1, 2]);
        assert_eq!(page("per_page=2&page=3"), [5]);
        assert!(page("per_page=2&page=4").is_empty());
        assert_eq!(page(""), all);
        assert!(page(&format!("page={}", usize::MAX)).is_empty());
    }

    #[test]
    fn links_name_the_pages_that_there_are() {
        let link = |query: &str, total| {
            let headers = Page::parse(query).unwrap().link("http://h/v2/organizations", total);
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

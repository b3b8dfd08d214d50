//! The header `Link` of a page (RFC 8288).

use reqwest::{
    Url,
    header::{HeaderMap, LINK},
};

/// What the header says about the next page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// There is one, with this number.
    Next(u32),
    /// There is one, and something is wrong with it.
    Odd(&'static str),
    /// There are others, and no next one.
    Other,
    /// Nothing.
    None,
}

/// Only the number of the page is taken from the link, so that no response can send the token
/// elsewhere.
pub(crate) fn next_page(headers: &HeaderMap) -> Link {
    let mut found = Link::None;
    for value in headers.get_all(LINK) {
        let Ok(mut rest) = value.to_str() else { return Link::Odd("is not text") };
        while let Some((url, relations, after)) = first_link(rest) {
            rest = after;
            let is_next =
                relations.split_ascii_whitespace().any(|it| it.eq_ignore_ascii_case("next"));
            found = match (found, page_of(url)) {
                (Link::None, _) if !is_next => Link::Other,
                (found, _) if !is_next => found,
                (_, None) => return Link::Odd("names a next page without a number"),
                (Link::Next(one), Some(other)) if one != other => {
                    return Link::Odd("names two different next pages");
                }
                (_, Some(next)) => Link::Next(next),
            };
        }
    }
    found
}

/// The URL of the first link, its relations, and what comes after it. Of `rel` only the first counts.
fn first_link(value: &str) -> Option<(&str, &str, &str)> {
    let (url, mut rest) = value.split_once('<')?.1.split_once('>')?;
    let mut relations = None;
    while let Some(parameter) = rest.trim_start().strip_prefix(';') {
        let (name, after) =
            parameter.split_at(parameter.find(['=', ';', ',']).unwrap_or(parameter.len()));
        rest = after;
        let Some(after) = after.strip_prefix('=') else { continue };
        let after = after.trim_start();
        let (text, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_at(end_of_quoted(quoted)),
            None => after.split_at(after.find([';', ',']).unwrap_or(after.len())),
        };
        if name.trim().eq_ignore_ascii_case("rel") {
            relations.get_or_insert(text);
        }
        rest = after.strip_prefix('"').unwrap_or(after);
    }
    Some((url, relations.unwrap_or_default(), rest))
}

/// Where a quoted text ends, of which a backslash quotes single characters.
fn end_of_quoted(text: &str) -> usize {
    let mut is_quoted = false;
    let end = text.bytes().position(|byte| {
        let is_end = byte == b'"' && !is_quoted;
        is_quoted = byte == b'\\' && !is_quoted;
        is_end
    });
    end.unwrap_or(text.len())
}

fn page_of(url: &str) -> Option<u32> {
    // The reference may be relative; only its query counts.
    let url = Url::parse("http://host").ok()?.join(url.trim()).ok()?;
    url.query_pairs().find(|(name, _)| name == "page")?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_found_in_the_header() {
        for (values, expected) in [
            (&[r#"<https://h/v2/organizations?page=2>; rel="next""#][..], Link::Next(2)),
            (
                &[r#"<https://h/a,b;c?page=1>; rel="prev", <?page=7&per_page=1>; rel="next""#],
                Link::Next(7),
            ),
            (&["<https://h/?page=3>; title=\"x\"; REL=\"last NEXT\""], Link::Next(3)),
            (&["<https://h/?page=1>;rel=first", "<https://h/?page=2>;rel=next"], Link::Next(2)),
            (&["<?page=2>; rel=next, <?page=2>; rel=\"next last\""], Link::Next(2)),
            (&["<?page=2>; rel = \"next\" "], Link::Next(2)),
            (&[r#"<?page=2>; title="a; rel=prev, \"<x>"; rel="next""#], Link::Next(2)),
            (&[r#"<?page=2>; title="rel=next; <?page=3>; rel=next"; rel=prev"#], Link::Other),
            (&["<?page=2>; rel=prev; rel=next"], Link::Other),
            (&[r#"<https://h/?page=1>; rel="first""#, "nonsense"], Link::Other),
            (
                &["<?page=2>; rel=next, <?page=3>; rel=next"],
                Link::Odd("names two different next pages"),
            ),
            (
                &["<https://h/?cursor=abc>; rel=next"],
                Link::Odd("names a next page without a number"),
            ),
            (&["<?page=-1>; rel=next"], Link::Odd("names a next page without a number")),
            (&["nonsense"], Link::None),
            (&["<?page=2"], Link::None),
            (&["<?page=2>"], Link::Other),
            (&[r#"<?page=2>; rel="next"#], Link::Next(2)),
            (&[""], Link::None),
            (&[], Link::None),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(LINK, value.parse().unwrap());
            }
            assert_eq!(next_page(&headers), expected, "{values:?}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(LINK, reqwest::header::HeaderValue::from_bytes(b"<?page=2>\xff").unwrap());
        assert_eq!(next_page(&headers), Link::Odd("is not text"));
    }
}

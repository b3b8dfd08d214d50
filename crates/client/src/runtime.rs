//! What generated code calls besides the client itself.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{Error, error::root_cause};

/// Everything but the unreserved characters of RFC 3986. `\` is among the rest on purpose: URL
/// parsers take it for a slash.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Encodes `value` as one segment of a path.
///
/// What would name another resource than the one meant, whatever the encoding, is refused: nothing,
/// `.` and `..`.
pub(crate) fn path_segment(parameter: &str, value: &str) -> Result<String, Error> {
    match value {
        "" => Err(Error::InvalidParameter(format!("`{parameter}` is empty; give a slug"))),
        "." | ".." => Err(Error::InvalidParameter(format!(
            "`{parameter}` is `{value}`, which a URL takes for a directory; give a slug"
        ))),
        value => Ok(utf8_percent_encode(value, SEGMENT).to_string()),
    }
}

/// A query parameter as a form has it; nothing when it was not set.
pub(crate) fn query_parameter<T: ToString>(
    name: &'static str,
    value: Option<&T>,
) -> Option<[(&'static str, String); 1]> {
    value.map(|value| [(name, value.to_string())])
}

/// The error for a request that cannot be built, for example because its body has no JSON form.
#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
pub(crate) fn unsendable(error: reqwest::Error) -> Error {
    Error::InvalidParameter(root_cause(&error).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_encoded() {
        for (value, encoded) in [
            ("my-registry_1.0~a", "my-registry_1.0~a"),
            ("a b", "a%20b"),
            ("a/b", "a%2Fb"),
            ("..\\..", "..%5C.."),
            ("%2e%2e", "%252e%252e"),
            ("a?b#c", "a%3Fb%23c"),
            (".\t.", ".%09."),
            ("Übung 日本", "%C3%9Cbung%20%E6%97%A5%E6%9C%AC"),
            ("...", "..."),
        ] {
            assert_eq!(path_segment("slug", value).unwrap(), encoded);
        }
    }

    #[test]
    fn directories_are_refused() {
        for value in ["", ".", ".."] {
            let error = path_segment("registry_slug", value).unwrap_err();
            assert!(matches!(error, Error::InvalidParameter(_)));
            assert!(error.to_string().contains("registry_slug"), "{error}");
        }
    }
}

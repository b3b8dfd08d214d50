//! The times of responses, for programs that use `jiff`.

use jiff::Timestamp;

use crate::printed::printable;

/// A property that is no time. The property itself has what was received.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{property}` is {text:?}, which is no time; one looks like 2025-07-16T06:07:42Z or 2025-07-16 \
     06:07:42 UTC"
)]
pub struct TimeError {
    property: &'static str,
    /// As it may be printed.
    text: String,
}

impl TimeError {
    fn new(property: &'static str, text: &str) -> Self {
        Self { property, text: printable(text, &[]) }
    }

    /// The property, such as `created_at`.
    pub fn property(&self) -> &'static str {
        self.property
    }
}

/// A time as RFC 3339 has it, or as `2025-07-16 06:07:42 UTC`.
pub(crate) fn text(
    property: &'static str,
    text: Option<&str>,
) -> Result<Option<Timestamp>, TimeError> {
    let Some(text) = text else { return Ok(None) };
    let read = match text.strip_suffix(" UTC") {
        Some(text) => format!("{text}Z").parse(),
        None => text.parse(),
    };
    read.map(Some).map_err(|_| TimeError::new(property, text))
}

/// A time as seconds since 1970.
pub(crate) fn seconds(
    property: &'static str,
    seconds: Option<i64>,
) -> Result<Option<Timestamp>, TimeError> {
    let Some(seconds) = seconds else { return Ok(None) };
    let read = Timestamp::from_second(seconds);
    read.map(Some).map_err(|_| TimeError::new(property, &seconds.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_one_time() {
        let expected = Timestamp::from_second(1_752_646_062).unwrap();
        for form in [
            "2025-07-16 06:07:42 UTC",
            "2025-07-16T06:07:42Z",
            "2025-07-16t06:07:42z",
            "2025-07-16T06:07:42.000Z",
            "2025-07-16T08:07:42+02:00",
        ] {
            assert_eq!(text("created_at", Some(form)).unwrap(), Some(expected), "{form}");
        }
        // A leap second, which the contract allows, is the one before it.
        let leap = text("created_at", Some("2016-12-31 23:59:60 UTC")).unwrap();
        assert_eq!(leap, Some("2016-12-31T23:59:59Z".parse().unwrap()));
        assert_eq!(seconds("timestamp", Some(1_752_646_062)).unwrap(), Some(expected));
        assert_eq!((text("created_at", None), seconds("timestamp", None)), (Ok(None), Ok(None)));
    }

    #[test]
    fn what_is_no_time_is_an_error_that_names_it() {
        for no_time in
            ["", "yesterday", "2025-07-16", "2025-07-16 06:07:42", "2025-02-30T06:07:42Z", " UTC"]
        {
            let error = text("expires_at", Some(no_time)).unwrap_err();
            assert_eq!(error.property(), "expires_at");
            let printed = error.to_string();
            assert!(printed.contains(&format!("`expires_at` is {no_time:?}")), "{printed}");
        }
        let error = seconds("timestamp", Some(i64::MAX)).unwrap_err().to_string();
        assert!(error.contains("9223372036854775807"), "{error}");
        let secret = text("created_at", Some("bkua_hunter22")).unwrap_err();
        assert!(!format!("{secret} {secret:?}").contains("hunter22"), "{secret}");
    }
}

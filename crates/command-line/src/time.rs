//! How times are printed.

/// A time in UTC, to the second, as RFC 3339 has it: `2026-01-31T12:00:00Z`. It is read in that form, or
/// in the other one that the API has, `2026-01-31 12:00:00 UTC`; nothing for any other text.
#[must_use]
pub fn time(text: &str) -> Option<String> {
    // What reads it passes over another offset, and takes a time without one for UTC.
    let text = text.strip_suffix(" UTC").or_else(|| text.strip_suffix(['Z', 'z']))?;
    let time = humantime::parse_rfc3339_weak(&text.to_ascii_uppercase()).ok()?;
    Some(humantime::format_rfc3339_seconds(time).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_has_one_form() {
        for (text, expected) in [
            ("2026-11-30 21:10:38 UTC", Some("2026-11-30T21:10:38Z")),
            ("2026-11-30T21:10:38.894Z", Some("2026-11-30T21:10:38Z")),
            ("2026-11-30T21:10:38Z", Some("2026-11-30T21:10:38Z")),
            ("2026-11-30t21:10:38z", Some("2026-11-30T21:10:38Z")),
            ("2026-11-30T21:10:38+02:00", None),
            ("2026-11-30T21:10:38.894+02:00", None),
            ("2026-11-30T21:10:38", None),
            ("yesterday", None),
            ("", None),
        ] {
            assert_eq!(time(text).as_deref(), expected, "{text}");
        }
    }
}

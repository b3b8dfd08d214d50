//! Text that comes from files, as editors and shells on every system write it.

use std::{fs, io, path::Path};

/// Why the text of a file cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// It has another encoding.
    #[error("it is encoded as {0}; save it as UTF-8 (PowerShell: Out-File -Encoding utf8)")]
    Encoding(&'static str),
    /// It is not UTF-8, and its encoding is unknown.
    #[error("it is not UTF-8 (byte {0}); save it as UTF-8")]
    NoUtf8(usize),
}

/// The bytes without the byte order mark of UTF-8, which some editors write.
///
/// # Errors
///
/// When they are UTF-16 or UTF-32, which the error names.
pub fn utf8(bytes: &[u8]) -> Result<&[u8], TextError> {
    // The marks, and what `{` or any other ASCII character looks like without one.
    let encoding = match bytes {
        [0xff, 0xfe, 0, 0, ..]
        | [0, 0, 0xfe, 0xff, ..]
        | [0, 0, 0, (1..), ..]
        | [(1..), 0, 0, 0, ..] => "UTF-32",
        [0xff, 0xfe, ..] | [(1..), 0, (1..), 0, ..] => "UTF-16 (little-endian)",
        [0xfe, 0xff, ..] | [0, (1..), 0, (1..), ..] => "UTF-16 (big-endian)",
        _ => return Ok(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)),
    };
    Err(TextError::Encoding(encoding))
}

/// The text of a file, without a byte order mark.
///
/// # Errors
///
/// When the file cannot be read, or is not UTF-8.
pub fn read(path: &Path) -> Result<String, TextError> {
    let bytes = fs::read(path)?;
    let text = std::str::from_utf8(utf8(&bytes)?);
    text.map(str::to_owned).map_err(|error| TextError::NoUtf8(error.valid_up_to()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_text_and_other_encodings_are_named() {
        assert_eq!(utf8(b"\xef\xbb\xbf{}").unwrap(), b"{}");
        assert_eq!(utf8("größe".as_bytes()).unwrap(), "größe".as_bytes());
        assert_eq!(utf8(b"").unwrap(), b"");
        let wide = |mark: &str, to: fn(u16) -> [u8; 2]| {
            format!("{mark}{{}}").encode_utf16().flat_map(to).collect::<Vec<u8>>()
        };
        for mark in ["", "\u{feff}"] {
            for (bytes, name) in [
                (wide(mark, u16::to_le_bytes), "UTF-16 (little-endian)"),
                (wide(mark, u16::to_be_bytes), "UTF-16 (big-endian)"),
            ] {
                assert!(utf8(&bytes).unwrap_err().to_string().contains(name), "{mark:?} {name}");
            }
        }
        assert!(utf8(b"{\0\0\0}\0\0\0").unwrap_err().to_string().contains("UTF-32"));
    }
}

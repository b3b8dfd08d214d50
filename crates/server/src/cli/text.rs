//! Text that comes from files, as editors and shells on every system write it.

use std::{io, path::Path};

use crate::small_file;

/// The text of a file, without a byte order mark.
///
/// # Errors
///
/// When the file cannot be read, or is no UTF-8; an encoding that is known is named.
pub(super) fn read(path: &Path) -> io::Result<String> {
    let bytes = small_file::read(path)?;
    let wrong = |reason: String| io::Error::new(io::ErrorKind::InvalidData, reason);
    // The marks, and what any ASCII character looks like without one.
    let encoding = match &*bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => Some("UTF-32"),
        [0xff, 0xfe, ..] | [(1..), 0, (1..), 0, ..] => Some("UTF-16 (little-endian)"),
        [0xfe, 0xff, ..] | [0, (1..), 0, (1..), ..] => Some("UTF-16 (big-endian)"),
        _ => None,
    };
    if let Some(encoding) = encoding {
        return Err(wrong(format!(
            "it is encoded as {encoding}; save it as UTF-8 (PowerShell: Out-File -Encoding utf8)"
        )));
    }
    let text = String::from_utf8(bytes);
    let text = text.map_err(|error| {
        wrong(format!(
            "it is not valid UTF-8 at byte {}; save it as UTF-8",
            error.utf8_error().valid_up_to()
        ))
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

#[cfg(test)]
mod tests {

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_text_and_other_encodings_are_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let read = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            super::read(&path).map_err(|error| error.to_string())
        };
        assert_eq!(read("\u{feff}größe".as_bytes()), Ok("größe".into()));
        assert_eq!(read(b""), Ok(String::new()));
        for mark in ["", "\u{feff}"] {
            let text = format!("{mark}- iss: a");
            let wide =
                |to: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(to).collect::<Vec<u8>>();
            assert!(read(&wide(u16::to_le_bytes)).unwrap_err().contains("UTF-16 (little-endian)"));
            assert!(read(&wide(u16::to_be_bytes)).unwrap_err().contains("UTF-16 (big-endian)"));
        }
        assert!(read(b"gr\xf6\xdfe").unwrap_err().contains("not valid UTF-8 at byte 2"));
    }
}

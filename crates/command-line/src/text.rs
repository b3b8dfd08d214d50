//! Text that comes from files, as editors and shells on every system write it.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read as _},
    path::Path,
};

/// Why the text of a file cannot be read, as a sentence about the file.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// It cannot be read.
    #[error("{}", plain(.0))]
    Read(io::Error),
    /// It has another encoding.
    #[error("it is encoded as {0}; save it as UTF-8 (PowerShell: Out-File -Encoding utf8)")]
    Encoding(&'static str),
    /// It is not UTF-8, and its encoding is unknown.
    #[error("it is not valid UTF-8 at byte {0}; save it as UTF-8")]
    NoUtf8(usize),
}

impl From<io::Error> for TextError {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

/// What the system said of a file or an address, in plain words and without the system's number.
#[must_use]
pub fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    if error.raw_os_error().is_none() {
        return text;
    }
    match error.kind() {
        ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::IsADirectory => "it is a folder".to_owned(),
        ErrorKind::NotADirectory => "a part of the path is not a folder".to_owned(),
        ErrorKind::StorageFull => "the disk is full".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        ErrorKind::AddrInUse => "the address is in use".to_owned(),
        ErrorKind::AddrNotAvailable => "this machine does not have that address".to_owned(),
        ErrorKind::BrokenPipe => "the reader has closed it".to_owned(),
        _ => without_numbers(&text).to_lowercase(),
    }
}

/// A message without the numbers that the system has for its errors: `(os error 2)`.
#[must_use]
pub fn without_numbers(text: &str) -> String {
    const NUMBER: &str = " (os error ";
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(NUMBER) {
        kept.push_str(before);
        let after_digits = after.trim_start_matches(|c: char| c.is_ascii_digit());
        rest = if let Some(end) = after_digits.strip_prefix(')') {
            end
        } else {
            kept.push_str(NUMBER);
            after
        };
    }
    kept + rest
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

/// How many bytes a text may have.
const LIMIT: u64 = 64 << 20;

/// What a file, or a pipe, has, up to `limit` bytes.
///
/// # Errors
///
/// When it cannot be read, is a folder or a device, or has more than that.
pub fn bytes(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let wrong = |why: String| io::Error::new(ErrorKind::InvalidInput, why);
    let metadata = fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(wrong("it is a folder".into()));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        let kind = metadata.file_type();
        if kind.is_char_device() || kind.is_block_device() {
            return Err(wrong("it is a device".into()));
        }
    }
    let too_large = || wrong(format!("it has more than {} MiB", limit >> 20));
    if metadata.len() > limit {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    // What is no file of its own has no length, and a file may grow.
    let read = File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if read as u64 > limit { Err(too_large()) } else { Ok(bytes) }
}

/// The text of a file, without a byte order mark.
///
/// # Errors
///
/// When the file cannot be read, or is not UTF-8.
pub fn read(path: &Path) -> Result<String, TextError> {
    decoded(&bytes(path, LIMIT)?)
}

/// The same of a file, or of standard input where the path is `-`.
///
/// # Errors
///
/// When it cannot be read, or is not UTF-8.
pub fn read_or_standard_input(path: &Path) -> Result<String, TextError> {
    if path != Path::new("-") {
        return read(path);
    }
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    decoded(&bytes)
}

fn decoded(bytes: &[u8]) -> Result<String, TextError> {
    let text = std::str::from_utf8(utf8(bytes)?);
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
        let broken = decoded(b"gr\xf6\xdfe").unwrap_err().to_string();
        assert!(broken.contains("not valid UTF-8 at byte 2"), "{broken}");
    }

    #[test]
    fn a_file_has_an_end_and_a_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "abc").unwrap();
        assert_eq!(bytes(&path, 3).unwrap(), b"abc");
        assert!(bytes(&path, 2).unwrap_err().to_string().contains("more than"));
        assert_eq!(bytes(folder.path(), 3).unwrap_err().to_string(), "it is a folder");
        #[cfg(unix)]
        assert_eq!(bytes(Path::new("/dev/zero"), 3).unwrap_err().to_string(), "it is a device");
    }

    #[test]
    fn what_the_system_says_has_no_number() {
        for (text, expected) in [
            ("refused (os error 111); start it", "refused; start it"),
            ("a (os error 1): b (os error 22)", "a: b"),
            ("a (os error x) b", "a (os error x) b"),
            ("a", "a"),
        ] {
            assert_eq!(without_numbers(text), expected);
        }
        let folder = tempfile::tempdir().unwrap();
        let missing = read(&folder.path().join("none")).unwrap_err().to_string();
        assert_eq!(missing, "there is no such file or folder");
        for number in 1..40 {
            let text = plain(&io::Error::from_raw_os_error(number));
            assert!(!text.is_empty() && !text.contains("os error"), "{text}");
        }
    }
}

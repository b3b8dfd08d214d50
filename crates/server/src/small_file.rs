//! Files that are read as a whole, and are small.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// How many bytes such a file may have.
const LIMIT: usize = 16 << 20;

/// What a file, or a pipe, has.
///
/// # Errors
///
/// When it cannot be read, is a folder or a device, or is larger than any that is meant.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let wrong = |reason: String| io::Error::new(io::ErrorKind::InvalidInput, reason);
    let kind = std::fs::metadata(path)?.file_type();
    if kind.is_dir() {
        return Err(wrong("it is a folder".to_owned()));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_char_device() || kind.is_block_device() {
            return Err(wrong("it is a device".to_owned()));
        }
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(LIMIT as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > LIMIT {
        return Err(wrong(format!("it is larger than {} MiB", LIMIT >> 20)));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_an_end_and_a_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        for (length, is_read) in [(0, true), (LIMIT, true), (LIMIT + 1, false)] {
            let file = File::create(&path).unwrap();
            file.set_len(length as u64).unwrap();
            assert_eq!(read(&path).ok().map(|bytes| bytes.len()), is_read.then_some(length));
        }
        assert_eq!(read(folder.path()).unwrap_err().to_string(), "it is a folder");
        #[cfg(unix)]
        assert_eq!(read(Path::new("/dev/zero")).unwrap_err().to_string(), "it is a device");
    }
}

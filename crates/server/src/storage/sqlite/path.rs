//! Where a path leads.

use std::io;
use std::path::{Path, PathBuf};

pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The path of a file without links, whether the file exists or not.
pub(super) fn resolved(path: &Path) -> io::Result<PathBuf> {
    /// As many as Linux follows.
    const LINKS: usize = 40;
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        let Ok(to) = std::fs::read_link(&path) else {
            let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
            return Ok(folder(&path).canonicalize()?.join(name));
        };
        path = folder(&path).join(to);
    }
    Err(io::Error::other("too many symbolic links"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn links_are_followed_where_they_lead_nowhere_as_well() {
        let directory = tempfile::tempdir().unwrap();
        let folder = directory.path().canonicalize().unwrap();
        std::fs::create_dir(folder.join("there")).unwrap();
        std::os::unix::fs::symlink("there/second", folder.join("first")).unwrap();
        std::os::unix::fs::symlink("../third", folder.join("there/second")).unwrap();
        assert_eq!(resolved(&folder.join("first")).unwrap(), folder.join("third"));
        std::os::unix::fs::symlink("first", folder.join("third")).unwrap();
        assert!(resolved(&folder.join("first")).is_err(), "they go round");
    }
}

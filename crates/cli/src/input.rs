//! What is read from files and standard input.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::failure::Failure;

/// The text of a file, or of standard input where the path is `-`, without a byte order mark.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    let text = if path == Path::new("-") {
        io::read_to_string(io::stdin())
    } else {
        fs::read_to_string(path)
    };
    let text = text.map_err(|error| {
        let place = if path == Path::new("-") {
            "standard input".into()
        } else {
            path.display().to_string()
        };
        Failure::Usage(format!("cannot read {place}: {error}"))
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

/// The policy in a file, as the API takes it: YAML text, of which JSON is a part.
pub(crate) fn policy(path: Option<&PathBuf>) -> Result<Option<String>, Failure> {
    path.map(|path| read(path)).transpose()
}

//! Access tokens that `auth login` stores: in the system's keyring, or in a file that only its
//! owner may read. A token belongs to a base URL, and is sent to no other.

use std::{
    collections::BTreeMap,
    fs, io,
    io::Write as _,
    path::{Path, PathBuf},
};

use registries_command_line::text::{self, TextError};
use serde::{Deserialize, Serialize};

use crate::{config, failure::Failure, ui::say};

/// The name of the program's entries in the keyring.
const SERVICE: &str = "registries";

/// Where a token is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Keyring,
    File(PathBuf),
}

impl Place {
    pub(crate) fn described(&self) -> String {
        match self {
            Self::Keyring => "the system's keyring".to_owned(),
            Self::File(path) => format!("the file {}", path.display()),
        }
    }
}

/// A token of the file, or that it is in the keyring.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
enum Stored {
    InKeyring,
    Token(String),
}

/// The tokens, by base URL.
type Tokens = BTreeMap<String, Stored>;

/// The token for this base URL, and where it is stored. The keyring is only read if the file says
/// that the token is there.
///
/// # Errors
///
/// When other users can read the file: what they may have seen is not used silently.
pub(crate) fn find(base_url: &str) -> Result<Option<(String, Place)>, Failure> {
    let Some(path) = file() else { return Ok(None) };
    let found = read(&path)?.remove(base_url);
    if let Some(Stored::Token(_)) = found {
        refuse_readable(&path)?;
    }
    match found {
        None => Ok(None),
        Some(Stored::Token(secret)) => Ok(Some((secret, Place::File(path)))),
        Some(Stored::InKeyring) => match keyring::get(base_url) {
            Ok(secret) => Ok(secret.map(|secret| (secret, Place::Keyring))),
            Err(error) => Err(Failure::NotDone(format!(
                "cannot read the token from the system's keyring: {error}; unlock it, or set \
                 REGISTRIES_TOKEN"
            ))),
        },
    }
}

/// Stores a token and returns where: in the keyring, or in the file if `in_file` is set or there is
/// no keyring. The token stored before is removed. What failed is a warning.
pub(crate) fn store(base_url: &str, secret: &str, in_file: bool) -> Result<Place, Failure> {
    let path = file().ok_or_else(|| {
        Failure::Usage("there is no folder for the token; set HOME or XDG_CONFIG_HOME".to_owned())
    })?;
    let mut tokens = read(&path)?;
    let was_in_keyring = matches!(tokens.get(base_url), Some(Stored::InKeyring));
    let stored = if in_file { Err(None) } else { keyring::set(base_url, secret).map_err(Some) };
    let place = if stored.is_ok() { Place::Keyring } else { Place::File(path.clone()) };
    let entry = if stored.is_ok() { Stored::InKeyring } else { Stored::Token(secret.to_owned()) };
    tokens.insert(base_url.to_owned(), entry);
    if let Err(failure) = write(&path, &tokens) {
        if stored.is_ok() && !was_in_keyring {
            // Nothing would find it there.
            let _ = keyring::delete(base_url);
        }
        return Err(failure);
    }
    if let Err(Some(error)) = stored {
        say(&format!(
            "warning: the system's keyring cannot be used: {error}; the token is in a file that only \
             you can read, as with --in-file"
        ));
    }
    if was_in_keyring
        && place != Place::Keyring
        && let Err(error) = keyring::delete(base_url)
    {
        say(&format!(
            "warning: the earlier token is still in the system's keyring, and could not be removed: \
             {error}"
        ));
    }
    Ok(place)
}

/// Removes the token for this base URL, and returns where it was.
pub(crate) fn remove(base_url: &str) -> Result<Option<Place>, Failure> {
    let Some(path) = file() else { return Ok(None) };
    let mut tokens = read(&path)?;
    let place = match tokens.remove(base_url) {
        None => return Ok(None),
        Some(Stored::Token(_)) => Place::File(path.clone()),
        Some(Stored::InKeyring) => {
            keyring::delete(base_url).map_err(|error| {
                Failure::NotDone(format!(
                    "cannot remove the token from the system's keyring: {error}"
                ))
            })?;
            Place::Keyring
        }
    };
    write(&path, &tokens)?;
    Ok(Some(place))
}

#[cfg(unix)]
fn refuse_readable(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).map_or(0, |it| it.permissions().mode() & 0o777);
    let of_others = mode & 0o077;
    if of_others == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(Failure::Usage(format!(
        "other users can read the tokens in {path} (mode {mode:03o}); run `chmod 600 {path}`, and \
         revoke them if another user may have read them"
    )))
}

#[cfg(not(unix))]
fn refuse_readable(_: &Path) -> Result<(), Failure> {
    Ok(())
}

fn file() -> Option<PathBuf> {
    config::folder().map(|folder| folder.join("tokens.toml"))
}

fn read(path: &Path) -> Result<Tokens, Failure> {
    match text::read(path) {
        // What is wrong with it is not quoted: there are tokens in it.
        Ok(text) => toml::from_str(&text).map_err(|_| {
            let path = path.display();
            Failure::Usage(format!("{path} cannot be read; remove it, and log in again"))
        }),
        Err(TextError::Read(error)) if error.kind() == io::ErrorKind::NotFound => Ok(Tokens::new()),
        Err(error) => Err(Failure::Usage(format!("cannot read {}: {error}", path.display()))),
    }
}

/// Replaces the file by one that only its owner may read.
fn write(path: &Path, tokens: &Tokens) -> Result<(), Failure> {
    let written = toml::to_string(tokens).map_err(io::Error::other).and_then(|text| {
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    });
    written.map_err(|error| Failure::NotDone(format!("cannot write {}: {error}", path.display())))
}

/// The system's keyring.
#[cfg(feature = "keyring")]
mod keyring {
    use keyring::{Entry, Error};

    use super::SERVICE;

    pub(super) fn get(base_url: &str) -> Result<Option<String>, String> {
        on_a_thread(base_url, |entry| match entry.get_password() {
            Ok(secret) => Ok(Some(secret)),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        })
    }

    pub(super) fn set(base_url: &str, secret: &str) -> Result<(), String> {
        on_a_thread(base_url, |entry| entry.set_password(secret))
    }

    pub(super) fn delete(base_url: &str) -> Result<(), String> {
        on_a_thread(base_url, |entry| match entry.delete_credential() {
            Err(Error::NoEntry) => Ok(()),
            done => done,
        })
    }

    /// On a thread of its own: it waits for other programs, and not as the runtime does.
    fn on_a_thread<T: Send>(
        base_url: &str,
        work: impl FnOnce(&Entry) -> Result<T, Error> + Send,
    ) -> Result<T, String> {
        std::thread::scope(|scope| {
            let work = scope.spawn(|| {
                if let Err(error) = Entry::store_status() {
                    return Err(error.to_string());
                }
                let entry = Entry::new(SERVICE, base_url).map_err(|error| error.to_string())?;
                work(&entry).map_err(|error| error.to_string())
            });
            work.join().unwrap_or_else(|_| Err("it failed".to_owned()))
        })
    }
}

/// A program built without it has none.
#[cfg(not(feature = "keyring"))]
mod keyring {
    const NONE: &str = "this program was built without it";

    pub(super) fn get(_: &str) -> Result<Option<String>, String> {
        Err(NONE.to_owned())
    }

    pub(super) fn set(_: &str, _: &str) -> Result<(), String> {
        Err(NONE.to_owned())
    }

    pub(super) fn delete(_: &str) -> Result<(), String> {
        Err(NONE.to_owned())
    }
}

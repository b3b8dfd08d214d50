//! How values are written, in options, variables and files.

use std::{
    net::{SocketAddr, ToSocketAddrs},
    num::NonZeroU32,
    time::Duration,
};

pub(super) use registries_command_line::duration;

/// How long a response may take.
pub(super) fn timeout(text: &str) -> Result<Duration, &'static str> {
    let timeout = duration(text)?;
    match timeout.as_secs() {
        1..=600 => Ok(timeout),
        _ => Err("expected a duration between 1s and 10m"),
    }
}

/// How many requests to send in a minute at most.
pub(super) fn pace(text: &str) -> Result<NonZeroU32, &'static str> {
    text.trim().parse().map_err(|_| "expected a number of requests, at least 1")
}

/// How many requests may be sent in all.
pub(super) fn count(text: &str) -> Result<usize, &'static str> {
    text.trim().parse().map_err(|_| "expected a number of requests")
}

/// The seed of an exploration.
pub(super) fn seed(text: &str) -> Result<u64, &'static str> {
    text.trim().parse().map_err(|_| "expected a seed, which the report of a run of deep has")
}

/// What turns something on or off.
pub(super) fn switch(text: &str) -> Result<bool, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" | "1" | "y" | "t" => Ok(true),
        "false" | "no" | "off" | "0" | "n" | "f" => Ok(false),
        _ => Err("expected true or false"),
    }
}

/// Where to listen: an address or a name with a port, or a port alone, which is one of this machine.
pub(super) fn listen(text: &str) -> Result<SocketAddr, String> {
    let malformed = || {
        "expected HOST:PORT, for example 127.0.0.1:8090 or localhost:8090, or :PORT for 127.0.0.1"
            .to_owned()
    };
    let (host, port) = text.rsplit_once(':').ok_or_else(malformed)?;
    let port: u16 = port.parse().map_err(|_| malformed())?;
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host = match (host, inner) {
        ("", _) => "127.0.0.1",
        (_, Some(address)) => address,
        (name, None) if !name.contains(':') => name,
        _ => return Err(malformed()),
    };
    // A name may have several addresses; clients try that of IPv4 as well.
    let mut found: Vec<SocketAddr> = (host, port).to_socket_addrs().into_iter().flatten().collect();
    found.sort_by_key(SocketAddr::is_ipv6);
    found.first().copied().ok_or_else(|| {
        format!(
            "the host name {host:?} cannot be resolved; use an address such as 127.0.0.1:{port}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_effect_is_wrong() {
        assert!(pace("0").is_err() && pace("50") == Ok(NonZeroU32::new(50).unwrap()));
        assert!(switch("perhaps").is_err() && switch("Yes") == Ok(true));
        assert!(timeout("11m").is_err() && timeout("0").is_err() && timeout("10m").is_ok());
    }

    #[test]
    fn a_port_alone_and_a_name_are_of_this_machine() {
        for text in [":8090", "127.0.0.1:8090", "localhost:8090"] {
            assert_eq!(listen(text).unwrap().to_string(), "127.0.0.1:8090", "{text}");
        }
        assert_eq!(listen("[::1]:80").unwrap().to_string(), "[::1]:80");
        for text in ["nowhere", "8090", "127.0.0.1", ":", "127.0.0.1:99999", "::1:80"] {
            assert!(listen(text).is_err_and(|error| error.contains("HOST:PORT")), "{text}");
        }
        let unknown = listen("no-such-host.invalid:80").unwrap_err();
        assert!(unknown.contains("\"no-such-host.invalid\" cannot be resolved"), "{unknown}");
    }
}

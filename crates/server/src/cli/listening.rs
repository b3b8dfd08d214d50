//! Listening, and what to do where that fails.

use std::io;
use std::net::SocketAddr;

use registries_command_line::text::plain;
use tokio::net::TcpListener;

use super::Failure;
use crate::config::ListenAddress;

/// Listens at an address, and returns which one of the machine it is.
pub(super) async fn listen(address: &ListenAddress) -> Result<(TcpListener, SocketAddr), Failure> {
    let failed = |error| {
        let (why, advice) = explained(&error);
        Failure::not_carried_out(format!("cannot listen on {address}: {why}; {advice}"))
    };
    let listener = address.bind().await.map_err(failed)?;
    let found = listener.local_addr().map_err(failed)?;
    Ok((listener, found))
}

/// Why listening at an address fails, and what to do about it.
pub(super) fn explained(error: &io::Error) -> (String, &'static str) {
    let (why, advice) = match error.kind() {
        io::ErrorKind::AddrInUse => (
            "another program uses the port",
            "stop it, or choose another port (port 0 is any free port)",
        ),
        io::ErrorKind::AddrNotAvailable => {
            ("this machine does not have the address", "choose one that it has, such as 127.0.0.1")
        }
        io::ErrorKind::PermissionDenied => {
            ("this user may not use the port", "choose a port above 1023")
        }
        _ => return (plain(error), "choose an address of this machine, such as 127.0.0.1"),
    };
    (why.to_owned(), advice)
}

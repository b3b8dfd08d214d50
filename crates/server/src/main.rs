//! The command `registries-server`.

use std::process::ExitCode;

fn main() -> ExitCode {
    registries_server::cli::main()
}

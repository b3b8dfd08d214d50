//! The command `registries`.

use std::process::ExitCode;

fn main() -> ExitCode {
    registries_cli::main()
}

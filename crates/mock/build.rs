//! Generates the mocks from the contract, as the client has it.

use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    const CONTRACT: &str = "../client/openapi.json";
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={CONTRACT}");
    let mocks = registries_codegen::generate_mocks(&fs::read_to_string(CONTRACT)?)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("mocks.rs"), mocks)?;
    Ok(())
}

//! Generates the client from the contract that lies beside this file.

use std::{env, error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=openapi.yaml");
    let root = env::var("CARGO_MANIFEST_DIR")?;
    let contract = fs::read_to_string(Path::new(&root).join("openapi.yaml"))?;
    let client = registries_codegen::generate_client(&contract)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("client.rs"), client)?;
    Ok(())
}

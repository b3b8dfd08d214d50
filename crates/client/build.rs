//! Generates the client from the contract, of which `openapi.json` is a copy.

#[cfg(feature = "generate")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::{env, fs, path::Path};

    const CONTRACT: &str = "openapi.json";
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={CONTRACT}");
    let client = registries_codegen::generate_client(&fs::read_to_string(CONTRACT)?)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("client.rs"), client)?;
    Ok(())
}

/// `src/generated.rs` is used.
#[cfg(not(feature = "generate"))]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}

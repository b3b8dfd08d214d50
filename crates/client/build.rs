//! Generates the client from the contract: the workspace's, or the one that a package has beside
//! this file.

#[cfg(feature = "generate")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::{env, fs, path::Path};

    // A package is not where `crates/client` is in the workspace.
    let workspace = Path::new("../../openapi.yaml");
    let in_workspace = Path::new("../../crates/client/build.rs").exists();
    let contract = if in_workspace { workspace } else { Path::new("openapi.yaml") };
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", contract.display());
    let client = registries_codegen::generate_client(&fs::read_to_string(contract)?)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("client.rs"), client)?;
    Ok(())
}

/// `src/generated.rs` is used.
#[cfg(not(feature = "generate"))]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}

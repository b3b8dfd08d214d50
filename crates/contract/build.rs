//! Turns the contract and the requirements into JSON, which is read in a tenth of the time.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    as_json(&root.join("../../openapi.yaml"), &out.join("contract.json"))?;
    as_json(&root.join("requirements.yaml"), &out.join("requirements.json"))
}

fn as_json(yaml: &Path, json: &Path) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", yaml.display());
    // `no` is a word here, as it is where the crate reads YAML.
    let options = serde_saphyr::options! { strict_booleans: true };
    let value: serde_json::Value =
        serde_saphyr::from_str_with_options(&fs::read_to_string(yaml)?, options)
            .map_err(io::Error::other)?;
    fs::write(json, value.to_string())
}

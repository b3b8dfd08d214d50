//! Puts into the binary what `run` needs: the snapshots, with which it compares deployments, and the
//! contract and the requirements as JSON, which it reads in a tenth of the time.

use std::{
    env,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let snapshots = root.join("snapshots");
    println!("cargo::rerun-if-changed={}", snapshots.display());
    let mut names: Vec<String> = fs::read_dir(&snapshots)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<_>>()?;
    names.sort();
    let mut source = String::from("&[\n");
    for name in &names {
        if let Some(step) = name.strip_suffix(".snap") {
            let path = snapshots.join(name).display().to_string();
            writeln!(source, "    ({step:?}, include_str!({path:?})),")
                .map_err(io::Error::other)?;
        }
    }
    source.push(']');
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("snapshots.rs"), source)?;
    as_json(&root.join("../openapi.yaml"), &out.join("contract.json"))?;
    as_json(&root.join("requirements.yaml"), &out.join("requirements.json"))
}

fn as_json(yaml: &Path, json: &Path) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", yaml.display());
    // `no` is a word here, as it is where the suite reads YAML.
    let options = serde_saphyr::options! { strict_booleans: true };
    let value: serde_json::Value =
        serde_saphyr::from_str_with_options(&fs::read_to_string(yaml)?, options)
            .map_err(io::Error::other)?;
    fs::write(json, value.to_string())
}

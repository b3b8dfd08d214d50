//! Puts the snapshots into the binary, with which `run` compares deployments.

use std::{env, fmt::Write as _, fs, io, path::PathBuf};

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
    fs::write(out.join("snapshots.rs"), source)
}

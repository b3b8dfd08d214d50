//! Embeds the migrations of `SQLite`. Those of `PostgreSQL` are embedded by sqlx.

use std::{env, error::Error, fmt::Write as _, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=migrations");
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("migrations/sqlite");
    let mut files: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    files.sort_by_key(fs::DirEntry::file_name);
    let mut list = String::from("pub(super) static MIGRATIONS: &[Migration] = &[\n");
    for file in files {
        // A name such as `0002_registry_tokens.sql`.
        let name = file.file_name().into_string().unwrap_or_default();
        let parts = name.strip_suffix(".sql").and_then(|name| name.split_once('_'));
        let (version, description) = parts.ok_or(format!("{name} is no migration"))?;
        let (version, description) = (version.parse::<i64>()?, description.replace('_', " "));
        writeln!(
            list,
            "    Migration {{ version: {version}, description: {description:?}, \
             sql: include_str!({path:?}) }},",
            path = file.path().to_string_lossy()
        )?;
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("migrations.rs"), list + "];\n")?;
    Ok(())
}

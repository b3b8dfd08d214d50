//! Snapshots that no test looks at any more are not to stay.

use std::path::Path;

#[test]
fn every_snapshot_is_looked_at() {
    let program = env!("CARGO_CRATE_NAME");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(program);
    for entry in std::fs::read_dir(folder.join("snapshots")).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let mut parts = file.strip_suffix(".snap").unwrap().splitn(3, "__").skip(1);
        let [module, name] = [(); 2].map(|()| parts.next().unwrap());
        let source = std::fs::read_to_string(folder.join(module).with_extension("rs")).unwrap();
        let family = name.split('-').next().unwrap();
        let is_named = source.contains(&format!("\"{name}\""));
        assert!(is_named || source.contains(&format!("\"{family}-{{}}\"")), "{file}");
    }
}

//! Which modules of a package import each other: the largest circle is what has to be understood at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result};
use syn::{Attribute, ItemMod, ItemUse, UseTree, visit::Visit};

/// The modules that each module of a package names, without tests.
pub(crate) type Imports = BTreeMap<String, BTreeSet<String>>;

/// Reads the imports of the package whose sources are in `folder`.
pub(crate) fn of(folder: &Path) -> Result<Imports> {
    let mut files = BTreeMap::new();
    collect(folder, &mut Vec::new(), &mut files)?;
    let names: BTreeSet<String> = files.keys().cloned().collect();
    Ok(files
        .into_iter()
        .map(|(name, file)| {
            let mut reader =
                Reader { module: segments(&name), names: &names, found: BTreeSet::new() };
            reader.visit_file(&file);
            reader.found.remove(&name);
            (name, reader.found)
        })
        .collect())
}

/// The circles of modules that import each other, the largest first.
pub(crate) fn circles(imports: &Imports) -> Vec<Vec<&str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        imports.keys().map(|name| (name.as_str(), reached(imports, name))).collect();
    let mut circles: BTreeSet<Vec<&str>> = BTreeSet::new();
    for (name, from_it) in &reached {
        let circle: Vec<&str> =
            from_it.iter().filter(|other| reached[**other].contains(name)).copied().collect();
        if !circle.is_empty() {
            circles.insert(circle);
        }
    }
    let mut circles: Vec<_> = circles.into_iter().collect();
    circles.sort_by_key(|circle| std::cmp::Reverse(circle.len()));
    circles
}

/// The modules that a module imports, and those that they import.
fn reached<'i>(imports: &'i Imports, name: &str) -> BTreeSet<&'i str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![name];
    while let Some(module) = open.pop() {
        for next in &imports[module] {
            if reached.insert(next.as_str()) {
                open.push(next);
            }
        }
    }
    reached
}

/// Parses every file, by the path of its module; the root's is empty.
fn collect(
    folder: &Path,
    path: &mut Vec<String>,
    files: &mut BTreeMap<String, syn::File>,
) -> Result<()> {
    let reading = || format!("reading {}", folder.display());
    for entry in fs::read_dir(folder).with_context(reading)? {
        let entry = entry.with_context(reading)?.path();
        let Some(stem) = entry.file_stem().and_then(|it| it.to_str()) else { continue };
        path.push(stem.to_owned());
        if entry.is_dir() {
            collect(&entry, path, files)?;
        } else if entry.extension().is_some_and(|it| it == "rs") {
            let file = syn::parse_file(&fs::read_to_string(&entry)?)
                .with_context(|| format!("parsing {}", entry.display()))?;
            let is_parent = matches!(stem, "mod" | "lib" | "main");
            let name = if is_parent { &path[..path.len() - 1] } else { &path[..] };
            if !is_of_tests(&file.attrs) && stem != "tests" {
                files.insert(name.join("::"), file);
            }
        }
        path.pop();
    }
    Ok(())
}

fn segments(path: &str) -> Vec<String> {
    path.split("::").filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

fn is_of_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Ident>().is_ok_and(|it| it == "test")
    })
}

/// Finds what a module names.
struct Reader<'n> {
    module: Vec<String>,
    names: &'n BTreeSet<String>,
    found: BTreeSet<String>,
}

impl Reader<'_> {
    /// Takes note of a path that begins with `crate`, `self` or `super`.
    fn note(&mut self, path: &[String]) {
        let mut base = self.module.clone();
        let mut rest = path;
        match rest.first().map(String::as_str) {
            Some("crate") => base.clear(),
            Some("self") => {}
            Some("super") => {
                while rest.first().is_some_and(|it| it == "super") {
                    base.pop();
                    rest = &rest[1..];
                }
                // What is left is looked for from there.
                return self.found_at(base, rest);
            }
            _ => return,
        }
        self.found_at(base, &rest[1..]);
    }

    fn found_at(&mut self, mut base: Vec<String>, rest: &[String]) {
        base.extend_from_slice(rest);
        while !base.is_empty() {
            let name = base.join("::");
            if self.names.contains(&name) {
                self.found.insert(name);
                return;
            }
            base.pop();
        }
    }

    fn trees(&mut self, before: &mut Vec<String>, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.trees(before, &path.tree);
                before.pop();
            }
            UseTree::Name(name) => {
                before.push(name.ident.to_string());
                self.note(before);
                before.pop();
            }
            UseTree::Rename(rename) => {
                before.push(rename.ident.to_string());
                self.note(before);
                before.pop();
            }
            UseTree::Glob(_) => self.note(before),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.trees(before, tree);
                }
            }
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        if !is_of_tests(&module.attrs) {
            syn::visit::visit_item_mod(self, module);
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        // What a parent shows of its children is no import.
        let of_children = matches!(&item.tree, UseTree::Path(path) if path.ident == "self");
        if !of_children && !is_of_tests(&item.attrs) {
            self.trees(&mut Vec::new(), &item.tree);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let path_segments: Vec<String> =
            path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.note(&path_segments);
        syn::visit::visit_path(self, path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A package with these files.
    fn package(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn modules_that_import_each_other_are_a_circle() {
        let package = package(&[
            ("lib.rs", "mod a; mod b; mod c; mod d;"),
            ("a.rs", "use crate::b::{self, Thing};"),
            ("b/mod.rs", "mod inner; pub fn f() { crate::c::g(); }"),
            ("b/inner.rs", "use super::super::d;"),
            ("c.rs", "use crate::a;"),
            ("d.rs", "#[cfg(test)] mod tests { use crate::a; }"),
        ]);
        let imports = of(package.path()).unwrap();
        assert_eq!(circles(&imports), [["a", "b", "c"]]);
        assert_eq!(imports["b::inner"], ["d".to_owned()].into());
        assert!(imports["d"].is_empty());
    }

    /// What has to be understood at once stays small.
    #[test]
    fn no_circle_of_this_project_is_large() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for folder in crate::SOURCES {
            let imports = of(&root.join(folder)).unwrap();
            let circles = circles(&imports);
            let largest = circles.first().map_or(0, Vec::len);
            assert!(largest <= LARGEST, "{folder}: {circles:#?}");
        }
    }

    /// The library goes up in this order: nothing below imports what stands above it.
    #[test]
    fn the_library_of_the_suite_goes_up_in_one_direction() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let imports = of(&root.join("conformance/src")).unwrap();
        let layer = |module: &str| {
            let top = module.split("::").next().unwrap_or_default();
            LAYERS.iter().position(|modules| modules.contains(&top))
        };
        for (module, imported) in &imports {
            // What is in none, such as `tag`, is used by all.
            let Some(own) = layer(module) else { continue };
            for other in imported.iter().filter_map(|it| Some((it, layer(it)?))) {
                assert!(other.1 <= own, "{module} imports {}, which stands above it", other.0);
            }
        }
    }

    const LARGEST: usize = 5;

    /// From below to above.
    const LAYERS: [&[&str]; 9] = [
        &["wire", "text"],
        &["exchange"],
        &["engine"],
        &["observed", "outcome", "steps", "case"],
        &["areas"],
        &["plan", "verified", "transcript", "readings", "coverage"],
        &["report"],
        &["run", "explore"],
        &["traffic", "sweep"],
    ];
}

//! What the documentation of handles and setters says, compared with the contract.
//!
//! `src/generated.rs` says what the contract says, and is derived from it.

use std::{collections::BTreeMap, fs, path::Path};

const GENERATED: &str = include_str!("../../src/generated.rs");

/// A public function: the block that it is in, its name and its documentation.
struct Function {
    block: String,
    name: String,
    returns: String,
    doc: String,
}

/// The public functions of a source.
fn functions(source: &str) -> Vec<Function> {
    let (mut functions, mut block, mut doc) = (Vec::new(), String::new(), String::new());
    let mut lines = source.lines();
    while let Some(line) = lines.next() {
        let text = line.trim_start();
        if let Some(documented) = text.strip_prefix("///") {
            doc += documented.strip_prefix(' ').unwrap_or(documented);
            doc.push('\n');
        } else if let Some(function) =
            text.strip_prefix("pub fn ").or_else(|| text.strip_prefix("pub async fn "))
        {
            let mut signature = function.to_owned();
            while !signature.contains('{') {
                signature += lines.next().unwrap();
            }
            let returns = signature.split("-> ").nth(1).unwrap_or_default().to_owned();
            let end = function.find(['(', '<']).unwrap();
            let (name, doc) = (function[..end].to_owned(), std::mem::take(&mut doc));
            functions.push(Function { block: block.clone(), name, returns, doc });
        } else if !text.starts_with('#') {
            if text.starts_with("impl") || text.starts_with("pub struct ") {
                text.clone_into(&mut block);
            }
            doc.clear();
        }
    }
    functions
}

fn sources(folder: &str) -> Vec<Function> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(folder);
    let mut found = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            found.extend(functions(&fs::read_to_string(path).unwrap()));
        }
    }
    found
}

/// The three-digit numbers in a text.
fn statuses(text: &str) -> Vec<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    let is_status = |word: &&str| word.len() == 3 && word.bytes().all(|b| b.is_ascii_digit());
    let mut statuses: Vec<_> = words.filter(is_status).collect();
    statuses.sort_unstable();
    statuses
}

/// The text on one line.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_call_lists_the_errors_of_its_operation() {
    let generated = functions(GENERATED);
    let operations: BTreeMap<_, _> = generated
        .iter()
        .filter(|function| function.returns.starts_with("builder::"))
        .map(|function| (function.name.as_str(), function))
        .collect();
    assert!(operations.len() > 10);
    let mut seen = 0;
    for function in sources("handles") {
        if function.name.starts_with("clear_") || !function.doc.contains("# Errors") {
            let is_call = function.returns.starts_with("Call<")
                || function.returns.starts_with("Pages<")
                || function.returns.starts_with("Rename<");
            assert!(!is_call, "{} {} has no errors", function.block, function.name);
            continue;
        }
        let (_, errors) = function.doc.split_once("# Errors").unwrap();
        let errors = errors.split("```").next().unwrap();
        let Some((_, named)) = errors.split_once("[`Client::") else { continue };
        let operation = operations[named.split('`').next().unwrap()];
        let (_, listed) = operation.doc.split_once("# Errors").unwrap();
        assert_eq!(statuses(errors), statuses(listed), "{} {}", function.block, function.name);
        seen += 1;
    }
    assert!(seen >= 20, "{seen}");
}

/// What the contract says about the values of a property, in sentences.
fn bounds(generated: &[Function], block: &str, property: &str) -> Vec<String> {
    const BOUNDS: [&str; 7] =
        ["From ", "At least ", "At most ", "One of ", "Known values: ", "Matches ", "Default: "];
    let setter = generated.iter().find(|it| it.block == block && it.name == property);
    let doc = unwrapped(&setter.unwrap_or_else(|| panic!("{block} has no {property}")).doc);
    let sentences = doc.split_inclusive(". ").map(|it| it.trim().trim_end_matches('.').to_owned());
    sentences.filter(|it| BOUNDS.iter().any(|bound| it.starts_with(bound))).collect()
}

/// A block of setters, a generated block, and the setters of the first with those of the second.
type Setters = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const SETTERS: [Setters; 6] = [
    (
        "impl OrganizationHandle {",
        "impl CreateRegistry {",
        &[("create_registry", "name"), ("create_registry", "ecosystem")],
    ),
    (
        "impl Call<types::Registry, builder::CreateRegistry> {",
        "impl CreateRegistry {",
        &[
            ("description", "description"),
            ("emoji", "emoji"),
            ("color", "color"),
            ("policy", "oidc_policy"),
            ("team_ids", "team_ids"),
        ],
    ),
    ("impl RegistryHandle {", "impl UpdateRegistry {", &[("rename", "name")]),
    (
        "impl Call<types::Registry, builder::UpdateRegistry> {",
        "impl UpdateRegistry {",
        &[
            ("description", "description"),
            ("emoji", "emoji"),
            ("color", "color"),
            ("policy", "oidc_policy"),
        ],
    ),
    ("impl RegistryTokenHandle {", "impl RegistryTokenDescription {", &[("update", "description")]),
    (
        "impl<T: Clone + PartialEq> Pages<T> {",
        "impl<'a> ListOrganizations<'a> {",
        &[("per_page", "per_page"), ("page", "page")],
    ),
];

#[test]
fn setters_say_what_the_contract_says_about_values() {
    let generated = functions(GENERATED);
    let written: Vec<_> = sources("handles").into_iter().chain(sources("")).collect();
    let mut seen = 0;
    for (block, of, properties) in SETTERS {
        for (setter, property) in properties {
            let method = written.iter().find(|it| it.block == block && it.name == *setter);
            let doc = unwrapped(&method.unwrap_or_else(|| panic!("{block} {setter}")).doc);
            for bound in bounds(&generated, of, property) {
                assert!(doc.contains(&bound), "{setter}: `{bound}` is not in: {doc}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 9, "{seen}");
}

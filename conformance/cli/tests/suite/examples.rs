//! The payloads that the seed and the documentation print, validated against the contract. What they
//! get wrong themselves is named one by one in `data/doc-examples/manifest.json`.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use registries_conformance::contract::{Contract, Part, validate_examples};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    #[serde(rename = "about")]
    _about: String,
    examples: Vec<Example>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Example {
    file: String,
    source: String,
    operation: String,
    part: Value,
    /// Why the example breaks the contract, by the place.
    #[serde(default)]
    breaks: BTreeMap<String, String>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/doc-examples")
}

fn manifest() -> Manifest {
    let text = fs::read_to_string(folder().join("manifest.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_contracts_own_examples_fit_it() {
    assert_eq!(validate_examples(Contract::built_in()).unwrap(), []);
}

#[test]
fn every_printed_payload_breaks_the_contract_just_where_it_is_known_to() {
    let contract = Contract::built_in();
    for example in manifest().examples {
        let text = fs::read_to_string(folder().join(&example.file)).unwrap();
        let body: Value = serde_json::from_str(&text).unwrap();
        let part = match &example.part {
            Value::String(part) if part == "request" => Part::Request,
            part => Part::Response(u16::try_from(part.as_u64().unwrap()).unwrap()),
        };
        let found = contract.validate_body(&example.operation, part, &body).unwrap();
        let places: BTreeSet<&String> = found.iter().map(|(place, _)| place).collect();
        let known: BTreeSet<&String> = example.breaks.keys().collect();
        assert_eq!(places, known, "{} ({}): {found:#?}", example.file, example.source);
        assert!(example.breaks.values().all(|reason| !reason.is_empty()));
    }
}

#[test]
fn every_payload_is_in_the_manifest() {
    let listed: BTreeSet<String> =
        manifest().examples.into_iter().map(|example| example.file).collect();
    let mut found = BTreeSet::new();
    for section in fs::read_dir(folder()).unwrap().map(Result::unwrap) {
        if !section.file_type().unwrap().is_dir() {
            continue;
        }
        for file in fs::read_dir(section.path()).unwrap().map(Result::unwrap) {
            let section = section.file_name().into_string().unwrap();
            found.insert(format!("{section}/{}", file.file_name().into_string().unwrap()));
        }
    }
    assert_eq!(listed, found);
}

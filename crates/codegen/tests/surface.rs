//! The listing of the client's public surface.

use registries_codegen::{client_surface, generate_client, parse};

const CONTRACT: &str = include_str!("../../../openapi.yaml");

#[test]
fn the_listing_says_where_it_comes_from_and_what_there_is() {
    let listing = client_surface(CONTRACT).unwrap();
    let first = listing.lines().next().unwrap();
    assert!(first.contains("cargo xtask regenerate"), "{first}");
    let update = "\noperation update_registry
    POST /packages/organizations/{org_slug}/registries/{registry_slug}
    .body(UpdateRegistry)
    .body_map(…)
    .org_slug(String)
    .registry_slug(String)
    -> Registry\n";
    assert!(listing.contains(update), "{listing}");
    let body = "\nstruct UpdateRegistry
    color: Field<String>
    description: Field<String>
    emoji: Field<String>
    name: Option<String>
    oidc_policy: Field<Policy>\n";
    assert!(listing.contains(body), "{listing}");
    assert!(listing.contains("\nenum Ecosystem\n    Container\n"), "{listing}");
    assert!(!listing.contains("Oidc"), "{listing}");
}

#[test]
fn the_listing_is_stable_and_sorted() {
    let listing = client_surface(CONTRACT).unwrap();
    assert_eq!(listing, client_surface(CONTRACT).unwrap());
    let titles: Vec<_> = listing.split("\n\n").skip(1).collect();
    assert!(titles.is_sorted(), "{titles:?}");
    assert_eq!(listing.matches("\noperation ").count(), 16, "one for each operation and no alias");
}

/// By what a reader of the contract takes for a time, and not by what the generator looks at.
#[test]
fn every_time_of_the_contract_has_a_method() {
    let contract = parse(CONTRACT).unwrap();
    let mut missing: Vec<(String, String)> = Vec::new();
    for (schema, component) in contract["components"]["schemas"].as_object().unwrap() {
        let properties = component["properties"].as_object().into_iter().flatten();
        let times = properties.filter(|(name, property)| {
            let text = property.to_string();
            name.ends_with("_at")
                || name.contains("time")
                || ["date-time", "schemas/Timestamp\"", "[Zz]", "since 1970"]
                    .iter()
                    .any(|sign| text.contains(sign))
        });
        missing.extend(times.map(|(name, _)| (schema.clone(), name.clone())));
    }
    assert!(missing.len() > 7, "{missing:?}");
    let listing = client_surface(CONTRACT).unwrap();
    for entry in listing.split("\n\n") {
        let Some(ty) = entry.strip_prefix("struct ").and_then(|it| it.lines().next()) else {
            continue;
        };
        let read = entry.lines().filter_map(|line| {
            line.strip_prefix("    [feature=\"jiff\"] fn ")?
                .strip_suffix("(&self) -> Result<Option<jiff::Timestamp>, TimeError>")
        });
        for name in read {
            let time = missing.iter().position(|(schema, time)| (&**schema, &**time) == (ty, name));
            missing.remove(time.unwrap_or_else(|| panic!("{ty}::{name} is no time")));
        }
    }
    assert!(missing.is_empty(), "without a method: {missing:?}");
}

#[test]
fn a_time_in_an_object_without_a_component_is_refused() {
    let hidden = CONTRACT.replace(
        "              description: The user's name.\n              type: string\n",
        "              description: The user's name.\n              type: string\n              format: date-time\n",
    );
    let error = client_surface(&hidden).unwrap_err().to_string();
    assert!(error.contains("schema AccessToken, user") && error.contains("component"), "{error}");
}

#[test]
fn the_listing_changes_with_the_contract() {
    let changed = CONTRACT.replace("        emoji:\n", "        symbol:\n");
    let (before, after) = (client_surface(CONTRACT).unwrap(), client_surface(&changed).unwrap());
    assert!(!before.contains("symbol") && after.contains("symbol: Field<String>"));
}

#[test]
fn the_client_is_the_same_from_json() {
    let json = parse(CONTRACT).unwrap().to_string();
    assert_eq!(generate_client(&json).unwrap(), generate_client(CONTRACT).unwrap());
}

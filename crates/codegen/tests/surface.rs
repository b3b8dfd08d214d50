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

//! Ids in the GraphQL API.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use uuid::Uuid;

/// What the documented examples decode to: the name of the type, three hyphens and the id.
pub(super) fn graphql_id(type_name: &str, id: Uuid) -> String {
    BASE64_STANDARD.encode(format!("{type_name}---{id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_made_as_the_documented_examples_show() {
        for (type_name, id, expected) in [
            (
                "Registry",
                "0191df84-85e4-77aa-83ba-6579084728eb",
                "UmVnaXN0cnktLS0wMTkxZGY4NC04NWU0LTc3YWEtODNiYS02NTc5MDg0NzI4ZWI=",
            ),
            (
                "RegistryToken",
                "0191b6a2-aa51-70d0-8a5f-aabce115b0fd",
                "UmVnaXN0cnlUb2tlbi0tLTAxOTFiNmEyLWFhNTEtNzBkMC04YTVmLWFhYmNlMTE1YjBmZA==",
            ),
            (
                "User",
                "0191b13b-0eb6-470d-a4c0-2085974f3580",
                "VXNlci0tLTAxOTFiMTNiLTBlYjYtNDcwZC1hNGMwLTIwODU5NzRmMzU4MA==",
            ),
        ] {
            assert_eq!(graphql_id(type_name, Uuid::try_parse(id).unwrap()), expected);
        }
    }
}

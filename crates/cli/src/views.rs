//! What is printed: the objects of the API, with each property that the contract has. One that a
//! response left out is null, so that programs find the same properties everywhere.

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::failure::Failure;

/// What can be printed.
pub(crate) trait View: Serialize + DeserializeOwned + JsonSchema {
    /// The properties that a list shows to people.
    const COLUMNS: &[&str];

    /// The view of an object of the API.
    fn of(object: &impl Serialize) -> Result<Self, Failure> {
        let value = serde_json::to_value(object).and_then(serde_json::from_value);
        value.map_err(|error| Failure::NotDone(format!("the response has no such form: {error}")))
    }
}

/// A package registry of an organization.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Registry {
    /// It names the registry in URLs and commands, and follows the name
    slug: String,
    /// The name
    name: String,
    /// The package ecosystem, such as ruby; fixed at creation
    ecosystem: String,
    /// What the registry is for
    description: Option<String>,
    /// An emoji, such as :sunflower:
    emoji: Option<String>,
    /// A color, such as #f0ccff
    color: Option<String>,
    /// Whether anyone may read the packages
    public: Option<bool>,
    /// The policy by which OIDC tokens are accepted: YAML text or a list of statements
    oidc_policy: Option<Value>,
    /// The ids of the teams that have access
    team_ids: Option<Vec<String>>,
    /// The kind of registry, such as source
    r#type: Option<String>,
    /// The id, which never changes
    id: String,
    /// The id in the GraphQL API
    graphql_id: Option<String>,
    /// Where the API serves the registry
    url: Option<String>,
    /// Where a person sees the registry
    web_url: Option<String>,
}

impl Registry {
    pub(crate) fn slug(&self) -> &str {
        &self.slug
    }
}

impl View for Registry {
    const COLUMNS: &[&str] = &["slug", "name", "ecosystem", "description"];
}

/// A token that reads the packages of a registry.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct RegistryToken {
    /// The id, which never changes
    id: String,
    /// What the token is for
    description: Option<String>,
    /// When the token was created
    created_at: Option<String>,
    /// Who created the token
    created_by: Option<User>,
    /// The organization of the registry
    organization: Option<Reference>,
    /// The registry
    registry: Option<Reference>,
    /// The id in the GraphQL API
    graphql_id: Option<String>,
    /// Where the API serves the token
    url: Option<String>,
}

impl RegistryToken {
    pub(crate) fn id(&self) -> &str {
        &self.id
    }
}

impl View for RegistryToken {
    const COLUMNS: &[&str] = &["id", "description", "created_at", "created_by"];
}

/// A token just created, with its secret.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct CreatedToken {
    /// The secret, which most deployments never show again
    token: String,
    #[serde(flatten)]
    pub(crate) details: RegistryToken,
}

impl CreatedToken {
    pub(crate) fn secret(&self) -> &str {
        &self.token
    }
}

impl View for CreatedToken {
    const COLUMNS: &[&str] = &["token"];
}

/// A user.
#[derive(Serialize, Deserialize, JsonSchema)]
struct User {
    /// The name
    name: Option<String>,
    /// The e-mail address
    email: Option<String>,
    /// The id
    id: Option<String>,
    /// The id in the GraphQL API
    graphql_id: Option<String>,
    /// Where a picture of the user is
    avatar_url: Option<String>,
    /// When the user was created
    created_at: Option<String>,
}

/// What something belongs to.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Reference {
    /// The slug
    slug: Option<String>,
    /// The id
    id: Option<String>,
    /// Where the API serves it
    url: Option<String>,
    /// Where a person sees it
    web_url: Option<String>,
}

/// An organization.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Organization {
    /// It names the organization in URLs and commands
    slug: String,
    /// The name
    name: Option<String>,
    /// The id
    id: String,
    /// When the organization was created
    created_at: Option<String>,
    /// The id in the GraphQL API
    graphql_id: Option<String>,
    /// Where the API serves the organization
    url: Option<String>,
    /// Where a person sees the organization
    web_url: Option<String>,
    /// Where the API serves the organization's pipelines
    pipelines_url: Option<String>,
    /// Where the API serves the organization's agents
    agents_url: Option<String>,
    /// Where the API serves the organization's emojis
    emojis_url: Option<String>,
}

impl View for Organization {
    const COLUMNS: &[&str] = &["slug", "name", "created_at"];
}

/// How much of a limit an organization has used.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Limit {
    /// Which API the limit is of: rest (in requests) or graphql (in points)
    pub(crate) api: String,
    #[serde(flatten)]
    window: Window,
}

/// A window of time, and what is used of it.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Window {
    /// What may be used in a window
    limit: Option<i64>,
    /// What has been used in this window
    current: Option<i64>,
    /// Seconds until the window starts anew
    reset: Option<i64>,
    /// When the window starts anew
    reset_at: Option<String>,
    /// Whether the limit is enforced
    enforced: Option<bool>,
}

impl Limit {
    pub(crate) fn new(api: &str, window: &impl Serialize) -> Result<Self, Failure> {
        let value = serde_json::to_value(window).and_then(serde_json::from_value);
        let window = value
            .map_err(|error| Failure::NotDone(format!("the response has no such form: {error}")))?;
        Ok(Self { api: api.to_owned(), window })
    }
}

impl View for Limit {
    const COLUMNS: &[&str] = &["api", "limit", "current", "reset", "reset_at", "enforced"];
}

/// The access token that requests are made with, without its secret.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct AccessToken {
    /// Where the token comes from, such as the variable REGISTRIES_TOKEN
    #[serde(default)]
    pub(crate) source: String,
    /// The base URL of the API
    #[serde(default)]
    pub(crate) base_url: String,
    /// Where the base URL comes from, such as --base-url
    #[serde(default)]
    pub(crate) base_url_source: String,
    /// The organization that commands use, if one is set
    pub(crate) organization: Option<String>,
    /// Where the organization comes from
    pub(crate) organization_source: Option<String>,
    /// The id of the token
    uuid: String,
    /// What the token is for
    description: Option<String>,
    /// The scopes of the token
    pub(crate) scopes: Vec<String>,
    /// Whose token it is
    user: Option<TokenUser>,
    /// When the token was created
    created_at: Option<String>,
    /// When the token expires
    expires_at: Option<String>,
}

/// The user of an access token.
#[derive(Serialize, Deserialize, JsonSchema)]
struct TokenUser {
    /// The name
    name: Option<String>,
    /// The e-mail address
    email: Option<String>,
}

impl View for AccessToken {
    const COLUMNS: &[&str] = &["uuid", "description", "scopes"];
}

/// What became of a registry that was to be deleted
#[derive(Serialize, Deserialize, JsonSchema)]
pub(crate) struct Deletion {
    /// The slug
    pub(crate) slug: String,
    /// What became of it
    pub(crate) outcome: DeletionOutcome,
    /// Why it failed
    pub(crate) error: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeletionOutcome {
    Deleted,
    /// There was none.
    Missing,
    Failed,
    NotBegun,
}

impl View for Deletion {
    const COLUMNS: &[&str] = &["slug", "outcome", "error"];
}

/// The JSON Schema of what is printed of one object.
pub(crate) fn schema<V: View>() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<V>()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use registries_contract::{Contract, Part};

    use super::*;

    /// The properties of a schema, with those of the schemas that it consists of.
    fn names(schema: &Value) -> BTreeSet<String> {
        schema["properties"]
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, _)| name.clone())
            .collect()
    }

    fn of_contract(operation: &str) -> BTreeSet<String> {
        let contract = Contract::built_in();
        let body = contract.body_schema(operation, Part::Response(200)).unwrap();
        let (_, schema) = contract.resolved(body).unwrap();
        names(schema)
    }

    #[test]
    fn every_property_of_the_contract_is_printed_under_its_name() {
        let of = |schema: Schema| names(schema.as_value());
        assert_eq!(of(schema::<Registry>()), of_contract("get_registry"));
        assert_eq!(of(schema::<Organization>()), of_contract("get_organization"));
        let created = of_contract("create_registry_token");
        assert_eq!(of(schema::<CreatedToken>()), created);
        // The secret is printed once, when the token is created.
        let mut token = of(schema::<RegistryToken>());
        token.insert("token".to_owned());
        assert_eq!(token, created);
        let mut access_token = of(schema::<AccessToken>());
        let added =
            ["source", "base_url", "base_url_source", "organization", "organization_source"];
        assert!(added.into_iter().all(|it| access_token.remove(it)));
        assert_eq!(access_token, of_contract("get_access_token"));
    }

    #[test]
    fn columns_are_properties() {
        fn check<V: View>() {
            let names = names(schema::<V>().as_value());
            for column in V::COLUMNS {
                assert!(names.contains(*column), "{column}");
            }
        }
        check::<Registry>();
        check::<RegistryToken>();
        check::<CreatedToken>();
        check::<Organization>();
        check::<Limit>();
        check::<AccessToken>();
    }
}

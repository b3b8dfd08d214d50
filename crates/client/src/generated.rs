// Generated from openapi.yaml; do not edit.

use crate::Client;
/// Types used as operation parameters and responses.
pub mod types {
    /// An access token, without its secret.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
    #[non_exhaustive]
    pub struct AccessToken {
        /// When the token was created.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub created_at: ::std::option::Option<::std::string::String>,
        /// What the token is for.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub description: ::std::option::Option<::std::string::String>,
        /// When the token stops working; null, or absent, when it does not expire.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub expires_at: ::std::option::Option<::std::string::String>,
        /// What the token may be used for. The set is open.
        pub scopes: ::std::vec::Vec<::std::string::String>,
        /// The property `user`.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub user: ::std::option::Option<AccessTokenUser>,
        /// The token's id.
        pub uuid: ::std::string::String,
    }
    impl AccessToken {
        /// Starts building a value of this type.
        pub fn builder() -> builder::AccessToken {
            Default::default()
        }
    }
    /// The user that the token belongs to.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    #[non_exhaustive]
    pub struct AccessTokenUser {
        /// The user's e-mail address.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub email: ::std::option::Option<::std::string::String>,
        /// The user's name.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub name: ::std::option::Option<::std::string::String>,
    }
    impl AccessTokenUser {
        /// Starts building a value of this type.
        pub fn builder() -> builder::AccessTokenUser {
            Default::default()
        }
    }
    /// What a new registry is to be.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
    #[non_exhaustive]
    pub struct CreateRegistry {
        /// A color as hex code; null, or `""`, for none. Matches `^(#[0-9A-Fa-f]{6})?$`.
        #[serde(skip_serializing_if = "crate::Field::is_absent", default)]
        pub color: crate::Field<::std::string::String>,
        /// Description of the registry; null by default.
        #[serde(skip_serializing_if = "crate::Field::is_absent", default)]
        pub description: crate::Field<::std::string::String>,
        /// The package ecosystem of the new registry; it cannot change later. Required. At least 1 character. Known values: `ruby`, `java`, `python`, `container`.
        pub ecosystem: crate::types::Ecosystem,
        /// An emoji in `:sunflower:` syntax; official clients send the emoji itself too.
        #[serde(skip_serializing_if = "crate::Field::is_absent", default)]
        pub emoji: crate::Field<::std::string::String>,
        /// Name of the new registry. Required. At least 1 character.
        pub name: ::std::string::String,
        /// The policy by which OIDC tokens are accepted.
        #[serde(skip_serializing_if = "crate::Field::is_absent", default)]
        pub oidc_policy: crate::Field<crate::Policy>,
        /// The teams that get access. Required where the organization has teams enabled; cannot
        /// change later through this API.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub team_ids: ::std::option::Option<::std::vec::Vec<::std::string::String>>,
    }
    impl CreateRegistry {
        /// Starts building a value of this type.
        pub fn builder() -> builder::CreateRegistry {
            Default::default()
        }
    }
    /// A registry token in the response to its creation.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
    #[non_exhaustive]
    pub struct CreatedRegistryToken {
        /// When the registry token was created.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub created_at: ::std::option::Option<::std::string::String>,
        /// The user that created the registry token.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub created_by: ::std::option::Option<User>,
        /// What the registry token is for.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub description: ::std::option::Option<::std::string::String>,
        /// The id in the GraphQL API, the base64 form of `RegistryToken---` and `id`.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub graphql_id: ::std::option::Option<::std::string::String>,
        /// The registry token's id; it never changes.
        pub id: ::std::string::String,
        /// The organization that the registry belongs to.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub organization: ::std::option::Option<OrganizationReference>,
        /// The registry that the registry token reads.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub registry: ::std::option::Option<RegistryReference>,
        /// The secret. It is shown here, and by most deployments never again. It begins with `bkrt_`.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub token: ::std::option::Option<crate::Secret>,
        /// Where the API serves this registry token.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub url: ::std::option::Option<::std::string::String>,
    }
    impl CreatedRegistryToken {
        /// Starts building a value of this type.
        pub fn builder() -> builder::CreatedRegistryToken {
            Default::default()
        }
    }
    /// An organization.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
    #[non_exhaustive]
    pub struct Organization {
        /// Where another part of the API serves the organization's agents.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub agents_url: ::std::option::Option<::std::string::String>,
        /// When the organization was created.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub created_at: ::std::option::Option<::std::string::String>,
        /// Where another part of the API serves the organization's emojis.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub emojis_url: ::std::option::Option<::std::string::String>,
        /// The id in the GraphQL API, the base64 form of `Organization---` and an id.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub graphql_id: ::std::option::Option<::std::string::String>,
        /// The organization's id.
        pub id: ::std::string::String,
        /// The organization's name.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub name: ::std::option::Option<::std::string::String>,
        /// Where another part of the API serves the organization's pipelines.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub pipelines_url: ::std::option::Option<::std::string::String>,
        /// It names the organization in URLs.
        pub slug: ::std::string::String,
        /// Where the API serves the organization.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub url: ::std::option::Option<::std::string::String>,
        /// Where a person sees the organization.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub web_url: ::std::option::Option<::std::string::String>,
    }
    impl Organization {
        /// Starts building a value of this type.
        pub fn builder() -> builder::Organization {
            Default::default()
        }
    }
    /// The organization that something belongs to.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    #[non_exhaustive]
    pub struct OrganizationReference {
        /// The organization's id.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub id: ::std::option::Option<::std::string::String>,
        /// It names the organization in URLs.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub slug: ::std::option::Option<::std::string::String>,
        /// Where the API serves the organization.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub url: ::std::option::Option<::std::string::String>,
        /// Where a person sees the organization.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub web_url: ::std::option::Option<::std::string::String>,
    }
    impl OrganizationReference {
        /// Starts building a value of this type.
        pub fn builder() -> builder::OrganizationReference {
            Default::default()
        }
    }
    /// One window of time, and what is used of it.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    #[non_exhaustive]
    pub struct RateLimitWindow {
        /// What has been used in this window.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub current: ::std::option::Option<i64>,
        /// Whether what exceeds the limit is refused.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub enforced: ::std::option::Option<bool>,
        /// What may be used in a window.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub limit: ::std::option::Option<i64>,
        /// Seconds until the window starts anew.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub reset: ::std::option::Option<i64>,
        /// When the window starts anew.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub reset_at: ::std::option::Option<::std::string::String>,
    }
    impl RateLimitWindow {
        /// Starts building a value of this type.
        pub fn builder() -> builder::RateLimitWindow {
            Default::default()
        }
    }
    /// What is used of an organization's limits.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    #[non_exhaustive]
    pub struct RateLimits {
        /// The property `scopes`.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub scopes: ::std::option::Option<RateLimitsScopes>,
    }
    impl RateLimits {
        /// Starts building a value of this type.
        pub fn builder() -> builder::RateLimits {
            Default::default()
        }
    }
    /// The windows, one for each API.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    #[non_exhaustive]
    pub struct RateLimitsScopes {
        /// The GraphQL API's, in complexity points.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub graphql: ::std::option::Option<RateLimitWindow>,
        /// The REST API's, in requests.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub rest: ::std::option::Option<RateLimitWindow>,
    }
    impl RateLimitsScopes {
        /// Starts building a value of this type.
        pub fn builder() -> builder::RateLimitsScopes {
            Default::default()
        }
    }
    /// A package registry of an organization.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
    #[non_exhaustive]
    pub struct Registry {
        /// A color shown with the registry, such as `#f0ccff`; null, or `""`, for none.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub color: ::std::option::Option<::std::string::String>,
        /// What the registry is for.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub description: ::std::option::Option<::std::string::String>,
        /// The package ecosystem, fixed at creation. The set is open: documents print identifiers
        /// for only some of the ecosystems that they list by name.
        pub ecosystem: crate::types::Ecosystem,
        /// An emoji shown with the registry, such as `:sunflower:`; null, or `""`, for none.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub emoji: ::std::option::Option<::std::string::String>,
        /// The id in the GraphQL API, the base64 form of `Registry---` and `id`.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub graphql_id: ::std::option::Option<::std::string::String>,
        /// The registry's id; it never changes.
        pub id: ::std::string::String,
        /// The registry's name.
        pub name: ::std::string::String,
        /// The policy by which OIDC tokens are accepted, as YAML text.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub oidc_policy: ::std::option::Option<crate::Policy>,
        /// Whether anyone may read the packages; a new registry is private.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub public: ::std::option::Option<bool>,
        /// The kebab-case form of the name; it names the registry in URLs.
        pub slug: ::std::string::String,
        /// The teams that have access now, in no order, where the organization has teams enabled.
        /// They need not be those that the creation named: others may be among them.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub team_ids: ::std::option::Option<::std::vec::Vec<::std::string::String>>,
        /// The kind of registry: `source`. `composite` was documented until January 2026. The set is
        /// open.
        #[serde(rename = "type", skip_serializing_if = "::std::option::Option::is_none")]
        pub type_: ::std::option::Option<::std::string::String>,
        /// Where the API serves this registry.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub url: ::std::option::Option<::std::string::String>,
        /// Where a person sees this registry.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub web_url: ::std::option::Option<::std::string::String>,
    }
    impl Registry {
        /// Starts building a value of this type.
        pub fn builder() -> builder::Registry {
            Default::default()
        }
    }
    /// The registry that something belongs to.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    #[non_exhaustive]
    pub struct RegistryReference {
        /// The id in the GraphQL API.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub graphql_id: ::std::option::Option<::std::string::String>,
        /// The registry's id.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub id: ::std::option::Option<::std::string::String>,
        /// The kebab-case form of the registry's name.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub slug: ::std::option::Option<::std::string::String>,
        /// Where the API serves the registry.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub url: ::std::option::Option<::std::string::String>,
        /// Where a person sees the registry.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub web_url: ::std::option::Option<::std::string::String>,
    }
    impl RegistryReference {
        /// Starts building a value of this type.
        pub fn builder() -> builder::RegistryReference {
            Default::default()
        }
    }
    /// A registry token.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
    #[non_exhaustive]
    pub struct RegistryToken {
        /// When the registry token was created.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub created_at: ::std::option::Option<::std::string::String>,
        /// The user that created the registry token.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub created_by: ::std::option::Option<User>,
        /// What the registry token is for.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub description: ::std::option::Option<::std::string::String>,
        /// The id in the GraphQL API, the base64 form of `RegistryToken---` and `id`.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub graphql_id: ::std::option::Option<::std::string::String>,
        /// The registry token's id; it never changes.
        pub id: ::std::string::String,
        /// The organization that the registry belongs to.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub organization: ::std::option::Option<OrganizationReference>,
        /// The registry that the registry token reads.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub registry: ::std::option::Option<RegistryReference>,
        /// The secret, where a deployment shows it at any time. Official clients expect it in the
        /// response to the creation only.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub token: ::std::option::Option<crate::Secret>,
        /// Where the API serves this registry token.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub url: ::std::option::Option<::std::string::String>,
    }
    impl RegistryToken {
        /// Starts building a value of this type.
        pub fn builder() -> builder::RegistryToken {
            Default::default()
        }
    }
    /// What is said of a registry token by who creates or updates it.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, PartialEq)]
    #[non_exhaustive]
    pub struct RegistryTokenDescription {
        /// What the registry token is for. Required.
        pub description: ::std::string::String,
    }
    impl RegistryTokenDescription {
        /// Starts building a value of this type.
        pub fn builder() -> builder::RegistryTokenDescription {
            Default::default()
        }
    }
    /// A greeting.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    #[non_exhaustive]
    pub struct Root {
        /// For people.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub message: ::std::option::Option<::std::string::String>,
        /// The time, in seconds since 1970-01-01T00:00:00Z.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub timestamp: ::std::option::Option<i64>,
    }
    impl Root {
        /// Starts building a value of this type.
        pub fn builder() -> builder::Root {
            Default::default()
        }
    }
    /// What is to change: a property that is absent stays as it is, one that is `null`, or empty, is
    /// cleared. The ecosystem and the teams of a registry cannot change.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    #[non_exhaustive]
    pub struct UpdateRegistry {
        /// The new color as hex code; null, or `""`, for none. Matches `^(#[0-9A-Fa-f]{6})?$`.
        #[serde(skip_serializing_if = "crate::Field::is_absent", default)]
        pub color: crate::Field<::std::string::String>,
        /// The new description.
        #[serde(skip_serializing_if = "crate::Field::is_absent", default)]
        pub description: crate::Field<::std::string::String>,
        /// The new emoji.
        #[serde(skip_serializing_if = "crate::Field::is_absent", default)]
        pub emoji: crate::Field<::std::string::String>,
        /// The new name; the slug and the URL change with it. At least 1 character.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub name: ::std::option::Option<::std::string::String>,
        /// The new policy by which OIDC tokens are accepted.
        #[serde(skip_serializing_if = "crate::Field::is_absent", default)]
        pub oidc_policy: crate::Field<crate::Policy>,
    }
    impl UpdateRegistry {
        /// Starts building a value of this type.
        pub fn builder() -> builder::UpdateRegistry {
            Default::default()
        }
    }
    /// A user.
    #[derive(::serde::Deserialize, ::serde::Serialize, Clone, Debug, Default, PartialEq)]
    #[non_exhaustive]
    pub struct User {
        /// Where a picture of the user is.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub avatar_url: ::std::option::Option<::std::string::String>,
        /// When the user was created.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub created_at: ::std::option::Option<::std::string::String>,
        /// The user's e-mail address.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub email: ::std::option::Option<::std::string::String>,
        /// The id in the GraphQL API, the base64 form of `User---` and `id`.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub graphql_id: ::std::option::Option<::std::string::String>,
        /// The user's id.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub id: ::std::option::Option<::std::string::String>,
        /// The user's name.
        #[serde(skip_serializing_if = "::std::option::Option::is_none")]
        pub name: ::std::option::Option<::std::string::String>,
    }
    impl User {
        /// Starts building a value of this type.
        pub fn builder() -> builder::User {
            Default::default()
        }
    }
    /// Types for composing complex structures.
    pub mod builder {
        /// Builds a [`AccessToken`](super::AccessToken).
        #[derive(Clone, Debug)]
        pub struct AccessToken {
            created_at: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            description: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            expires_at: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            scopes: ::std::result::Result<
                ::std::vec::Vec<::std::string::String>,
                ::std::string::String,
            >,
            user: ::std::result::Result<
                ::std::option::Option<super::AccessTokenUser>,
                ::std::string::String,
            >,
            uuid: ::std::result::Result<::std::string::String, ::std::string::String>,
        }
        impl ::std::default::Default for AccessToken {
            fn default() -> Self {
                Self {
                    created_at: Ok(Default::default()),
                    description: Ok(Default::default()),
                    expires_at: Ok(Default::default()),
                    scopes: Err("no value supplied for scopes".to_string()),
                    user: Ok(Default::default()),
                    uuid: Err("no value supplied for uuid".to_string()),
                }
            }
        }
        impl AccessToken {
            /// When the token was created.
            pub fn created_at<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.created_at = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for created_at: {e}")
                    });
                self
            }
            /// What the token is for.
            pub fn description<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.description = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for description: {e}")
                    });
                self
            }
            /// When the token stops working; null, or absent, when it does not expire.
            pub fn expires_at<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.expires_at = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for expires_at: {e}")
                    });
                self
            }
            /// What the token may be used for. The set is open.
            pub fn scopes<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::vec::Vec<::std::string::String>>,
                T::Error: ::std::fmt::Display,
            {
                self.scopes = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for scopes: {e}")
                    });
                self
            }
            /// The user that the token belongs to.
            pub fn user<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<super::AccessTokenUser>,
                T::Error: ::std::fmt::Display,
            {
                self.user = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for user: {e}")
                    });
                self
            }
            /// The token's id.
            pub fn uuid<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.uuid = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for uuid: {e}")
                    });
                self
            }
        }
        impl ::std::convert::TryFrom<AccessToken> for super::AccessToken {
            type Error = super::error::ConversionError;
            fn try_from(
                value: AccessToken,
            ) -> ::std::result::Result<Self, super::error::ConversionError> {
                Ok(Self {
                    created_at: value.created_at?,
                    description: value.description?,
                    expires_at: value.expires_at?,
                    scopes: value.scopes?,
                    user: value.user?,
                    uuid: value.uuid?,
                })
            }
        }
        impl ::std::convert::From<super::AccessToken> for AccessToken {
            fn from(value: super::AccessToken) -> Self {
                Self {
                    created_at: Ok(value.created_at),
                    description: Ok(value.description),
                    expires_at: Ok(value.expires_at),
                    scopes: Ok(value.scopes),
                    user: Ok(value.user),
                    uuid: Ok(value.uuid),
                }
            }
        }
        /// Builds a [`AccessTokenUser`](super::AccessTokenUser).
        #[derive(Clone, Debug)]
        pub struct AccessTokenUser {
            email: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            name: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
        }
        impl ::std::default::Default for AccessTokenUser {
            fn default() -> Self {
                Self {
                    email: Ok(Default::default()),
                    name: Ok(Default::default()),
                }
            }
        }
        impl AccessTokenUser {
            /// The user's e-mail address.
            pub fn email<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.email = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for email: {e}")
                    });
                self
            }
            /// The user's name.
            pub fn name<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.name = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for name: {e}")
                    });
                self
            }
        }
        impl ::std::convert::TryFrom<AccessTokenUser> for super::AccessTokenUser {
            type Error = super::error::ConversionError;
            fn try_from(
                value: AccessTokenUser,
            ) -> ::std::result::Result<Self, super::error::ConversionError> {
                Ok(Self {
                    email: value.email?,
                    name: value.name?,
                })
            }
        }
        impl ::std::convert::From<super::AccessTokenUser> for AccessTokenUser {
            fn from(value: super::AccessTokenUser) -> Self {
                Self {
                    email: Ok(value.email),
                    name: Ok(value.name),
                }
            }
        }
        /// Builds a [`CreateRegistry`](super::CreateRegistry).
        #[derive(Clone, Debug)]
        pub struct CreateRegistry {
            color: ::std::result::Result<
                crate::Field<::std::string::String>,
                ::std::string::String,
            >,
            description: ::std::result::Result<
                crate::Field<::std::string::String>,
                ::std::string::String,
            >,
            ecosystem: ::std::result::Result<
                crate::types::Ecosystem,
                ::std::string::String,
            >,
            emoji: ::std::result::Result<
                crate::Field<::std::string::String>,
                ::std::string::String,
            >,
            name: ::std::result::Result<::std::string::String, ::std::string::String>,
            oidc_policy: ::std::result::Result<
                crate::Field<crate::Policy>,
                ::std::string::String,
            >,
            team_ids: ::std::result::Result<
                ::std::option::Option<::std::vec::Vec<::std::string::String>>,
                ::std::string::String,
            >,
        }
        impl ::std::default::Default for CreateRegistry {
            fn default() -> Self {
                Self {
                    color: Ok(Default::default()),
                    description: Ok(Default::default()),
                    ecosystem: Err("no value supplied for ecosystem".to_string()),
                    emoji: Ok(Default::default()),
                    name: Err("no value supplied for name".to_string()),
                    oidc_policy: Ok(Default::default()),
                    team_ids: Ok(Default::default()),
                }
            }
        }
        impl CreateRegistry {
            /// A color as hex code; null, or `""`, for none. Matches `^(#[0-9A-Fa-f]{6})?$`.
            pub fn color<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<crate::Field<::std::string::String>>,
                T::Error: ::std::fmt::Display,
            {
                self.color = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for color: {e}")
                    });
                self
            }
            /// Description of the registry; null by default.
            pub fn description<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<crate::Field<::std::string::String>>,
                T::Error: ::std::fmt::Display,
            {
                self.description = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for description: {e}")
                    });
                self
            }
            /// The package ecosystem of the new registry; it cannot change later. Required. At least 1 character. Known values: `ruby`, `java`, `python`, `container`.
            pub fn ecosystem<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<crate::types::Ecosystem>,
                T::Error: ::std::fmt::Display,
            {
                self.ecosystem = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for ecosystem: {e}")
                    });
                self
            }
            /// An emoji in `:sunflower:` syntax; official clients send the emoji itself too.
            pub fn emoji<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<crate::Field<::std::string::String>>,
                T::Error: ::std::fmt::Display,
            {
                self.emoji = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for emoji: {e}")
                    });
                self
            }
            /// Name of the new registry. Required. At least 1 character.
            pub fn name<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.name = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for name: {e}")
                    });
                self
            }
            /// The policy by which OIDC tokens are accepted.
            pub fn oidc_policy<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<crate::Field<crate::Policy>>,
                T::Error: ::std::fmt::Display,
            {
                self.oidc_policy = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for oidc_policy: {e}")
                    });
                self
            }
            /// The teams that get access. Required where the organization has teams enabled; cannot
            /// change later through this API.
            pub fn team_ids<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::vec::Vec<::std::string::String>>,
                T::Error: ::std::fmt::Display,
            {
                self.team_ids = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for team_ids: {e}")
                    });
                self
            }
        }
        impl ::std::convert::TryFrom<CreateRegistry> for super::CreateRegistry {
            type Error = super::error::ConversionError;
            fn try_from(
                value: CreateRegistry,
            ) -> ::std::result::Result<Self, super::error::ConversionError> {
                Ok(Self {
                    color: value.color?,
                    description: value.description?,
                    ecosystem: value.ecosystem?,
                    emoji: value.emoji?,
                    name: value.name?,
                    oidc_policy: value.oidc_policy?,
                    team_ids: value.team_ids?,
                })
            }
        }
        impl ::std::convert::From<super::CreateRegistry> for CreateRegistry {
            fn from(value: super::CreateRegistry) -> Self {
                Self {
                    color: Ok(value.color),
                    description: Ok(value.description),
                    ecosystem: Ok(value.ecosystem),
                    emoji: Ok(value.emoji),
                    name: Ok(value.name),
                    oidc_policy: Ok(value.oidc_policy),
                    team_ids: Ok(value.team_ids),
                }
            }
        }
        /// Builds a [`CreatedRegistryToken`](super::CreatedRegistryToken).
        #[derive(Clone, Debug)]
        pub struct CreatedRegistryToken {
            created_at: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            created_by: ::std::result::Result<
                ::std::option::Option<super::User>,
                ::std::string::String,
            >,
            description: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            graphql_id: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            id: ::std::result::Result<::std::string::String, ::std::string::String>,
            organization: ::std::result::Result<
                ::std::option::Option<super::OrganizationReference>,
                ::std::string::String,
            >,
            registry: ::std::result::Result<
                ::std::option::Option<super::RegistryReference>,
                ::std::string::String,
            >,
            token: ::std::result::Result<
                ::std::option::Option<crate::Secret>,
                ::std::string::String,
            >,
            url: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
        }
        impl ::std::default::Default for CreatedRegistryToken {
            fn default() -> Self {
                Self {
                    created_at: Ok(Default::default()),
                    created_by: Ok(Default::default()),
                    description: Ok(Default::default()),
                    graphql_id: Ok(Default::default()),
                    id: Err("no value supplied for id".to_string()),
                    organization: Ok(Default::default()),
                    registry: Ok(Default::default()),
                    token: Ok(Default::default()),
                    url: Ok(Default::default()),
                }
            }
        }
        impl CreatedRegistryToken {
            /// When the registry token was created.
            pub fn created_at<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.created_at = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for created_at: {e}")
                    });
                self
            }
            /// The user that created the registry token.
            pub fn created_by<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<super::User>,
                T::Error: ::std::fmt::Display,
            {
                self.created_by = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for created_by: {e}")
                    });
                self
            }
            /// What the registry token is for.
            pub fn description<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.description = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for description: {e}")
                    });
                self
            }
            /// The id in the GraphQL API, the base64 form of `RegistryToken---` and `id`.
            pub fn graphql_id<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.graphql_id = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for graphql_id: {e}")
                    });
                self
            }
            /// The registry token's id; it never changes.
            pub fn id<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.id = value
                    .try_into()
                    .map_err(|e| format!("error converting supplied value for id: {e}"));
                self
            }
            /// The organization that the registry belongs to.
            pub fn organization<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<super::OrganizationReference>,
                T::Error: ::std::fmt::Display,
            {
                self.organization = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for organization: {e}")
                    });
                self
            }
            /// The registry that the registry token reads.
            pub fn registry<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<super::RegistryReference>,
                T::Error: ::std::fmt::Display,
            {
                self.registry = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for registry: {e}")
                    });
                self
            }
            /// The secret. It is shown here, and by most deployments never again. It begins with `bkrt_`.
            pub fn token<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<crate::Secret>,
                T::Error: ::std::fmt::Display,
            {
                self.token = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for token: {e}")
                    });
                self
            }
            /// Where the API serves this registry token.
            pub fn url<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.url = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for url: {e}")
                    });
                self
            }
        }
        impl ::std::convert::TryFrom<CreatedRegistryToken>
        for super::CreatedRegistryToken {
            type Error = super::error::ConversionError;
            fn try_from(
                value: CreatedRegistryToken,
            ) -> ::std::result::Result<Self, super::error::ConversionError> {
                Ok(Self {
                    created_at: value.created_at?,
                    created_by: value.created_by?,
                    description: value.description?,
                    graphql_id: value.graphql_id?,
                    id: value.id?,
                    organization: value.organization?,
                    registry: value.registry?,
                    token: value.token?,
                    url: value.url?,
                })
            }
        }
        impl ::std::convert::From<super::CreatedRegistryToken> for CreatedRegistryToken {
            fn from(value: super::CreatedRegistryToken) -> Self {
                Self {
                    created_at: Ok(value.created_at),
                    created_by: Ok(value.created_by),
                    description: Ok(value.description),
                    graphql_id: Ok(value.graphql_id),
                    id: Ok(value.id),
                    organization: Ok(value.organization),
                    registry: Ok(value.registry),
                    token: Ok(value.token),
                    url: Ok(value.url),
                }
            }
        }
        /// Builds a [`Organization`](super::Organization).
        #[derive(Clone, Debug)]
        pub struct Organization {
            agents_url: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            created_at: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            emojis_url: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            graphql_id: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            id: ::std::result::Result<::std::string::String, ::std::string::String>,
            name: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            pipelines_url: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            slug: ::std::result::Result<::std::string::String, ::std::string::String>,
            url: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            web_url: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
        }
        impl ::std::default::Default for Organization {
            fn default() -> Self {
                Self {
                    agents_url: Ok(Default::default()),
                    created_at: Ok(Default::default()),
                    emojis_url: Ok(Default::default()),
                    graphql_id: Ok(Default::default()),
                    id: Err("no value supplied for id".to_string()),
                    name: Ok(Default::default()),
                    pipelines_url: Ok(Default::default()),
                    slug: Err("no value supplied for slug".to_string()),
                    url: Ok(Default::default()),
                    web_url: Ok(Default::default()),
                }
            }
        }
        impl Organization {
            /// Where another part of the API serves the organization's agents.
            pub fn agents_url<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.agents_url = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for agents_url: {e}")
                    });
                self
            }
            /// When the organization was created.
            pub fn created_at<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.created_at = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for created_at: {e}")
                    });
                self
            }
            /// Where another part of the API serves the organization's emojis.
            pub fn emojis_url<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.emojis_url = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for emojis_url: {e}")
                    });
                self
            }
            /// The id in the GraphQL API, the base64 form of `Organization---` and an id.
            pub fn graphql_id<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.graphql_id = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for graphql_id: {e}")
                    });
                self
            }
            /// The organization's id.
            pub fn id<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.id = value
                    .try_into()
                    .map_err(|e| format!("error converting supplied value for id: {e}"));
                self
            }
            /// The organization's name.
            pub fn name<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.name = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for name: {e}")
                    });
                self
            }
            /// Where another part of the API serves the organization's pipelines.
            pub fn pipelines_url<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.pipelines_url = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for pipelines_url: {e}")
                    });
                self
            }
            /// It names the organization in URLs.
            pub fn slug<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.slug = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for slug: {e}")
                    });
                self
            }
            /// Where the API serves the organization.
            pub fn url<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.url = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for url: {e}")
                    });
                self
            }
            /// Where a person sees the organization.
            pub fn web_url<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.web_url = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for web_url: {e}")
                    });
                self
            }
        }
        impl ::std::convert::TryFrom<Organization> for super::Organization {
            type Error = super::error::ConversionError;
            fn try_from(
                value: Organization,
            ) -> ::std::result::Result<Self, super::error::ConversionError> {
                Ok(Self {
                    agents_url: value.agents_url?,
                    created_at: value.created_at?,
                    emojis_url: value.emojis_url?,
                    graphql_id: value.graphql_id?,
                    id: value.id?,
                    name: value.name?,
                    pipelines_url: value.pipelines_url?,
                    slug: value.slug?,
                    url: value.url?,
                    web_url: value.web_url?,
                })
            }
        }
        impl ::std::convert::From<super::Organization> for Organization {
            fn from(value: super::Organization) -> Self {
                Self {
                    agents_url: Ok(value.agents_url),
                    created_at: Ok(value.created_at),
                    emojis_url: Ok(value.emojis_url),
                    graphql_id: Ok(value.graphql_id),
                    id: Ok(value.id),
                    name: Ok(value.name),
                    pipelines_url: Ok(value.pipelines_url),
                    slug: Ok(value.slug),
                    url: Ok(value.url),
                    web_url: Ok(value.web_url),
                }
            }
        }
        /// Builds a [`OrganizationReference`](super::OrganizationReference).
        #[derive(Clone, Debug)]
        pub struct OrganizationReference {
            id: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            slug: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            url: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            web_url: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
        }
        impl ::std::default::Default for OrganizationReference {
            fn default() -> Self {
                Self {
                    id: Ok(Default::default()),
                    slug: Ok(Default::default()),
                    url: Ok(Default::default()),
                    web_url: Ok(Default::default()),
                }
            }
        }
        impl OrganizationReference {
            /// The organization's id.
            pub fn id<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.id = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| format!("error converting supplied value for id: {e}"));
                self
            }
            /// It names the organization in URLs.
            pub fn slug<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.slug = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for slug: {e}")
                    });
                self
            }
            /// Where the API serves the organization.
            pub fn url<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.url = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for url: {e}")
                    });
                self
            }
            /// Where a person sees the organization.
            pub fn web_url<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.web_url = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for web_url: {e}")
                    });
                self
            }
        }
        impl ::std::convert::TryFrom<OrganizationReference>
        for super::OrganizationReference {
            type Error = super::error::ConversionError;
            fn try_from(
                value: OrganizationReference,
            ) -> ::std::result::Result<Self, super::error::ConversionError> {
                Ok(Self {
                    id: value.id?,
                    slug: value.slug?,
                    url: value.url?,
                    web_url: value.web_url?,
                })
            }
        }
        impl ::std::convert::From<super::OrganizationReference>
        for OrganizationReference {
            fn from(value: super::OrganizationReference) -> Self {
                Self {
                    id: Ok(value.id),
                    slug: Ok(value.slug),
                    url: Ok(value.url),
                    web_url: Ok(value.web_url),
                }
            }
        }
        /// Builds a [`RateLimitWindow`](super::RateLimitWindow).
        #[derive(Clone, Debug)]
        pub struct RateLimitWindow {
            current: ::std::result::Result<
                ::std::option::Option<i64>,
                ::std::string::String,
            >,
            enforced: ::std::result::Result<
                ::std::option::Option<bool>,
                ::std::string::String,
            >,
            limit: ::std::result::Result<
                ::std::option::Option<i64>,
                ::std::string::String,
            >,
            reset: ::std::result::Result<
                ::std::option::Option<i64>,
                ::std::string::String,
            >,
            reset_at: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
        }
        impl ::std::default::Default for RateLimitWindow {
            fn default() -> Self {
                Self {
                    current: Ok(Default::default()),
                    enforced: Ok(Default::default()),
                    limit: Ok(Default::default()),
                    reset: Ok(Default::default()),
                    reset_at: Ok(Default::default()),
                }
            }
        }
        impl RateLimitWindow {
            /// What has been used in this window.
            pub fn current<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<i64>,
                T::Error: ::std::fmt::Display,
            {
                self.current = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for current: {e}")
                    });
                self
            }
            /// Whether what exceeds the limit is refused.
            pub fn enforced<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<bool>,
                T::Error: ::std::fmt::Display,
            {
                self.enforced = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for enforced: {e}")
                    });
                self
            }
            /// What may be used in a window.
            pub fn limit<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<i64>,
                T::Error: ::std::fmt::Display,
            {
                self.limit = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for limit: {e}")
                    });
                self
            }
            /// Seconds until the window starts anew.
            pub fn reset<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<i64>,
                T::Error: ::std::fmt::Display,
            {
                self.reset = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for reset: {e}")
                    });
                self
            }
            /// When the window starts anew.
            pub fn reset_at<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.reset_at = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for reset_at: {e}")
                    });
                self
            }
        }
        impl ::std::convert::TryFrom<RateLimitWindow> for super::RateLimitWindow {
            type Error = super::error::ConversionError;
            fn try_from(
                value: RateLimitWindow,
            ) -> ::std::result::Result<Self, super::error::ConversionError> {
                Ok(Self {
                    current: value.current?,
                    enforced: value.enforced?,
                    limit: value.limit?,
                    reset: value.reset?,
                    reset_at: value.reset_at?,
                })
            }
        }
        impl ::std::convert::From<super::RateLimitWindow> for RateLimitWindow {
            fn from(value: super::RateLimitWindow) -> Self {
                Self {
                    current: Ok(value.current),
                    enforced: Ok(value.enforced),
                    limit: Ok(value.limit),
                    reset: Ok(value.reset),
                    reset_at: Ok(value.reset_at),
                }
            }
        }
        /// Builds a [`RateLimits`](super::RateLimits).
        #[derive(Clone, Debug)]
        pub struct RateLimits {
            scopes: ::std::result::Result<
                ::std::option::Option<super::RateLimitsScopes>,
                ::std::string::String,
            >,
        }
        impl ::std::default::Default for RateLimits {
            fn default() -> Self {
                Self {
                    scopes: Ok(Default::default()),
                }
            }
        }
        impl RateLimits {
            /// The windows, one for each API.
            pub fn scopes<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<super::RateLimitsScopes>,
                T::Error: ::std::fmt::Display,
            {
                self.scopes = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for scopes: {e}")
                    });
                self
            }
        }
        impl ::std::convert::TryFrom<RateLimits> for super::RateLimits {
            type Error = super::error::ConversionError;
            fn try_from(
                value: RateLimits,
            ) -> ::std::result::Result<Self, super::error::ConversionError> {
                Ok(Self { scopes: value.scopes? })
            }
        }
        impl ::std::convert::From<super::RateLimits> for RateLimits {
            fn from(value: super::RateLimits) -> Self {
                Self { scopes: Ok(value.scopes) }
            }
        }
        /// Builds a [`RateLimitsScopes`](super::RateLimitsScopes).
        #[derive(Clone, Debug)]
        pub struct RateLimitsScopes {
            graphql: ::std::result::Result<
                ::std::option::Option<super::RateLimitWindow>,
                ::std::string::String,
            >,
            rest: ::std::result::Result<
                ::std::option::Option<super::RateLimitWindow>,
                ::std::string::String,
            >,
        }
        impl ::std::default::Default for RateLimitsScopes {
            fn default() -> Self {
                Self {
                    graphql: Ok(Default::default()),
                    rest: Ok(Default::default()),
                }
            }
        }
        impl RateLimitsScopes {
            /// The GraphQL API's, in complexity points.
            pub fn graphql<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<super::RateLimitWindow>,
                T::Error: ::std::fmt::Display,
            {
                self.graphql = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for graphql: {e}")
                    });
                self
            }
            /// The REST API's, in requests.
            pub fn rest<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<super::RateLimitWindow>,
                T::Error: ::std::fmt::Display,
            {
                self.rest = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for rest: {e}")
                    });
                self
            }
        }
        impl ::std::convert::TryFrom<RateLimitsScopes> for super::RateLimitsScopes {
            type Error = super::error::ConversionError;
            fn try_from(
                value: RateLimitsScopes,
            ) -> ::std::result::Result<Self, super::error::ConversionError> {
                Ok(Self {
                    graphql: value.graphql?,
                    rest: value.rest?,
                })
            }
        }
        impl ::std::convert::From<super::RateLimitsScopes> for RateLimitsScopes {
            fn from(value: super::RateLimitsScopes) -> Self {
                Self {
                    graphql: Ok(value.graphql),
                    rest: Ok(value.rest),
                }
            }
        }
        /// Builds a [`Registry`](super::Registry).
        #[derive(Clone, Debug)]
        pub struct Registry {
            color: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            description: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            ecosystem: ::std::result::Result<
                crate::types::Ecosystem,
                ::std::string::String,
            >,
            emoji: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            graphql_id: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            id: ::std::result::Result<::std::string::String, ::std::string::String>,
            name: ::std::result::Result<::std::string::String, ::std::string::String>,
            oidc_policy: ::std::result::Result<
                ::std::option::Option<crate::Policy>,
                ::std::string::String,
            >,
            public: ::std::result::Result<
                ::std::option::Option<bool>,
                ::std::string::String,
            >,
            slug: ::std::result::Result<::std::string::String, ::std::string::String>,
            team_ids: ::std::result::Result<
                ::std::option::Option<::std::vec::Vec<::std::string::String>>,
                ::std::string::String,
            >,
            type_: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            url: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            web_url: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
        }
        impl ::std::default::Default for Registry {
            fn default() -> Self {
                Self {
                    color: Ok(Default::default()),
                    description: Ok(Default::default()),
                    ecosystem: Err("no value supplied for ecosystem".to_string()),
                    emoji: Ok(Default::default()),
                    graphql_id: Ok(Default::default()),
                    id: Err("no value supplied for id".to_string()),
                    name: Err("no value supplied for name".to_string()),
                    oidc_policy: Ok(Default::default()),
                    public: Ok(Default::default()),
                    slug: Err("no value supplied for slug".to_string()),
                    team_ids: Ok(Default::default()),
                    type_: Ok(Default::default()),
                    url: Ok(Default::default()),
                    web_url: Ok(Default::default()),
                }
            }
        }
        impl Registry {
            /// A color shown with the registry, such as `#f0ccff`; null, or `""`, for none.
            pub fn color<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.color = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for color: {e}")
                    });
                self
            }
            /// What the registry is for.
            pub fn description<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.description = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for description: {e}")
                    });
                self
            }
            /// The package ecosystem, fixed at creation. The set is open: documents print identifiers
            /// for only some of the ecosystems that they list by name.
            pub fn ecosystem<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<crate::types::Ecosystem>,
                T::Error: ::std::fmt::Display,
            {
                self.ecosystem = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for ecosystem: {e}")
                    });
                self
            }
            /// An emoji shown with the registry, such as `:sunflower:`; null, or `""`, for none.
            pub fn emoji<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.emoji = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for emoji: {e}")
                    });
                self
            }
            /// The id in the GraphQL API, the base64 form of `Registry---` and `id`.
            pub fn graphql_id<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.graphql_id = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for graphql_id: {e}")
                    });
                self
            }
            /// The registry's id; it never changes.
            pub fn id<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.id = value
                    .try_into()
                    .map_err(|e| format!("error converting supplied value for id: {e}"));
                self
            }
            /// The registry's name.
            pub fn name<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.name = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for name: {e}")
                    });
                self
            }
            /// The policy by which OIDC tokens are accepted, as YAML text.
            pub fn oidc_policy<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<crate::Policy>,
                T::Error: ::std::fmt::Display,
            {
                self.oidc_policy = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for oidc_policy: {e}")
                    });
                self
            }
            /// Whether anyone may read the packages; a new registry is private.
            pub fn public<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<bool>,
                T::Error: ::std::fmt::Display,
            {
                self.public = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for public: {e}")
                    });
                self
            }
            /// The kebab-case form of the name; it names the registry in URLs.
            pub fn slug<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.slug = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for slug: {e}")
                    });
                self
            }
            /// The teams that have access now, in no order, where the organization has teams enabled.
            /// They need not be those that the creation named: others may be among them.
            pub fn team_ids<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::vec::Vec<::std::string::String>>,
                T::Error: ::std::fmt::Display,
            {
                self.team_ids = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for team_ids: {e}")
                    });
                self
            }
            /// The kind of registry: `source`. `composite` was documented until January 2026. The set is
            /// open.
            pub fn type_<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.type_ = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for type_: {e}")
                    });
                self
            }
            /// Where the API serves this registry.
            pub fn url<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.url = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for url: {e}")
                    });
                self
            }
            /// Where a person sees this registry.
            pub fn web_url<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.web_url = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for web_url: {e}")
                    });
                self
            }
        }
        impl ::std::convert::TryFrom<Registry> for super::Registry {
            type Error = super::error::ConversionError;
            fn try_from(
                value: Registry,
            ) -> ::std::result::Result<Self, super::error::ConversionError> {
                Ok(Self {
                    color: value.color?,
                    description: value.description?,
                    ecosystem: value.ecosystem?,
                    emoji: value.emoji?,
                    graphql_id: value.graphql_id?,
                    id: value.id?,
                    name: value.name?,
                    oidc_policy: value.oidc_policy?,
                    public: value.public?,
                    slug: value.slug?,
                    team_ids: value.team_ids?,
                    type_: value.type_?,
                    url: value.url?,
                    web_url: value.web_url?,
                })
            }
        }
        impl ::std::convert::From<super::Registry> for Registry {
            fn from(value: super::Registry) -> Self {
                Self {
                    color: Ok(value.color),
                    description: Ok(value.description),
                    ecosystem: Ok(value.ecosystem),
                    emoji: Ok(value.emoji),
                    graphql_id: Ok(value.graphql_id),
                    id: Ok(value.id),
                    name: Ok(value.name),
                    oidc_policy: Ok(value.oidc_policy),
                    public: Ok(value.public),
                    slug: Ok(value.slug),
                    team_ids: Ok(value.team_ids),
                    type_: Ok(value.type_),
                    url: Ok(value.url),
                    web_url: Ok(value.web_url),
                }
            }
        }
        /// Builds a [`RegistryReference`](super::RegistryReference).
        #[derive(Clone, Debug)]
        pub struct RegistryReference {
            graphql_id: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            id: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            slug: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            url: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            web_url: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
        }
        impl ::std::default::Default for RegistryReference {
            fn default() -> Self {
                Self {
                    graphql_id: Ok(Default::default()),
                    id: Ok(Default::default()),
                    slug: Ok(Default::default()),
                    url: Ok(Default::default()),
                    web_url: Ok(Default::default()),
                }
            }
        }
        impl RegistryReference {
            /// The id in the GraphQL API.
            pub fn graphql_id<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.graphql_id = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for graphql_id: {e}")
                    });
                self
            }
            /// The registry's id.
            pub fn id<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.id = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| format!("error converting supplied value for id: {e}"));
                self
            }
            /// The kebab-case form of the registry's name.
            pub fn slug<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.slug = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for slug: {e}")
                    });
                self
            }
            /// Where the API serves the registry.
            pub fn url<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.url = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for url: {e}")
                    });
                self
            }
            /// Where a person sees the registry.
            pub fn web_url<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.web_url = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for web_url: {e}")
                    });
                self
            }
        }
        impl ::std::convert::TryFrom<RegistryReference> for super::RegistryReference {
            type Error = super::error::ConversionError;
            fn try_from(
                value: RegistryReference,
            ) -> ::std::result::Result<Self, super::error::ConversionError> {
                Ok(Self {
                    graphql_id: value.graphql_id?,
                    id: value.id?,
                    slug: value.slug?,
                    url: value.url?,
                    web_url: value.web_url?,
                })
            }
        }
        impl ::std::convert::From<super::RegistryReference> for RegistryReference {
            fn from(value: super::RegistryReference) -> Self {
                Self {
                    graphql_id: Ok(value.graphql_id),
                    id: Ok(value.id),
                    slug: Ok(value.slug),
                    url: Ok(value.url),
                    web_url: Ok(value.web_url),
                }
            }
        }
        /// Builds a [`RegistryToken`](super::RegistryToken).
        #[derive(Clone, Debug)]
        pub struct RegistryToken {
            created_at: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            created_by: ::std::result::Result<
                ::std::option::Option<super::User>,
                ::std::string::String,
            >,
            description: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            graphql_id: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            id: ::std::result::Result<::std::string::String, ::std::string::String>,
            organization: ::std::result::Result<
                ::std::option::Option<super::OrganizationReference>,
                ::std::string::String,
            >,
            registry: ::std::result::Result<
                ::std::option::Option<super::RegistryReference>,
                ::std::string::String,
            >,
            token: ::std::result::Result<
                ::std::option::Option<crate::Secret>,
                ::std::string::String,
            >,
            url: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
        }
        impl ::std::default::Default for RegistryToken {
            fn default() -> Self {
                Self {
                    created_at: Ok(Default::default()),
                    created_by: Ok(Default::default()),
                    description: Ok(Default::default()),
                    graphql_id: Ok(Default::default()),
                    id: Err("no value supplied for id".to_string()),
                    organization: Ok(Default::default()),
                    registry: Ok(Default::default()),
                    token: Ok(Default::default()),
                    url: Ok(Default::default()),
                }
            }
        }
        impl RegistryToken {
            /// When the registry token was created.
            pub fn created_at<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.created_at = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for created_at: {e}")
                    });
                self
            }
            /// The user that created the registry token.
            pub fn created_by<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<super::User>,
                T::Error: ::std::fmt::Display,
            {
                self.created_by = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for created_by: {e}")
                    });
                self
            }
            /// What the registry token is for.
            pub fn description<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.description = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for description: {e}")
                    });
                self
            }
            /// The id in the GraphQL API, the base64 form of `RegistryToken---` and `id`.
            pub fn graphql_id<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.graphql_id = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for graphql_id: {e}")
                    });
                self
            }
            /// The registry token's id; it never changes.
            pub fn id<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.id = value
                    .try_into()
                    .map_err(|e| format!("error converting supplied value for id: {e}"));
                self
            }
            /// The organization that the registry belongs to.
            pub fn organization<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<super::OrganizationReference>,
                T::Error: ::std::fmt::Display,
            {
                self.organization = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for organization: {e}")
                    });
                self
            }
            /// The registry that the registry token reads.
            pub fn registry<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<super::RegistryReference>,
                T::Error: ::std::fmt::Display,
            {
                self.registry = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for registry: {e}")
                    });
                self
            }
            /// The secret, where a deployment shows it at any time. Official clients expect it in the
            /// response to the creation only.
            pub fn token<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<crate::Secret>,
                T::Error: ::std::fmt::Display,
            {
                self.token = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for token: {e}")
                    });
                self
            }
            /// Where the API serves this registry token.
            pub fn url<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.url = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for url: {e}")
                    });
                self
            }
        }
        impl ::std::convert::TryFrom<RegistryToken> for super::RegistryToken {
            type Error = super::error::ConversionError;
            fn try_from(
                value: RegistryToken,
            ) -> ::std::result::Result<Self, super::error::ConversionError> {
                Ok(Self {
                    created_at: value.created_at?,
                    created_by: value.created_by?,
                    description: value.description?,
                    graphql_id: value.graphql_id?,
                    id: value.id?,
                    organization: value.organization?,
                    registry: value.registry?,
                    token: value.token?,
                    url: value.url?,
                })
            }
        }
        impl ::std::convert::From<super::RegistryToken> for RegistryToken {
            fn from(value: super::RegistryToken) -> Self {
                Self {
                    created_at: Ok(value.created_at),
                    created_by: Ok(value.created_by),
                    description: Ok(value.description),
                    graphql_id: Ok(value.graphql_id),
                    id: Ok(value.id),
                    organization: Ok(value.organization),
                    registry: Ok(value.registry),
                    token: Ok(value.token),
                    url: Ok(value.url),
                }
            }
        }
        /// Builds a [`RegistryTokenDescription`](super::RegistryTokenDescription).
        #[derive(Clone, Debug)]
        pub struct RegistryTokenDescription {
            description: ::std::result::Result<
                ::std::string::String,
                ::std::string::String,
            >,
        }
        impl ::std::default::Default for RegistryTokenDescription {
            fn default() -> Self {
                Self {
                    description: Err("no value supplied for description".to_string()),
                }
            }
        }
        impl RegistryTokenDescription {
            /// What the registry token is for. Required.
            pub fn description<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.description = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for description: {e}")
                    });
                self
            }
        }
        impl ::std::convert::TryFrom<RegistryTokenDescription>
        for super::RegistryTokenDescription {
            type Error = super::error::ConversionError;
            fn try_from(
                value: RegistryTokenDescription,
            ) -> ::std::result::Result<Self, super::error::ConversionError> {
                Ok(Self {
                    description: value.description?,
                })
            }
        }
        impl ::std::convert::From<super::RegistryTokenDescription>
        for RegistryTokenDescription {
            fn from(value: super::RegistryTokenDescription) -> Self {
                Self {
                    description: Ok(value.description),
                }
            }
        }
        /// Builds a [`Root`](super::Root).
        #[derive(Clone, Debug)]
        pub struct Root {
            message: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            timestamp: ::std::result::Result<
                ::std::option::Option<i64>,
                ::std::string::String,
            >,
        }
        impl ::std::default::Default for Root {
            fn default() -> Self {
                Self {
                    message: Ok(Default::default()),
                    timestamp: Ok(Default::default()),
                }
            }
        }
        impl Root {
            /// For people.
            pub fn message<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.message = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for message: {e}")
                    });
                self
            }
            /// The time, in seconds since 1970-01-01T00:00:00Z.
            pub fn timestamp<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<i64>,
                T::Error: ::std::fmt::Display,
            {
                self.timestamp = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for timestamp: {e}")
                    });
                self
            }
        }
        impl ::std::convert::TryFrom<Root> for super::Root {
            type Error = super::error::ConversionError;
            fn try_from(
                value: Root,
            ) -> ::std::result::Result<Self, super::error::ConversionError> {
                Ok(Self {
                    message: value.message?,
                    timestamp: value.timestamp?,
                })
            }
        }
        impl ::std::convert::From<super::Root> for Root {
            fn from(value: super::Root) -> Self {
                Self {
                    message: Ok(value.message),
                    timestamp: Ok(value.timestamp),
                }
            }
        }
        /// Builds a [`UpdateRegistry`](super::UpdateRegistry).
        #[derive(Clone, Debug)]
        pub struct UpdateRegistry {
            color: ::std::result::Result<
                crate::Field<::std::string::String>,
                ::std::string::String,
            >,
            description: ::std::result::Result<
                crate::Field<::std::string::String>,
                ::std::string::String,
            >,
            emoji: ::std::result::Result<
                crate::Field<::std::string::String>,
                ::std::string::String,
            >,
            name: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            oidc_policy: ::std::result::Result<
                crate::Field<crate::Policy>,
                ::std::string::String,
            >,
        }
        impl ::std::default::Default for UpdateRegistry {
            fn default() -> Self {
                Self {
                    color: Ok(Default::default()),
                    description: Ok(Default::default()),
                    emoji: Ok(Default::default()),
                    name: Ok(Default::default()),
                    oidc_policy: Ok(Default::default()),
                }
            }
        }
        impl UpdateRegistry {
            /// The new color as hex code; null, or `""`, for none. Matches `^(#[0-9A-Fa-f]{6})?$`.
            pub fn color<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<crate::Field<::std::string::String>>,
                T::Error: ::std::fmt::Display,
            {
                self.color = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for color: {e}")
                    });
                self
            }
            /// The new description.
            pub fn description<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<crate::Field<::std::string::String>>,
                T::Error: ::std::fmt::Display,
            {
                self.description = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for description: {e}")
                    });
                self
            }
            /// The new emoji.
            pub fn emoji<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<crate::Field<::std::string::String>>,
                T::Error: ::std::fmt::Display,
            {
                self.emoji = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for emoji: {e}")
                    });
                self
            }
            /// The new name; the slug and the URL change with it. At least 1 character.
            pub fn name<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.name = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for name: {e}")
                    });
                self
            }
            /// The new policy by which OIDC tokens are accepted.
            pub fn oidc_policy<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<crate::Field<crate::Policy>>,
                T::Error: ::std::fmt::Display,
            {
                self.oidc_policy = value
                    .try_into()
                    .map_err(|e| {
                        format!("error converting supplied value for oidc_policy: {e}")
                    });
                self
            }
        }
        impl ::std::convert::TryFrom<UpdateRegistry> for super::UpdateRegistry {
            type Error = super::error::ConversionError;
            fn try_from(
                value: UpdateRegistry,
            ) -> ::std::result::Result<Self, super::error::ConversionError> {
                Ok(Self {
                    color: value.color?,
                    description: value.description?,
                    emoji: value.emoji?,
                    name: value.name?,
                    oidc_policy: value.oidc_policy?,
                })
            }
        }
        impl ::std::convert::From<super::UpdateRegistry> for UpdateRegistry {
            fn from(value: super::UpdateRegistry) -> Self {
                Self {
                    color: Ok(value.color),
                    description: Ok(value.description),
                    emoji: Ok(value.emoji),
                    name: Ok(value.name),
                    oidc_policy: Ok(value.oidc_policy),
                }
            }
        }
        /// Builds a [`User`](super::User).
        #[derive(Clone, Debug)]
        pub struct User {
            avatar_url: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            created_at: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            email: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            graphql_id: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            id: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
            name: ::std::result::Result<
                ::std::option::Option<::std::string::String>,
                ::std::string::String,
            >,
        }
        impl ::std::default::Default for User {
            fn default() -> Self {
                Self {
                    avatar_url: Ok(Default::default()),
                    created_at: Ok(Default::default()),
                    email: Ok(Default::default()),
                    graphql_id: Ok(Default::default()),
                    id: Ok(Default::default()),
                    name: Ok(Default::default()),
                }
            }
        }
        impl User {
            /// Where a picture of the user is.
            pub fn avatar_url<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.avatar_url = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for avatar_url: {e}")
                    });
                self
            }
            /// When the user was created.
            pub fn created_at<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.created_at = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for created_at: {e}")
                    });
                self
            }
            /// The user's e-mail address.
            pub fn email<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.email = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for email: {e}")
                    });
                self
            }
            /// The id in the GraphQL API, the base64 form of `User---` and `id`.
            pub fn graphql_id<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.graphql_id = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for graphql_id: {e}")
                    });
                self
            }
            /// The user's id.
            pub fn id<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.id = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| format!("error converting supplied value for id: {e}"));
                self
            }
            /// The user's name.
            pub fn name<T>(mut self, value: T) -> Self
            where
                T: ::std::convert::TryInto<::std::string::String>,
                T::Error: ::std::fmt::Display,
            {
                self.name = value
                    .try_into()
                    .map(Some)
                    .map_err(|e| {
                        format!("error converting supplied value for name: {e}")
                    });
                self
            }
        }
        impl ::std::convert::TryFrom<User> for super::User {
            type Error = super::error::ConversionError;
            fn try_from(
                value: User,
            ) -> ::std::result::Result<Self, super::error::ConversionError> {
                Ok(Self {
                    avatar_url: value.avatar_url?,
                    created_at: value.created_at?,
                    email: value.email?,
                    graphql_id: value.graphql_id?,
                    id: value.id?,
                    name: value.name?,
                })
            }
        }
        impl ::std::convert::From<super::User> for User {
            fn from(value: super::User) -> Self {
                Self {
                    avatar_url: Ok(value.avatar_url),
                    created_at: Ok(value.created_at),
                    email: Ok(value.email),
                    graphql_id: Ok(value.graphql_id),
                    id: Ok(value.id),
                    name: Ok(value.name),
                }
            }
        }
    }
    /// Error types.
    pub mod error {
        /// Error from a `TryFrom` or `FromStr` implementation.
        pub struct ConversionError(::std::borrow::Cow<'static, str>);
        impl ::std::error::Error for ConversionError {}
        impl ::std::fmt::Display for ConversionError {
            fn fmt(
                &self,
                f: &mut ::std::fmt::Formatter<'_>,
            ) -> Result<(), ::std::fmt::Error> {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }
        impl ::std::fmt::Debug for ConversionError {
            fn fmt(
                &self,
                f: &mut ::std::fmt::Formatter<'_>,
            ) -> Result<(), ::std::fmt::Error> {
                ::std::fmt::Debug::fmt(&self.0, f)
            }
        }
        impl From<&'static str> for ConversionError {
            fn from(value: &'static str) -> Self {
                Self(value.into())
            }
        }
        impl From<String> for ConversionError {
            fn from(value: String) -> Self {
                Self(value.into())
            }
        }
    }
    /// The package ecosystem of a registry.
    ///
    /// The set is open: any other text is in `Other`.
    #[derive(Clone, Debug)]
    #[non_exhaustive]
    pub enum Ecosystem {
        /// `ruby`
        Ruby,
        /// `java`
        Java,
        /// `python`
        Python,
        /// `container`
        Container,
        /// A value that the contract does not name. Texts that it names are never in here when they
        /// were converted or received.
        Other(::std::string::String),
    }
    impl Ecosystem {
        /// The values that the contract names.
        pub fn known() -> &'static [Self] {
            static KNOWN: &[Ecosystem] = &[
                Ecosystem::Ruby,
                Ecosystem::Java,
                Ecosystem::Python,
                Ecosystem::Container,
            ];
            KNOWN
        }
        /// Whether the contract names this value.
        pub fn is_known(&self) -> bool {
            Self::known().contains(self)
        }
        /// The value as text.
        pub fn as_str(&self) -> &str {
            match self {
                Self::Ruby => "ruby",
                Self::Java => "java",
                Self::Python => "python",
                Self::Container => "container",
                Self::Other(text) => text,
            }
        }
    }
    impl ::std::convert::From<&str> for Ecosystem {
        fn from(text: &str) -> Self {
            match text {
                "ruby" => Self::Ruby,
                "java" => Self::Java,
                "python" => Self::Python,
                "container" => Self::Container,
                other => Self::Other(other.to_owned()),
            }
        }
    }
    impl ::std::convert::From<::std::string::String> for Ecosystem {
        fn from(text: ::std::string::String) -> Self {
            Self::from(text.as_str())
        }
    }
    impl ::std::convert::From<&Ecosystem> for Ecosystem {
        fn from(value: &Ecosystem) -> Self {
            value.clone()
        }
    }
    impl ::std::str::FromStr for Ecosystem {
        type Err = ::std::convert::Infallible;
        fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
            Ok(Self::from(text))
        }
    }
    impl ::std::fmt::Display for Ecosystem {
        fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
            f.pad(self.as_str())
        }
    }
    impl ::std::convert::AsRef<str> for Ecosystem {
        fn as_ref(&self) -> &str {
            self.as_str()
        }
    }
    impl ::std::cmp::PartialEq for Ecosystem {
        fn eq(&self, other: &Self) -> bool {
            self.as_str() == other.as_str()
        }
    }
    impl ::std::cmp::Eq for Ecosystem {}
    impl ::std::hash::Hash for Ecosystem {
        fn hash<H: ::std::hash::Hasher>(&self, state: &mut H) {
            self.as_str().hash(state);
        }
    }
    impl ::std::cmp::PartialEq<str> for Ecosystem {
        fn eq(&self, other: &str) -> bool {
            self.as_str() == other
        }
    }
    impl ::std::cmp::PartialEq<&str> for Ecosystem {
        fn eq(&self, other: &&str) -> bool {
            self.as_str() == *other
        }
    }
    impl ::serde::Serialize for Ecosystem {
        fn serialize<S: ::serde::Serializer>(
            &self,
            serializer: S,
        ) -> ::std::result::Result<S::Ok, S::Error> {
            serializer.serialize_str(self.as_str())
        }
    }
    impl<'de> ::serde::Deserialize<'de> for Ecosystem {
        fn deserialize<D: ::serde::Deserializer<'de>>(
            deserializer: D,
        ) -> ::std::result::Result<Self, D::Error> {
            <::std::string::String as ::serde::Deserialize>::deserialize(deserializer)
                .map(Self::from)
        }
    }
    #[cfg(feature = "jiff")]
    impl AccessToken {
        /// [`created_at`](Self#structfield.created_at) as a time; `None` without one.
        ///
        /// # Errors
        ///
        /// [`TimeError`](crate::TimeError) if it is no time.
        pub fn created_at(
            &self,
        ) -> Result<Option<crate::jiff::Timestamp>, crate::TimeError> {
            crate::times::text("created_at", self.created_at.as_deref())
        }
        /// [`expires_at`](Self#structfield.expires_at) as a time; `None` without one.
        ///
        /// # Errors
        ///
        /// [`TimeError`](crate::TimeError) if it is no time.
        pub fn expires_at(
            &self,
        ) -> Result<Option<crate::jiff::Timestamp>, crate::TimeError> {
            crate::times::text("expires_at", self.expires_at.as_deref())
        }
    }
    #[cfg(feature = "jiff")]
    impl CreatedRegistryToken {
        /// [`created_at`](Self#structfield.created_at) as a time; `None` without one.
        ///
        /// # Errors
        ///
        /// [`TimeError`](crate::TimeError) if it is no time.
        pub fn created_at(
            &self,
        ) -> Result<Option<crate::jiff::Timestamp>, crate::TimeError> {
            crate::times::text("created_at", self.created_at.as_deref())
        }
    }
    #[cfg(feature = "jiff")]
    impl Organization {
        /// [`created_at`](Self#structfield.created_at) as a time; `None` without one.
        ///
        /// # Errors
        ///
        /// [`TimeError`](crate::TimeError) if it is no time.
        pub fn created_at(
            &self,
        ) -> Result<Option<crate::jiff::Timestamp>, crate::TimeError> {
            crate::times::text("created_at", self.created_at.as_deref())
        }
    }
    #[cfg(feature = "jiff")]
    impl RateLimitWindow {
        /// [`reset_at`](Self#structfield.reset_at) as a time; `None` without one.
        ///
        /// # Errors
        ///
        /// [`TimeError`](crate::TimeError) if it is no time.
        pub fn reset_at(
            &self,
        ) -> Result<Option<crate::jiff::Timestamp>, crate::TimeError> {
            crate::times::text("reset_at", self.reset_at.as_deref())
        }
    }
    #[cfg(feature = "jiff")]
    impl RegistryToken {
        /// [`created_at`](Self#structfield.created_at) as a time; `None` without one.
        ///
        /// # Errors
        ///
        /// [`TimeError`](crate::TimeError) if it is no time.
        pub fn created_at(
            &self,
        ) -> Result<Option<crate::jiff::Timestamp>, crate::TimeError> {
            crate::times::text("created_at", self.created_at.as_deref())
        }
    }
    #[cfg(feature = "jiff")]
    impl Root {
        /// [`timestamp`](Self#structfield.timestamp) as a time; `None` without one.
        ///
        /// # Errors
        ///
        /// [`TimeError`](crate::TimeError) if it is no time.
        pub fn timestamp(
            &self,
        ) -> Result<Option<crate::jiff::Timestamp>, crate::TimeError> {
            crate::times::seconds("timestamp", self.timestamp)
        }
    }
    #[cfg(feature = "jiff")]
    impl User {
        /// [`created_at`](Self#structfield.created_at) as a time; `None` without one.
        ///
        /// # Errors
        ///
        /// [`TimeError`](crate::TimeError) if it is no time.
        pub fn created_at(
            &self,
        ) -> Result<Option<crate::jiff::Timestamp>, crate::TimeError> {
            crate::times::text("created_at", self.created_at.as_deref())
        }
    }
}
impl Client {
    /// Get the host's greeting
    ///
    /// Returns a message and the time, without a token. It shows that the host is reachable.
    ///
    /// Needs no scope.
    ///
    /// Sends a `GET` request to `/`
    ///
    /// # Errors
    ///
    /// The deployment answers with one of these, or does not answer:
    ///
    /// - 429: A rate limit is exhausted. `reset` is the number of seconds until the next try.
    /// - 503: The deployment is temporarily unavailable; `Retry-After` says when to try again.
    pub fn get_root(&self) -> builder::GetRoot<'_> {
        builder::GetRoot::new(self)
    }
    /// Get the current token
    ///
    /// Returns the access token that the request is made with, without its secret.
    ///
    /// Needs no scope.
    ///
    /// Sends a `GET` request to `/access-token`
    ///
    /// # Errors
    ///
    /// The deployment answers with one of these, or does not answer:
    ///
    /// - 401: There is no token, or it is unknown, expired or revoked.
    /// - 429: A rate limit is exhausted. `reset` is the number of seconds until the next try.
    /// - 503: The deployment is temporarily unavailable; `Retry-After` says when to try again.
    pub fn get_access_token(&self) -> builder::GetAccessToken<'_> {
        builder::GetAccessToken::new(self)
    }
    /// Revoke the current token
    ///
    /// Revokes the access token that the request is made with; it stops working.
    ///
    /// Needs no scope.
    ///
    /// Sends a `DELETE` request to `/access-token`
    ///
    /// # Errors
    ///
    /// The deployment answers with one of these, or does not answer:
    ///
    /// - 401: There is no token, or it is unknown, expired or revoked.
    /// - 429: A rate limit is exhausted. `reset` is the number of seconds until the next try.
    /// - 503: The deployment is temporarily unavailable; `Retry-After` says when to try again.
    pub fn revoke_access_token(&self) -> builder::RevokeAccessToken<'_> {
        builder::RevokeAccessToken::new(self)
    }
    /// List organizations
    ///
    /// Returns the organizations that the access token is good for, page by page.
    ///
    /// Needs the scope `read_organizations`.
    ///
    /// Sends a `GET` request to `/organizations`
    ///
    /// Arguments:
    /// - `page`: Which page to return. The reference server rejects a number that is out of range with 422. At least 1. Default: `1`.
    /// - `per_page`: Entries per page. The reference server rejects a number that is out of range with 422. From 1 to 100. Default: `30`.
    ///
    /// # Errors
    ///
    /// The deployment answers with one of these, or does not answer:
    ///
    /// - 401: There is no token, or it is unknown, expired or revoked.
    /// - 403: The token lacks the required scope.
    /// - 422: A property is missing or has a value that is not accepted.
    /// - 429: A rate limit is exhausted. `reset` is the number of seconds until the next try.
    /// - 503: The deployment is temporarily unavailable; `Retry-After` says when to try again.
    pub fn list_organizations(&self) -> builder::ListOrganizations<'_> {
        builder::ListOrganizations::new(self)
    }
    /// Get an organization
    ///
    /// Returns the details for an organization.
    ///
    /// Needs the scope `read_organizations`.
    ///
    /// Sends a `GET` request to `/organizations/{org_slug}`
    ///
    /// Arguments:
    /// - `org_slug`: The organization's slug; `{org.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
    ///
    /// # Errors
    ///
    /// The deployment answers with one of these, or does not answer:
    ///
    /// - 401: There is no token, or it is unknown, expired or revoked.
    /// - 403: The token lacks the required scope.
    /// - 404: There is no such organization, registry or registry token, or the token may not know of it.
    /// - 429: A rate limit is exhausted. `reset` is the number of seconds until the next try.
    /// - 503: The deployment is temporarily unavailable; `Retry-After` says when to try again.
    pub fn get_organization(&self) -> builder::GetOrganization<'_> {
        builder::GetOrganization::new(self)
    }
    /// Get rate limits
    ///
    /// Returns how much of an organization's limits is used, of the REST and of the GraphQL API.
    ///
    /// Needs the scope `read_accounts`.
    ///
    /// Sends a `GET` request to `/organizations/{org_slug}/rate_limit`
    ///
    /// Arguments:
    /// - `org_slug`: The organization's slug; `{org.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
    ///
    /// # Errors
    ///
    /// The deployment answers with one of these, or does not answer:
    ///
    /// - 401: There is no token, or it is unknown, expired or revoked.
    /// - 403: The token lacks the required scope.
    /// - 404: There is no such organization, registry or registry token, or the token may not know of it.
    /// - 429: A rate limit is exhausted. `reset` is the number of seconds until the next try.
    /// - 503: The deployment is temporarily unavailable; `Retry-After` says when to try again.
    pub fn get_rate_limit(&self) -> builder::GetRateLimit<'_> {
        builder::GetRateLimit::new(self)
    }
    /// List all registries
    ///
    /// Returns a list of an organization's registries. The list is not paginated.
    ///
    /// Needs the scope `read_registries`.
    ///
    /// Sends a `GET` request to `/packages/organizations/{org_slug}/registries`
    ///
    /// Arguments:
    /// - `org_slug`: The organization's slug; `{org.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
    ///
    /// # Errors
    ///
    /// The deployment answers with one of these, or does not answer:
    ///
    /// - 401: There is no token, or it is unknown, expired or revoked.
    /// - 403: The token lacks the required scope.
    /// - 404: There is no such organization, registry or registry token, or the token may not know of it.
    /// - 429: A rate limit is exhausted. `reset` is the number of seconds until the next try.
    /// - 503: The deployment is temporarily unavailable; `Retry-After` says when to try again.
    pub fn list_registries(&self) -> builder::ListRegistries<'_> {
        builder::ListRegistries::new(self)
    }
    /// Create a registry
    ///
    /// Creates a registry. It is private, and its slug is the kebab-case form of its name.
    ///
    /// Needs the scope `create_registries` or `write_registries`.
    ///
    /// Sends a `POST` request to `/packages/organizations/{org_slug}/registries`
    ///
    /// Arguments:
    /// - `org_slug`: The organization's slug; `{org.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
    /// - `body`
    ///
    /// # Errors
    ///
    /// The deployment answers with one of these, or does not answer:
    ///
    /// - 400: The body is not JSON, or the request is not valid HTTP.
    /// - 401: There is no token, or it is unknown, expired or revoked.
    /// - 403: The token lacks the required scope.
    /// - 404: There is no such organization, registry or registry token, or the token may not know of it.
    /// - 408: The body did not come in the time that the deployment gives it.
    /// - 413: The body is larger than the deployment takes.
    /// - 415: The body is not declared as JSON, or is compressed.
    /// - 422: A property is missing or has a value that is not accepted.
    /// - 429: A rate limit is exhausted. `reset` is the number of seconds until the next try.
    /// - 503: The deployment is temporarily unavailable; `Retry-After` says when to try again.
    pub fn create_registry(&self) -> builder::CreateRegistry<'_> {
        builder::CreateRegistry::new(self)
    }
    /// Get a registry
    ///
    /// Returns the details for a single registry, looked up by its slug.
    ///
    /// Needs the scope `read_registries`.
    ///
    /// Sends a `GET` request to `/packages/organizations/{org_slug}/registries/{registry_slug}`
    ///
    /// Arguments:
    /// - `org_slug`: The organization's slug; `{org.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
    /// - `registry_slug`: The registry's slug; `{registry.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
    ///
    /// # Errors
    ///
    /// The deployment answers with one of these, or does not answer:
    ///
    /// - 401: There is no token, or it is unknown, expired or revoked.
    /// - 403: The token lacks the required scope.
    /// - 404: There is no such organization, registry or registry token, or the token may not know of it.
    /// - 429: A rate limit is exhausted. `reset` is the number of seconds until the next try.
    /// - 503: The deployment is temporarily unavailable; `Retry-After` says when to try again.
    pub fn get_registry(&self) -> builder::GetRegistry<'_> {
        builder::GetRegistry::new(self)
    }
    /// Update a registry
    ///
    /// Changes what the body names and leaves everything else as it is; `null` clears a property,
    /// and so does an empty value: `""`, or `[]` for a policy. A description of `""` may be stored
    /// as that.
    /// A new name changes the slug and with it the registry's URL, which breaks installations that
    /// use the old one.
    ///
    /// Needs the scope `write_registries`.
    ///
    /// Sends a `POST` request to `/packages/organizations/{org_slug}/registries/{registry_slug}`
    ///
    /// Arguments:
    /// - `org_slug`: The organization's slug; `{org.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
    /// - `registry_slug`: The registry's slug; `{registry.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
    /// - `body`
    ///
    /// # Errors
    ///
    /// The deployment answers with one of these, or does not answer:
    ///
    /// - 400: The body is not JSON, or the request is not valid HTTP.
    /// - 401: There is no token, or it is unknown, expired or revoked.
    /// - 403: The token lacks the required scope.
    /// - 404: There is no such organization, registry or registry token, or the token may not know of it.
    /// - 408: The body did not come in the time that the deployment gives it.
    /// - 413: The body is larger than the deployment takes.
    /// - 415: The body is not declared as JSON, or is compressed.
    /// - 422: A property is missing or has a value that is not accepted.
    /// - 429: A rate limit is exhausted. `reset` is the number of seconds until the next try.
    /// - 503: The deployment is temporarily unavailable; `Retry-After` says when to try again.
    pub fn update_registry(&self) -> builder::UpdateRegistry<'_> {
        builder::UpdateRegistry::new(self)
    }
    /// Delete a registry
    ///
    /// Deletes a registry and every package in it.
    ///
    /// Needs the scope `delete_registries`.
    ///
    /// Sends a `DELETE` request to `/packages/organizations/{org_slug}/registries/{registry_slug}`
    ///
    /// Arguments:
    /// - `org_slug`: The organization's slug; `{org.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
    /// - `registry_slug`: The registry's slug; `{registry.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
    ///
    /// # Errors
    ///
    /// The deployment answers with one of these, or does not answer:
    ///
    /// - 401: There is no token, or it is unknown, expired or revoked.
    /// - 403: The token lacks the required scope.
    /// - 404: There is no such organization, registry or registry token, or the token may not know of it.
    /// - 429: A rate limit is exhausted. `reset` is the number of seconds until the next try.
    /// - 503: The deployment is temporarily unavailable; `Retry-After` says when to try again.
    pub fn delete_registry(&self) -> builder::DeleteRegistry<'_> {
        builder::DeleteRegistry::new(self)
    }
    /// List all registry tokens
    ///
    /// Returns a list of a registry's tokens, without their secrets.
    ///
    /// Needs the scope `read_registries`.
    ///
    /// Sends a `GET` request to `/packages/organizations/{org_slug}/registries/{registry_slug}/tokens`
    ///
    /// Arguments:
    /// - `org_slug`: The organization's slug; `{org.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
    /// - `registry_slug`: The registry's slug; `{registry.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
    ///
    /// # Errors
    ///
    /// The deployment answers with one of these, or does not answer:
    ///
    /// - 401: There is no token, or it is unknown, expired or revoked.
    /// - 403: The token lacks the required scope.
    /// - 404: There is no such organization, registry or registry token, or the token may not know of it.
    /// - 429: A rate limit is exhausted. `reset` is the number of seconds until the next try.
    /// - 503: The deployment is temporarily unavailable; `Retry-After` says when to try again.
    pub fn list_registry_tokens(&self) -> builder::ListRegistryTokens<'_> {
        builder::ListRegistryTokens::new(self)
    }
    /// Create a registry token
    ///
    /// Creates a token that reads the packages of a private registry, and does nothing else. Its
    /// secret is in this response only. While a registry is public its tokens are out of use; they
    /// are back when it is private again.
    ///
    /// Needs the scope `write_registries`.
    ///
    /// Sends a `POST` request to `/packages/organizations/{org_slug}/registries/{registry_slug}/tokens`
    ///
    /// Arguments:
    /// - `org_slug`: The organization's slug; `{org.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
    /// - `registry_slug`: The registry's slug; `{registry.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
    /// - `body`
    ///
    /// # Errors
    ///
    /// The deployment answers with one of these, or does not answer:
    ///
    /// - 400: The body is not JSON, or the request is not valid HTTP.
    /// - 401: There is no token, or it is unknown, expired or revoked.
    /// - 403: The token lacks the required scope.
    /// - 404: There is no such organization, registry or registry token, or the token may not know of it.
    /// - 408: The body did not come in the time that the deployment gives it.
    /// - 413: The body is larger than the deployment takes.
    /// - 415: The body is not declared as JSON, or is compressed.
    /// - 422: A property is missing or has a value that is not accepted.
    /// - 429: A rate limit is exhausted. `reset` is the number of seconds until the next try.
    /// - 503: The deployment is temporarily unavailable; `Retry-After` says when to try again.
    pub fn create_registry_token(&self) -> builder::CreateRegistryToken<'_> {
        builder::CreateRegistryToken::new(self)
    }
    /// Get a registry token
    ///
    /// Returns the details for a single registry token, without its secret.
    ///
    /// Needs the scope `read_registries`.
    ///
    /// Sends a `GET` request to `/packages/organizations/{org_slug}/registries/{registry_slug}/tokens/{token_id}`
    ///
    /// Arguments:
    /// - `org_slug`: The organization's slug; `{org.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
    /// - `registry_slug`: The registry's slug; `{registry.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
    /// - `token_id`: The registry token's id; `{id}` in the documentation. Required.
    ///
    /// # Errors
    ///
    /// The deployment answers with one of these, or does not answer:
    ///
    /// - 401: There is no token, or it is unknown, expired or revoked.
    /// - 403: The token lacks the required scope.
    /// - 404: There is no such organization, registry or registry token, or the token may not know of it.
    /// - 429: A rate limit is exhausted. `reset` is the number of seconds until the next try.
    /// - 503: The deployment is temporarily unavailable; `Retry-After` says when to try again.
    pub fn get_registry_token(&self) -> builder::GetRegistryToken<'_> {
        builder::GetRegistryToken::new(self)
    }
    /// Update a registry token
    ///
    /// Changes the description of a registry token. Its secret stays as it is.
    ///
    /// Needs the scope `write_registries`.
    ///
    /// Sends a `POST` request to `/packages/organizations/{org_slug}/registries/{registry_slug}/tokens/{token_id}`
    ///
    /// Arguments:
    /// - `org_slug`: The organization's slug; `{org.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
    /// - `registry_slug`: The registry's slug; `{registry.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
    /// - `token_id`: The registry token's id; `{id}` in the documentation. Required.
    /// - `body`
    ///
    /// # Errors
    ///
    /// The deployment answers with one of these, or does not answer:
    ///
    /// - 400: The body is not JSON, or the request is not valid HTTP.
    /// - 401: There is no token, or it is unknown, expired or revoked.
    /// - 403: The token lacks the required scope.
    /// - 404: There is no such organization, registry or registry token, or the token may not know of it.
    /// - 408: The body did not come in the time that the deployment gives it.
    /// - 413: The body is larger than the deployment takes.
    /// - 415: The body is not declared as JSON, or is compressed.
    /// - 422: A property is missing or has a value that is not accepted.
    /// - 429: A rate limit is exhausted. `reset` is the number of seconds until the next try.
    /// - 503: The deployment is temporarily unavailable; `Retry-After` says when to try again.
    pub fn update_registry_token(&self) -> builder::UpdateRegistryToken<'_> {
        builder::UpdateRegistryToken::new(self)
    }
    /// Delete a registry token
    ///
    /// Deletes a registry token; it stops working.
    ///
    /// Needs the scope `write_registries`.
    ///
    /// Sends a `DELETE` request to `/packages/organizations/{org_slug}/registries/{registry_slug}/tokens/{token_id}`
    ///
    /// Arguments:
    /// - `org_slug`: The organization's slug; `{org.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
    /// - `registry_slug`: The registry's slug; `{registry.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
    /// - `token_id`: The registry token's id; `{id}` in the documentation. Required.
    ///
    /// # Errors
    ///
    /// The deployment answers with one of these, or does not answer:
    ///
    /// - 401: There is no token, or it is unknown, expired or revoked.
    /// - 403: The token lacks the required scope.
    /// - 404: There is no such organization, registry or registry token, or the token may not know of it.
    /// - 429: A rate limit is exhausted. `reset` is the number of seconds until the next try.
    /// - 503: The deployment is temporarily unavailable; `Retry-After` says when to try again.
    pub fn delete_registry_token(&self) -> builder::DeleteRegistryToken<'_> {
        builder::DeleteRegistryToken::new(self)
    }
}
/// Types for composing operation parameters.
pub mod builder {
    use super::types;
    /// Builder for [`Client::get_root`]
    ///
    /// [`Client::get_root`]: super::Client::get_root
    #[derive(Debug, Clone)]
    pub struct GetRoot<'a> {
        client: &'a super::Client,
    }
    impl<'a> GetRoot<'a> {
        /// Starts a request.
        pub fn new(client: &'a super::Client) -> Self {
            Self { client: client }
        }
        /// Sends a `GET` request to `/`
        pub async fn send(self) -> Result<crate::Response<types::Root>, crate::Error> {
            let Self { client } = self;
            let url = format!("{}/", client.host_url(),);
            let request = client
                .client
                .get(url)
                .header(
                    ::reqwest::header::ACCEPT,
                    ::reqwest::header::HeaderValue::from_static("application/json"),
                )
                .build()
                .map_err(crate::runtime::unsendable)?;
            client.execute(request, "get_root").await?.decode()
        }
    }
    /// Builder for [`Client::get_access_token`]
    ///
    /// [`Client::get_access_token`]: super::Client::get_access_token
    #[derive(Debug, Clone)]
    pub struct GetAccessToken<'a> {
        client: &'a super::Client,
    }
    impl<'a> GetAccessToken<'a> {
        /// Starts a request.
        pub fn new(client: &'a super::Client) -> Self {
            Self { client: client }
        }
        /// Sends a `GET` request to `/access-token`
        pub async fn send(
            self,
        ) -> Result<crate::Response<types::AccessToken>, crate::Error> {
            let Self { client } = self;
            let url = format!("{}/access-token", client.base_url(),);
            let request = client
                .client
                .get(url)
                .header(
                    ::reqwest::header::ACCEPT,
                    ::reqwest::header::HeaderValue::from_static("application/json"),
                )
                .build()
                .map_err(crate::runtime::unsendable)?;
            client.execute(request, "get_access_token").await?.decode()
        }
    }
    /// Builder for [`Client::revoke_access_token`]
    ///
    /// [`Client::revoke_access_token`]: super::Client::revoke_access_token
    #[derive(Debug, Clone)]
    pub struct RevokeAccessToken<'a> {
        client: &'a super::Client,
    }
    impl<'a> RevokeAccessToken<'a> {
        /// Starts a request.
        pub fn new(client: &'a super::Client) -> Self {
            Self { client: client }
        }
        /// Sends a `DELETE` request to `/access-token`
        pub async fn send(self) -> Result<crate::Response<()>, crate::Error> {
            let Self { client } = self;
            let url = format!("{}/access-token", client.base_url(),);
            let request = client
                .client
                .delete(url)
                .build()
                .map_err(crate::runtime::unsendable)?;
            Ok(client.execute(request, "revoke_access_token").await?.discard())
        }
    }
    /// Builder for [`Client::list_organizations`]
    ///
    /// [`Client::list_organizations`]: super::Client::list_organizations
    #[derive(Debug, Clone)]
    pub struct ListOrganizations<'a> {
        client: &'a super::Client,
        page: Result<Option<i64>, String>,
        per_page: Result<Option<i64>, String>,
    }
    impl<'a> ListOrganizations<'a> {
        /// Starts a request.
        pub fn new(client: &'a super::Client) -> Self {
            Self {
                client: client,
                page: Ok(None),
                per_page: Ok(None),
            }
        }
        /// Which page to return. The reference server rejects a number that is out of range with 422. At least 1. Default: `1`.
        pub fn page<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<i64>,
        {
            self.page = value
                .try_into()
                .map(Some)
                .map_err(|_| "conversion to `i64` for page failed".to_string());
            self
        }
        /// Entries per page. The reference server rejects a number that is out of range with 422. From 1 to 100. Default: `30`.
        pub fn per_page<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<i64>,
        {
            self.per_page = value
                .try_into()
                .map(Some)
                .map_err(|_| "conversion to `i64` for per_page failed".to_string());
            self
        }
        /// Sends a `GET` request to `/organizations`
        pub async fn send(
            self,
        ) -> Result<
            crate::Response<::std::vec::Vec<types::Organization>>,
            crate::Error,
        > {
            let Self { client, page, per_page } = self;
            let page = page.map_err(crate::Error::InvalidParameter)?;
            let per_page = per_page.map_err(crate::Error::InvalidParameter)?;
            let url = format!("{}/organizations", client.base_url(),);
            let request = client
                .client
                .get(url)
                .header(
                    ::reqwest::header::ACCEPT,
                    ::reqwest::header::HeaderValue::from_static("application/json"),
                )
                .query(&crate::runtime::query_parameter("page", page.as_ref()))
                .query(&crate::runtime::query_parameter("per_page", per_page.as_ref()))
                .build()
                .map_err(crate::runtime::unsendable)?;
            client.execute(request, "list_organizations").await?.decode()
        }
    }
    /// Builder for [`Client::get_organization`]
    ///
    /// [`Client::get_organization`]: super::Client::get_organization
    #[derive(Debug, Clone)]
    pub struct GetOrganization<'a> {
        client: &'a super::Client,
        org_slug: Result<::std::string::String, String>,
    }
    impl<'a> GetOrganization<'a> {
        /// Starts a request.
        pub fn new(client: &'a super::Client) -> Self {
            Self {
                client: client,
                org_slug: Err("`org_slug` is missing; set it before `send`".to_string()),
            }
        }
        /// The organization's slug; `{org.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
        pub fn org_slug<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<::std::string::String>,
        {
            self.org_slug = value
                .try_into()
                .map_err(|_| {
                    "conversion to `:: std :: string :: String` for org_slug failed"
                        .to_string()
                });
            self
        }
        /// Sends a `GET` request to `/organizations/{org_slug}`
        pub async fn send(
            self,
        ) -> Result<crate::Response<types::Organization>, crate::Error> {
            let Self { client, org_slug } = self;
            let org_slug = org_slug.map_err(crate::Error::InvalidParameter)?;
            let url = format!(
                "{}/organizations/{}", client.base_url(), crate
                ::runtime::path_segment("org_slug", & org_slug) ?,
            );
            let request = client
                .client
                .get(url)
                .header(
                    ::reqwest::header::ACCEPT,
                    ::reqwest::header::HeaderValue::from_static("application/json"),
                )
                .build()
                .map_err(crate::runtime::unsendable)?;
            client.execute(request, "get_organization").await?.decode()
        }
    }
    /// Builder for [`Client::get_rate_limit`]
    ///
    /// [`Client::get_rate_limit`]: super::Client::get_rate_limit
    #[derive(Debug, Clone)]
    pub struct GetRateLimit<'a> {
        client: &'a super::Client,
        org_slug: Result<::std::string::String, String>,
    }
    impl<'a> GetRateLimit<'a> {
        /// Starts a request.
        pub fn new(client: &'a super::Client) -> Self {
            Self {
                client: client,
                org_slug: Err("`org_slug` is missing; set it before `send`".to_string()),
            }
        }
        /// The organization's slug; `{org.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
        pub fn org_slug<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<::std::string::String>,
        {
            self.org_slug = value
                .try_into()
                .map_err(|_| {
                    "conversion to `:: std :: string :: String` for org_slug failed"
                        .to_string()
                });
            self
        }
        /// Sends a `GET` request to `/organizations/{org_slug}/rate_limit`
        pub async fn send(
            self,
        ) -> Result<crate::Response<types::RateLimits>, crate::Error> {
            let Self { client, org_slug } = self;
            let org_slug = org_slug.map_err(crate::Error::InvalidParameter)?;
            let url = format!(
                "{}/organizations/{}/rate_limit", client.base_url(), crate
                ::runtime::path_segment("org_slug", & org_slug) ?,
            );
            let request = client
                .client
                .get(url)
                .header(
                    ::reqwest::header::ACCEPT,
                    ::reqwest::header::HeaderValue::from_static("application/json"),
                )
                .build()
                .map_err(crate::runtime::unsendable)?;
            client.execute(request, "get_rate_limit").await?.decode()
        }
    }
    /// Builder for [`Client::list_registries`]
    ///
    /// [`Client::list_registries`]: super::Client::list_registries
    #[derive(Debug, Clone)]
    pub struct ListRegistries<'a> {
        client: &'a super::Client,
        org_slug: Result<::std::string::String, String>,
    }
    impl<'a> ListRegistries<'a> {
        /// Starts a request.
        pub fn new(client: &'a super::Client) -> Self {
            Self {
                client: client,
                org_slug: Err("`org_slug` is missing; set it before `send`".to_string()),
            }
        }
        /// The organization's slug; `{org.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
        pub fn org_slug<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<::std::string::String>,
        {
            self.org_slug = value
                .try_into()
                .map_err(|_| {
                    "conversion to `:: std :: string :: String` for org_slug failed"
                        .to_string()
                });
            self
        }
        /// Sends a `GET` request to `/packages/organizations/{org_slug}/registries`
        pub async fn send(
            self,
        ) -> Result<crate::Response<::std::vec::Vec<types::Registry>>, crate::Error> {
            let Self { client, org_slug } = self;
            let org_slug = org_slug.map_err(crate::Error::InvalidParameter)?;
            let url = format!(
                "{}/packages/organizations/{}/registries", client.base_url(), crate
                ::runtime::path_segment("org_slug", & org_slug) ?,
            );
            let request = client
                .client
                .get(url)
                .header(
                    ::reqwest::header::ACCEPT,
                    ::reqwest::header::HeaderValue::from_static("application/json"),
                )
                .build()
                .map_err(crate::runtime::unsendable)?;
            client.execute(request, "list_registries").await?.decode()
        }
    }
    /// Builder for [`Client::create_registry`]
    ///
    /// [`Client::create_registry`]: super::Client::create_registry
    #[derive(Debug, Clone)]
    pub struct CreateRegistry<'a> {
        client: &'a super::Client,
        org_slug: Result<::std::string::String, String>,
        body: Result<types::builder::CreateRegistry, String>,
    }
    impl<'a> CreateRegistry<'a> {
        /// Starts a request.
        pub fn new(client: &'a super::Client) -> Self {
            Self {
                client: client,
                org_slug: Err("`org_slug` is missing; set it before `send`".to_string()),
                body: Ok(::std::default::Default::default()),
            }
        }
        /// The organization's slug; `{org.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
        pub fn org_slug<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<::std::string::String>,
        {
            self.org_slug = value
                .try_into()
                .map_err(|_| {
                    "conversion to `:: std :: string :: String` for org_slug failed"
                        .to_string()
                });
            self
        }
        /// Sets the request's body: a value of its type, or that type's builder.
        pub fn body<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<types::CreateRegistry>,
            <V as std::convert::TryInto<
                types::CreateRegistry,
            >>::Error: std::fmt::Display,
        {
            self.body = value
                .try_into()
                .map(From::from)
                .map_err(|s| {
                    format!("conversion to `CreateRegistry` for body failed: {}", s)
                });
            self
        }
        /// Changes the request's body through its builder.
        pub fn body_map<F>(mut self, f: F) -> Self
        where
            F: std::ops::FnOnce(
                types::builder::CreateRegistry,
            ) -> types::builder::CreateRegistry,
        {
            self.body = self.body.map(f);
            self
        }
        /// Sends a `POST` request to `/packages/organizations/{org_slug}/registries`
        pub async fn send(
            self,
        ) -> Result<crate::Response<types::Registry>, crate::Error> {
            let Self { client, org_slug, body } = self;
            let org_slug = org_slug.map_err(crate::Error::InvalidParameter)?;
            let body = body
                .and_then(|v| {
                    types::CreateRegistry::try_from(v).map_err(|e| e.to_string())
                })
                .map_err(crate::Error::InvalidParameter)?;
            let url = format!(
                "{}/packages/organizations/{}/registries", client.base_url(), crate
                ::runtime::path_segment("org_slug", & org_slug) ?,
            );
            let request = client
                .client
                .post(url)
                .header(
                    ::reqwest::header::ACCEPT,
                    ::reqwest::header::HeaderValue::from_static("application/json"),
                )
                .json(&body)
                .build()
                .map_err(crate::runtime::unsendable)?;
            client.execute(request, "create_registry").await?.decode()
        }
    }
    /// Builder for [`Client::get_registry`]
    ///
    /// [`Client::get_registry`]: super::Client::get_registry
    #[derive(Debug, Clone)]
    pub struct GetRegistry<'a> {
        client: &'a super::Client,
        org_slug: Result<::std::string::String, String>,
        registry_slug: Result<::std::string::String, String>,
    }
    impl<'a> GetRegistry<'a> {
        /// Starts a request.
        pub fn new(client: &'a super::Client) -> Self {
            Self {
                client: client,
                org_slug: Err("`org_slug` is missing; set it before `send`".to_string()),
                registry_slug: Err(
                    "`registry_slug` is missing; set it before `send`".to_string(),
                ),
            }
        }
        /// The organization's slug; `{org.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
        pub fn org_slug<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<::std::string::String>,
        {
            self.org_slug = value
                .try_into()
                .map_err(|_| {
                    "conversion to `:: std :: string :: String` for org_slug failed"
                        .to_string()
                });
            self
        }
        /// The registry's slug; `{registry.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
        pub fn registry_slug<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<::std::string::String>,
        {
            self.registry_slug = value
                .try_into()
                .map_err(|_| {
                    "conversion to `:: std :: string :: String` for registry_slug failed"
                        .to_string()
                });
            self
        }
        /// Sends a `GET` request to `/packages/organizations/{org_slug}/registries/{registry_slug}`
        pub async fn send(
            self,
        ) -> Result<crate::Response<types::Registry>, crate::Error> {
            let Self { client, org_slug, registry_slug } = self;
            let org_slug = org_slug.map_err(crate::Error::InvalidParameter)?;
            let registry_slug = registry_slug.map_err(crate::Error::InvalidParameter)?;
            let url = format!(
                "{}/packages/organizations/{}/registries/{}", client.base_url(), crate
                ::runtime::path_segment("org_slug", & org_slug) ?, crate
                ::runtime::path_segment("registry_slug", & registry_slug) ?,
            );
            let request = client
                .client
                .get(url)
                .header(
                    ::reqwest::header::ACCEPT,
                    ::reqwest::header::HeaderValue::from_static("application/json"),
                )
                .build()
                .map_err(crate::runtime::unsendable)?;
            client.execute(request, "get_registry").await?.decode()
        }
    }
    /// Builder for [`Client::update_registry`]
    ///
    /// [`Client::update_registry`]: super::Client::update_registry
    #[derive(Debug, Clone)]
    pub struct UpdateRegistry<'a> {
        client: &'a super::Client,
        org_slug: Result<::std::string::String, String>,
        registry_slug: Result<::std::string::String, String>,
        body: Result<types::builder::UpdateRegistry, String>,
    }
    impl<'a> UpdateRegistry<'a> {
        /// Starts a request.
        pub fn new(client: &'a super::Client) -> Self {
            Self {
                client: client,
                org_slug: Err("`org_slug` is missing; set it before `send`".to_string()),
                registry_slug: Err(
                    "`registry_slug` is missing; set it before `send`".to_string(),
                ),
                body: Ok(::std::default::Default::default()),
            }
        }
        /// The organization's slug; `{org.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
        pub fn org_slug<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<::std::string::String>,
        {
            self.org_slug = value
                .try_into()
                .map_err(|_| {
                    "conversion to `:: std :: string :: String` for org_slug failed"
                        .to_string()
                });
            self
        }
        /// The registry's slug; `{registry.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
        pub fn registry_slug<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<::std::string::String>,
        {
            self.registry_slug = value
                .try_into()
                .map_err(|_| {
                    "conversion to `:: std :: string :: String` for registry_slug failed"
                        .to_string()
                });
            self
        }
        /// Sets the request's body: a value of its type, or that type's builder.
        pub fn body<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<types::UpdateRegistry>,
            <V as std::convert::TryInto<
                types::UpdateRegistry,
            >>::Error: std::fmt::Display,
        {
            self.body = value
                .try_into()
                .map(From::from)
                .map_err(|s| {
                    format!("conversion to `UpdateRegistry` for body failed: {}", s)
                });
            self
        }
        /// Changes the request's body through its builder.
        pub fn body_map<F>(mut self, f: F) -> Self
        where
            F: std::ops::FnOnce(
                types::builder::UpdateRegistry,
            ) -> types::builder::UpdateRegistry,
        {
            self.body = self.body.map(f);
            self
        }
        /// Sends a `POST` request to `/packages/organizations/{org_slug}/registries/{registry_slug}`
        pub async fn send(
            self,
        ) -> Result<crate::Response<types::Registry>, crate::Error> {
            let Self { client, org_slug, registry_slug, body } = self;
            let org_slug = org_slug.map_err(crate::Error::InvalidParameter)?;
            let registry_slug = registry_slug.map_err(crate::Error::InvalidParameter)?;
            let body = body
                .and_then(|v| {
                    types::UpdateRegistry::try_from(v).map_err(|e| e.to_string())
                })
                .map_err(crate::Error::InvalidParameter)?;
            let url = format!(
                "{}/packages/organizations/{}/registries/{}", client.base_url(), crate
                ::runtime::path_segment("org_slug", & org_slug) ?, crate
                ::runtime::path_segment("registry_slug", & registry_slug) ?,
            );
            let request = client
                .client
                .post(url)
                .header(
                    ::reqwest::header::ACCEPT,
                    ::reqwest::header::HeaderValue::from_static("application/json"),
                )
                .json(&body)
                .build()
                .map_err(crate::runtime::unsendable)?;
            client.execute(request, "update_registry").await?.decode()
        }
    }
    /// Builder for [`Client::delete_registry`]
    ///
    /// [`Client::delete_registry`]: super::Client::delete_registry
    #[derive(Debug, Clone)]
    pub struct DeleteRegistry<'a> {
        client: &'a super::Client,
        org_slug: Result<::std::string::String, String>,
        registry_slug: Result<::std::string::String, String>,
    }
    impl<'a> DeleteRegistry<'a> {
        /// Starts a request.
        pub fn new(client: &'a super::Client) -> Self {
            Self {
                client: client,
                org_slug: Err("`org_slug` is missing; set it before `send`".to_string()),
                registry_slug: Err(
                    "`registry_slug` is missing; set it before `send`".to_string(),
                ),
            }
        }
        /// The organization's slug; `{org.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
        pub fn org_slug<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<::std::string::String>,
        {
            self.org_slug = value
                .try_into()
                .map_err(|_| {
                    "conversion to `:: std :: string :: String` for org_slug failed"
                        .to_string()
                });
            self
        }
        /// The registry's slug; `{registry.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
        pub fn registry_slug<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<::std::string::String>,
        {
            self.registry_slug = value
                .try_into()
                .map_err(|_| {
                    "conversion to `:: std :: string :: String` for registry_slug failed"
                        .to_string()
                });
            self
        }
        /// Sends a `DELETE` request to `/packages/organizations/{org_slug}/registries/{registry_slug}`
        pub async fn send(self) -> Result<crate::Response<()>, crate::Error> {
            let Self { client, org_slug, registry_slug } = self;
            let org_slug = org_slug.map_err(crate::Error::InvalidParameter)?;
            let registry_slug = registry_slug.map_err(crate::Error::InvalidParameter)?;
            let url = format!(
                "{}/packages/organizations/{}/registries/{}", client.base_url(), crate
                ::runtime::path_segment("org_slug", & org_slug) ?, crate
                ::runtime::path_segment("registry_slug", & registry_slug) ?,
            );
            let request = client
                .client
                .delete(url)
                .build()
                .map_err(crate::runtime::unsendable)?;
            Ok(client.execute(request, "delete_registry").await?.discard())
        }
    }
    /// Builder for [`Client::list_registry_tokens`]
    ///
    /// [`Client::list_registry_tokens`]: super::Client::list_registry_tokens
    #[derive(Debug, Clone)]
    pub struct ListRegistryTokens<'a> {
        client: &'a super::Client,
        org_slug: Result<::std::string::String, String>,
        registry_slug: Result<::std::string::String, String>,
    }
    impl<'a> ListRegistryTokens<'a> {
        /// Starts a request.
        pub fn new(client: &'a super::Client) -> Self {
            Self {
                client: client,
                org_slug: Err("`org_slug` is missing; set it before `send`".to_string()),
                registry_slug: Err(
                    "`registry_slug` is missing; set it before `send`".to_string(),
                ),
            }
        }
        /// The organization's slug; `{org.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
        pub fn org_slug<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<::std::string::String>,
        {
            self.org_slug = value
                .try_into()
                .map_err(|_| {
                    "conversion to `:: std :: string :: String` for org_slug failed"
                        .to_string()
                });
            self
        }
        /// The registry's slug; `{registry.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
        pub fn registry_slug<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<::std::string::String>,
        {
            self.registry_slug = value
                .try_into()
                .map_err(|_| {
                    "conversion to `:: std :: string :: String` for registry_slug failed"
                        .to_string()
                });
            self
        }
        /// Sends a `GET` request to `/packages/organizations/{org_slug}/registries/{registry_slug}/tokens`
        pub async fn send(
            self,
        ) -> Result<
            crate::Response<::std::vec::Vec<types::RegistryToken>>,
            crate::Error,
        > {
            let Self { client, org_slug, registry_slug } = self;
            let org_slug = org_slug.map_err(crate::Error::InvalidParameter)?;
            let registry_slug = registry_slug.map_err(crate::Error::InvalidParameter)?;
            let url = format!(
                "{}/packages/organizations/{}/registries/{}/tokens", client.base_url(),
                crate ::runtime::path_segment("org_slug", & org_slug) ?, crate
                ::runtime::path_segment("registry_slug", & registry_slug) ?,
            );
            let request = client
                .client
                .get(url)
                .header(
                    ::reqwest::header::ACCEPT,
                    ::reqwest::header::HeaderValue::from_static("application/json"),
                )
                .build()
                .map_err(crate::runtime::unsendable)?;
            client.execute(request, "list_registry_tokens").await?.decode()
        }
    }
    /// Builder for [`Client::create_registry_token`]
    ///
    /// [`Client::create_registry_token`]: super::Client::create_registry_token
    #[derive(Debug, Clone)]
    pub struct CreateRegistryToken<'a> {
        client: &'a super::Client,
        org_slug: Result<::std::string::String, String>,
        registry_slug: Result<::std::string::String, String>,
        body: Result<types::builder::RegistryTokenDescription, String>,
    }
    impl<'a> CreateRegistryToken<'a> {
        /// Starts a request.
        pub fn new(client: &'a super::Client) -> Self {
            Self {
                client: client,
                org_slug: Err("`org_slug` is missing; set it before `send`".to_string()),
                registry_slug: Err(
                    "`registry_slug` is missing; set it before `send`".to_string(),
                ),
                body: Ok(::std::default::Default::default()),
            }
        }
        /// The organization's slug; `{org.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
        pub fn org_slug<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<::std::string::String>,
        {
            self.org_slug = value
                .try_into()
                .map_err(|_| {
                    "conversion to `:: std :: string :: String` for org_slug failed"
                        .to_string()
                });
            self
        }
        /// The registry's slug; `{registry.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
        pub fn registry_slug<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<::std::string::String>,
        {
            self.registry_slug = value
                .try_into()
                .map_err(|_| {
                    "conversion to `:: std :: string :: String` for registry_slug failed"
                        .to_string()
                });
            self
        }
        /// Sets the request's body: a value of its type, or that type's builder.
        pub fn body<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<types::RegistryTokenDescription>,
            <V as std::convert::TryInto<
                types::RegistryTokenDescription,
            >>::Error: std::fmt::Display,
        {
            self.body = value
                .try_into()
                .map(From::from)
                .map_err(|s| {
                    format!(
                        "conversion to `RegistryTokenDescription` for body failed: {}", s
                    )
                });
            self
        }
        /// Changes the request's body through its builder.
        pub fn body_map<F>(mut self, f: F) -> Self
        where
            F: std::ops::FnOnce(
                types::builder::RegistryTokenDescription,
            ) -> types::builder::RegistryTokenDescription,
        {
            self.body = self.body.map(f);
            self
        }
        /// Sends a `POST` request to `/packages/organizations/{org_slug}/registries/{registry_slug}/tokens`
        pub async fn send(
            self,
        ) -> Result<crate::Response<types::CreatedRegistryToken>, crate::Error> {
            let Self { client, org_slug, registry_slug, body } = self;
            let org_slug = org_slug.map_err(crate::Error::InvalidParameter)?;
            let registry_slug = registry_slug.map_err(crate::Error::InvalidParameter)?;
            let body = body
                .and_then(|v| {
                    types::RegistryTokenDescription::try_from(v)
                        .map_err(|e| e.to_string())
                })
                .map_err(crate::Error::InvalidParameter)?;
            let url = format!(
                "{}/packages/organizations/{}/registries/{}/tokens", client.base_url(),
                crate ::runtime::path_segment("org_slug", & org_slug) ?, crate
                ::runtime::path_segment("registry_slug", & registry_slug) ?,
            );
            let request = client
                .client
                .post(url)
                .header(
                    ::reqwest::header::ACCEPT,
                    ::reqwest::header::HeaderValue::from_static("application/json"),
                )
                .json(&body)
                .build()
                .map_err(crate::runtime::unsendable)?;
            client.execute(request, "create_registry_token").await?.decode()
        }
    }
    /// Builder for [`Client::get_registry_token`]
    ///
    /// [`Client::get_registry_token`]: super::Client::get_registry_token
    #[derive(Debug, Clone)]
    pub struct GetRegistryToken<'a> {
        client: &'a super::Client,
        org_slug: Result<::std::string::String, String>,
        registry_slug: Result<::std::string::String, String>,
        token_id: Result<::std::string::String, String>,
    }
    impl<'a> GetRegistryToken<'a> {
        /// Starts a request.
        pub fn new(client: &'a super::Client) -> Self {
            Self {
                client: client,
                org_slug: Err("`org_slug` is missing; set it before `send`".to_string()),
                registry_slug: Err(
                    "`registry_slug` is missing; set it before `send`".to_string(),
                ),
                token_id: Err("`token_id` is missing; set it before `send`".to_string()),
            }
        }
        /// The organization's slug; `{org.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
        pub fn org_slug<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<::std::string::String>,
        {
            self.org_slug = value
                .try_into()
                .map_err(|_| {
                    "conversion to `:: std :: string :: String` for org_slug failed"
                        .to_string()
                });
            self
        }
        /// The registry's slug; `{registry.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
        pub fn registry_slug<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<::std::string::String>,
        {
            self.registry_slug = value
                .try_into()
                .map_err(|_| {
                    "conversion to `:: std :: string :: String` for registry_slug failed"
                        .to_string()
                });
            self
        }
        /// The registry token's id; `{id}` in the documentation. Required.
        pub fn token_id<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<::std::string::String>,
        {
            self.token_id = value
                .try_into()
                .map_err(|_| {
                    "conversion to `:: std :: string :: String` for token_id failed"
                        .to_string()
                });
            self
        }
        /// Sends a `GET` request to `/packages/organizations/{org_slug}/registries/{registry_slug}/tokens/{token_id}`
        pub async fn send(
            self,
        ) -> Result<crate::Response<types::RegistryToken>, crate::Error> {
            let Self { client, org_slug, registry_slug, token_id } = self;
            let org_slug = org_slug.map_err(crate::Error::InvalidParameter)?;
            let registry_slug = registry_slug.map_err(crate::Error::InvalidParameter)?;
            let token_id = token_id.map_err(crate::Error::InvalidParameter)?;
            let url = format!(
                "{}/packages/organizations/{}/registries/{}/tokens/{}", client
                .base_url(), crate ::runtime::path_segment("org_slug", & org_slug) ?,
                crate ::runtime::path_segment("registry_slug", & registry_slug) ?, crate
                ::runtime::path_segment("token_id", & token_id) ?,
            );
            let request = client
                .client
                .get(url)
                .header(
                    ::reqwest::header::ACCEPT,
                    ::reqwest::header::HeaderValue::from_static("application/json"),
                )
                .build()
                .map_err(crate::runtime::unsendable)?;
            client.execute(request, "get_registry_token").await?.decode()
        }
    }
    /// Builder for [`Client::update_registry_token`]
    ///
    /// [`Client::update_registry_token`]: super::Client::update_registry_token
    #[derive(Debug, Clone)]
    pub struct UpdateRegistryToken<'a> {
        client: &'a super::Client,
        org_slug: Result<::std::string::String, String>,
        registry_slug: Result<::std::string::String, String>,
        token_id: Result<::std::string::String, String>,
        body: Result<types::builder::RegistryTokenDescription, String>,
    }
    impl<'a> UpdateRegistryToken<'a> {
        /// Starts a request.
        pub fn new(client: &'a super::Client) -> Self {
            Self {
                client: client,
                org_slug: Err("`org_slug` is missing; set it before `send`".to_string()),
                registry_slug: Err(
                    "`registry_slug` is missing; set it before `send`".to_string(),
                ),
                token_id: Err("`token_id` is missing; set it before `send`".to_string()),
                body: Ok(::std::default::Default::default()),
            }
        }
        /// The organization's slug; `{org.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
        pub fn org_slug<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<::std::string::String>,
        {
            self.org_slug = value
                .try_into()
                .map_err(|_| {
                    "conversion to `:: std :: string :: String` for org_slug failed"
                        .to_string()
                });
            self
        }
        /// The registry's slug; `{registry.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
        pub fn registry_slug<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<::std::string::String>,
        {
            self.registry_slug = value
                .try_into()
                .map_err(|_| {
                    "conversion to `:: std :: string :: String` for registry_slug failed"
                        .to_string()
                });
            self
        }
        /// The registry token's id; `{id}` in the documentation. Required.
        pub fn token_id<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<::std::string::String>,
        {
            self.token_id = value
                .try_into()
                .map_err(|_| {
                    "conversion to `:: std :: string :: String` for token_id failed"
                        .to_string()
                });
            self
        }
        /// Sets the request's body: a value of its type, or that type's builder.
        pub fn body<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<types::RegistryTokenDescription>,
            <V as std::convert::TryInto<
                types::RegistryTokenDescription,
            >>::Error: std::fmt::Display,
        {
            self.body = value
                .try_into()
                .map(From::from)
                .map_err(|s| {
                    format!(
                        "conversion to `RegistryTokenDescription` for body failed: {}", s
                    )
                });
            self
        }
        /// Changes the request's body through its builder.
        pub fn body_map<F>(mut self, f: F) -> Self
        where
            F: std::ops::FnOnce(
                types::builder::RegistryTokenDescription,
            ) -> types::builder::RegistryTokenDescription,
        {
            self.body = self.body.map(f);
            self
        }
        /// Sends a `POST` request to `/packages/organizations/{org_slug}/registries/{registry_slug}/tokens/{token_id}`
        pub async fn send(
            self,
        ) -> Result<crate::Response<types::RegistryToken>, crate::Error> {
            let Self { client, org_slug, registry_slug, token_id, body } = self;
            let org_slug = org_slug.map_err(crate::Error::InvalidParameter)?;
            let registry_slug = registry_slug.map_err(crate::Error::InvalidParameter)?;
            let token_id = token_id.map_err(crate::Error::InvalidParameter)?;
            let body = body
                .and_then(|v| {
                    types::RegistryTokenDescription::try_from(v)
                        .map_err(|e| e.to_string())
                })
                .map_err(crate::Error::InvalidParameter)?;
            let url = format!(
                "{}/packages/organizations/{}/registries/{}/tokens/{}", client
                .base_url(), crate ::runtime::path_segment("org_slug", & org_slug) ?,
                crate ::runtime::path_segment("registry_slug", & registry_slug) ?, crate
                ::runtime::path_segment("token_id", & token_id) ?,
            );
            let request = client
                .client
                .post(url)
                .header(
                    ::reqwest::header::ACCEPT,
                    ::reqwest::header::HeaderValue::from_static("application/json"),
                )
                .json(&body)
                .build()
                .map_err(crate::runtime::unsendable)?;
            client.execute(request, "update_registry_token").await?.decode()
        }
    }
    /// Builder for [`Client::delete_registry_token`]
    ///
    /// [`Client::delete_registry_token`]: super::Client::delete_registry_token
    #[derive(Debug, Clone)]
    pub struct DeleteRegistryToken<'a> {
        client: &'a super::Client,
        org_slug: Result<::std::string::String, String>,
        registry_slug: Result<::std::string::String, String>,
        token_id: Result<::std::string::String, String>,
    }
    impl<'a> DeleteRegistryToken<'a> {
        /// Starts a request.
        pub fn new(client: &'a super::Client) -> Self {
            Self {
                client: client,
                org_slug: Err("`org_slug` is missing; set it before `send`".to_string()),
                registry_slug: Err(
                    "`registry_slug` is missing; set it before `send`".to_string(),
                ),
                token_id: Err("`token_id` is missing; set it before `send`".to_string()),
            }
        }
        /// The organization's slug; `{org.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
        pub fn org_slug<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<::std::string::String>,
        {
            self.org_slug = value
                .try_into()
                .map_err(|_| {
                    "conversion to `:: std :: string :: String` for org_slug failed"
                        .to_string()
                });
            self
        }
        /// The registry's slug; `{registry.slug}` in the documentation. Required. Matches `^[A-Za-z0-9][A-Za-z0-9_-]*$`.
        pub fn registry_slug<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<::std::string::String>,
        {
            self.registry_slug = value
                .try_into()
                .map_err(|_| {
                    "conversion to `:: std :: string :: String` for registry_slug failed"
                        .to_string()
                });
            self
        }
        /// The registry token's id; `{id}` in the documentation. Required.
        pub fn token_id<V>(mut self, value: V) -> Self
        where
            V: std::convert::TryInto<::std::string::String>,
        {
            self.token_id = value
                .try_into()
                .map_err(|_| {
                    "conversion to `:: std :: string :: String` for token_id failed"
                        .to_string()
                });
            self
        }
        /// Sends a `DELETE` request to `/packages/organizations/{org_slug}/registries/{registry_slug}/tokens/{token_id}`
        pub async fn send(self) -> Result<crate::Response<()>, crate::Error> {
            let Self { client, org_slug, registry_slug, token_id } = self;
            let org_slug = org_slug.map_err(crate::Error::InvalidParameter)?;
            let registry_slug = registry_slug.map_err(crate::Error::InvalidParameter)?;
            let token_id = token_id.map_err(crate::Error::InvalidParameter)?;
            let url = format!(
                "{}/packages/organizations/{}/registries/{}/tokens/{}", client
                .base_url(), crate ::runtime::path_segment("org_slug", & org_slug) ?,
                crate ::runtime::path_segment("registry_slug", & registry_slug) ?, crate
                ::runtime::path_segment("token_id", & token_id) ?,
            );
            let request = client
                .client
                .delete(url)
                .build()
                .map_err(crate::runtime::unsendable)?;
            Ok(client.execute(request, "delete_registry_token").await?.discard())
        }
    }
}

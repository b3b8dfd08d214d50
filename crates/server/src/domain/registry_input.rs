//! From a request body to what is asked for, or to everything that is wrong with it.
//!
//! Properties that the API does not have are ignored, `public` among them (choice: a newer client
//! may send what this server does not know yet).

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::ecosystem::Ecosystem;
use super::organization::Team;
use super::problem::{Code, Problem};
use super::properties::{Color, Description, Emoji, Refusal, RegistryName, RegistrySlug, TeamIds};
use super::registry::{Change, Registry, RegistryChanges};
use registries_policy::{Json, OidcPolicy};

/// A body that was refused. The slug is there if the name was in order: whether it is taken is one
/// more problem that the caller should hear of at once.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) problems: Vec<Problem>,
    pub(crate) slug: Option<RegistrySlug>,
}

/// Reads the body of a create request. What the caller has no say in is given beside it, and which
/// `teams` the organization has.
pub(crate) fn registry(
    body: &Json,
    id: Uuid,
    organization_id: Uuid,
    created_at: DateTime<Utc>,
    teams: &[Team],
) -> Result<Registry, Refused> {
    let mut input = Input::new(body)?;
    let name = input.name();
    if name.is_none() {
        input.missing("name", "name is required");
    }
    let ecosystem = input.ecosystem();
    if ecosystem.is_none() {
        input.missing("ecosystem", "ecosystem is required");
    }
    let description = input.text("description", Description::parse).initial();
    let emoji = input.text_or_empty("emoji", Emoji::parse).initial();
    let color = input.text_or_empty("color", Color::parse).initial();
    let oidc_policy = input.oidc_policy().initial();
    let team_ids = input.team_ids();
    input.of_teams(team_ids.as_ref(), teams);
    match (name, ecosystem, input.problems.is_empty()) {
        (Some((name, slug)), Some(ecosystem), true) => Ok(Registry {
            id,
            organization_id,
            slug,
            name,
            ecosystem,
            description,
            emoji,
            color,
            oidc_policy,
            team_ids,
            created_at,
        }),
        (name, _, _) => Err(Refused { problems: input.problems, slug: name.map(|(_, slug)| slug) }),
    }
}

/// Reads the body of an update request to `registry`.
///
/// `ecosystem` and `team_ids` cannot change after creation (client-observed). Repeating what is
/// stored is no change and accepted, so that a client may send back what it got (choice).
pub(crate) fn changes(body: &Json, registry: &Registry) -> Result<RegistryChanges, Refused> {
    let mut input = Input::new(body)?;
    let changes = RegistryChanges {
        name: input.name(),
        description: input.text("description", Description::parse),
        emoji: input.text_or_empty("emoji", Emoji::parse),
        color: input.text_or_empty("color", Color::parse),
        oidc_policy: input.oidc_policy(),
    };
    if input.ecosystem().is_some_and(|ecosystem| ecosystem != registry.ecosystem) {
        input.immutable("ecosystem", "ecosystem cannot change after creation");
    }
    if let Some(team_ids) = input.team_ids()
        && !registry.team_ids.as_ref().is_some_and(|stored| stored.same_teams(&team_ids))
    {
        input.immutable("team_ids", "team_ids cannot change after creation");
    }
    if input.problems.is_empty() {
        Ok(changes)
    } else {
        Err(Refused { problems: input.problems, slug: changes.name.map(|(_, slug)| slug) })
    }
}

/// Reads the body of a request that creates or updates a registry token: its description, which is
/// required (documented, Registry tokens).
pub(crate) fn token_description(body: &Json) -> Result<Description, Vec<Problem>> {
    let mut input = Input::new(body).map_err(|refused| refused.problems)?;
    input.missing("description", "description is required");
    let text = input.required_text("description");
    let description = text.and_then(|text| input.keep("description", Description::parse(text)));
    description.ok_or(input.problems)
}

/// The properties of a body, and the problems found in them so far.
struct Input<'a> {
    properties: &'a [(String, Json)],
    problems: Vec<Problem>,
}

impl<'a> Input<'a> {
    fn new(body: &'a Json) -> Result<Self, Refused> {
        match body {
            Json::Object(properties) => Ok(Self { properties, problems: Vec::new() }),
            other => {
                let message = format!("the body must be an object, not {}", other.type_name());
                let problems = vec![Problem::new("body", Code::WrongType, message)];
                Err(Refused { problems, slug: None })
            }
        }
    }

    fn name(&mut self) -> Option<(RegistryName, RegistrySlug)> {
        let text = self.required_text("name")?;
        let name = self.keep("name", RegistryName::parse(text))?;
        let slug = self.keep("name", name.slug())?;
        Some((name, slug))
    }

    fn ecosystem(&mut self) -> Option<Ecosystem> {
        let text = self.required_text("ecosystem")?;
        let ecosystem = Ecosystem::parse(text).ok_or_else(|| {
            (Code::Invalid, format!("ecosystem must be one of {}", Ecosystem::list()))
        });
        self.keep("ecosystem", ecosystem)
    }

    /// A text that can be cleared with `null` or `""` (client-observed: the Go client has no null). Only
    /// for what `""` is no value of: an empty description is not the same as none.
    fn text_or_empty<T>(
        &mut self,
        field: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Refusal>,
    ) -> Change<T> {
        match self.get(field) {
            Some(Json::Text(text)) if text.is_empty() => Change::Clear,
            _ => self.text(field, parse),
        }
    }

    /// A text that can be cleared with `null`.
    fn text<T>(
        &mut self,
        field: &'static str,
        parse: impl FnOnce(&str) -> Result<T, Refusal>,
    ) -> Change<T> {
        let parsed = match self.get(field) {
            None => return Change::Keep,
            Some(Json::Null) => return Change::Clear,
            Some(Json::Text(text)) => parse(text),
            Some(other) => Err(wrong_type(field, "a string or null", other)),
        };
        self.keep(field, parsed).map_or(Change::Keep, Change::Set)
    }

    fn oidc_policy(&mut self) -> Change<OidcPolicy> {
        let parsed = match self.get("oidc_policy") {
            None => return Change::Keep,
            Some(Json::Null) => return Change::Clear,
            // The Go client clears with `[]`, and people write `""` for no policy.
            Some(Json::Text(text)) if text.is_empty() => return Change::Clear,
            Some(Json::Array(statements)) if statements.is_empty() => return Change::Clear,
            Some(Json::Text(text)) => OidcPolicy::from_yaml(text),
            Some(Json::Array(statements)) => OidcPolicy::from_json(statements),
            Some(other) => {
                let expected = "a string of YAML, an array of statements or null";
                self.keep::<()>("oidc_policy", Err(wrong_type("oidc_policy", expected, other)));
                return Change::Keep;
            }
        };
        match parsed {
            Ok(policy) => Change::Set(policy),
            Err(problems) => {
                for problem in problems {
                    let code = problem.kind.into();
                    self.problems.push(Problem::new("oidc_policy", code, problem.message));
                }
                Change::Keep
            }
        }
    }

    fn team_ids(&mut self) -> Option<TeamIds> {
        let parsed = match self.get("team_ids")? {
            Json::Array(items) => TeamIds::parse(items.iter().map(|item| match item {
                Json::Text(text) => Some(text.as_str()),
                _ => None,
            })),
            other => Err(wrong_type("team_ids", "an array of UUIDs", other)),
        };
        self.keep("team_ids", parsed)
    }

    /// Without teams every list of ids is taken, and none. With teams it is required and names some of
    /// them (documented, Create a registry).
    fn of_teams(&mut self, named: Option<&TeamIds>, teams: &[Team]) {
        if teams.is_empty() {
            return;
        }
        self.missing("team_ids", "team_ids is required: the organization has teams");
        let Some(named) = named else { return };
        let unknown = |id: &&Uuid| teams.iter().all(|team| team.id != **id);
        if named.as_slice().is_empty() {
            let message = "team_ids must name at least one team of the organization";
            self.problems.push(Problem::new("team_ids", Code::Invalid, message));
        } else if let Some(id) = named.as_slice().iter().find(unknown) {
            let message = format!("team_ids: the organization has no team {id}");
            self.problems.push(Problem::new("team_ids", Code::Invalid, message));
        }
    }

    /// A text that is never `null`.
    fn required_text(&mut self, field: &'static str) -> Option<&'a str> {
        match self.get(field)? {
            Json::Text(text) => Some(text),
            other => {
                let (code, message) = wrong_type(field, "a string", other);
                self.problems.push(Problem::new(field, code, message));
                None
            }
        }
    }

    fn get(&self, field: &str) -> Option<&'a Json> {
        self.properties.iter().find(|(name, _)| name == field).map(|(_, value)| value)
    }

    fn keep<T>(&mut self, field: &'static str, parsed: Result<T, Refusal>) -> Option<T> {
        parsed
            .map_err(|(code, message)| self.problems.push(Problem::new(field, code, message)))
            .ok()
    }

    fn missing(&mut self, field: &'static str, message: &str) {
        if self.get(field).is_none() {
            self.problems.push(Problem::new(field, Code::Missing, message));
        }
    }

    fn immutable(&mut self, field: &'static str, message: &str) {
        self.problems.push(Problem::new(field, Code::Immutable, message));
    }
}

fn wrong_type(field: &str, expected: &str, found: &Json) -> Refusal {
    (Code::WrongType, format!("{field} must be {expected}, not {}", found.type_name()))
}

//! Statements of a policy.

use std::{collections::BTreeMap, fmt};

use serde_json::{Value, json};

use super::{Matchers, PolicyError};

/// One statement of a policy: it matches a token when the issuer and the rules of all claims do. Built
/// with [`builder`](Self::builder), and valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    issuer: String,
    scopes: Option<Vec<PolicyScope>>,
    claims: BTreeMap<String, Matchers>,
}

impl Statement {
    /// The issuer of the tokens of Buildkite's agents.
    pub const BUILDKITE: &str = "https://agent.buildkite.com";

    /// The issuer of the tokens of GitHub Actions.
    pub const GITHUB_ACTIONS: &str = "https://token.actions.githubusercontent.com";

    /// The issuer of the tokens of an organization at `CircleCI` begins with this; its id follows.
    const CIRCLECI: &str = "https://oidc.circleci.com/org/";

    /// The issuer of the tokens of an organization at `CircleCI`.
    pub fn circleci(organization_id: impl fmt::Display) -> String {
        format!("{}{organization_id}", Self::CIRCLECI)
    }

    /// Starts a statement about tokens of `issuer`.
    pub fn builder(issuer: impl Into<String>) -> StatementBuilder {
        StatementBuilder { issuer: issuer.into(), scopes: None, claims: Vec::new() }
    }

    /// The issuer (`iss`).
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The scopes that a matching token gets; the deployment's default when there are none.
    pub fn scopes(&self) -> Option<&[PolicyScope]> {
        self.scopes.as_deref()
    }

    /// The claims that are compared, by name, and what they have to be.
    pub fn claims(&self) -> impl Iterator<Item = (&str, &Matchers)> {
        self.claims.iter().map(|(name, matchers)| (name.as_str(), matchers))
    }

    /// What a claim has to be, when it is compared.
    pub fn claim(&self, name: &str) -> Option<&Matchers> {
        self.claims.get(name)
    }

    pub(super) fn to_json(&self) -> Value {
        let claims: serde_json::Map<_, _> =
            self.claims.iter().map(|(name, rule)| (name.clone(), rule.to_json())).collect();
        let mut statement = json!({ "iss": self.issuer, "claims": claims });
        if let Some(scopes) = &self.scopes {
            statement["scopes"] = scopes.iter().map(|scope| scope.as_str()).collect();
        }
        statement
    }
}

/// Builds a [`Statement`].
#[derive(Clone, Debug)]
#[must_use = "nothing is built until `build`"]
pub struct StatementBuilder {
    issuer: String,
    scopes: Option<Vec<PolicyScope>>,
    claims: Vec<(String, Matchers)>,
}

impl StatementBuilder {
    /// Requires that the claim `name` is this value, or that the matchers match. A token without
    /// the claim does not match. A statement has at least one claim.
    pub fn claim(mut self, name: impl Into<String>, rule: impl Into<Matchers>) -> Self {
        self.claims.push((name.into(), rule.into()));
        self
    }

    /// The scopes that a matching token gets, of which there is at least one. The documentation requires
    /// them; without, a deployment may give its default or refuse the policy.
    pub fn scopes(mut self, scopes: impl IntoIterator<Item = PolicyScope>) -> Self {
        self.scopes = Some(scopes.into_iter().collect());
        self
    }

    /// The statement, when it is valid.
    ///
    /// # Errors
    ///
    /// With everything that is wrong: an unknown issuer, missing or repeated claims, an empty list
    /// of scopes or values, missing or repeated matchers.
    pub fn build(self) -> Result<Statement, PolicyError> {
        let mut problems = Vec::new();
        if !is_issuer(&self.issuer) {
            problems.push(format!(
                "iss: {:?} is no known issuer; those are {}, {} and {}ORGANIZATION",
                self.issuer,
                Statement::BUILDKITE,
                Statement::GITHUB_ACTIONS,
                Statement::CIRCLECI
            ));
        }
        if self.scopes.as_ref().is_some_and(Vec::is_empty) {
            problems.push("scopes: at least one is required".to_owned());
        }
        if self.claims.is_empty() {
            let reason = "without one every token of the issuer would match";
            problems.push(format!("claims: at least one is required; {reason}"));
        }
        let mut claims = BTreeMap::new();
        for (name, rule) in self.claims {
            problems.extend(rule.problems().map(|problem| format!("claim {name:?}: {problem}")));
            if claims.insert(name.clone(), rule).is_some() {
                problems.push(format!("claim {name:?}: is there twice"));
            }
        }
        let statement = Statement { issuer: self.issuer, scopes: self.scopes, claims };
        PolicyError::unless_empty(problems, statement)
    }
}

fn is_issuer(text: &str) -> bool {
    let organization = text.strip_prefix(Statement::CIRCLECI);
    [Statement::BUILDKITE, Statement::GITHUB_ACTIONS].contains(&text)
        || organization.is_some_and(|it| !it.is_empty() && !it.contains('/'))
}

/// What a token may do with the packages of a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum PolicyScope {
    /// Download packages.
    ReadPackages,
    /// Publish packages.
    WritePackages,
    /// Delete packages.
    DeletePackages,
}

impl PolicyScope {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::ReadPackages, Self::WritePackages, Self::DeletePackages];

    /// The scope's name in a policy.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadPackages => "read_packages",
            Self::WritePackages => "write_packages",
            Self::DeletePackages => "delete_packages",
        }
    }
}

impl fmt::Display for PolicyScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

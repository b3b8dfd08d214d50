//! Which reading of a disputed point a deployment follows. Neither is wrong; users want to know.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{observed::Observed, steps::Step};

/// A point that the sources disagree about.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Reading {
    /// The disagreement, as the contract's `x-disagreements` calls it.
    pub id: String,
    /// What it is about.
    pub subject: String,
    /// The reading that the deployment follows; `null` when the run does not show it.
    pub follows: Option<String>,
}

/// The reading of each disagreement that the contract records, as far as the run shows it.
pub(crate) fn readings(run: &Observed) -> Vec<Reading> {
    run.contract
        .disagreements()
        .map(|(id, subject)| Reading {
            id: id.to_owned(),
            subject: subject.to_owned(),
            follows: follows(run, id),
        })
        .collect()
}

fn follows(run: &Observed, id: &str) -> Option<String> {
    match id {
        "create-scope" => create_scope(run),
        "web-url" => web_url(run),
        "update-method" => update_method(run),
        "oidc-policy-response" => oidc_policy(run),
        "team-ids" => team_ids(run),
        "timestamp-format" => timestamp(run),
        "registry-name" => {
            let spaces = run.object(Step::CreateMinimal).ok()?.get("name")?.as_str()?.contains(' ');
            spaces.then(|| "names with spaces are taken".into())
        }
        "organization-slug" => {
            run.success(Step::ListBefore).ok()?;
            match run.organization.as_str() {
                slug if slug.contains('_') => Some("with underscores".into()),
                slug if slug.contains('-') => Some("kebab-case".into()),
                _ => None,
            }
        }
        "cors-header" => cors(run),
        "registry-token-urls" => registry_token_urls(run),
        "registry-token-secret" => registry_token_secret(run),
        "registry-slug" => registry_slug(run),
        "statement-scopes" => statement_scopes(run),
        "clearing" => clearing(run),
        _ => None,
    }
}

/// Told only by a token that has one of the two scopes.
fn create_scope(run: &Observed) -> Option<String> {
    run.success(Step::CreateMinimal).ok()?;
    let scopes = run.scopes(Step::GetToken)?;
    let has = |name: &str| scopes.iter().any(|scope| scope == name);
    match (has("create_registries"), has("write_registries")) {
        (true, false) => Some("create_registries is enough".into()),
        (false, true) => Some("write_registries is enough".into()),
        _ => None,
    }
}

fn web_url(run: &Observed) -> Option<String> {
    let created = run.object(Step::CreateMinimal).ok()?;
    let form = |registry: &Value| {
        let url = registry.get("web_url")?.as_str()?;
        if url.contains("/packages/registries/") {
            Some("/organizations/{org}/packages/registries/{slug}")
        } else {
            url.contains("/registries/").then_some("/organizations/{org}/registries/{slug}")
        }
    };
    let single = form(&Value::Object(created.clone()))?;
    let entries = run.entries(Step::ListUpdated).ok();
    let listed = entries
        .and_then(|all| all.iter().find(|entry| entry.get("id") == created.get("id")))
        .and_then(form);
    match listed {
        Some(listed) if listed != single => Some(format!("{single}, in the list {listed}")),
        _ => Some(single.into()),
    }
}

fn update_method(run: &Observed) -> Option<String> {
    let methods = [
        ("POST", Step::UpdateDescription),
        ("PATCH", Step::UpdateWithPatch),
        ("PUT", Step::UpdateWithPut),
    ];
    let taken: Vec<&str> = methods
        .into_iter()
        .filter(|(_, step)| run.success(*step).is_ok())
        .map(|(method, _)| method)
        .collect();
    (!taken.is_empty()).then(|| taken.join(", "))
}

/// Told by the whole list: some are older than the rule by which slugs are made.
fn registry_slug(run: &Observed) -> Option<String> {
    let slugs = run.entries(Step::ListUpdated).ok()?.iter();
    let slugs: Vec<&str> = slugs.filter_map(|it| it.get("slug")?.as_str()).collect();
    let is_kebab = |slug: &&str| {
        slug.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    Some(match slugs.iter().find(|slug| !is_kebab(slug)) {
        _ if slugs.is_empty() => return None,
        None => "kebab-case".into(),
        Some(_) => "letters of both cases, digits, hyphens and underscores".into(),
    })
}

fn statement_scopes(run: &Observed) -> Option<String> {
    run.success(Step::UpdateScopes).ok()?;
    let answer = &run.exchange(Step::UpdateWithoutScopes).ok()?.answer;
    match answer.is_success() {
        true => Some("may be left out".into()),
        false if answer.refuses_what_is_asked() => Some("required".into()),
        false => None,
    }
}

/// How a property can be cleared, and what is printed of one that was cleared with an empty value.
fn clearing(run: &Observed) -> Option<String> {
    let cleared = |step| run.object(step).ok()?.get("emoji");
    let null = cleared(Step::UpdateClear).is_some_and(|it| it.is_null() || *it == "");
    let empty = cleared(Step::UpdateWithEmptyValues).filter(|it| it.is_null() || **it == "");
    match (null, empty) {
        (true, Some(printed)) => Some(format!("null, and an empty value, which becomes {printed}")),
        (true, None) => Some("null".into()),
        (false, Some(printed)) => Some(format!("an empty value, which becomes {printed}")),
        (false, None) => None,
    }
}

fn oidc_policy(run: &Observed) -> Option<String> {
    let policy = run.object(Step::CreateFull).ok()?.get("oidc_policy")?;
    match policy {
        Value::String(_) => Some("the policy as a string".into()),
        Value::Null => Some("null, although the request set a policy".into()),
        _ => None,
    }
}

fn team_ids(run: &Observed) -> Option<String> {
    let ids = run.object(Step::CreateMinimal).ok()?.get("team_ids")?.as_array()?;
    let is_uuid = |id: &Value| id.as_str().is_some_and(|id| id.len() == 36 && id.contains('-'));
    let first = ids.first()?;
    Some(if is_uuid(first) { "UUIDs" } else { "other strings" }.into())
}

fn timestamp(run: &Observed) -> Option<String> {
    let created = run.success(Step::GetToken).ok()?.json.as_ref()?.get("created_at")?.as_str()?;
    if created.ends_with(" UTC") {
        return Some("2025-07-16 06:07:42 UTC".into());
    }
    chrono::DateTime::parse_from_rfc3339(created).ok().map(|_| "RFC 3339".into())
}

fn cors(run: &Observed) -> Option<String> {
    let answer = run.success(Step::ListBefore).ok()?;
    ["Access-Control-Allow-Origin", "Access-Controller-Allow-Origin"]
        .into_iter()
        .find(|name| answer.header(name).is_some())
        .map(str::to_owned)
}

fn registry_token_urls(run: &Observed) -> Option<String> {
    let token = Value::Object(run.object(Step::CreateRegistryToken).ok()?.clone());
    let url = |pointer: &str| token.pointer(pointer).and_then(Value::as_str);
    let is_http = match url("/url")?.split_once("://")?.0 {
        "http" => true,
        "https" => false,
        _ => return None,
    };
    let elsewhere = url("/organization/url")?.contains("/analytics/");
    Some(match (is_http, elsewhere) {
        (false, false) => "https, and nothing below /analytics/".into(),
        (true, false) => "http, and nothing below /analytics/".into(),
        (false, true) => "https, with an organization below /analytics/".into(),
        (true, true) => "http, with an organization below /analytics/".into(),
    })
}

fn registry_token_secret(run: &Observed) -> Option<String> {
    let has = |step| Some(run.object(step).ok()?.get("token").is_some_and(|it| !it.is_null()));
    let (created, got) = (has(Step::CreateRegistryToken)?, has(Step::GetRegistryToken)?);
    Some(match (created, got) {
        (_, true) => "at any time".into(),
        (true, false) => "in the answer to its creation only".into(),
        (false, false) => "nowhere in the API".into(),
    })
}

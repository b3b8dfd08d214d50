//! Which reading of what the sources disagree about a deployment follows, as registries show it.

use serde_json::Value;

use super::super::Reads;
use crate::{observed::Observed, steps::Step};

pub(in crate::areas) const READINGS: &[(&str, Reads)] = &[
    ("create-scope", create_scope),
    ("web-url", web_url),
    ("update-method", update_method),
    ("oidc-policy-response", oidc_policy),
    ("team-ids", team_ids),
    ("registry-name", registry_name),
    ("registry-slug", registry_slug),
    ("statement-scopes", statement_scopes),
    ("clearing", clearing),
];

/// Shown only by a token that has one of the two scopes.
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

fn registry_name(run: &Observed) -> Option<String> {
    let spaces = run.object(Step::CreateMinimal).ok()?.get("name")?.as_str()?.contains(' ');
    spaces.then(|| "names with spaces are accepted".into())
}

/// Shown by the whole list: some are older than the rule by which slugs are made.
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

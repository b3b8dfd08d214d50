//! Every property of a registry set alone and cleared alone, with every method that updates, and what
//! the list and a get show of it.

use serde_json::{Map, Value, json};

use super::{Explorer, object};
use crate::{
    case::{Closeness, closeness},
    contract::Problem,
    exchange::{Exchange, abridged},
    level::Grade,
    observed::NotJudged,
    steps::{Draft, POLICY_TEXT},
};

/// The methods, the step that shows whether a deployment takes them, and how well each is known.
const METHODS: [(&str, Grade, &str); 3] = [
    ("update_registry", Grade::Documented, "Update a registry, Optional request body properties"),
    ("update_registry_with_patch", Grade::ClientObserved, "go-buildkite v5, update"),
    ("update_registry_with_put", Grade::ClientObserved, "Terraform provider, update"),
];

/// What can be set and cleared, and to what.
fn properties() -> [(&'static str, Value); 4] {
    [
        ("description", json!("explored, alone")),
        ("emoji", json!(":gem:")),
        ("color", json!("#0a0B0c")),
        ("oidc_policy", json!(POLICY_TEXT)),
    ]
}

pub(super) async fn explore(explorer: &mut Explorer<'_>) -> Result<(), NotJudged> {
    explorer.tried = (0, METHODS.len());
    let (mut slug, mut known) = explorer.create().await?;
    for method in METHODS {
        if method.1 == Grade::Documented || is_taken(explorer, method.0) {
            let shown = one_by_one(explorer, &slug, known, method).await?;
            known = renamed(explorer, &slug, &shown, method).await?;
            slug = known.get("slug").and_then(Value::as_str).map_or(slug, str::to_owned);
        }
        explorer.tried.0 += 1;
    }
    explorer.send("delete_registry", Some(&slug), None).await?;
    is_gone(explorer, &slug).await
}

/// A registry that was deleted cannot be updated.
async fn is_gone(explorer: &mut Explorer<'_>, slug: &str) -> Result<(), NotJudged> {
    let body = json!({"description": "explored, of what was deleted"});
    let exchange = explorer.send("update_registry", Some(slug), Some(&body)).await?;
    if exchange.answer.is_success() {
        let expected = "a rejection: the registry was deleted".to_owned();
        let received = exchange.answer.outline();
        let wrong = Problem::new(Grade::Documented, "Delete a registry", expected, received);
        explorer.find(exchange, wrong);
    }
    Ok(())
}

/// Gives the registry another name and nothing else; what it is then.
async fn renamed(
    explorer: &mut Explorer<'_>,
    slug: &str,
    shown: &Map<String, Value>,
    (operation, grade, cite): (&'static str, Grade, &str),
) -> Result<Map<String, Value>, NotJudged> {
    let body = json!({"name": explorer.name()});
    let exchange = explorer.send(operation, Some(slug), Some(&body)).await?;
    let Some(answered) = object(&exchange).cloned() else {
        let outline = exchange.answer.outline();
        return Err(NotJudged::Skip(format!("{operation} of name alone returned {outline}")));
    };
    let slug = answered.get("slug").and_then(Value::as_str).unwrap_or(slug);
    let kept = |of: &Map<String, Value>| -> Map<String, Value> {
        let all = of.iter().filter(|(name, _)| properties().iter().any(|(it, _)| it == name));
        all.map(|(name, value)| (name.clone(), value.clone())).collect()
    };
    let before = kept(shown);
    let is_unchanged = |got: &Exchange| object(got).is_some_and(|it| kept(it) == before);
    let after = explorer.get(slug, is_unchanged).await?;
    let got = object(&after).map(kept).unwrap_or_default();
    let differs = got.into_iter().find(|(name, value)| before.get(name) != Some(value));
    if let Some((other, received)) = differs {
        let expected = before.get(&other).map(abridged).unwrap_or_default();
        let expected = format!("{expected}, as before: only name was sent");
        let wrong = Problem::new(grade, cite, expected, abridged(&received));
        explorer.find(after, wrong.at(format!("/{other}")));
    }
    Ok(answered)
}

/// Whether an update by this method has succeeded before.
fn is_taken(explorer: &Explorer<'_>, operation: &str) -> bool {
    let mut all = explorer.runner.observed().every();
    all.any(|it| it.request.operation == operation && it.answer.is_success())
}

/// Sets all, then clears one after the other and sets it again; what a get shows at the end.
async fn one_by_one(
    explorer: &mut Explorer<'_>,
    slug: &str,
    mut known: Map<String, Value>,
    method: (&'static str, Grade, &str),
) -> Result<Map<String, Value>, NotJudged> {
    for (name, value) in properties() {
        known = changed(explorer, slug, &known, (name, &value), method).await?;
    }
    is_listed(explorer, slug, &known).await?;
    // A write may keep back a policy that a get shows.
    let is_as_known =
        |got: &Exchange| object(got).is_some_and(|it| differing(&known, it, "").is_none());
    let mut shown = explorer.get(slug, is_as_known).await?;
    for (name, value) in properties() {
        for value in [Value::Null, value] {
            known = changed(explorer, slug, &known, (name, &value), method).await?;
            // A write may keep back a policy that a get shows: then the get has nothing to catch up with
            // but the rest.
            let is_hidden = name == "oidc_policy" && known.get(name).is_none_or(Value::is_null);
            let is_settled = |got: &Exchange| {
                object(got).is_some_and(|it| {
                    (is_hidden || it.get(name) == known.get(name))
                        && differing(&known, it, name).is_none()
                })
            };
            let got = explorer.get(slug, is_settled).await?;
            let policy = |of: &Exchange| object(of).and_then(|it| it.get("oidc_policy")).cloned();
            if name != "oidc_policy"
                && let (Some(before @ Value::String(_)), Some(Value::Null)) =
                    (policy(&shown), policy(&got))
            {
                let expected = format!("{}, as before: only {name} was sent", abridged(&before));
                let wrong = Problem::new(Grade::ClientObserved, method.2, expected, "null".into());
                explorer.find(got.clone(), wrong.at("/oidc_policy"));
            }
            shown = got.clone();
            is_as_answered(explorer, got, &known, name, method.1)?;
        }
    }
    Ok(object(&shown).cloned().unwrap_or(known))
}

/// The list shows the registry as the last update returned it.
async fn is_listed(
    explorer: &mut Explorer<'_>,
    slug: &str,
    known: &Map<String, Value>,
) -> Result<(), NotJudged> {
    let entry = |list: &Exchange| {
        let mut all = list.answer.json.as_ref().and_then(Value::as_array)?.iter();
        let is_it = |entry: &&Value| entry.get("slug").and_then(Value::as_str) == Some(slug);
        all.find(is_it)?.as_object().cloned()
    };
    let is_right =
        |list: &Exchange| entry(list).is_some_and(|it| differing(known, &it, "").is_none());
    let list = explorer.read("list_registries", Draft::default(), is_right).await?;
    let Some(entry) = entry(&list) else { return Ok(()) };
    if let Some((name, expected, received)) = differing(known, &entry, "") {
        let (grade, cite) = (Grade::Documented, "List all registries; Update a registry");
        let wrong = Problem::new(grade, cite, expected, received).at(format!("/{name}"));
        explorer.find(list, wrong);
    } else if let Some((name, expected, received)) = of_other_form(known, &entry) {
        let (grade, cite) = (Grade::ClientObserved, "Terraform provider, reading");
        let wrong = Problem::new(grade, cite, expected, received).at(format!("/{name}"));
        explorer.find(list, wrong);
    }
    Ok(())
}

/// The first property that is not byte for byte what it was.
fn of_other_form<'k>(
    known: &'k Map<String, Value>,
    answered: &Map<String, Value>,
) -> Option<(&'k str, String, String)> {
    known.iter().find_map(|(name, expected)| {
        let received = answered.get(name)?;
        let is_close = closeness(name, received, expected) == Closeness::Close;
        is_close.then(|| (&**name, abridged(expected), abridged(received)))
    })
}

/// Changes one property, and looks at the response; what the registry is then.
async fn changed(
    explorer: &mut Explorer<'_>,
    slug: &str,
    known: &Map<String, Value>,
    (name, value): (&str, &Value),
    (operation, grade, cite): (&'static str, Grade, &str),
) -> Result<Map<String, Value>, NotJudged> {
    let exchange = explorer.send(operation, Some(slug), Some(&json!({name: value}))).await?;
    let answered = object(&exchange).cloned();
    let Some(answered) = answered else {
        let outline = exchange.answer.outline();
        return Err(NotJudged::Skip(format!("{operation} of {name} alone returned {outline}")));
    };
    let set = answered.get(name).cloned().unwrap_or_default();
    // Whether a policy is returned is an interpretation.
    let is_hidden = name == "oidc_policy" && set.is_null();
    let closeness = closeness(name, &set, value);
    if closeness != Closeness::Same && !is_hidden {
        // What clears a property, or sets these, is known from clients only.
        let is_observed = closeness == Closeness::Close
            || value.is_null()
            || matches!(name, "emoji" | "color" | "oidc_policy");
        let grade = if is_observed { Grade::ClientObserved } else { grade };
        let expected = format!("{}, which was sent alone", abridged(value));
        let wrong = Problem::new(grade, cite, expected, abridged(&set));
        explorer.find(exchange.clone(), wrong.at(format!("/{name}")));
    }
    if let Some((other, expected, received)) = differing(known, &answered, name) {
        let expected = format!("{expected}, as before: only {name} was sent");
        let wrong = Problem::new(grade, cite, expected, received).at(format!("/{other}"));
        explorer.find(exchange, wrong);
    }
    Ok(answered)
}

/// A get shows what the update returned.
fn is_as_answered(
    explorer: &mut Explorer<'_>,
    got: Exchange,
    known: &Map<String, Value>,
    name: &str,
    grade: Grade,
) -> Result<(), NotJudged> {
    let cite = "Update a registry; Get a registry";
    let Some(registry) = object(&got).filter(|it| it.contains_key(name)) else {
        let outline = got.answer.outline();
        return Err(NotJudged::Skip(format!("get_registry returned {outline}, without {name}")));
    };
    explorer.judged();
    let wrong = if let Some((other, expected, received)) = differing(known, registry, name) {
        Problem::new(grade, cite, expected, received).at(format!("/{other}"))
    } else {
        let value = |of: &Map<String, Value>| of.get(name).cloned().unwrap_or_default();
        let (expected, received) = (value(known), value(registry));
        // A write may keep back a policy that a get shows.
        let is_hidden = name == "oidc_policy" && expected.is_null();
        if is_hidden || closeness(name, &received, &expected) != Closeness::Other {
            return Ok(());
        }
        let (expected, received) = (abridged(&expected), abridged(&received));
        Problem::new(Grade::ClientObserved, cite, expected, received).at(format!("/{name}"))
    };
    explorer.find(got, wrong);
    Ok(())
}

/// The first property but one that is another than it was.
fn differing<'k>(
    known: &'k Map<String, Value>,
    answered: &Map<String, Value>,
    except: &str,
) -> Option<(&'k str, String, String)> {
    known.iter().filter(|(name, _)| *name != except).find_map(|(name, expected)| {
        let received = answered.get(name)?;
        // A policy may be kept back.
        let is_hidden = name == "oidc_policy" && (expected.is_null() || received.is_null());
        let is_other = closeness(name, received, expected) == Closeness::Other;
        (is_other && !is_hidden).then(|| (&**name, abridged(expected), abridged(received)))
    })
}

//! Every property of a registry set alone and cleared alone, with every method that updates.

use serde_json::{Map, Value, json};

use super::{Explorer, Wrong};
use crate::{
    cases::{Closeness, closeness},
    exchange::{Exchange, abridged},
    level::Grade,
    observed::Unmet,
    steps::POLICY_TEXT,
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

pub(super) async fn explore(explorer: &mut Explorer<'_>) -> Result<(), Unmet> {
    explorer.tried = (0, METHODS.len());
    let (slug, mut known) = explorer.create().await?;
    for method in METHODS {
        if method.1 == Grade::Documented || is_taken(explorer, method.0) {
            known = one_by_one(explorer, &slug, known, method).await?;
        }
        explorer.tried.0 += 1;
    }
    explorer.send("delete_registry", Some(&slug), None).await.map(drop)
}

/// Whether an update by this method has succeeded before.
fn is_taken(explorer: &Explorer<'_>, operation: &str) -> bool {
    let mut all = explorer.runner.observed().every();
    all.any(|it| it.request.operation == operation && it.answer.is_success())
}

/// Sets all, then clears one after the other and sets it again; what the registry is at the end.
async fn one_by_one(
    explorer: &mut Explorer<'_>,
    slug: &str,
    mut known: Map<String, Value>,
    method: (&'static str, Grade, &str),
) -> Result<Map<String, Value>, Unmet> {
    for (name, value) in properties() {
        known = changed(explorer, slug, &known, (name, &value), method).await?;
    }
    for (name, value) in properties() {
        for value in [Value::Null, value] {
            known = changed(explorer, slug, &known, (name, &value), method).await?;
            // A write may keep back a policy that a get shows: then the get has nothing to catch up with
            // but the rest.
            let is_kept_back = name == "oidc_policy" && known.get(name).is_none_or(Value::is_null);
            let shows = |got: &Exchange| {
                let registry = got.answer.json.as_ref().and_then(Value::as_object);
                registry.is_some_and(|it| {
                    (is_kept_back || it.get(name) == known.get(name))
                        && differing(&known, it, name).is_none()
                })
            };
            let got = explorer.get(slug, shows).await?;
            is_as_answered(explorer, got, &known, name, method.1)?;
        }
    }
    Ok(known)
}

/// Changes one property, and looks at the answer; what the registry is then.
async fn changed(
    explorer: &mut Explorer<'_>,
    slug: &str,
    known: &Map<String, Value>,
    (name, value): (&str, &Value),
    (operation, grade, cite): (&'static str, Grade, &str),
) -> Result<Map<String, Value>, Unmet> {
    let exchange = explorer.send(operation, Some(slug), Some(&json!({name: value}))).await?;
    let answered = exchange.answer.json.as_ref().and_then(Value::as_object).cloned();
    let Some(answered) = answered.filter(|_| exchange.answer.is_success()) else {
        let outline = exchange.answer.outline();
        return Err(Unmet::Skip(format!(
            "{operation} of {name} alone was answered with {outline}"
        )));
    };
    let set = answered.get(name).cloned().unwrap_or_default();
    // Whether a policy is returned is an interpretation.
    let is_kept_back = name == "oidc_policy" && set.is_null();
    if closeness(name, &set, value) == Closeness::Other && !is_kept_back {
        // What clears a property, or sets these, only clients tell.
        let is_observed = value.is_null() || matches!(name, "emoji" | "color" | "oidc_policy");
        let grade = if is_observed { Grade::ClientObserved } else { grade };
        let expected = format!("{}, which was sent alone", abridged(value));
        let wrong = Wrong::new(grade, cite, expected, abridged(&set));
        explorer.find(exchange.clone(), wrong.at(format!("/{name}")));
    }
    if let Some((other, expected, received)) = differing(known, &answered, name) {
        let expected = format!("{expected}, as before: only {name} was sent");
        let wrong = Wrong::new(grade, cite, expected, received).at(format!("/{other}"));
        explorer.find(exchange, wrong);
    }
    Ok(answered)
}

/// A get shows what the update was answered with.
fn is_as_answered(
    explorer: &mut Explorer<'_>,
    got: Exchange,
    known: &Map<String, Value>,
    name: &str,
    grade: Grade,
) -> Result<(), Unmet> {
    let cite = "Update a registry; Get a registry";
    let registry = got.answer.json.as_ref().and_then(Value::as_object);
    let Some(registry) = registry.filter(|it| got.answer.is_success() && it.contains_key(name))
    else {
        let outline = got.answer.outline();
        return Err(Unmet::Skip(format!("get_registry returned {outline}, without {name}")));
    };
    explorer.judged();
    let wrong = if let Some((other, expected, received)) = differing(known, registry, name) {
        Wrong::new(grade, cite, expected, received).at(format!("/{other}"))
    } else {
        let value = |of: &Map<String, Value>| of.get(name).cloned().unwrap_or_default();
        let (expected, received) = (value(known), value(registry));
        // A write may keep back a policy that a get shows.
        let is_kept_back = name == "oidc_policy" && expected.is_null();
        if is_kept_back || closeness(name, &received, &expected) != Closeness::Other {
            return Ok(());
        }
        let (expected, received) = (abridged(&expected), abridged(&received));
        Wrong::new(Grade::ClientObserved, cite, expected, received).at(format!("/{name}"))
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
        let is_kept_back = name == "oidc_policy" && (expected.is_null() || received.is_null());
        let is_other = closeness(name, received, expected) == Closeness::Other;
        (is_other && !is_kept_back).then(|| (&**name, abridged(expected), abridged(received)))
    })
}

//! Random sequences of operations, compared with a model of the API. A sequence that does not do what
//! the model says is made shorter as long as it still does not.

use rand::{Rng, RngExt};
use serde_json::{Map, Value, json};

use super::Explorer;
use crate::{
    case::{Closeness, closeness, comparable},
    contract::Problem,
    exchange::{Exchange, abridged},
    level::Grade,
    observed::NotJudged,
    steps::Draft,
    wire::is_segment,
};

/// How many sequences are tried, budget permitting.
const SEQUENCES: usize = 12;
/// How many operations a sequence has.
const LENGTH: usize = 10;
/// How many registries a sequence works with.
const REGISTRIES: usize = 3;

/// Text that does not survive a wrong encoding, escape, or column.
const TEXTS: [&str; 6] = [
    "plain",
    "Größe, naïve, Ελληνικά, 日本語",
    "\"quoted\" and 'single' \\ back/slash",
    "<script>alert(1)</script> &amp; %20 {{x}}",
    "👩‍👩‍👧‍👦 🌻 🇯🇵",
    "one\ntwo\tthree",
];
const COLORS: [&str; 3] = ["#000000", "#ffffff", "#f0ccff"];
const ECOSYSTEMS: [&str; 3] = ["ruby", "python", "java"];

/// An operation on one of the sequence's registries; without meaning when it is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Op {
    Create { of: usize, text: Option<usize>, ecosystem: usize },
    Get { of: usize },
    List,
    Describe { of: usize, text: usize },
    Paint { of: usize, color: usize },
    Clear { of: usize },
    Rename { of: usize },
    Delete { of: usize },
    GetDeleted { of: usize },
    UpdateDeleted { of: usize },
}

impl Op {
    fn random(rng: &mut impl Rng) -> Self {
        let of = rng.random_range(0..REGISTRIES);
        let text = rng.random_range(0..TEXTS.len());
        match rng.random_range(0..15) {
            0..4 => Self::Create {
                of,
                text: rng.random_bool(0.5).then_some(text),
                ecosystem: rng.random_range(0..ECOSYSTEMS.len()),
            },
            4 | 5 => Self::Get { of },
            6 => Self::List,
            7 | 8 => Self::Describe { of, text },
            9 => Self::Paint { of, color: rng.random_range(0..COLORS.len()) },
            10 => Self::Clear { of },
            11 => Self::Rename { of },
            12 => Self::Delete { of },
            13 => Self::GetDeleted { of },
            _ => Self::UpdateDeleted { of },
        }
    }
}

/// What the model knows of a registry.
#[derive(Clone, Debug)]
enum Registry {
    /// It was never there.
    Never,
    /// It is there, and has these properties.
    Here(Map<String, Value>),
    /// It was there, under this slug and with this id.
    Gone(String, Value),
}

pub(super) async fn explore(explorer: &mut Explorer<'_>) -> Result<(), NotJudged> {
    for done in 0..SEQUENCES {
        explorer.tried = (done, SEQUENCES);
        let ops: Vec<Op> = (0..LENGTH).map(|_| Op::random(&mut explorer.rng)).collect();
        if let Some(mut failure) = play(explorer, &ops).await? {
            failure = shorter(explorer, failure).await;
            let Failure { ops, exchange, mut wrong } = failure;
            wrong.received = format!("{}, after {ops:?}", wrong.received);
            explorer.find(exchange, wrong);
            return Ok(());
        }
    }
    if !explorer.explored.judged.contains_key(&explorer.current) {
        return Err(NotJudged::Skip("nothing that was created could be read again".into()));
    }
    Ok(())
}

/// A sequence whose last operation does not do what the model says.
struct Failure {
    ops: Vec<Op>,
    exchange: Exchange,
    wrong: Problem,
}

/// Leaves out one operation after the other, as long as the sequence still fails. When the budget is
/// used up, what there is has to do.
async fn shorter(explorer: &mut Explorer<'_>, mut failure: Failure) -> Failure {
    let mut index = 0;
    while index + 1 < failure.ops.len() {
        let mut ops = failure.ops.clone();
        ops.remove(index);
        match play(explorer, &ops).await {
            Ok(Some(shorter)) => failure = shorter,
            Ok(None) => index += 1,
            Err(_) => return failure,
        }
    }
    failure
}

/// Plays a sequence with registries of its own, and removes them.
async fn play(explorer: &mut Explorer<'_>, ops: &[Op]) -> Result<Option<Failure>, NotJudged> {
    let mut model: Vec<Registry> = vec![Registry::Never; REGISTRIES];
    let mut failure = None;
    // Each name is the beginning of the next, so that they are not mistaken for each other.
    let stem = explorer.name();
    let mut names = (1..).map(|count| format!("{stem}{}", "x".repeat(count)));
    // The list at the end shows what a sequence has done to registries that it did not name.
    let all = ops.iter().chain(&[Op::List]);
    for (index, op) in all.enumerate() {
        if let Some((exchange, wrong)) = step(explorer, &mut model, op, &mut names).await? {
            let ops = ops.iter().take(index + 1).cloned().collect();
            failure = Some(Failure { ops, exchange, wrong });
            break;
        }
    }
    for registry in &model {
        if let Registry::Here(properties) = registry {
            explorer.send("delete_registry", Some(slug(properties)), None).await?;
        }
    }
    Ok(failure)
}

fn slug(properties: &Map<String, Value>) -> &str {
    properties.get("slug").and_then(Value::as_str).unwrap_or_default()
}

type Outcome = Option<(Exchange, Problem)>;

/// Carries out one operation, on the deployment and in the model.
async fn step(
    explorer: &mut Explorer<'_>,
    model: &mut [Registry],
    op: &Op,
    names: &mut impl Iterator<Item = String>,
) -> Result<Outcome, NotJudged> {
    match op {
        Op::Create { of, text, ecosystem } => {
            if matches!(model[*of], Registry::Here(_)) {
                return Ok(None);
            }
            let description = text.map(|text| TEXTS[text]);
            let body = json!({
                "name": names.next(),
                "ecosystem": ECOSYSTEMS[*ecosystem],
                "description": description,
            });
            let exchange = explorer.send("create_registry", None, Some(&body)).await?;
            // An ecosystem beside the first may not be there; one that was accepted is.
            let may_be_missing = *ecosystem > 0 && !is_accepted(explorer, ECOSYSTEMS[*ecosystem]);
            if may_be_missing && exchange.answer.refuses_what_is_asked() {
                return Ok(None);
            }
            let cite = "Create a registry, request body properties";
            let wanted = body.as_object().cloned().unwrap_or_default();
            Ok(settle(&mut model[*of], exchange, &wanted, Grade::Seed, cite))
        }
        Op::Get { of } => {
            let Registry::Here(known) = &model[*of] else { return Ok(None) };
            let wanted = known.clone();
            let is_right = |exchange: &Exchange| {
                registry_of(exchange).is_some_and(|it| differing(&wanted, it, "").is_none())
            };
            let exchange = explorer.get(slug(known), is_right).await?;
            explorer.judged();
            Ok(settle(&mut model[*of], exchange, &wanted, Grade::Seed, "Get a registry"))
        }
        Op::List => {
            let is_right = |exchange: &Exchange| listed(model, exchange).is_none();
            let exchange = explorer.read("list_registries", Draft::default(), is_right).await?;
            if model.iter().any(|registry| matches!(registry, Registry::Here(_))) {
                explorer.judged();
            }
            Ok(listed(model, &exchange).map(|wrong| (exchange, wrong)))
        }
        Op::Describe { of, text } => {
            update(explorer, model, *of, &json!({"description": TEXTS[*text]}), DOCUMENTED).await
        }
        Op::Paint { of, color } => {
            update(explorer, model, *of, &json!({"color": COLORS[*color]}), OBSERVED).await
        }
        Op::Clear { of } => {
            update(explorer, model, *of, &json!({"description": null}), OBSERVED).await
        }
        Op::Rename { of } => {
            let name = names.next();
            update(explorer, model, *of, &json!({"name": name}), DOCUMENTED).await
        }
        Op::Delete { of } => {
            let Registry::Here(known) = &model[*of] else { return Ok(None) };
            let exchange = explorer.send("delete_registry", Some(slug(known)), None).await?;
            if !exchange.answer.is_success() {
                let received = exchange.answer.outline();
                let wrong = Problem::new(
                    Grade::Documented,
                    "Delete a registry, Success response",
                    "success".into(),
                    received,
                );
                return Ok(Some((exchange, wrong)));
            }
            let id = known.get("id").cloned().unwrap_or_default();
            model[*of] = Registry::Gone(slug(known).to_owned(), id);
            Ok(None)
        }
        Op::GetDeleted { of } => {
            let Registry::Gone(slug, _) = &model[*of] else { return Ok(None) };
            let exchange = explorer.get(slug, |exchange| !exchange.answer.is_success()).await?;
            if !exchange.answer.is_success() {
                return Ok(None);
            }
            Ok(Some(no_longer_there(exchange)))
        }
        Op::UpdateDeleted { of } => {
            let Registry::Gone(slug, _) = &model[*of] else { return Ok(None) };
            let body = json!({"description": "of what is deleted"});
            let exchange = explorer.send("update_registry", Some(slug), Some(&body)).await?;
            if !exchange.answer.is_success() {
                return Ok(None);
            }
            Ok(Some(no_longer_there(exchange)))
        }
    }
}

fn no_longer_there(exchange: Exchange) -> (Exchange, Problem) {
    let expected = "no registry: it is deleted".to_owned();
    let received = exchange.answer.outline();
    let wrong = Problem::new(Grade::Documented, "Delete a registry", expected, received);
    (exchange, wrong)
}

/// Whether a create of this run was accepted with an ecosystem.
fn is_accepted(explorer: &Explorer<'_>, ecosystem: &str) -> bool {
    explorer.runner.observed().every().any(|exchange| {
        let Exchange { request, answer, .. } = exchange;
        let body: Option<Value> =
            request.body.as_ref().and_then(|body| serde_json::from_str(body).ok());
        request.operation == "create_registry"
            && answer.is_success()
            && body.is_some_and(|body| body["ecosystem"] == ecosystem)
    })
}

const DOCUMENTED: (Grade, &str) = (Grade::Documented, "Update a registry");
const OBSERVED: (Grade, &str) = (Grade::ClientObserved, "Terraform provider, update");

async fn update(
    explorer: &mut Explorer<'_>,
    model: &mut [Registry],
    of: usize,
    change: &Value,
    source: (Grade, &str),
) -> Result<Outcome, NotJudged> {
    let Registry::Here(known) = &model[of] else { return Ok(None) };
    let exchange = explorer.send("update_registry", Some(slug(known)), Some(change)).await?;
    let mut wanted = known.clone();
    let change = change.as_object().cloned().unwrap_or_default();
    if change.contains_key("name") {
        // These follow from the name.
        for follows in ["slug", "url", "web_url"] {
            wanted.remove(follows);
        }
    }
    wanted.extend(change);
    let (grade, cite) = source;
    Ok(settle(&mut model[of], exchange, &wanted, grade, cite))
}

/// Compares the returned registry with the expected one, and adds it to the model.
fn settle(
    registry: &mut Registry,
    exchange: Exchange,
    wanted: &Map<String, Value>,
    grade: Grade,
    cite: &str,
) -> Outcome {
    let Some(answered) = registry_of(&exchange).cloned() else {
        let received = exchange.answer.outline();
        let wrong = Problem::new(grade, cite, "success, with a registry".into(), received);
        return Some((exchange, wrong));
    };
    let wrong = differing(wanted, &answered, "")
        .map(|(place, expected, received)| Problem::new(grade, cite, expected, received).at(place));
    *registry = Registry::Here(answered);
    wrong.map(|wrong| (exchange, wrong))
}

/// The registry of a successful response.
fn registry_of(exchange: &Exchange) -> Option<&Map<String, Value>> {
    let answered = exchange.answer.json.as_ref()?.as_object();
    let answered = answered.filter(|_| exchange.answer.is_success());
    answered.filter(|answered| is_segment(slug(answered)))
}

/// The first property that is not as wanted: its place, and both values. A policy may be kept to oneself.
pub(super) fn differing(
    wanted: &Map<String, Value>,
    answered: &Map<String, Value>,
    place: &str,
) -> Option<(String, String, String)> {
    comparable(answered, wanted, true, &["oidc_policy"]).find_map(|(name, answered, wanted)| {
        let same = closeness(name, answered, wanted) != Closeness::Other;
        (!same).then(|| (format!("{place}/{name}"), abridged(wanted), abridged(answered)))
    })
}

/// What is wrong with a list: it has every registry once, as it is, and none that is gone.
fn listed(model: &[Registry], exchange: &Exchange) -> Option<Problem> {
    const CITE: &str = "List all registries";
    let list = exchange.answer.json.as_ref().and_then(Value::as_array);
    let Some(list) = list.filter(|_| exchange.answer.is_success()) else {
        let received = exchange.answer.outline();
        return Some(Problem::new(Grade::Seed, CITE, "success, with a list".into(), received));
    };
    let at = |id: &Value| {
        let entries = list.iter().enumerate().filter(|(_, entry)| entry.get("id") == Some(id));
        entries.map(|(index, _)| index).collect::<Vec<_>>()
    };
    model.iter().find_map(|registry| match registry {
        Registry::Never => None,
        Registry::Gone(slug, id) => at(id).first().map(|index| {
            let expected = format!("no registry {slug}: it is deleted");
            Problem::new(Grade::Documented, CITE, expected, "the registry".into())
                .at(format!("/{index}"))
        }),
        Registry::Here(known) => match at(known.get("id")?).as_slice() {
            [index] => {
                let entry = list[*index].as_object()?;
                let found = differing(known, entry, &format!("/{index}"));
                found.map(|(place, expected, received)| {
                    Problem::new(Grade::Seed, CITE, expected, received).at(place)
                })
            }
            places => {
                let expected = format!("the registry {} once", slug(known));
                let received = format!("{} times", places.len());
                Some(Problem::new(Grade::Seed, CITE, expected, received))
            }
        },
    })
}

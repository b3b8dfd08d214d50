//! What is wrong with a deployment, each cause once. One fault shows in many cases: findings of the same
//! requirement and place are one cause, and findings that follow from another one join its cause.

use std::collections::{BTreeMap, BTreeSet};

use super::{CaseReport, Finding, Report, Seen};
use crate::{
    case::anywhere,
    contract::{Contract, Kind},
    level::Level,
};

/// A case that looks at so many operations looks at all of them, and says nothing about one.
const BROAD: usize = 8;

/// How many properties a body lacks at least that is another thing altogether.
const ANOTHER_BODY: usize = 3;

/// Properties that other operations use to name what they are about.
const KEYS: [&str; 2] = ["id", "slug"];

/// Properties that are made from another one.
const DERIVED: [(&str, &str); 3] = [("url", "slug"), ("web_url", "slug"), ("graphql_id", "id")];

/// Something that is wrong, with the findings that show it.
#[derive(Debug)]
pub struct Cause<'a> {
    /// The findings, in the order of the report.
    facets: Vec<Facet<'a>>,
    /// Which of them shows it best.
    lead: usize,
}

/// A finding, and what says which others have the same cause.
#[derive(Clone, Debug)]
struct Facet<'a> {
    finding: &'a Finding,
    case: &'a CaseReport,
    fault: Fault,
    /// The place in a response, with `*` for any index, and with the name of a missing property.
    place: Option<String>,
    /// The property at that place.
    property: Option<String>,
}

/// What is wrong, from the most telling to the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    /// A request was accepted that must be refused.
    Accepted,
    /// The status is none of those that are documented.
    Undocumented,
    /// The body is not JSON, or not said to be.
    NotJson,
    /// The body is another thing altogether.
    AnotherBody,
    /// A property is missing, or of another type or form.
    Shape,
    /// A header is missing, or of another form.
    Header,
    /// A value that other operations use to name something is another one than expected.
    Key,
    /// The status is another one than expected.
    Status,
    /// A value is another one than expected.
    Value,
    /// Something else does not happen as required.
    Effect,
    /// There is a property that is not documented.
    Extra,
}

/// What is wrong with a deployment, from the most binding and most telling to the least. Findings that
/// are known are left out.
#[must_use]
pub fn causes(report: &Report) -> Vec<Cause<'_>> {
    let mut facets: Vec<Facet<'_>> = Vec::new();
    for case in &report.cases {
        let findings = case.findings.iter().filter(|finding| !finding.is_excused());
        facets.extend(findings.map(|finding| Facet::of(case, finding)));
    }
    find_other_bodies(&mut facets);
    let mut alike: Vec<Cause<'_>> = Vec::new();
    for facet in facets {
        let (same, mut others): (Vec<_>, Vec<_>) =
            alike.into_iter().partition(|it| it.facets.iter().any(|other| other.is_like(&facet)));
        let mut joined: Vec<Facet<'_>> = same.into_iter().flat_map(|it| it.facets).collect();
        joined.push(facet);
        others.push(Cause::of(joined));
        alike = others;
    }
    alike.sort_by_key(|it| (it.lead().fault, it.level()));
    let mut causes: Vec<Cause<'_>> = Vec::new();
    for cause in alike {
        let origin = causes.iter_mut().map(|it| (it.explains(cause.lead()), it));
        match origin.filter(|(strength, _)| *strength > 0).max_by_key(|(strength, _)| *strength) {
            Some((_, origin)) => origin.join(cause),
            None => causes.push(cause),
        }
    }
    causes.sort_by_key(|it| (it.level(), it.lead().fault, usize::MAX - it.cases().len()));
    causes
}

/// Marks what is missing in bodies that lack so much that they are another thing.
fn find_other_bodies(facets: &mut [Facet<'_>]) {
    let key = |it: &Facet<'_>| {
        let schema = it.finding.schema_path.clone().filter(|path| path.ends_with("/required"))?;
        Some((schema, it.finding.operation.clone()))
    };
    let mut missing: BTreeMap<(String, String), BTreeSet<&str>> = BTreeMap::new();
    for facet in facets.iter() {
        if let Some(key) = key(facet) {
            missing.entry(key).or_default().insert(&facet.finding.expected);
        }
    }
    for facet in facets.iter_mut() {
        let is_another = |key| missing.get(&key).is_some_and(|it| it.len() >= ANOTHER_BODY);
        if key(facet).is_some_and(is_another) {
            facet.fault = Fault::AnotherBody;
            facet.place = anywhere(facet.finding.place.as_deref());
            facet.property = None;
        }
    }
}

impl<'a> Facet<'a> {
    fn of(case: &'a CaseReport, finding: &'a Finding) -> Self {
        let mut place = anywhere(finding.place.as_deref());
        if let (Some(place), Some(name)) = (&mut place, absent_or_extra(finding)) {
            *place = format!("{place}/{name}");
        }
        let last = place.as_deref().filter(|place| place.starts_with('/'));
        let last = last.and_then(|place| place.rsplit('/').next());
        let property = last.filter(|name| !matches!(*name, "" | "*")).map(str::to_owned);
        Self { finding, case, fault: Fault::of(finding), place, property }
    }

    fn status(&self) -> Option<u16> {
        self.finding.response.as_ref().map(|response| response.status)
    }

    fn is_about_status(&self) -> bool {
        matches!(self.fault, Fault::Accepted | Fault::Undocumented | Fault::Status)
    }

    /// The operations that the case looks at, if they say something about it.
    fn operations(&self) -> &[String] {
        let all = &self.case.operations;
        if all.len() < BROAD { all } else { std::slice::from_ref(&self.finding.operation) }
    }

    /// Whether both show the same fault.
    fn is_like(&self, other: &Self) -> bool {
        let (one, two) = (self.finding, other.finding);
        let is_of_one_operation = one.operation == two.operation;
        let is_at_one_place = self.place.is_some() && self.place == other.place;
        if self.is_about_status() && other.is_about_status() {
            return match (self.fault == Fault::Accepted, other.fault == Fault::Accepted) {
                (true, true) => is_of_one_operation || reason(one) == reason(two),
                (false, false) => {
                    let is_expected_alike = required(one) == required(two);
                    self.status() == other.status() && (is_of_one_operation || is_expected_alike)
                }
                _ => false,
            };
        }
        let is_of_one_property = self.property.is_some() && self.property == other.property;
        self.fault == other.fault
            && match self.fault {
                Fault::NotJson => is_of_one_operation || one.received == two.received,
                Fault::AnotherBody | Fault::Extra => {
                    is_of_one_operation || one.schema_path == two.schema_path
                }
                Fault::Shape => {
                    is_of_one_property
                        || is_of_one_operation && (is_at_one_place || self.property.is_none())
                }
                Fault::Header => is_at_one_place,
                Fault::Key | Fault::Value => is_of_one_property,
                _ => false,
            }
    }
}

impl Fault {
    fn of(finding: &Finding) -> Self {
        let status = finding.response.as_ref().map(|response| response.status);
        let is_refusal = finding.kind == Kind::Behaviour && finding.expected.contains("refusal");
        match finding.kind {
            Kind::Status => Self::Undocumented,
            Kind::ContentType => Self::NotJson,
            Kind::Body => Self::Shape,
            Kind::Header => Self::Header,
            Kind::UndocumentedProperty => Self::Extra,
            Kind::Behaviour if finding.place.as_deref().is_some_and(is_key) => Self::Key,
            Kind::Behaviour if finding.place.is_some() => Self::Value,
            Kind::Behaviour if is_refusal && status.is_some_and(|it| it < 400) => Self::Accepted,
            Kind::Behaviour if is_refusal || finding.is_about_status() => Self::Status,
            Kind::Behaviour => Self::Effect,
        }
    }
}

/// Whether a place is that of a property that other operations use.
fn is_key(place: &str) -> bool {
    place.rsplit('/').next().is_some_and(|name| KEYS.contains(&name))
}

/// The name of the property that a finding says to be missing, or not to be documented.
fn absent_or_extra(finding: &Finding) -> Option<&str> {
    match finding.kind {
        Kind::Body => {
            finding.schema_path.as_ref().filter(|path| path.ends_with("/required"))?;
            finding.expected.strip_prefix("the property \"")?.strip_suffix('"')
        }
        // Several are a list.
        Kind::UndocumentedProperty => {
            Some(finding.received.trim_matches('"')).filter(|name| !name.contains([' ', ',']))
        }
        _ => None,
    }
}

/// Why a request must be refused, as expectations say it behind what has to be answered.
fn reason(finding: &Finding) -> &str {
    finding.expected.split_once(", ").map_or(finding.expected.as_str(), |(_, reason)| reason)
}

/// What has to be answered, as expectations say it before the reason.
fn required(finding: &Finding) -> &str {
    finding.expected.split(", ").next().unwrap_or_default()
}

/// Whether two properties are the same, or one is made from the other.
fn is_related(one: Option<&str>, other: Option<&str>) -> bool {
    let origin = |name| DERIVED.iter().find(|(it, _)| *it == name).map_or(name, |(_, from)| *from);
    matches!((one, other), (Some(one), Some(other)) if origin(one) == origin(other))
}

/// Whether an operation changes something.
fn is_write(operation: &str) -> bool {
    Contract::built_in().operation(operation).is_some_and(|it| it.method != "GET")
}

impl<'a> Cause<'a> {
    /// The cause that these show.
    fn of(facets: Vec<Facet<'a>>) -> Self {
        let mut cause = Self { facets, lead: 0 };
        cause.choose_lead();
        cause
    }

    fn join(&mut self, other: Self) {
        self.facets.extend(other.facets);
        self.choose_lead();
    }

    /// Chooses the finding that shows it best: of the most telling fault and the most binding level, in
    /// the operation that most of the cases look at, of the property that most of the findings are about.
    fn choose_lead(&mut self) {
        let cases: BTreeMap<&str, &[String]> =
            self.facets.iter().map(|it| (it.case.name.as_str(), it.operations())).collect();
        let looked_at = |operation: &String| {
            cases.values().filter(|operations| operations.contains(operation)).count()
        };
        let about = |property: &Option<String>| {
            self.facets
                .iter()
                .filter(|it| it.property.is_some() && it.property == *property)
                .count()
        };
        let key = |it: &Facet<'_>| {
            let is_derived = DERIVED.iter().any(|(name, _)| it.property.as_deref() == Some(name));
            let (cases, findings) = (looked_at(&it.finding.operation), about(&it.property));
            (it.fault, it.finding.level, usize::MAX - cases, is_derived, usize::MAX - findings)
        };
        let best = self.facets.iter().enumerate().min_by_key(|(_, it)| key(it));
        self.lead = best.map_or(0, |(index, _)| index);
    }

    fn lead(&self) -> &Facet<'a> {
        &self.facets[self.lead]
    }

    /// How much says that a finding follows from this, of whatever fault; 0 when nothing does.
    fn explains(&self, facet: &Facet<'_>) -> u8 {
        let fault = self.lead().fault;
        let core = || self.facets.iter().filter(|it| it.fault == fault);
        let operation = &facet.finding.operation;
        let is_of_operation = core().any(|it| it.finding.operation == *operation);
        let is_of_exchange = core().any(|it| it.finding.exchange == facet.finding.exchange);
        let is_looked_at = core().any(|it| facet.operations().contains(&it.finding.operation));
        let is_of_property =
            core().any(|it| is_related(it.property.as_deref(), facet.property.as_deref()));
        let is_of_key =
            core().any(|it| it.property.as_deref().is_some_and(|name| KEYS.contains(&name)));
        let is_of_write =
            fault != Fault::Accepted && core().any(|it| is_write(&it.finding.operation));
        let is_whole = core().any(|it| it.property.is_none());
        if is_of_property && (is_of_operation || is_looked_at) {
            return 9;
        }
        match fault {
            Fault::Header => u8::from(facet.place.is_some() && facet.place == self.lead().place),
            _ if facet.fault == Fault::Extra => {
                5 * u8::from(is_of_operation && fault <= Fault::Shape)
            }
            Fault::Value | Fault::Effect => match () {
                () if is_of_exchange && is_of_operation => 5,
                () if !is_looked_at => 0,
                () if fault == Fault::Effect || facet.fault == Fault::Effect || is_of_key => 2,
                () => 0,
            },
            Fault::Shape | Fault::Key if !is_whole => match () {
                () if facet.fault == Fault::Shape => 0,
                () if is_of_exchange && facet.property.is_none() => 6,
                () if is_of_key && (is_looked_at || facet.status() == Some(404)) => 4,
                () if is_of_operation && facet.property.is_none() => 3,
                () => 0,
            },
            Fault::Extra => 0,
            _ => match () {
                () if is_of_exchange => 8,
                () if is_of_operation && (fault != Fault::Accepted || facet.is_about_status()) => 4,
                () if is_looked_at => 3,
                // What it created or renamed is not found under the name that it should have told.
                () if is_of_write && facet.status() == Some(404) => 2,
                () => 0,
            },
        }
    }

    /// How binding it is: as the most binding of its findings.
    #[must_use]
    pub fn level(&self) -> Level {
        let levels = self.facets.iter().map(|it| it.finding.level);
        levels.min().unwrap_or(Level::May)
    }

    /// The finding that shows it best.
    #[must_use]
    pub fn finding(&self) -> &'a Finding {
        self.lead().finding
    }

    /// The place in a response that is wrong, with `*` for any index; a missing property has one too.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        self.lead().place.as_deref().filter(|place| !place.is_empty())
    }

    /// The cases that show it, each once.
    #[must_use]
    pub fn cases(&self) -> Vec<&'a CaseReport> {
        let mut cases: Vec<&CaseReport> = Vec::new();
        for facet in &self.facets {
            if cases.iter().all(|case| case.name != facet.case.name) {
                cases.push(facet.case);
            }
        }
        cases
    }

    /// Every finding of it.
    pub fn findings(&self) -> impl Iterator<Item = &'a Finding> {
        self.facets.iter().map(|it| it.finding)
    }

    /// In how many responses of which operations it shows; that of the lead first.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        let lead = self.lead();
        let mut seen: Vec<Seen> = Vec::new();
        let mut exchanges: BTreeSet<(&str, &str)> = BTreeSet::new();
        let others = self.facets.iter().filter(|it| it.fault == lead.fault);
        for facet in std::iter::once(lead).chain(others) {
            let Finding { operation, exchange, seen: counted, .. } = facet.finding;
            let counted = counted.iter().cloned().map(|it| (it, true));
            let one = Seen { operation: operation.clone(), responses: 1, of: None };
            let one = (one, exchanges.insert((operation, exchange)));
            let is_counted = facet.finding.seen.is_empty();
            for (it, is_new) in counted.chain(is_counted.then_some(one)) {
                match seen.iter_mut().find(|known| known.operation == it.operation) {
                    Some(known) if it.of.is_some() => {
                        known.responses = known.responses.max(it.responses);
                    }
                    Some(known) => known.responses += usize::from(is_new),
                    None => seen.push(it),
                }
            }
        }
        seen.sort_by_key(|it| it.operation != lead.finding.operation);
        seen
    }

    /// What is wrong elsewhere, or otherwise, by the same cause: operations with the place.
    pub(super) fn others(&self) -> Vec<String> {
        let lead = self.lead();
        let is_told = |operation: &str| self.seen().iter().any(|it| it.operation == operation);
        let mut others: Vec<String> = Vec::new();
        for it in &self.facets {
            let operation = &it.finding.operation;
            let is_lead = it.place == lead.place || it.fault == Fault::AnotherBody;
            if is_lead && is_told(operation) {
                continue;
            }
            let place = it.place.as_deref().filter(|place| !place.is_empty());
            let place = place.map(|place| format!(" at {place}")).unwrap_or_default();
            let other = format!("{operation}{place}");
            if !others.contains(&other) {
                others.push(other);
            }
        }
        others
    }

    /// The write whose outcome is not as expected, where another operation shows that: most of the cases
    /// look at it.
    #[must_use]
    pub fn origin(&self) -> Option<&'a str> {
        let lead = self.lead();
        if !matches!(lead.fault, Fault::Key | Fault::Status | Fault::Value | Fault::Effect) {
            return None;
        }
        let cases: BTreeMap<&str, &'a CaseReport> =
            self.facets.iter().map(|it| (it.case.name.as_str(), it.case)).collect();
        let narrow: Vec<&CaseReport> =
            cases.into_values().filter(|case| case.operations.len() < BROAD).collect();
        let is_common = |operation: &str| {
            let cases =
                narrow.iter().filter(|case| case.operations.iter().any(|it| it == operation));
            10 * cases.count() >= 6 * narrow.len()
        };
        // What comes behind the one that shows it cannot be behind it.
        let before = narrow.iter().flat_map(|case| {
            let all = &case.operations;
            let end = all.iter().position(|it| *it == lead.finding.operation);
            all[..end.unwrap_or(all.len())].iter().rev()
        });
        before.map(String::as_str).find(|it| is_write(it) && is_common(it))
    }

    /// What is wrong, in one line.
    #[must_use]
    pub fn title(&self) -> String {
        let Finding { expected, received, .. } = self.finding();
        let operation = self.operations();
        let place = self.place().map(|place| format!(" at {place}")).unwrap_or_default();
        match self.lead().fault {
            Fault::Accepted => {
                let reason = reason(self.finding());
                format!("{operation}: accepts a request that must be rejected: {reason}")
            }
            Fault::Undocumented => {
                format!("{operation}: undocumented status {received}")
            }
            Fault::NotJson if expected.starts_with("application/json") => {
                format!("{operation}: the Content-Type is wrong ({received})")
            }
            Fault::NotJson => format!("{operation}: no valid JSON{place}"),
            Fault::AnotherBody => {
                let missing = self.missing();
                let schema = schema_name(self.finding()).unwrap_or("documented body");
                format!("{operation}: no {schema}{place}, {} properties are missing", missing.len())
            }
            Fault::Shape if expected.starts_with("the property") => {
                format!("{operation}: the property {} is missing", self.place().unwrap_or_default())
            }
            Fault::Header if expected == "the header" => {
                format!("{operation}: the header {} is missing", self.header())
            }
            Fault::Header => format!("{operation}: the header {} has a wrong value", self.header()),
            Fault::Shape => format!("{operation}: wrong value{place}"),
            Fault::Status => {
                format!("{operation} returns {received} instead of {}", required(self.finding()))
            }
            Fault::Key | Fault::Value => match self.origin() {
                Some(origin) => format!("{operation}: unexpected value{place}, after {origin}"),
                None => format!("{operation}: unexpected value{place}"),
            },
            Fault::Effect => match self.origin() {
                Some(origin) => format!("{operation}: not as required, after {origin}"),
                None => format!("{operation}: not as required"),
            },
            Fault::Extra => format!("{operation}: undocumented property{place}"),
        }
    }

    /// The operation that shows it best, and how many others show it as well.
    fn operations(&self) -> String {
        let operation = &self.finding().operation;
        match self.seen().len() {
            0 | 1 => operation.clone(),
            2 => format!("{operation} and 1 more operation"),
            count => format!("{operation} and {} more operations", count - 1),
        }
    }

    /// Whether the title says what was expected and received.
    pub(super) fn is_told_by_title(&self) -> bool {
        let Finding { received, .. } = self.finding();
        let is_absent = received == "no such property" || received == "no such header";
        match self.lead().fault {
            Fault::Shape | Fault::Header => is_absent,
            Fault::AnotherBody | Fault::Extra => true,
            _ => false,
        }
    }

    /// The names of the missing properties of a body that is another thing.
    pub(super) fn missing(&self) -> BTreeSet<&'a str> {
        let of_body = self.facets.iter().filter(|it| it.fault == Fault::AnotherBody);
        of_body.filter_map(|it| absent_or_extra(it.finding)).collect()
    }

    fn header(&self) -> &'a str {
        self.finding().place.as_deref().unwrap_or_default()
    }
}

/// The name of the schema of the contract that a finding is about.
fn schema_name(finding: &Finding) -> Option<&str> {
    let path = finding.schema_path.as_deref()?.strip_prefix("#/components/schemas/")?;
    path.split('/').next()
}

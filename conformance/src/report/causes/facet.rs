//! A finding, and what says which others have the same cause.

use super::super::{CaseReport, Finding};
use crate::{
    areas,
    case::anywhere,
    contract::{Contract, Kind},
};

/// A case that looks at so many operations looks at all of them, and says nothing about one.
pub(in crate::report) const BROAD: usize = 8;

/// Properties that other operations use to name what they are about.
const KEYS: [&str; 2] = ["id", "slug"];

/// Properties that are made from another one.
pub(super) const DERIVED: [(&str, &str); 3] =
    [("url", "slug"), ("web_url", "slug"), ("graphql_id", "id")];

/// A finding, and what says which others have the same cause.
#[derive(Clone, Debug)]
pub(super) struct Facet<'a> {
    pub(super) finding: &'a Finding,
    pub(super) case: &'a CaseReport,
    pub(super) fault: Fault,
    /// The place in a response, with `*` for any index, and with the name of a missing property.
    pub(super) place: Option<String>,
    /// The property at that place.
    pub(super) property: Option<String>,
}

/// What is wrong, from the most specific to the least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
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

impl<'a> Facet<'a> {
    pub(super) fn of(case: &'a CaseReport, finding: &'a Finding) -> Self {
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
    pub(super) fn operations(&self) -> &[String] {
        let all = &self.case.operations;
        if all.len() < BROAD { all } else { std::slice::from_ref(&self.finding.operation) }
    }

    /// Whether both show the same fault.
    pub(super) fn is_like(&self, other: &Self) -> bool {
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
        // Different objects may have properties of the same name.
        let is_of_one_schema = one.schema() == two.schema();
        self.fault == other.fault
            && match self.fault {
                Fault::NotJson => is_of_one_operation || one.received == two.received,
                Fault::AnotherBody | Fault::Extra => {
                    is_of_one_operation || one.schema_path == two.schema_path
                }
                Fault::Shape => {
                    is_of_one_property && is_of_one_schema
                        || is_of_one_operation && (is_at_one_place || self.property.is_none())
                }
                Fault::Header => {
                    is_at_one_place
                        || self.is_missing() && other.is_missing() && one.seen == two.seen
                }
                Fault::Key | Fault::Value => is_of_one_property,
                Fault::Effect => self.case.name == other.case.name,
                _ => false,
            }
    }

    /// Whether the value that is expected here was received there, where it was wrong already.
    pub(super) fn expects_what_is_wrong_in(&self, other: &Self) -> bool {
        self.property.is_some()
            && self.property == other.property
            && self.finding.expected == other.finding.received
            && step_number(&other.finding.exchange) < step_number(&self.finding.exchange)
    }

    /// Whether the place is that of another one, or within it.
    fn is_within(&self, other: &Self) -> bool {
        let (Some(place), Some(whole)) = (&self.place, &other.place) else { return false };
        let below = place.strip_prefix(whole.trim_end_matches("/*"));
        below.is_some_and(|below| whole.len() > 2 && below.starts_with('/'))
    }

    /// How much says that another finding, of another fault, follows from this one; 0 when nothing does.
    pub(super) fn explains(&self, other: &Facet<'_>) -> u8 {
        let is_of_operation = self.finding.operation == other.finding.operation;
        let is_of_exchange = is_of_operation && self.finding.exchange == other.finding.exchange;
        let is_looked_at = other.operations().contains(&self.finding.operation);
        let is_of_place = is_related(self.property.as_deref(), other.property.as_deref())
            || other.is_within(self)
            || self.is_within(other);
        if is_of_place && (is_of_operation || is_looked_at) {
            return 9;
        }
        match self.fault {
            Fault::Header => u8::from(other.place.is_some() && other.place == self.place),
            Fault::Extra => 0,
            _ if other.fault == Fault::Header => 0,
            _ if other.is_about_form() => self.explains_form(other),
            Fault::Accepted => match () {
                () if is_of_exchange => 8,
                () if is_of_operation && other.is_about_status() => 4,
                () if is_looked_at => 3,
                () => 0,
            },
            Fault::Undocumented | Fault::Status => match () {
                () if is_of_exchange => 8,
                () if is_of_operation && other.is_about_status() => 4,
                () if is_looked_at && !matches!(other.fault, Fault::Key | Fault::Value) => 3,
                () if self.is_not_found_afterwards(other) => 2,
                () => 0,
            },
            Fault::Shape | Fault::Key if self.property.is_some() => match () {
                () if is_of_exchange && other.property.is_none() => 6,
                () if self.is_of_key() && (is_looked_at || other.status() == Some(404)) => 4,
                () if is_of_operation && other.property.is_none() => 3,
                () if self.is_of_key() && other.fault == Fault::Effect => 1,
                () => 0,
            },
            Fault::NotJson | Fault::AnotherBody | Fault::Shape | Fault::Key => match () {
                () if is_of_exchange => 8,
                () if is_of_operation => 4,
                () if is_looked_at => 3,
                () if self.is_not_found_afterwards(other) => 2,
                () => 0,
            },
            Fault::Value | Fault::Effect => {
                let is_effect = self.fault == Fault::Effect || other.fault == Fault::Effect;
                if is_of_exchange { 5 } else { 2 * u8::from(is_looked_at && is_effect) }
            }
        }
    }

    /// The same of a finding about the form of a body: a response that is another one than it should be
    /// has another body.
    fn explains_form(&self, other: &Facet<'_>) -> u8 {
        let is_of_operation = self.finding.operation == other.finding.operation;
        let is_of_exchange = is_of_operation && self.finding.exchange == other.finding.exchange;
        let is_alike = is_of_operation && self.status() == other.status();
        let is_without_body = self.status().is_some_and(|it| it >= 400 || it == 204);
        match self.fault {
            Fault::Accepted if is_of_exchange => 8,
            Fault::Undocumented | Fault::Status if is_alike && is_without_body => 8,
            Fault::NotJson | Fault::AnotherBody if is_alike => 8,
            // It may be there under another name.
            Fault::Shape if is_alike && other.fault == Fault::Extra && self.is_missing() => 5,
            Fault::Shape if is_alike && self.property.is_none() => 5,
            _ => 0,
        }
    }

    /// Whether it is about the form of a body.
    fn is_about_form(&self) -> bool {
        let form = [Fault::NotJson, Fault::AnotherBody, Fault::Shape, Fault::Extra];
        form.contains(&self.fault)
    }

    pub(super) fn is_missing(&self) -> bool {
        matches!(&*self.finding.received, "no such property" | "no such header")
    }

    fn is_of_key(&self) -> bool {
        self.property.as_deref().is_some_and(|name| KEYS.contains(&name))
    }

    /// Whether the other one may look for what this one created or renamed, without returning its
    /// name.
    fn is_not_found_afterwards(&self, other: &Facet<'_>) -> bool {
        is_write(&self.finding.operation) && other.status() == Some(404)
    }
}

impl Fault {
    pub(super) fn of(finding: &Finding) -> Self {
        let status = finding.response.as_ref().map(|response| response.status);
        let is_refusal = finding.kind == Kind::Behaviour && finding.expected.contains("rejection");
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
pub(super) fn absent_or_extra(finding: &Finding) -> Option<&str> {
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

/// Why a request must be refused, as expectations say it after the required response.
pub(super) fn reason(finding: &Finding) -> &str {
    finding.expected.split_once(", ").map_or(finding.expected.as_str(), |(_, reason)| reason)
}

/// The required response, as expectations name it before the reason.
pub(super) fn required(finding: &Finding) -> &str {
    finding.expected.split(", ").next().unwrap_or_default()
}

/// Whether two properties are the same, or one is made from the other.
fn is_related(one: Option<&str>, other: Option<&str>) -> bool {
    let origin = |name| DERIVED.iter().find(|(it, _)| *it == name).map_or(name, |(_, from)| *from);
    matches!((one, other), (Some(one), Some(other)) if origin(one) == origin(other))
}

/// Which step of a run an exchange is, in their order; those beyond the steps come last.
fn step_number(exchange: &str) -> usize {
    let steps = areas::steps();
    steps.iter().position(|step| step.definition().name == exchange).unwrap_or(steps.len())
}

/// Whether an operation changes something.
pub(super) fn is_write(operation: &str) -> bool {
    Contract::built_in().operation(operation).is_some_and(|it| it.method != "GET")
}

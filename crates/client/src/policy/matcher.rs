//! What a claim of a token is compared with.

use serde_json::{Map, Number, Value};

/// A value that a claim is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scalar {
    /// Null.
    Null,
    /// True or false.
    Boolean(bool),
    /// A number, as it is written.
    Number(Number),
    /// A text.
    Text(String),
}

impl Scalar {
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Boolean(value) => Value::Bool(*value),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.clone()),
        }
    }

    pub(super) fn from_json(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Boolean(*value),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::Text(text.clone()),
            Value::Array(_) | Value::Object(_) => return None,
        })
    }
}

/// One comparison of a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Matcher {
    /// The claim equals this value.
    Equals(Scalar),
    /// The claim does not equal this value.
    NotEquals(Scalar),
    /// The claim equals one of these values, of which there is at least one.
    In(Vec<Scalar>),
    /// The claim equals none of these values, of which there is at least one.
    NotIn(Vec<Scalar>),
    /// The claim is text that one of these globs matches, of which there is at least one. `*` stands for
    /// any characters, `?` for one.
    Matches(Vec<String>),
}

impl Matcher {
    /// The claim equals `value`.
    pub fn equals(value: impl Into<Scalar>) -> Self {
        Self::Equals(value.into())
    }

    /// The claim does not equal `value`.
    pub fn not_equals(value: impl Into<Scalar>) -> Self {
        Self::NotEquals(value.into())
    }

    /// The claim equals one of `values`.
    pub fn one_of<T: Into<Scalar>>(values: impl IntoIterator<Item = T>) -> Self {
        Self::In(values.into_iter().map(Into::into).collect())
    }

    /// The claim equals none of `values`.
    pub fn none_of<T: Into<Scalar>>(values: impl IntoIterator<Item = T>) -> Self {
        Self::NotIn(values.into_iter().map(Into::into).collect())
    }

    /// The glob matches the claim, which is text. `*` stands for any characters, `?` for one.
    pub fn matches(glob: impl Into<String>) -> Self {
        Self::Matches(vec![glob.into()])
    }

    /// One of the globs matches the claim, which is text.
    pub fn matches_one_of<T: Into<String>>(globs: impl IntoIterator<Item = T>) -> Self {
        Self::Matches(globs.into_iter().map(Into::into).collect())
    }

    /// The matcher's name in a policy.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Equals(_) => "equals",
            Self::NotEquals(_) => "not_equals",
            Self::In(_) => "in",
            Self::NotIn(_) => "not_in",
            Self::Matches(_) => "matches",
        }
    }

    /// Whether there is nothing that could match.
    fn is_empty(&self) -> bool {
        match self {
            Self::Equals(_) | Self::NotEquals(_) => false,
            Self::In(values) | Self::NotIn(values) => values.is_empty(),
            Self::Matches(globs) => globs.is_empty(),
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Equals(value) | Self::NotEquals(value) => value.to_json(),
            Self::In(values) | Self::NotIn(values) => values.iter().map(Scalar::to_json).collect(),
            Self::Matches(globs) => match &globs[..] {
                [glob] => glob.as_str().into(),
                globs => globs.iter().map(String::as_str).collect(),
            },
        }
    }
}

/// What a claim has to be: every matcher must match. Made of a value that it equals, of one
/// [`Matcher`] or of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matchers(Vec<Matcher>);

impl Matchers {
    /// The order does not matter, so there is only one.
    fn new(mut matchers: Vec<Matcher>) -> Self {
        matchers.sort_by_key(Matcher::name);
        Self(matchers)
    }

    /// The matchers, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = &Matcher> {
        self.0.iter()
    }

    /// What keeps this from being a rule of a policy.
    pub(super) fn problems(&self) -> impl Iterator<Item = String> {
        let none = self.0.is_empty().then(|| "at least one matcher is required".to_owned());
        let each = self.0.iter().enumerate().flat_map(|(index, matcher)| {
            let name = matcher.name();
            let again = self.0[..index].iter().any(|earlier| earlier.name() == name);
            let again = again.then(|| format!("matcher `{name}`: is there twice"));
            let empty = matcher.is_empty();
            again.into_iter().chain(empty.then(|| format!("matcher `{name}`: is an empty list")))
        });
        none.into_iter().chain(each)
    }

    /// A sole `equals` is just its value.
    pub(super) fn to_json(&self) -> Value {
        match &self.0[..] {
            [Matcher::Equals(value)] => value.to_json(),
            matchers => {
                let entries = matchers.iter().map(|it| (it.name().to_owned(), it.to_json()));
                Value::Object(entries.collect::<Map<_, _>>())
            }
        }
    }
}

impl From<Matcher> for Matchers {
    fn from(matcher: Matcher) -> Self {
        Self::new(vec![matcher])
    }
}

impl From<Vec<Matcher>> for Matchers {
    fn from(matchers: Vec<Matcher>) -> Self {
        Self::new(matchers)
    }
}

impl<const N: usize> From<[Matcher; N]> for Matchers {
    fn from(matchers: [Matcher; N]) -> Self {
        Self::new(matchers.into())
    }
}

impl<T: Into<Scalar>> From<T> for Matchers {
    /// The claim must equal the value.
    fn from(value: T) -> Self {
        Self::new(vec![Matcher::equals(value)])
    }
}

impl<T: Into<Scalar>> From<Option<T>> for Scalar {
    /// The value, or null.
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<&str> for Scalar {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Scalar {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Scalar {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i32> for Scalar {
    fn from(value: i32) -> Self {
        Self::Number(value.into())
    }
}

impl From<i64> for Scalar {
    fn from(value: i64) -> Self {
        Self::Number(value.into())
    }
}

impl From<u64> for Scalar {
    fn from(value: u64) -> Self {
        Self::Number(value.into())
    }
}

impl From<Number> for Scalar {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

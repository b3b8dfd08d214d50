//! Plain YAML: scalars, maps and lists, and nothing else.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use crate::Json;
use crate::shown;

/// How deep a policy may be nested. The deepest that the rules allow is 5.
const MAX_DEPTH: usize = 16;

/// Parses one document. The error is a fragment that fits "is not a policy in plain YAML: …", with the
/// statement, the claim and the matcher, and the line, of what is refused.
///
/// Anchors, aliases and tags are refused (documented, OIDC policies), and with them every way to
/// write a small text that stands for a large value. Also refused (choice): more than one
/// document, a key that occurs twice, keys that are not scalars, characters that YAML does not
/// allow, and deep nesting.
pub(super) fn parse(text: &str) -> Result<Json, String> {
    let printable = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\u{85}');
    if !text.chars().all(printable) {
        return Err("it contains control characters".to_owned());
    }
    let (parser, path, place) = (Parser::new_from_str(text), Vec::new(), Marker::default());
    let mut reader = Reader { parser, path, place };
    let event = reader.after_starts()?;
    if matches!(event, Event::StreamEnd) {
        return Err("it is empty; null or an empty string stands for no policy".to_owned());
    }
    let node = reader.node(event, 0)?;
    loop {
        match reader.next()? {
            Event::StreamEnd => return Ok(node),
            Event::DocumentStart(_) => return Err("it has more than one document".to_owned()),
            _ => {}
        }
    }
}

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    /// The way from the document to the value that is read.
    path: Vec<Step>,
    /// Where the last event began.
    place: Marker,
}

/// A step into a list or a map.
enum Step {
    /// Counted from 1.
    Item(usize),
    Key(String),
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Result<Event<'a>, String> {
        match self.parser.next_event() {
            Some(Ok((event, span))) => {
                self.place = span.start;
                Ok(event)
            }
            Some(Err(error)) => {
                self.place = *error.marker();
                Err(self.refusal(error.info()))
            }
            None => Ok(Event::StreamEnd),
        }
    }

    /// The first event that belongs to a value.
    fn after_starts(&mut self) -> Result<Event<'a>, String> {
        loop {
            match self.next()? {
                Event::Nothing | Event::StreamStart | Event::DocumentStart(_) => {}
                event => return Ok(event),
            }
        }
    }

    fn node(&mut self, event: Event<'a>, depth: usize) -> Result<Json, String> {
        if depth > MAX_DEPTH {
            return Err(self.refusal(&format!("it is nested more than {MAX_DEPTH} deep")));
        }
        self.refuse_extras(&event)?;
        match event {
            Event::Scalar(text, style, _, _) => Ok(scalar(&text, style)),
            Event::SequenceStart(..) => self.list(depth),
            Event::MappingStart(..) => self.map(depth),
            other => Err(self.refusal(&format!("it has a {other:?} where a value should be"))),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Json, String> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                Event::SequenceEnd => return Ok(Json::Array(items)),
                event => {
                    self.path.push(Step::Item(items.len() + 1));
                    items.push(self.node(event, depth + 1)?);
                    self.path.pop();
                }
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Json, String> {
        let mut entries = Vec::new();
        let mut seen = std::collections::HashSet::new();
        loop {
            let event = self.next()?;
            let key = match &event {
                Event::MappingEnd => return Ok(Json::Object(entries)),
                Event::Scalar(text, ..) => text.to_string(),
                other => {
                    self.refuse_extras(other)?;
                    return Err(self.refusal("it has a key that is not a scalar"));
                }
            };
            self.path.push(Step::Key(key.clone()));
            self.refuse_extras(&event)?;
            if !seen.insert(key.clone()) {
                return Err(self.refusal(&format!("it has the key {} twice", shown(&key))));
            }
            let event = self.next()?;
            entries.push((key, self.node(event, depth + 1)?));
            self.path.pop();
        }
    }

    /// Refuses what is not plain.
    fn refuse_extras(&self, event: &Event<'_>) -> Result<(), String> {
        let (anchor, tagged) = match event {
            Event::Alias(_) => return Err(self.refusal("it has an alias (`*name`)")),
            Event::Scalar(_, _, anchor, tag)
            | Event::SequenceStart(anchor, tag)
            | Event::MappingStart(anchor, tag) => (*anchor, tag.is_some()),
            _ => return Ok(()),
        };
        if anchor != 0 {
            return Err(self.refusal("it has an anchor (`&name`)"));
        }
        if tagged {
            return Err(self.refusal("it has a tag (`!name`)"));
        }
        Ok(())
    }

    /// What is wrong, with its place: in the policy, as the rules of the language name it, and in the
    /// text.
    fn refusal(&self, reason: &str) -> String {
        let (line, column) = (self.place.line(), self.place.col() + 1);
        format!("{}line {line}, column {column}: {reason}", place(&self.path))
    }
}

/// The statement, the claim and the matcher that a way leads to, as far as it does.
fn place(path: &[Step]) -> String {
    let [Step::Item(statement), path @ ..] = path else { return String::new() };
    let rest = match path {
        [Step::Key(claims), Step::Key(claim), rest @ ..] if claims == "claims" => match rest {
            [Step::Key(matcher), ..] => {
                format!("claim {}, matcher {}, ", shown(claim), shown(matcher))
            }
            _ => format!("claim {}, ", shown(claim)),
        },
        [Step::Key(key), ..] if matches!(key.as_str(), "iss" | "scopes" | "claims") => {
            format!("{key}, ")
        }
        [Step::Key(key), ..] => format!("{}, ", shown(key)),
        _ => String::new(),
    };
    format!("statement {statement}, {rest}")
}

/// The value of a scalar in YAML's core schema (YAML 1.2.2, 10.3.2).
fn scalar(text: &str, style: ScalarStyle) -> Json {
    if style != ScalarStyle::Plain {
        return Json::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Json::Null,
        "true" | "True" | "TRUE" => Json::Bool(true),
        "false" | "False" | "FALSE" => Json::Bool(false),
        _ => integer(text)
            .map(Json::Integer)
            .or_else(|| float(text).map(Json::Float))
            .unwrap_or_else(|| Json::Text(text.to_owned())),
    }
}

fn integer(text: &str) -> Option<i128> {
    let in_radix = |digits: &str, radix| {
        // `from_str_radix` takes a sign, which is allowed before decimal digits only.
        (!digits.starts_with(['+', '-'])).then(|| i128::from_str_radix(digits, radix).ok())?
    };
    if let Some(digits) = text.strip_prefix("0x") {
        in_radix(digits, 16)
    } else if let Some(digits) = text.strip_prefix("0o") {
        in_radix(digits, 8)
    } else {
        text.parse().ok()
    }
}

fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let negative = text.starts_with('-');
    match unsigned {
        ".inf" | ".Inf" | ".INF" if negative => Some(f64::NEG_INFINITY),
        ".inf" | ".Inf" | ".INF" => Some(f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" if unsigned == text => Some(f64::NAN),
        // Rust also reads words such as `infinity`, which YAML does not.
        _ if unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') => text.parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> Json {
        Json::Text(value.to_owned())
    }

    #[test]
    fn scalars_have_the_types_of_the_core_schema() {
        for (yaml, expected) in [
            ("~", Json::Null),
            ("null", Json::Null),
            ("true", Json::Bool(true)),
            ("FALSE", Json::Bool(false)),
            ("12", Json::Integer(12)),
            ("-12", Json::Integer(-12)),
            ("+12", Json::Integer(12)),
            ("0x1F", Json::Integer(31)),
            ("0o17", Json::Integer(15)),
            ("1.5", Json::Float(1.5)),
            (".5", Json::Float(0.5)),
            ("1e3", Json::Float(1000.0)),
            ("-.inf", Json::Float(f64::NEG_INFINITY)),
        ] {
            assert_eq!(parse(yaml), Ok(expected), "{yaml}");
        }
        for yaml in ["yes", "no", "1_000", "inf", "nan", "infinity", "0x", "0x-1", "1.2.3"] {
            assert_eq!(parse(yaml), Ok(text(yaml)), "{yaml}");
        }
        for yaml in ["'12'", "\"12\"", "|-\n  12", ">-\n  12"] {
            assert_eq!(parse(yaml), Ok(text("12")), "{yaml}");
        }
    }

    #[test]
    fn block_and_flow_style_are_the_same() {
        let block = "---\n- a: 1\n  b:\n    - x # comment\n    - y\n...\n";
        assert_eq!(parse(block), parse("[{a: 1, b: [x, y]}]"));
        assert_eq!(parse(block), parse(r#"[{"a": 1, "b": ["x", "y"]}]"#));
    }

    #[test]
    fn only_plain_yaml_is_accepted() {
        let mut rendered = String::new();
        for yaml in [
            "",
            "# nothing but a comment",
            "&a x",
            "&a [x]",
            "{&a k: v}",
            "[&a x, *a]",
            "- *a",
            "!!str 1",
            "!x {a: b}",
            "! x",
            "{!x k: v}",
            "a\n---\nb",
            "{a: 1, a: 2}",
            "{[a]: 1}",
            "? {a: b}\n: c",
            "[a",
            "a: b: c",
            "a\0",
            "\"a\u{7}\"",
            &format!("{}{}", "[".repeat(40), "]".repeat(40)),
            &"[".repeat(5000),
            &"- ".repeat(5000),
            &"? ".repeat(5000),
            "- &x a\n- *x",
        ] {
            rendered.extend([format!(
                "{:.40}\n    {}\n",
                yaml.escape_debug().to_string(),
                parse(yaml).unwrap_err()
            )]);
        }
        // With its place in the statement.
        for statement in [
            "iss: &x a",
            "iss: {a: b, a: c}",
            "scopes: [a, !!str b]",
            "claims: &x {a: b}",
            "claims: {[a]: 1}",
            "claims: {a: 1, claims: 1}, claims: 1",
            "aud: !x a",
            "claims: {a: !x b}",
            "claims: {&x a: b}",
            "claims: {a: 1, a: 2}",
            "claims: {a: {[b]: 1}}",
            "claims: {a: {in: [b, &x c]}}",
            "claims: {a: {in: 1, in: 2}}",
            "claims: {a: {in: *x}}",
        ] {
            let text = format!("- iss: x\n  claims: {{a: b}}\n-\n  {{{statement}}}");
            rendered.extend([format!("{statement}\n    {}\n", parse(&text).unwrap_err())]);
        }
        insta::assert_snapshot!("refused", rendered);
    }
}

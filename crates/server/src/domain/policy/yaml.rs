//! Plain YAML: scalars, maps and lists, and nothing else.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use super::{Node, Scalar};
use crate::domain::problem::shown;

/// How deep a policy may be nested. The deepest that the rules allow is 5.
const MAX_DEPTH: usize = 16;

/// Parses one document. The error is a fragment that fits "is not a policy in plain YAML: …", with the
/// statement, the claim and the matcher, and the line, of what is refused.
///
/// Anchors, aliases and tags are refused (documented, OIDC policies), and with them every way to
/// write a small text that stands for a large value. Also refused (choice): more than one
/// document, a key that occurs twice, keys that are not scalars, characters that YAML does not
/// allow, and deep nesting.
pub(super) fn parse(text: &str) -> Result<Node, String> {
    let printable = |c: char| !c.is_control() || matches!(c, '\t' | '\n' | '\r' | '\u{85}');
    if !text.chars().all(printable) {
        return Err("it holds control characters".to_owned());
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

    fn node(&mut self, event: Event<'a>, depth: usize) -> Result<Node, String> {
        if depth > MAX_DEPTH {
            return Err(self.refusal(&format!("it is nested more than {MAX_DEPTH} deep")));
        }
        self.refuse_extras(&event)?;
        match event {
            Event::Scalar(text, style, _, _) => Ok(Node::Scalar(scalar(&text, style))),
            Event::SequenceStart(..) => self.list(depth),
            Event::MappingStart(..) => self.map(depth),
            other => Err(self.refusal(&format!("it has a {other:?} where a value should be"))),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Node, String> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                Event::SequenceEnd => return Ok(Node::List(items)),
                event => {
                    self.path.push(Step::Item(items.len() + 1));
                    items.push(self.node(event, depth + 1)?);
                    self.path.pop();
                }
            }
        }
    }

    fn map(&mut self, depth: usize) -> Result<Node, String> {
        let mut entries = Vec::new();
        let mut seen = std::collections::HashSet::new();
        loop {
            let event = self.next()?;
            let key = match &event {
                Event::MappingEnd => return Ok(Node::Map(entries)),
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
fn scalar(text: &str, style: ScalarStyle) -> Scalar {
    if style != ScalarStyle::Plain {
        return Scalar::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "true" | "True" | "TRUE" => Scalar::Bool(true),
        "false" | "False" | "FALSE" => Scalar::Bool(false),
        _ => integer(text)
            .map(Scalar::Integer)
            .or_else(|| float(text).map(Scalar::Float))
            .unwrap_or_else(|| Scalar::Text(text.to_owned())),
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

    fn text(value: &str) -> Node {
        Node::Scalar(Scalar::Text(value.to_owned()))
    }

    #[test]
    fn scalars_have_the_types_of_the_core_schema() {
        for (yaml, expected) in [
            ("~", Scalar::Null),
            ("null", Scalar::Null),
            ("true", Scalar::Bool(true)),
            ("FALSE", Scalar::Bool(false)),
            ("12", Scalar::Integer(12)),
            ("-12", Scalar::Integer(-12)),
            ("+12", Scalar::Integer(12)),
            ("0x1F", Scalar::Integer(31)),
            ("0o17", Scalar::Integer(15)),
            ("1.5", Scalar::Float(1.5)),
            (".5", Scalar::Float(0.5)),
            ("1e3", Scalar::Float(1000.0)),
            ("-.inf", Scalar::Float(f64::NEG_INFINITY)),
        ] {
            assert_eq!(parse(yaml), Ok(Node::Scalar(expected)), "{yaml}");
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
        let deep = format!("{}{}", "[".repeat(40), "]".repeat(40));
        for (yaml, fragment) in [
            ("", "empty"),
            ("# nothing but a comment", "empty"),
            ("&a x", "anchor"),
            ("&a [x]", "anchor"),
            ("{&a k: v}", "anchor"),
            ("[&a x, *a]", "anchor"),
            ("- *a", "unknown anchor"),
            ("!!str 1", "tag"),
            ("!x {a: b}", "tag"),
            ("! x", "tag"),
            ("{!x k: v}", "tag"),
            ("a\n---\nb", "more than one document"),
            ("{a: 1, a: 2}", "twice"),
            ("{[a]: 1}", "not a scalar"),
            ("? {a: b}\n: c", "not a scalar"),
            ("[a", "line"),
            ("a: b: c", "line"),
            ("a\0", "control"),
            ("\"a\u{7}\"", "control"),
            (&deep, "deep"),
            (&"[".repeat(5000), "recursion"),
            (&"- ".repeat(5000), "deep"),
            (&"? ".repeat(5000), "not a scalar"),
        ] {
            let error = parse(yaml).unwrap_err();
            assert!(error.contains(fragment), "{yaml:.40}: {error}");
        }
    }

    #[test]
    fn what_is_refused_is_told_with_its_place() {
        for (statement, place, reason) in [
            ("iss: &x a", "iss", "it has an anchor (`&name`)"),
            ("iss: {a: b, a: c}", "iss", "it has the key \"a\" twice"),
            ("scopes: [a, !!str b]", "scopes", "it has a tag (`!name`)"),
            ("claims: &x {a: b}", "claims", "it has an anchor (`&name`)"),
            ("claims: {[a]: 1}", "claims", "it has a key that is not a scalar"),
            ("claims: {a: 1, claims: 1}, claims: 1", "claims", "it has the key \"claims\" twice"),
            ("aud: !x a", "\"aud\"", "it has a tag (`!name`)"),
            ("claims: {a: !x b}", "claim \"a\"", "it has a tag (`!name`)"),
            ("claims: {&x a: b}", "claim \"a\"", "it has an anchor (`&name`)"),
            ("claims: {a: 1, a: 2}", "claim \"a\"", "it has the key \"a\" twice"),
            ("claims: {a: {[b]: 1}}", "claim \"a\"", "it has a key that is not a scalar"),
            ("claims: {a: {in: [b, &x c]}}", "claim \"a\", matcher \"in\"", "an anchor (`&name`)"),
            ("claims: {a: {in: 1, in: 2}}", "claim \"a\", matcher \"in\"", "the key \"in\" twice"),
            ("claims: {a: {in: *x}}", "claim \"a\", matcher \"in\"", "unknown anchor"),
        ] {
            let text = format!("- iss: x\n  claims: {{a: b}}\n-\n  {{{statement}}}");
            let error = parse(&text).unwrap_err();
            let start = format!("statement 2, {place}, line 4, column ");
            assert!(error.starts_with(&start) && error.ends_with(reason), "{statement}: {error}");
        }
        assert!(parse("- &x a\n- *x").unwrap_err().starts_with("statement 1, line 1, column "));
        assert!(parse("!x a").unwrap_err().starts_with("line 1, column "));
    }
}

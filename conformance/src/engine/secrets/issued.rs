//! The secrets of registry tokens: where a response may contain them.

use serde_json::Value;

use super::SHORTEST_SECRET;

/// The response to a request about registry tokens without their secrets, and the secrets.
pub(super) fn issued(url: &str, body: &[u8]) -> Option<(String, Vec<String>)> {
    if !is_about_registry_tokens(url) {
        return None;
    }
    let mut json: Value = serde_json::from_slice(body).ok()?;
    let tokens = match &mut json {
        Value::Array(list) => list.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    let secrets = tokens.iter_mut().filter_map(|token| {
        let secret = token.as_object_mut()?.remove("token")?;
        secret.as_str().filter(|it| is_issued(it)).map(str::to_owned)
    });
    let secrets: Vec<String> = secrets.collect();
    Some((json.to_string(), secrets))
}

/// Whether a property `token` has a secret, and not a sentence about it.
pub(super) fn is_issued(text: &str) -> bool {
    text.len() >= SHORTEST_SECRET && !text.contains(char::is_whitespace)
}

/// Whether a URL is that of a registry's tokens, or of one of them.
pub(super) fn is_about_registry_tokens(url: &str) -> bool {
    let path = path(url);
    let collection = path.rsplit_once('/').map_or("", |(collection, _)| collection);
    [path, collection].iter().any(|it| it.ends_with("/tokens"))
}

fn path(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::engine::secrets::{ISSUED, Secrets, TOKEN};

    #[test]
    fn the_secret_of_a_registry_token_may_stand_in_its_place_only() {
        let url = "http://h/v2/packages/organizations/o/registries/r/tokens";
        let one = format!("{url}/1?page=1");
        let mut secrets = Secrets::known([("canary-main", TOKEN)].into_iter());
        let mut answered = |url: &str, body: &str| {
            secrets.learn_answer(url, [].into_iter(), body.as_bytes());
            let answer = secrets.answer(("POST", url), 200, std::iter::empty(), body.as_bytes());
            assert!(!answer.text.contains("canary"), "{}", answer.text);
            (answer.text, answer.leaked_secret)
        };
        let shown = |token: &str| format!(r#"{{"id":"1","token":"{token}"}}"#);
        assert_eq!(answered(url, &shown("canary-one")), (shown(ISSUED), false));
        let second = shown("$REGISTRIES_ISSUED_TOKEN_2");
        assert_eq!(answered(url, &shown("canary-two")), (second, false));
        assert!(!answered(&one, &shown("canary-one")).1);
        assert!(!answered(url, r#"[{"id":"1"},{"id":"2","token":"canary-listed"}]"#).1);
        for body in [
            r#"{"id":"canary-one","token":"canary-three"}"#,
            r#"{"data":{"id":"1","token":"canary-within"}}"#,
            r#"{"id":"1","token":"canary-main"}"#,
        ] {
            assert!(answered(url, body).1, "{body}");
        }
        for (method, status, is_leaked) in [
            ("GET", 200, false),
            ("PATCH", 201, false),
            ("GET", 403, true),
            ("POST", 422, true),
            ("DELETE", 200, true),
        ] {
            let body = shown("canary-one");
            let answer = secrets.answer((method, &one), status, [].into_iter(), body.as_bytes());
            assert_eq!(answer.leaked_secret, is_leaked, "{method} {status}");
        }
    }

    #[test]
    fn the_secret_of_a_registry_token_is_known_without_its_creation() {
        let tokens = "http://h/v2/packages/organizations/o/registries/r/tokens";
        let mut secrets = Secrets::default();
        secrets.learn_answer(
            &format!("{tokens}/1"),
            [].into_iter(),
            br#"{"id":"1","token":"canary-got"}"#,
        );
        assert_eq!(secrets.replaced("canary-got"), (ISSUED.into(), true));
        secrets.learn_answer(tokens, [].into_iter(), br#"{"errors":{"token":"may not be given"}}"#);
        assert_eq!(secrets.replaced("may not be given"), ("may not be given".into(), false));
        let mut secrets = Secrets::default();
        secrets.learn_answer(
            "http://h/v2/access-token",
            [].into_iter(),
            br#"{"token":"canary-elsewhere"}"#,
        );
        assert_eq!(secrets.replaced("canary-elsewhere"), ("canary-elsewhere".into(), false));
    }
}

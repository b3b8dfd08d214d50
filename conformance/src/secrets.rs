//! What must not be shown: the tokens of a run, and the credentials in the requests of others.

mod forms;
mod issued;

use std::fmt;

use aho_corasick::packed::Searcher;
use serde_json::Value;

use self::{
    forms::{Needle, may_be_escaped},
    issued::{is_about_registry_tokens, is_issued, issued},
};
use crate::{
    exchange::{Answer, UNKNOWN_TOKEN},
    har::{Entry, Pair},
};

/// Secrets, each with what is shown instead and when it was learned; the longest first, because one
/// may be a part of another.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    known: Vec<(Needle, String, usize)>,
    learned: usize,
    /// Finds any of their forms, where the processor can look for so many at once.
    any: Option<Searcher>,
}

/// What is shown instead of the first token.
const TOKEN: &str = Secrets::PLACEHOLDERS[0];

/// What is shown instead of a secret that an answer issued.
const ISSUED: &str = "$REGISTRIES_ISSUED_TOKEN";

/// How many bytes a token has at least to be looked for: a shorter one, as mocks take it, keeps nothing
/// secret and stands in other words by chance.
const SHORTEST_SECRET: usize = 8;

/// How many bytes the value of a cookie has at least to be looked for: most are settings, whose words
/// stand in answers by right.
const SHORTEST_COOKIE: usize = 20;

/// Parts of the names of request headers whose values are credentials.
const CREDENTIALS: [&str; 6] = ["authorization", "cookie", "token", "secret", "key", "auth"];

impl Secrets {
    /// What the suite puts in place of a token.
    pub(crate) const PLACEHOLDERS: [&str; 3] =
        ["$REGISTRIES_TOKEN", "$REGISTRIES_LIMITED_TOKEN", "$REGISTRIES_REVOCABLE_TOKEN"];

    /// Secrets, each with what is shown instead.
    pub(crate) fn known<'a>(secrets: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut known = Self::default();
        for (secret, shown) in secrets.filter(|(secret, _)| secret.len() >= SHORTEST_SECRET) {
            known.push(secret, shown.to_owned());
        }
        known
    }

    /// The secrets that the requests of these exchanges carry.
    pub(crate) fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut secrets = Self::default();
        for entry in entries {
            secrets.learn(entry.request.headers.iter().map(|it| (&*it.name, &*it.value)));
            secrets.learn_url(&entry.request.url);
            let body = entry.response.body().unwrap_or_default();
            secrets.learn_issued(&entry.request.url, &body);
        }
        secrets
    }

    /// Takes note of the secrets of registry tokens that an answer has, whether their creation was
    /// seen or not.
    pub(crate) fn learn_issued(&mut self, url: &str, body: &[u8]) {
        if !is_about_registry_tokens(url) {
            return;
        }
        let told: Value = serde_json::from_slice(body).unwrap_or_default();
        self.learn_told(&told);
    }

    fn learn_told(&mut self, told: &Value) {
        match told {
            Value::Object(properties) => {
                for (name, value) in properties {
                    match value.as_str().filter(|text| name == "token" && is_issued(text)) {
                        Some(secret) => self.add(secret, ISSUED),
                        _ => self.learn_told(value),
                    }
                }
            }
            Value::Array(entries) => entries.iter().for_each(|entry| self.learn_told(entry)),
            _ => {}
        }
    }

    /// Takes note of the secrets among the headers of a request.
    pub(crate) fn learn<'a>(&mut self, headers: impl Iterator<Item = (&'a str, &'a str)>) {
        for (name, value) in headers {
            let Some(shown) = shown_instead(name) else { continue };
            // Of `Bearer TOKEN` the token; of `a=1; b=2` the values as well as the pairs.
            let words = value.split([' ', ';', ',']).filter(|word| !is_scheme(word));
            let secrets =
                words.flat_map(|word| [word, word.split_once('=').map_or("", |(_, value)| value)]);
            let is_cookie = name.eq_ignore_ascii_case("cookie");
            let shortest = if is_cookie { SHORTEST_COOKIE } else { SHORTEST_SECRET };
            for secret in secrets.map(|secret| secret.trim_matches('"')) {
                if secret.len() >= shortest {
                    self.add(secret, shown);
                }
            }
        }
    }

    /// Takes note of the secrets in the query of a request, as they stand there and as they are meant.
    pub(crate) fn learn_url(&mut self, url: &str) {
        let query = url.split_once('?').map(|(_, query)| query).unwrap_or_default();
        let query = query.split('#').next().unwrap_or_default();
        self.learn(query.split('&').filter_map(|part| part.split_once('=')));
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            self.learn(std::iter::once((&*name, &*value)));
        }
    }

    /// Adds a secret that is not known yet. Tokens are told apart: the second one is shown as
    /// `$REGISTRIES_TOKEN_2`, or `$REGISTRIES_ISSUED_TOKEN_2`.
    fn add(&mut self, secret: &str, shown: &str) {
        let harmless = secret.ends_with(UNKNOWN_TOKEN) || secret.starts_with("$REGISTRIES_");
        if harmless {
            return;
        }
        if let Some((.., when)) = self.known.iter_mut().find(|(known, ..)| known.plain == secret) {
            self.learned += 1;
            *when = self.learned;
        } else {
            let others = self.known.iter().filter(|(_, other, _)| other.starts_with(shown)).count();
            let shown = match others {
                1.. if [TOKEN, ISSUED].contains(&shown) => format!("{shown}_{}", others + 1),
                _ => shown.to_owned(),
            };
            self.push(secret, shown);
        }
    }

    fn push(&mut self, secret: &str, shown: String) {
        self.learned += 1;
        self.known.push((Needle::new(secret), shown, self.learned));
        self.known.sort_by_key(|(secret, ..)| std::cmp::Reverse(secret.plain.len()));
        self.any = Searcher::new(self.known.iter().flat_map(|(secret, ..)| &secret.forms));
    }

    /// Forgets the secrets that were not seen for longest, where there are more than `most`.
    pub(crate) fn forget_all_but(&mut self, most: usize) {
        if self.known.len() <= most {
            return;
        }
        while self.known.len() > most
            && let Some(oldest) = self.known.iter().map(|(.., when)| *when).min()
        {
            self.known.retain(|(.., when)| *when != oldest);
        }
        self.any = Searcher::new(self.known.iter().flat_map(|(secret, ..)| &secret.forms));
    }

    /// The text with every secret replaced, and whether there was one.
    pub(crate) fn replaced(&self, text: &str) -> (String, bool) {
        let mut text = text.to_owned();
        let mut found = false;
        if !self.may_have_any(&text) {
            return (text, found);
        }
        for (secret, shown, _) in &self.known {
            if let Some(clean) = secret.replaced(&text, shown) {
                found = true;
                text = clean;
            }
        }
        (text, found)
    }

    /// Whether it is worth looking for each secret in a text: most have none.
    fn may_have_any(&self, text: &str) -> bool {
        may_be_escaped(text) || self.any.as_ref().is_none_or(|any| any.find(text).is_some())
    }

    /// The header as it may be shown.
    pub(crate) fn shown(&self, name: &str, value: &str) -> Pair {
        let (replaced, found) = self.replaced(value);
        let value = match shown_instead(name) {
            Some(TOKEN) if found || value.ends_with(UNKNOWN_TOKEN) => replaced,
            Some(TOKEN) if is_bearer(value) => format!("Bearer {TOKEN}"),
            Some(shown) => shown.to_owned(),
            None => replaced,
        };
        Pair { name: name.to_owned(), value }
    }

    /// The answer to a request of this method to this URL, free of secrets. A registry token's own may
    /// stand in its property `token` where it is told: there a deployment shows it, once or again. A
    /// refusal, or the answer to its removal, tells no token.
    pub(crate) fn answer<'a>(
        &self,
        (method, url): (&str, &str),
        status: u16,
        headers: impl Iterator<Item = (&'a str, &'a str)>,
        body: &[u8],
    ) -> Answer {
        // HTTP/2 writes the status as a header, `:status`.
        let headers: Vec<_> = headers.filter(|(name, _)| !name.starts_with(':')).collect();
        let own = headers.iter().copied();
        let mut answer = Answer::cleaned(status, own, body, |text| self.replaced(text));
        if answer.leaked_secret
            && answer.is_success()
            && method != "DELETE"
            && let Some((rest, shown)) = issued(url, body)
        {
            let mut others = headers.iter().map(|(_, value)| *value).chain([&*rest]);
            // The access token has no place there.
            let is_other = |secret: &String| !self.replaced(secret).0.starts_with(ISSUED);
            answer.leaked_secret =
                others.any(|text| self.replaced(text).1) || shown.iter().any(is_other);
        }
        answer
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(redacted)")
    }
}

/// What is shown instead of the value of a request's header, when that is a credential.
fn shown_instead(name: &str) -> Option<&'static str> {
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "authorization" => Some(TOKEN),
        // The host and port that HTTP/2 names so, and names that are as new as their requests.
        ":authority" | "idempotency-key" | "sec-websocket-key" => None,
        _ => CREDENTIALS.iter().any(|part| name.contains(part)).then_some("$REDACTED"),
    }
}

fn is_bearer(value: &str) -> bool {
    value.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer "))
}

fn is_scheme(word: &str) -> bool {
    ["bearer", "basic", "digest", "token"].iter().any(|scheme| word.eq_ignore_ascii_case(scheme))
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, prelude::BASE64_STANDARD as STANDARD};

    use super::*;

    fn learned(headers: &[(&str, &str)]) -> Secrets {
        let mut secrets = Secrets::default();
        secrets.learn(headers.iter().copied());
        secrets
    }

    #[test]
    fn credentials_are_replaced_wherever_they_are_repeated() {
        let secrets = learned(&[
            ("Authorization", "Bearer canary-main"),
            ("cookie", "a=canary-cookie-0123456; org=my-organization"),
            ("X-Api-Key", "canary-api-key=="),
            (":authority", "api.example.com"),
        ]);
        let body = r#"{"a":"canary-main","b":"canary-cookie-0123456","c":"canary-api-key=="}"#;
        let echo = [("x-echo", "Bearer canary-main")];
        let asked = ("GET", "http://h/v2/access-token");
        let answer = secrets.answer(asked, 200, echo.into_iter(), body.as_bytes());
        assert!(answer.leaked_secret && answer.json.is_some());
        assert!(!format!("{answer:?}").contains("canary"), "{answer:?}");
        for word in ["api.example.com", "my-organization"] {
            assert_eq!(secrets.replaced(word), (word.into(), false));
        }
    }

    #[test]
    fn the_longest_is_replaced_first_and_a_word_that_serves_as_a_token_is_none() {
        let known = [("canary-main", "$A"), ("canary-main-limited", "$B"), ("test", "$C")];
        let secrets = Secrets::known(known.into_iter());
        let (text, found) = secrets.replaced("a test: canary-main-limited, canary-main");
        assert_eq!((text.as_str(), found), ("a test: $B, $A", true));
        assert!(!format!("{secrets:?}").contains("canary"));
    }

    #[test]
    fn what_was_not_seen_for_longest_is_forgotten() {
        let mut secrets = learned(&[("x-token", "canary-one"), ("x-token", "canary-two")]);
        secrets.learn([("x-token", "canary-one"), ("x-token", "canary-three")].into_iter());
        secrets.forget_all_but(2);
        for (word, is_known) in
            [("canary-one", true), ("canary-two", false), ("canary-three", true)]
        {
            assert_eq!(secrets.replaced(word).1, is_known, "{word}");
        }
    }

    /// The searcher takes their forms no more, and each is looked for by itself.
    #[test]
    fn many_secrets_are_found_as_they_are_and_in_base64() {
        let all: Vec<String> =
            (0..20).map(|index| format!("canary-{index:02}-0123456789")).collect();
        let mut secrets = Secrets::default();
        secrets.learn(all.iter().map(|secret| ("x-token", secret.as_str())));
        secrets.forget_all_but(20);
        assert!(secrets.any.is_none());
        for secret in &all {
            let encoded = STANDARD.encode(format!("u:{secret}"));
            for text in [secret, &encoded] {
                let (clean, found) = secrets.replaced(text);
                assert!(found && !clean.contains(&text[4..]), "{secret}: {clean}");
            }
        }
        secrets.forget_all_but(2);
        assert!(secrets.any.is_some());
        for (index, secret) in all.iter().enumerate() {
            assert_eq!(secrets.replaced(secret).1, index >= 18, "{secret}");
        }
    }

    #[test]
    fn a_token_in_a_query_is_a_secret_too() {
        let url = "http://h/v2/access-token?page=10000000&access_token=canary-query#a";
        let mut secrets = Secrets::default();
        secrets.learn_url(url);
        let shown = "http://h/v2/access-token?page=10000000&access_token=$REDACTED#a";
        assert_eq!(secrets.replaced(url), (shown.into(), true));
    }

    #[test]
    fn what_the_suite_puts_in_place_of_a_token_is_no_secret() {
        let secrets = learned(&[
            ("authorization", "Bearer $REGISTRIES_TOKEN"),
            ("authorization", "Bearer conformance-unknown-token"),
            ("authorization", "Bearer test"),
        ]);
        let text = "Bearer test $REGISTRIES_TOKEN conformance-unknown-token";
        assert_eq!(secrets.replaced(text), (text.into(), false));
    }

    #[test]
    fn a_header_is_shown_without_its_secret() {
        let secrets = Secrets::default();
        assert_eq!(secrets.shown("Authorization", "bearer x").value, "Bearer $REGISTRIES_TOKEN");
        assert_eq!(secrets.shown("Authorization", "Basic eDp5").value, "$REGISTRIES_TOKEN");
        assert_eq!(secrets.shown("Cookie", "a=b").value, "$REDACTED");
        assert_eq!(secrets.shown("accept", "*/*").value, "*/*");
        let secrets = learned(&[
            ("authorization", "Bearer canary-one"),
            ("authorization", "Bearer canary-two"),
        ]);
        let shown = |value| secrets.shown("authorization", value).value;
        assert_eq!(shown("Bearer canary-two"), "Bearer $REGISTRIES_TOKEN_2");
        assert_eq!(shown("Token canary-one"), "Token $REGISTRIES_TOKEN");
        assert_eq!(shown("Bearer conformance-unknown-token"), "Bearer conformance-unknown-token");
    }
}

//! What must not be shown: the tokens of a run, and the credentials in the requests of others.

mod forms;
mod issued;
mod many;
mod names;
mod places;

use std::{fmt, sync::LazyLock};

use aho_corasick::packed::Searcher;
use serde_json::Value;

use self::{
    forms::{Needle, may_be_escaped},
    issued::{is_about_registry_tokens, is_issued, issued},
    many::{FEW, Many},
    names::{is_credential_header, is_secret_header, is_secret_parameter},
    places::{from_base64, looks_secret, secrets_in},
};
use crate::{
    contract,
    engine::har::{Entry, HarRequest, Pair, PostData},
    exchange::{Answer, UNKNOWN_TOKEN},
    requirements,
};

/// Secrets; the longest first, because one may be a part of another.
#[derive(Clone, Default)]
pub(crate) struct Secrets {
    known: Vec<Known>,
    learned: usize,
    /// Finds any of their forms in a text in lower case, where the processor can look for so many at
    /// once.
    any: Option<Searcher>,
    /// Finds which of them a text may have, where there are more.
    many: Option<Many>,
}

#[derive(Clone)]
struct Known {
    secret: Needle,
    /// What is shown instead.
    shown: String,
    /// When it was learned, or last seen.
    learned: usize,
    /// When it was learned.
    number: usize,
    /// Whether a response that has it gives away what the client keeps secret, and does not only hold
    /// what a recording must not.
    is_kept: bool,
}

/// What is shown instead of the first token.
const TOKEN: &str = Secrets::PLACEHOLDERS[0];

/// What is shown instead of any other secret.
const REDACTED: &str = "$REDACTED";

/// What is shown instead of a secret that a response issued.
const ISSUED: &str = "$REGISTRIES_ISSUED_TOKEN";

/// How many bytes a token has at least to be looked for: a shorter one, as mocks take it, keeps nothing
/// secret and stands in other words by chance.
const SHORTEST_SECRET: usize = 8;

/// How many bytes the value of a cookie has at least to be looked for: most are settings, whose words
/// stand in answers by right.
const SHORTEST_COOKIE: usize = 20;

impl Secrets {
    /// What the suite puts in place of a token.
    pub(crate) const PLACEHOLDERS: [&str; 3] =
        ["$REGISTRIES_TOKEN", "$REGISTRIES_LIMITED_TOKEN", "$REGISTRIES_REVOCABLE_TOKEN"];

    /// Secrets, each with what is shown instead.
    pub(crate) fn known<'a>(secrets: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut known = Self::default();
        for (secret, shown) in secrets.filter(|(secret, _)| secret.len() >= SHORTEST_SECRET) {
            if is_ordinary(secret) {
                known.push(&bearer(secret), bearer(shown), true);
            } else {
                known.push(secret, shown.to_owned(), true);
            }
        }
        known
    }

    /// The secrets that these exchanges carry.
    pub(crate) fn of<'a>(entries: impl IntoIterator<Item = &'a Entry> + Clone) -> Self {
        let mut secrets = Self::default();
        // A token has its name before it is met in other places.
        for entry in entries.clone() {
            secrets.learn_request(&entry.request);
        }
        for Entry { request, response, .. } in entries {
            let sent = request.post_data.as_ref().and_then(PostData::bytes).unwrap_or_default();
            let body = response.body().unwrap_or_default();
            secrets.learn_sent(&request.url, pairs(&request.headers), &sent);
            secrets.learn_answer(&request.url, pairs(&response.headers), &body);
        }
        secrets.prepare();
        secrets
    }

    /// Takes note of the credentials of a request.
    pub(crate) fn learn_request(&mut self, request: &HarRequest) {
        self.learn(pairs(&request.headers));
        self.learn_url(&request.url);
    }

    /// Takes note of the secrets that a response has: those of registry tokens, whether their creation was
    /// seen or not, and all that its form shows to be one.
    pub(crate) fn learn_answer<'a>(
        &mut self,
        url: &str,
        headers: impl Iterator<Item = (&'a str, &'a str)>,
        body: &[u8],
    ) {
        if is_about_registry_tokens(url) {
            let json: Value = serde_json::from_slice(body).unwrap_or_default();
            self.learn_issued(&json);
        }
        for (name, value) in headers {
            self.learn_text(name);
            self.learn_text(value);
            if is_secret_header(&name.to_ascii_lowercase()) {
                self.learn_cookies(value);
            }
        }
        self.learn_text(&String::from_utf8_lossy(body));
    }

    /// Takes note of the secrets that a request has elsewhere than in its credentials.
    pub(crate) fn learn_sent<'a>(
        &mut self,
        url: &str,
        headers: impl Iterator<Item = (&'a str, &'a str)>,
        body: &[u8],
    ) {
        self.learn_text(url);
        for (name, value) in headers {
            self.learn_text(name);
            self.learn_text(value);
        }
        self.learn_text(&String::from_utf8_lossy(body));
    }

    fn learn_issued(&mut self, json: &Value) {
        match json {
            Value::Object(properties) => {
                for (name, value) in properties {
                    match value.as_str().filter(|text| name == "token" && is_issued(text)) {
                        Some(secret) => self.add(secret, ISSUED, true),
                        _ => self.learn_issued(value),
                    }
                }
            }
            Value::Array(entries) => entries.iter().for_each(|entry| self.learn_issued(entry)),
            _ => {}
        }
    }

    /// Takes note of what its form shows to be a secret. Whether it must be kept secret is not
    /// documented.
    fn learn_text(&mut self, text: &str) {
        for secret in secrets_in(text) {
            if secret.len() >= SHORTEST_SECRET {
                self.add(&secret, REDACTED, false);
            }
        }
    }

    /// Takes note of the secrets in a header of a response, such as `a=1; Path=/`.
    fn learn_cookies(&mut self, value: &str) {
        for word in value.split([' ', ';', ',']) {
            let secret = word.split_once('=').map_or(word, |(_, value)| value).trim_matches('"');
            if secret.len() >= SHORTEST_COOKIE && looks_secret(secret) {
                self.add(secret, REDACTED, false);
            }
        }
    }

    /// Takes note of the secrets among the headers of a request.
    pub(crate) fn learn<'a>(&mut self, headers: impl Iterator<Item = (&'a str, &'a str)>) {
        for (name, value) in headers {
            if let Some(shown) = shown_instead(name) {
                let is_cookie = name.eq_ignore_ascii_case("cookie");
                let shortest = if is_cookie { SHORTEST_COOKIE } else { SHORTEST_SECRET };
                self.learn_credential(value, shown, shortest);
            }
        }
    }

    /// Of `Bearer TOKEN` the token; of `a=1; b=2` the values as well as the pairs; of `Basic BASE64` what
    /// that stands for, too.
    fn learn_credential(&mut self, value: &str, shown: &str, shortest: usize) {
        let words = value.split([' ', ';', ',']).filter(|word| !is_scheme(word));
        let secrets =
            words.flat_map(|word| [word, word.split_once('=').map_or("", |(_, value)| value)]);
        for secret in secrets.map(|secret| secret.trim_matches('"')) {
            if secret.len() >= shortest {
                self.add(secret, shown, true);
            }
        }
        let basic = value.get(..6).filter(|it| it.eq_ignore_ascii_case("basic "));
        let decoded = basic.and_then(|_| from_base64(value[6..].trim()));
        if let Some((_, password)) = decoded.as_deref().and_then(|it| it.split_once(':'))
            && password.len() >= shortest
        {
            self.add(password, REDACTED, true);
        }
    }

    /// Takes note of the secrets in the query of a request, as they stand there and as they are meant.
    pub(crate) fn learn_url(&mut self, url: &str) {
        let query = url.split_once('?').map(|(_, query)| query).unwrap_or_default();
        let query = query.split('#').next().unwrap_or_default();
        for (name, value) in query.split('&').filter_map(|part| part.split_once('=')) {
            if is_secret_parameter(name) {
                self.learn_credential(value, REDACTED, SHORTEST_SECRET);
                let meant = url::form_urlencoded::parse(value.as_bytes()).next();
                let meant = meant.map(|(value, _)| value).unwrap_or_default();
                self.learn_credential(&meant, REDACTED, SHORTEST_SECRET);
            }
        }
    }

    /// Adds a secret that is not known yet. Tokens are distinguished: the second one is shown as
    /// `$REGISTRIES_TOKEN_2`, or `$REGISTRIES_ISSUED_TOKEN_2`.
    fn add(&mut self, secret: &str, shown: &str, is_kept: bool) {
        let harmless = secret.ends_with(UNKNOWN_TOKEN)
            || secret.starts_with("$REGISTRIES_")
            || secret.contains(REDACTED);
        if harmless {
            return;
        }
        if let Some(known) = self.known.iter_mut().find(|known| known.secret.plain == secret) {
            self.learned += 1;
            known.learned = self.learned;
        } else if is_ordinary(secret) {
            // Where it is the token, its header says so.
            let (secret, shown) = (bearer(secret), bearer(shown));
            if !self.known.iter().any(|known| known.secret.plain == secret) {
                self.push(&secret, shown, is_kept);
            }
        } else {
            let others = self.known.iter().filter(|other| other.shown.starts_with(shown)).count();
            let shown = match others {
                1.. if [TOKEN, ISSUED].contains(&shown) => format!("{shown}_{}", others + 1),
                _ => shown.to_owned(),
            };
            self.push(secret, shown, is_kept);
        }
    }

    fn push(&mut self, secret: &str, shown: String, is_kept: bool) {
        self.learned += 1;
        let learned = self.learned;
        let secret = Needle::new(secret);
        let longer = |known: &Known| known.secret.plain.len() >= secret.plain.len();
        let at = self.known.partition_point(longer);
        self.known.insert(at, Known { secret, shown, learned, number: learned, is_kept });
        self.look_for_any();
    }

    fn look_for_any(&mut self) {
        let few = Some(&self.known).filter(|known| known.len() <= FEW);
        self.any =
            few.and_then(|known| Searcher::new(known.iter().flat_map(|it| &it.secret.forms)));
    }

    /// Gets ready to search for many secrets at once, as far as that is worth it: until then, each that
    /// was learned since the last time is looked for by itself.
    pub(crate) fn prepare(&mut self) {
        let new = self.known.iter().filter(|known| !Many::has(self.many.as_ref(), known.number));
        if new.count() > FEW {
            self.many = Many::of(self.known.iter().map(|known| (&known.secret, known.number)));
        }
    }

    /// Forgets the secrets that were not seen for longest, where there are more than `most`.
    pub(crate) fn forget_all_but(&mut self, most: usize) {
        if self.known.len() <= most {
            return;
        }
        while self.known.len() > most
            && let Some(oldest) = self.known.iter().map(|known| known.learned).min()
        {
            self.known.retain(|known| known.learned != oldest);
        }
        self.look_for_any();
    }

    /// The text with every secret replaced, and whether there was one that is kept.
    pub(crate) fn replaced(&self, text: &str) -> (String, bool) {
        let (text, found) = self.without_known(text);
        (places::without(&text, REDACTED).unwrap_or(text), found)
    }

    fn without_known(&self, text: &str) -> (String, bool) {
        let original = text;
        let mut text = text.to_owned();
        let mut lower = text.to_ascii_lowercase();
        let mut found = false;
        if !may_be_escaped(&text) && !self.may_have_any(&lower) {
            return (text, found);
        }
        let found_at_once = self.many.as_ref().map(|many| many.numbers_in(&text, &lower));
        for Known { secret, shown, is_kept, number, .. } in &self.known {
            if let Some(numbers) = &found_at_once
                && Many::has(self.many.as_ref(), *number)
                && !numbers.contains(number)
            {
                continue;
            }
            if let Some(clean) = secret.replaced(&text, &lower, shown) {
                // A word that is also written in another case is that word, and gives nothing away.
                let is_it = !secret.is_a_word() || secret.is_in(original);
                found |= *is_kept && is_it;
                text = clean;
                lower = text.to_ascii_lowercase();
            }
        }
        (text, found)
    }

    /// A body with every secret replaced. One that is no text is searched as if each of its bytes were a
    /// character.
    pub(crate) fn replaced_body(&self, body: &[u8]) -> Vec<u8> {
        if let Ok(text) = std::str::from_utf8(body) {
            return self.replaced(text).0.into_bytes();
        }
        let characters: String = body.iter().map(|byte| char::from(*byte)).collect();
        let (clean, _) = self.replaced(&characters);
        // What is shown instead is ASCII, and all else was a byte.
        clean.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
    }

    /// Whether it is worth looking for each secret in a text in lower case: most have none.
    fn may_have_any(&self, lower: &str) -> bool {
        self.any.as_ref().is_none_or(|any| any.find(lower).is_some())
    }

    /// The header of a request as it may be shown.
    pub(crate) fn shown(&self, name: &str, value: &str) -> Pair {
        let (replaced, found) = self.replaced(value);
        let value = match shown_instead(name) {
            Some(TOKEN) if found || value.ends_with(UNKNOWN_TOKEN) => replaced,
            Some(TOKEN) if is_bearer(value) => format!("Bearer {TOKEN}"),
            Some(shown) => shown.to_owned(),
            None => replaced,
        };
        Pair { name: self.replaced(name).0, value }
    }

    /// The header of a response as it may be shown.
    pub(crate) fn shown_of_answer(&self, name: &str, value: &str) -> Pair {
        let is_secret = is_secret_header(&name.to_ascii_lowercase());
        let value = if is_secret { REDACTED.to_owned() } else { self.replaced(value).0 };
        Pair { name: self.replaced(name).0, value }
    }

    /// The response to a request of this method to this URL, free of secrets. A registry token's own
    /// may stand in its property `token`, where a deployment returns it, once or again. An error,
    /// or the response to its removal, has no token.
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
        let names = std::mem::take(&mut answer.headers);
        for (name, value) in names {
            let Pair { name: shown, value: hidden } = self.shown_of_answer(&name, &value);
            answer.leaked_secret |= self.replaced(&name).1;
            answer.headers.insert(shown, hidden);
        }
        if std::str::from_utf8(body).is_err() {
            answer.bytes = Some(self.replaced_body(body));
        }
        if answer.leaked_secret
            && answer.is_success()
            && method != "DELETE"
            && let Some((rest, shown)) = issued(url, body)
        {
            let mut others =
                headers.iter().flat_map(|(name, value)| [*name, *value]).chain([&*rest]);
            // The access token has no place there.
            let is_other = |secret: &String| !self.replaced(secret).0.starts_with(ISSUED);
            answer.leaked_secret =
                others.any(|text| self.replaced(text).1) || shown.iter().any(is_other);
        }
        answer
    }
}

fn pairs(pairs: &[Pair]) -> impl Iterator<Item = (&str, &str)> {
    pairs.iter().map(|it| (&*it.name, &*it.value))
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
        _ => is_credential_header(&name).then_some(REDACTED),
    }
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// Whether a secret is a word that stands in answers by right, because the API's own texts have it:
/// a server for tests may take `registries` for a token. To replace that wherever it stands would make
/// nonsense of every URL, and a leak of it.
fn is_ordinary(secret: &str) -> bool {
    static TEXTS: LazyLock<String> =
        LazyLock::new(|| [contract::TEXT, requirements::TEXT].map(str::to_lowercase).concat());
    TEXTS.contains(&secret.to_lowercase())
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

    /// Whatever is a part of the API's own texts stands in answers without being a secret.
    #[test]
    fn an_ordinary_word_that_serves_as_a_token_is_replaced_in_credentials_only() {
        for word in ["registries", "Organizations", "conformance", "Development"] {
            let known = Secrets::known([(word, TOKEN)].into_iter());
            let learned = learned(&[("authorization", &format!("Bearer {word}"))]);
            for secrets in [known, learned] {
                let text = format!(r#"{{"url":"https://h/v2/{word}/a","description":"{word}"}}"#);
                assert_eq!(secrets.replaced(&text), (text.clone(), false));
                let echo = format!("sent: Bearer {word}");
                assert_eq!(secrets.replaced(&echo), (format!("sent: Bearer {TOKEN}"), true));
                let shown = secrets.shown("authorization", &format!("Bearer {word}"));
                assert_eq!(shown.value, format!("Bearer {TOKEN}"));
            }
        }
        let secrets = Secrets::known([("bkua_registries", TOKEN)].into_iter());
        assert!(secrets.replaced("bkua_registries").1);
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
        secrets.prepare();
        assert!(secrets.many.is_some());
        for secret in &all {
            let encoded = STANDARD.encode(format!("u:{secret}"));
            let escaped = secret.replace('-', "%2D");
            let twice = secret.replace('-', "\\\\u002d");
            for text in [secret, &encoded, &escaped, &twice, &format!("a&b {escaped}")] {
                let (clean, found) = secrets.replaced(text);
                assert!(found && !clean.contains(&secret[7..9]), "{secret}: {clean}");
            }
        }
        assert!(!secrets.replaced("canary-%20-0123456789").1);
        secrets.learn([("x-token", "canary-later")].into_iter());
        secrets.prepare();
        assert!(secrets.replaced("canary%2dlater").1);
        secrets.forget_all_but(3);
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

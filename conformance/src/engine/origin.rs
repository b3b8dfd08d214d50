//! Whether a response comes from the API, or from something else: a CDN, a proxy, a login page, a
//! server that expects TLS, or another path of the host.

use url::Url;

use crate::wire::{Answer, abridged};

/// How many characters of a title are shown.
const TITLE: usize = 80;

/// Whether the response to a delete says that what was to be deleted is not there.
pub(crate) fn is_gone(answer: &Answer) -> bool {
    answer.is_success() || (answer.status == 404 && foreign(answer).is_none())
}

/// The response of something other than the API, as in "X returned {}". Its errors are JSON, so that a
/// page is none of it.
pub(crate) fn page(answer: &Answer) -> Option<String> {
    if answer.json.is_some() || !is_page(answer) {
        return None;
    }
    let title = title(&answer.text).map(|title| format!(" (title: {title})")).unwrap_or_default();
    Some(format!("{} with an HTML page{title}", answer.status))
}

/// A response in the middle of a run that is not from the API, as in "X returned {}": a page, a
/// redirect, or a refusal in plain text. What a refusal says of the body that was sent is text in some
/// implementations of the API.
pub(crate) fn foreign(answer: &Answer) -> Option<String> {
    if answer.json.is_some() {
        return None;
    }
    if is_redirect(answer) {
        let location = answer.header("location").map(outline).unwrap_or_default();
        return Some(format!("{} to {location:?}", answer.status));
    }
    page(answer).or_else(|| text(answer))
}

/// A refusal in plain text of who asks, or of what for.
fn text(answer: &Answer) -> Option<String> {
    let kind = answer.header("content-type").and_then(|it| it.split(';').next());
    let kind = kind.map(|it| it.trim().to_ascii_lowercase());
    let says_json = kind.as_ref().is_some_and(|it| it.contains("json"));
    let is_text = !answer.text.trim().is_empty() && !begins_as_json(answer) && !says_json;
    let kind = kind.filter(|it| it == "text/plain");
    (answer.may_be_about_the_request() && is_text)
        .then(|| format!("{} with {}", answer.status, kind.as_deref().unwrap_or("plain text")))
}

/// An address, or a path, without what may hold a secret or the way back.
fn outline(location: &str) -> String {
    match Url::parse(location) {
        Ok(url) => bare(url).into(),
        Err(_) => location.split(['?', '#']).next().unwrap_or_default().to_owned(),
    }
}

fn bare(mut url: Url) -> Url {
    url.set_query(None);
    url.set_fragment(None);
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

/// Why the first responses of a deployment are not those of its API, and what to do, if they are not.
/// `path` is that of the request below `base_url`.
pub(crate) fn not_the_api(base_url: &str, path: &str, answer: &Answer) -> Option<String> {
    redirect(base_url, path, answer)
        .or_else(|| plain_http(base_url, answer))
        .or_else(|| something_else(answer))
}

/// The same of a 404, where the base URL is perhaps of another part of the host.
pub(crate) fn no_such_path(base_url: &str, answer: &Answer) -> Option<String> {
    if answer.status != 404 || base_url.ends_with("/v2") {
        return None;
    }
    let said = message(answer).map(|it| format!("; the server says: {it}")).unwrap_or_default();
    Some(format!(
        "it returned 404{said}; the base URL does not end in /v2: try --base-url {base_url}/v2"
    ))
}

fn redirect(base_url: &str, path: &str, answer: &Answer) -> Option<String> {
    if !is_redirect(answer) {
        return None;
    }
    let status = answer.status;
    let location = answer.header("location").unwrap_or_default();
    let here = Url::parse(&format!("{base_url}{path}")).ok()?;
    let Ok(target) = here.join(location).map(bare) else {
        return Some(format!("it returned {status} without a usable Location; check the base URL"));
    };
    let path = path.split('?').next().unwrap_or_default();
    let root = target.as_str().trim_end_matches('/').strip_suffix(path).map(str::to_owned);
    Some(match root {
        Some(root) if root != base_url => {
            format!("{status} to {target}: use --base-url {root}")
        }
        _ => format!(
            "{status} to {target}, which is not this API; if it is a login page, give this machine \
             access to the API, otherwise check the base URL"
        ),
    })
}

fn is_redirect(answer: &Answer) -> bool {
    matches!(answer.status, 301..=303 | 307 | 308)
}

/// What servers that expect TLS answer to plain HTTP.
fn plain_http(base_url: &str, answer: &Answer) -> Option<String> {
    let rest = base_url.strip_prefix("http://")?;
    let text = answer.text.to_ascii_lowercase();
    let speaks_of_tls = ["https", "ssl", "tls"].iter().any(|word| text.contains(word));
    let is_it = matches!(answer.status, 400 | 426 | 497) && answer.json.is_none() && speaks_of_tls;
    is_it.then(|| expects_tls(rest))
}

/// The advice for a server that expects TLS, at an address without a scheme.
pub(crate) fn expects_tls(address: &str) -> String {
    format!("the server expects TLS there: use --base-url https://{address}")
}

fn something_else(answer: &Answer) -> Option<String> {
    let advice = match answer.status {
        401 | 403 => {
            "a CDN, a firewall or a proxy rejected the request; check that this machine may use the API"
        }
        200..300 => "it is a login page or a web interface; check the base URL",
        _ => "check the base URL (it usually ends in /v2), and any proxy in front of the API",
    };
    if let Some(page) = page(answer) {
        return Some(format!("it returned {page}, not the API's JSON: {advice}"));
    }
    let is_text = answer.json.is_none()
        && !answer.text.trim().is_empty()
        && !begins_as_json(answer)
        && !answer.is_json_beyond();
    let shown = abridged(&answer.text.trim().into());
    is_text.then(|| {
        format!("it returned {} with {shown}, not the API's JSON: {advice}", answer.status)
    })
}

/// Whether a body that is no JSON was meant to be: what deviates in its JSON is an API all the same.
fn begins_as_json(answer: &Answer) -> bool {
    answer.text.trim_start().starts_with(['{', '[', '"'])
}

fn is_page(answer: &Answer) -> bool {
    let is_html = answer.header("content-type").is_some_and(|it| {
        let it = it.to_ascii_lowercase();
        it.contains("html") || it.contains("xml")
    });
    let text = answer.text.trim_start_matches('\u{feff}').trim_start();
    text.starts_with('<') || (is_html && !text.is_empty() && !begins_as_json(answer))
}

/// The title of a page, as one line.
fn title(html: &str) -> Option<String> {
    let begin = find(html, "<title")?;
    let rest = &html[begin..];
    let rest = &rest[rest.find('>')? + 1..];
    let text = &rest[..find(rest, "</title").unwrap_or(rest.len())];
    let words: Vec<&str> = text.split_whitespace().collect();
    let line: String = words.join(" ").chars().filter(|c| !c.is_control()).take(TITLE).collect();
    (!line.is_empty()).then_some(line)
}

/// Where a text of ASCII begins, in whichever case.
fn find(text: &str, what: &str) -> Option<usize> {
    text.as_bytes().windows(what.len()).position(|it| it.eq_ignore_ascii_case(what.as_bytes()))
}

/// The message of an error, or its text when it is short.
fn message(answer: &Answer) -> Option<String> {
    let message = answer.json.as_ref().and_then(|body| body.get("message")?.as_str());
    let text = message.unwrap_or(&answer.text).trim();
    (!text.is_empty()).then(|| abridged(&text.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Answer {
        Answer::cleaned(status, headers.iter().copied(), body.as_bytes(), |text| {
            (text.to_owned(), false)
        })
    }

    const ROOT: &str = "http://api.example.com/v2";
    const PATH: &str = "/packages/organizations/o/registries";

    #[test]
    fn a_redirect_says_which_base_url_to_use() {
        let target = "https://api.example.com/v2/packages/organizations/o/registries";
        for (location, said) in [
            (target, "--base-url https://api.example.com/v2"),
            (
                "//other.example/api/v2/packages/organizations/o/registries?x=1",
                "other.example/api/v2",
            ),
            (
                "https://u:p@h.example/v2/packages/organizations/o/registries/",
                "https://h.example/v2",
            ),
            ("/login?return_to=x", "http://api.example.com/login, which is not this API"),
            ("", "not this API"),
            ("http://[", "without a usable Location"),
        ] {
            let reason =
                not_the_api(ROOT, PATH, &answer(301, &[("location", location)], "")).unwrap();
            assert!(reason.contains(said) && !reason.contains("u:p"), "{location}: {reason}");
        }
    }

    #[test]
    fn a_page_is_none_of_the_api_and_broken_json_is() {
        let html = [("content-type", "text/html; charset=utf-8")];
        let page = "\u{feff}<!DOCTYPE html><html><head><Title>Attention\n Required!</TITLE>";
        let reason = not_the_api(ROOT, PATH, &answer(403, &html, page)).unwrap();
        assert!(reason.contains("403 with an HTML page (title: Attention Required!)"), "{reason}");
        assert!(reason.contains("CDN"), "{reason}");
        let reason = not_the_api(ROOT, PATH, &answer(200, &[], "<html>Sign in")).unwrap();
        assert!(reason.contains("login page"), "{reason}");
        let reason = not_the_api(ROOT, PATH, &answer(404, &[], "404 page not found\n")).unwrap();
        assert!(reason.contains("404 with \"404 page not found\""), "{reason}");
        for (headers, body) in [
            (&html[..], "[]"),
            (&html[..], "[] trailing"),
            (&html[..], ""),
            (&[], "{\"message\": "),
            (&[], "null"),
        ] {
            assert_eq!(not_the_api(ROOT, PATH, &answer(200, headers, body)), None, "{body}");
        }
    }

    #[test]
    fn a_refusal_in_text_and_a_redirect_are_none_of_the_api() {
        let text = [("content-type", "text/plain; charset=utf-8")];
        let json = [("content-type", "application/json")];
        let to = [("location", "https://u:p@sso.example.com/login?return_to=x")];
        for (status, headers, body, reason) in [
            (403, &text[..], "RBAC: access denied", Some("403 with text/plain")),
            (404, &[], "default backend - 404\n", Some("404 with plain text")),
            (401, &text, "no", Some("401 with text/plain")),
            (302, &to, "", Some("302 to \"https://sso.example.com/login\"")),
            (307, &[("location", "/login?a")], "moved", Some("307 to \"/login\"")),
            (403, &text, "", None),
            (403, &text, "{\"message\": \"no\"}", None),
            (403, &text, "{\"message\": ", None),
            (403, &json, "no", None),
            (422, &text, "Validation Failed", None),
            (400, &text, "Failed to parse the request body as JSON", None),
            (200, &text, "OK", None),
            (304, &[], "", None),
        ] {
            assert_eq!(
                foreign(&answer(status, headers, body)).as_deref(),
                reason,
                "{status} {body}"
            );
        }
    }

    #[test]
    fn plain_http_at_a_tls_port_is_recognised() {
        let reason = [
            "<center>The plain HTTP request was sent to HTTPS port</center>",
            "Client sent an HTTP request to an HTTPS server.\n",
            "Reason: You're speaking plain HTTP to an SSL-enabled server port.",
        ]
        .map(|body| not_the_api(ROOT, PATH, &answer(400, &[], body)).unwrap());
        for reason in reason {
            assert!(reason.ends_with("use --base-url https://api.example.com/v2"), "{reason}");
        }
    }

    #[test]
    fn without_v2_the_servers_own_hint_is_quoted() {
        let not_found = answer(404, &[], r#"{"message": "The API is served under /v2."}"#);
        let reason = no_such_path("http://h", &not_found).unwrap();
        assert!(reason.contains("The API is served under /v2.") && reason.ends_with("http://h/v2"));
        assert_eq!(no_such_path(ROOT, &not_found), None);
    }
}

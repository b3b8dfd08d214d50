//! Which operation of the contract a request is addressed to.

use url::Url;

use crate::contract::{Contract, Operation};

/// The operation, below `base_url` or, without one, below any path that ends in `/v2`.
pub(super) fn operation<'c>(
    contract: &'c Contract,
    base_url: Option<&str>,
    method: &str,
    url: &str,
) -> Option<&'c Operation> {
    let url = Url::parse(url).ok()?;
    let path: Vec<&str> = url.path_segments()?.collect();
    let rests: Vec<&[&str]> = match base_url {
        Some(base_url) => below(&Url::parse(base_url).ok()?, &url, &path).into_iter().collect(),
        None => (0..path.len())
            .filter(|index| path[*index] == "v2")
            .map(|index| &path[index + 1..])
            .collect(),
    };
    contract.operations().iter().find(|operation| {
        operation.method.eq_ignore_ascii_case(method)
            && rests.iter().any(|rest| is_at(&operation.path, rest))
    })
}

/// The URL without what may hold a secret.
pub(super) fn shown(url: &str) -> String {
    let Ok(mut url) = Url::parse(url) else { return "an unreadable URL".into() };
    url.set_query(None);
    url.set_fragment(None);
    // Only URLs without a host refuse that, and they have no credentials.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.into()
}

/// The segments of a path that are below the base URL.
fn below<'p>(base: &Url, url: &Url, path: &'p [&'p str]) -> Option<&'p [&'p str]> {
    let root: Vec<&str> = base.path().split('/').filter(|it| !it.is_empty()).collect();
    let is_same_host = base.origin() == url.origin();
    (is_same_host && path.starts_with(&root)).then(|| &path[root.len()..])
}

/// Whether a path is that of a template such as `/registries/{slug}`.
fn is_at(template: &str, path: &[&str]) -> bool {
    let template: Vec<&str> = template.trim_start_matches('/').split('/').collect();
    let fits = |(part, segment): (&&str, &&str)| {
        part == segment || (part.starts_with('{') && !segment.is_empty())
    };
    template.len() == path.len() && template.iter().zip(path).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(base_url: Option<&str>, method: &str, url: &str) -> Option<String> {
        operation(Contract::built_in(), base_url, method, url).map(|it| it.id.clone())
    }

    #[test]
    fn an_operation_is_found_below_any_root_or_only_below_the_one_given() {
        let list = "http://h/v2/packages/organizations/o/registries?page=1";
        assert_eq!(found(None, "GET", list).as_deref(), Some("list_registries"));
        let deep = "https://h:8443/api/v2/v2/access-token";
        assert_eq!(found(None, "get", deep).as_deref(), Some("get_access_token"));
        assert_eq!(found(Some("http://h/v2"), "POST", list).as_deref(), Some("create_registry"));
        for other in ["http://h/v3", "http://other/v2", "https://h/v2", "http://h"] {
            assert_eq!(found(Some(other), "GET", list), None, "{other}");
        }
        let rootless = "http://h/api/access-token";
        assert_eq!(found(None, "GET", rootless), None);
        assert!(found(Some("http://h/api"), "GET", rootless).is_some());
    }

    #[test]
    fn what_is_not_of_the_api_is_no_operation() {
        let registries = "http://h/v2/packages/organizations/o/registries";
        for (method, url) in [
            ("PUT", registries),
            ("GET", "http://h/v2/packages/organizations//registries"),
            ("GET", "http://h/v2/packages/organizations/o/registries/"),
            ("GET", "http://h/v2/packages/organizations/o/registries/r/packages"),
            ("GET", "http://h/v2"),
            ("OPTIONS", registries),
            ("GET", "data:text/plain,v2/access-token"),
            ("GET", "nonsense"),
        ] {
            assert_eq!(found(None, method, url), None, "{method} {url}");
        }
    }

    #[test]
    fn a_url_is_shown_without_secrets() {
        assert_eq!(shown("http://u:p@h/v2/a?access_token=canary#x"), "http://h/v2/a");
    }
}

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
    let url = Url::parse(url).ok().filter(is_http)?;
    let base = base_url.map(Url::parse).transpose().ok()?;
    at(contract, base.as_ref(), method, &Target::of(&url)?)
}

/// In what a URL differs from that of an operation, where it is a little; `None` when it is one, or of
/// something else.
pub(super) fn near_miss(
    contract: &Contract,
    base_url: Option<&str>,
    method: &str,
    url: &str,
) -> Option<String> {
    let url = Url::parse(url).ok().filter(is_http)?;
    let base = base_url.map(Url::parse).transpose().ok()?;
    let target = Target::of(&url).filter(|target| target.path.len() <= LONGEST)?;
    // The fewest differences that explain it.
    let mut ways: Vec<u32> = (1..1 << DIFFERENCES.len()).collect();
    ways.sort_by_key(|way| way.count_ones());
    ways.into_iter().find_map(|way| {
        let differences = || DIFFERENCES.iter().enumerate().filter(|(at, _)| way & (1 << at) != 0);
        let mut target = target.clone();
        for (_, (_, without)) in differences() {
            without(&mut target, base.as_ref())?;
        }
        at(contract, base.as_ref(), method, &target)?;
        let said: Vec<&str> = differences().map(|(_, (said, _))| *said).collect();
        Some(said.join(", and "))
    })
}

/// How many segments a path has at most that is looked at for differences: one that nearly is of the API
/// is no longer than its root and an operation's, with some slashes too many.
const LONGEST: usize = 64;

/// What a URL can have that one of the API has not: how that is said, and the URL without it, if it has
/// it.
type Difference = (&'static str, fn(&mut Target, Option<&Url>) -> Option<()>);

const DIFFERENCES: [Difference; 6] = [
    ("its path ends with a slash", |target, _| {
        target.path.pop_if(|last| last.is_empty()).map(drop)
    }),
    ("its path has a double slash", |target, _| {
        let (last, before) = target.path.split_last()?;
        let mut path: Vec<String> = before.iter().filter(|it| !it.is_empty()).cloned().collect();
        path.push(last.clone());
        let has_any = path.len() < target.path.len();
        target.path = path;
        has_any.then_some(())
    }),
    ("its path is in another case", |target, base| {
        let lower: Vec<String> = target.path.iter().map(|it| it.to_lowercase()).collect();
        let root: Vec<String> = base.map(root).unwrap_or_default();
        let is_other = lower != target.path && root.iter().all(|it| *it == it.to_lowercase());
        target.path = lower;
        is_other.then_some(())
    }),
    ("it has another version than v2", |target, _| {
        let is_version = |it: &&mut String| {
            let digits = it.strip_prefix(['v', 'V']).unwrap_or_default();
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) && digits != "2"
        };
        let version = target.path.iter_mut().find(is_version)?;
        "v2".clone_into(version);
        Some(())
    }),
    ("it has no /v2", |target, base| {
        let root = base.map_or_else(|| vec!["v2".to_owned()], root);
        let version = root.iter().position(|it| it == "v2")?;
        // Words such as `organizations` are part of many APIs.
        let is_of_packages = target.path.iter().any(|it| it == "packages");
        let has_none = !target.path.iter().any(|it| it == "v2");
        (is_of_packages && has_none && version <= target.path.len()).then_some(())?;
        target.path.insert(version, "v2".to_owned());
        Some(())
    }),
    ("its scheme is another", |target, base| {
        let base = base?;
        let is_other = target.scheme != base.scheme() && target.host == base.host_str()?;
        let port = base.port_or_known_default();
        // Each scheme has a port of its own.
        let is_there = target.port == port || target.has_usual_port;
        (target.scheme, target.port) = (base.scheme().to_owned(), port);
        (is_other && is_there).then_some(())
    }),
];

/// Where a request is addressed to.
#[derive(Clone)]
struct Target {
    scheme: String,
    host: String,
    port: Option<u16>,
    has_usual_port: bool,
    path: Vec<String>,
}

impl Target {
    fn of(url: &Url) -> Option<Self> {
        Some(Self {
            scheme: url.scheme().to_owned(),
            host: url.host_str()?.to_owned(),
            port: url.port_or_known_default(),
            has_usual_port: url.port().is_none(),
            path: url.path_segments()?.map(str::to_owned).collect(),
        })
    }

    fn is_at(&self, base: &Url) -> bool {
        (self.scheme.as_str(), Some(self.host.as_str()), self.port)
            == (base.scheme(), base.host_str(), base.port_or_known_default())
    }
}

fn is_http(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

/// The segments of a base URL.
fn root(base: &Url) -> Vec<String> {
    base.path().split('/').filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

/// The operation with this method at this address.
fn at<'c>(
    contract: &'c Contract,
    base: Option<&Url>,
    method: &str,
    target: &Target,
) -> Option<&'c Operation> {
    let path: Vec<&str> = target.path.iter().map(String::as_str).collect();
    let rests: Vec<&[&str]> = match base {
        Some(base) => {
            let root = root(base);
            let is_below = target.is_at(base)
                && path.len() >= root.len()
                && root.iter().zip(&path).all(|(one, other)| one == other);
            is_below.then(|| &path[root.len()..]).into_iter().collect()
        }
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

/// Whether a path is that of a template such as `/registries/{slug}`.
fn is_at(template: &str, path: &[&str]) -> bool {
    // Of a long path, most ends differ in their length.
    if template.split('/').count() != path.len() + 1 {
        return false;
    }
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
            ("GET", "wss://h/v2/access-token"),
            ("GET", "nonsense"),
        ] {
            assert_eq!(found(None, method, url), None, "{method} {url}");
        }
    }

    #[test]
    fn what_nearly_is_an_operation_is_reported_with_the_difference() {
        let missed = |base_url: Option<&str>, url: &str| {
            near_miss(Contract::built_in(), base_url, "GET", url)
        };
        let list = "packages/organizations/o/registries";
        for (url, said) in [
            (format!("https://h/v2/{list}/"), "its path ends with a slash"),
            (format!("https://h/v2//{list}"), "its path has a double slash"),
            (format!("https://h/v2/{}", list.to_uppercase()), "its path is in another case"),
            (format!("https://h/v1/{list}?page=2"), "it has another version than v2"),
            (format!("https://h/{list}"), "it has no /v2"),
            (
                format!("https://h/V2/{list}/"),
                "its path ends with a slash, and its path is in another case",
            ),
            (format!("https://h/v2/{list}"), ""),
            ("https://h/organizations".into(), ""),
            ("https://h/v2/other/".into(), ""),
            ("ftp://h/v2/access-token/".into(), ""),
            ("data:,v2/access-token/".into(), ""),
        ] {
            assert_eq!(missed(None, &url).unwrap_or_default(), said, "{url}");
        }
        let base = Some("https://h/api/v2");
        for (url, said) in [
            (format!("http://h/api/v2/{list}"), "its scheme is another"),
            (
                format!("http://h/api/v1/{list}"),
                "it has another version than v2, and its scheme is another",
            ),
            (format!("https://h/api/{list}"), "it has no /v2"),
            (format!("https://h/api//v2/{list}"), "its path has a double slash"),
            (format!("https://other/api/v2/{list}"), ""),
            (format!("https://h:8443/api/v2/{list}"), ""),
        ] {
            assert_eq!(missed(base, &url).unwrap_or_default(), said, "{url}");
        }
    }

    #[test]
    fn a_path_that_is_much_too_long_is_no_near_miss() {
        let missed = |slashes: usize| {
            let url = format!("https://h/v2{}access-token/", "/".repeat(slashes));
            near_miss(Contract::built_in(), None, "GET", &url)
        };
        assert!(missed(LONGEST - 3).is_some());
        assert!(missed(LONGEST + 1).is_none());
    }

    #[test]
    fn a_url_is_shown_without_secrets() {
        assert_eq!(shown("http://u:p@h/v2/a?access_token=canary#x"), "http://h/v2/a");
    }
}

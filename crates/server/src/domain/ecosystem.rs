//! Package ecosystems.

/// The package ecosystem of a registry.
///
/// The contract leaves the set open: the documentation names the ecosystems and prints the
/// identifier of `ruby` (seed, Create a registry) only; official clients use `java`, `python` and
/// `container` (client-observed). The identifiers of the others are this server's choice. It takes
/// no others, so that a typing error does not become a registry that can never be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ecosystem(&'static str);

impl Ecosystem {
    const ALL: [Self; 14] = [
        Self("alpine"),
        Self("container"),
        Self("debian"),
        Self("files"),
        Self("helm"),
        Self("helm_oci"),
        Self("huggingface"),
        Self("java"),
        Self("javascript"),
        Self("nuget"),
        Self("python"),
        Self("redhat"),
        Self("ruby"),
        Self("terraform"),
    ];

    /// The ecosystem with this identifier, case and all.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ecosystem| ecosystem.0 == text)
    }

    pub(crate) fn as_str(self) -> &'static str {
        self.0
    }

    /// All identifiers, for messages.
    pub(crate) fn list() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_that_the_sources_print_are_accepted() {
        for identifier in ["ruby", "java", "python", "container"] {
            assert_eq!(Ecosystem::parse(identifier).map(Ecosystem::as_str), Some(identifier));
        }
    }

    #[test]
    fn nothing_else_is() {
        for text in ["", "Ruby", "ruby ", "rubygems", "..", "r\u{fc}by"] {
            assert_eq!(Ecosystem::parse(text), None, "{text:?}");
        }
    }
}

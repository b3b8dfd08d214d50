//! The texts that a run sends.

/// A policy as text, as `oidc_policy` is documented to take it. Like every policy that is to be accepted,
/// it has scopes: whether a statement needs them, the sources disagree about.
pub const POLICY_TEXT: &str = "\
- iss: https://agent.buildkite.com
  scopes:
    - read_packages
  claims:
    organization_slug: my-org
    pipeline_slug:
      in:
        - my-pipeline
        - \"größe & <b>100%25</b> 'n' \\\\ more\"
";

/// A policy in YAML that is not plain: a scalar has an anchor.
pub(crate) const ANCHORED_POLICY: &str = "\
- iss: &issuer https://agent.buildkite.com
  scopes:
    - read_packages
  claims:
    organization_slug: my-org
";

/// Text that does not survive a wrong encoding, a wrong escape, a filter or a normal form.
pub const DESCRIPTION: &str = " Größe, 日本語, 👩‍👩‍👧 🌻, \"quoted\" it's \\ & <b>bold</b>\n\
    \tsecond line, &amp; &lt;, %20 %2F, שלום مرحبا, cafe\u{301}, {{x}} ${y}\n";

/// What an update makes of it: as hard, and different from its beginning on.
pub const CHANGED: &str = "Ändern → ändert, \"🇯🇵\", <i>&nbsp;</i>\n\\n %41 'o\u{308}'\tעברית";

/// A color in both cases, which clients compare as text.
pub const COLOR: &str = "#f0CcfF";

/// What an update makes of it.
pub const OTHER_COLOR: &str = "#00fF7f";

/// What comes after the tag in a name beyond ASCII.
pub(crate) const UNICODE_NAME: &str = "mu Größe cafe\u{301} 日本語";

/// What comes after the tag in a name beyond ASCII that a registry gets later. It is another one: a
/// name may be taken.
pub(crate) const UNICODE_NEW_NAME: &str = "beta Größe cafe\u{301} 日本語";

/// What comes after the tag in a name with marks and with signs that may not survive.
pub(crate) const MARKED_NAME: &str = "phi <b>it's</b> & \"100%25\" \\ x.y_z  --  Œ";

/// The same for the description of a registry token, for which several lines are not documented.
pub const TOKEN_DESCRIPTION: &str =
    "Größe, 日本語, 🌻, \"quoted\" it's \\ & <b>bold</b>, &amp; %20";

/// What an update makes of it.
pub const TOKEN_CHANGED: &str = "Ändern → ändert, 🇯🇵, <i>&nbsp;</i> \\n %41";

/// The id of no registry token.
pub(crate) const UNKNOWN_TOKEN_ID: &str = "00000000-0000-7000-8000-000000000000";

/// Text that is longer than what a column or a preview may hold.
pub(crate) fn long_description() -> String {
    vec!["longer than a column or a preview"; 40].join("; ")
}

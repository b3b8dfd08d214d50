//! OIDC policies.

use crate::support::{bare, printed};

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_is_built_and_checked() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "policy",
        "build",
        "--claim",
        "organization_slug=my-org",
        "--claim",
        "pipeline_slug=a,b",
        "--scope",
        "read_packages",
    ];
    let built = printed(bare(&arguments, folder.path()), "").await;
    assert_eq!(built.status, 0, "{}", built.stderr);
    insta::assert_snapshot!("built", built.stdout);
    let check = ["policy", "check", "-"];
    let checked = printed(bare(&check, folder.path()), &built.stdout).await;
    assert_eq!((checked.status, checked.stdout.as_str()), (0, ""));
    let wrong = "- iss: https://example.com\n  claims: {}\n";
    let checked = printed(bare(&check, folder.path()), wrong).await;
    assert_eq!(checked.status, 1);
    insta::assert_snapshot!("invalid", checked.stderr);
}

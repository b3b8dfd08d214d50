//! The problem that only storage can find: another registry has the slug.

use uuid::Uuid;

use crate::app::App;
use crate::domain::organization::Organization;
use crate::domain::problem::{Code, Problem};
use crate::domain::properties::RegistrySlug;
use crate::domain::registry_input::Refused;
use crate::error::Error;

/// A name that leads to the slug of another registry is all that is wrong.
pub(crate) fn error(slug: &RegistrySlug) -> Error {
    Error::Validation(vec![problem(slug)])
}

/// Everything that is wrong with a body, the slug included. `own` is the registry that may have the
/// slug because it is the one that is updated.
pub(crate) async fn all_problems(
    app: &App,
    organization: &Organization,
    refused: Refused,
    own: Option<Uuid>,
) -> Error {
    let Refused { mut problems, slug } = refused;
    if let Some(slug) = slug {
        match app.storage.registry(organization.id, &slug).await {
            Ok(Some(other)) if Some(other.id) != own => problems.insert(0, problem(&slug)),
            Ok(_) => {}
            Err(error) => return error.into(),
        }
    }
    Error::Validation(problems)
}

fn problem(slug: &RegistrySlug) -> Problem {
    let message = format!(
        "name is taken: another registry of the organization has the slug {slug:?}",
        slug = slug.as_str()
    );
    Problem::new("name", Code::Taken, message)
}

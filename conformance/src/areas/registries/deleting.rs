//! Deleting a registry.

use super::history::About;
use crate::{
    case::{Case, Looks, Steps},
    steps::Step,
};

pub(super) const CASES: &[Case] = &[
    Case {
        name: "delete-succeeds",
        requirement: "Deleting a registry returns 200.",
        verifies: &["registry.delete.success"],
        looks: Looks::At(&Steps(
            [Step::DeleteRenamed, Step::DeleteMinimal],
            |check, [delete_renamed, delete_minimal]| {
                check.status(delete_renamed, 200)?;
                check.status(delete_minimal, 200)
            },
        )),
    },
    Case {
        name: "deleted-registry-is-gone",
        requirement: "A deleted registry is not returned any more.",
        verifies: &["registry.delete.gone"],
        looks: Looks::AtRefusals(&Steps([Step::GetDeleted], |check, [get_deleted]| {
            check.run.success(Step::DeleteRenamed)?;
            check.refused(get_deleted, &[403, 404, 410], "the registry is deleted")
        })),
    },
    Case {
        name: "deleted-registry-is-not-found",
        requirement: "Getting a deleted registry returns 404.",
        verifies: &["registry.get.unknown"],
        looks: Looks::AtRefusals(&Steps([Step::GetDeleted], |check, [get_deleted]| {
            check.run.success(Step::DeleteRenamed)?;
            check.refused(get_deleted, &[404], "the registry is deleted")
        })),
    },
    Case {
        name: "list-no-longer-contains-what-was-deleted",
        requirement: "The list does not have a deleted registry.",
        verifies: &["registry.delete.gone"],
        looks: Looks::At(&Steps(
            [Step::ListAfter, Step::ListUpdated, Step::DeleteRenamed, Step::DeleteMinimal],
            |check, [list_after, _, delete_renamed, delete_minimal]| {
                let run = check.run;
                run.entries(list_after)?;
                run.success(delete_renamed).or_else(|_| run.success(delete_minimal))?;
                check.differing(&[About::Deleted])
            },
        )),
    },
];

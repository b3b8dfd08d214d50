//! Deleting a registry.

use super::{Case, Looks, history::About};
use crate::steps::Step;

pub(super) const CASES: &[Case] = &[
    Case {
        name: "delete-succeeds",
        requirement: "Deleting a registry answers 200.",
        verifies: &["registry.delete.success"],
        looks: Looks::At(&[Step::DeleteRenamed, Step::DeleteMinimal]),
        check: |check| {
            check.status(Step::DeleteRenamed, 200)?;
            check.status(Step::DeleteMinimal, 200)
        },
    },
    Case {
        name: "deleted-registry-is-gone",
        requirement: "A deleted registry is no longer found.",
        verifies: &["registry.delete.gone"],
        looks: Looks::AtRefusals(&[Step::GetDeleted]),
        check: |check| {
            check.run.success(Step::DeleteRenamed)?;
            check.refused(Step::GetDeleted, &[403, 404, 410], "the registry is deleted")
        },
    },
    Case {
        name: "deleted-registry-is-not-found",
        requirement: "Getting a deleted registry answers 404.",
        verifies: &["registry.get.unknown"],
        looks: Looks::AtRefusals(&[Step::GetDeleted]),
        check: |check| {
            check.run.success(Step::DeleteRenamed)?;
            check.refused(Step::GetDeleted, &[404], "the registry is deleted")
        },
    },
    Case {
        name: "list-no-longer-contains-what-was-deleted",
        requirement: "The list no longer has a registry that was deleted.",
        verifies: &["registry.delete.gone"],
        looks: Looks::At(&[
            Step::ListAfter,
            Step::ListUpdated,
            Step::DeleteRenamed,
            Step::DeleteMinimal,
        ]),
        check: |check| {
            let run = check.run;
            run.entries(Step::ListAfter)?;
            run.success(Step::DeleteRenamed).or_else(|_| run.success(Step::DeleteMinimal))?;
            check.differing(&[About::Deleted])
        },
    },
];

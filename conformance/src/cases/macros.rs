//! Forms that many cases have.

/// A case about requests that are all to be refused, for one reason. Unless it says with which
/// statuses, it is about who may do something.
macro_rules! refused {
    ($name:literal, $requirement:literal, [$($id:literal),+], $what:literal, [$($step:ident),+]) => {
        refused!(
            $name,
            $requirement,
            [$($id),+],
            $what,
            $crate::cases::tokens::REFUSALS,
            [$($step),+]
        )
    };
    ($name:literal, $requirement:literal, [$($id:literal),+], $what:literal, $statuses:expr,
        [$($step:ident),+]) => {
        $crate::cases::Case {
            name: $name,
            requirement: $requirement,
            verifies: &[$($id),+],
            looks: $crate::cases::Looks::AtRefusals(&[$($crate::steps::Step::$step),+]),
            check: |check| {
                // Each of them is looked at, whatever becomes of the others.
                let outcomes = [$($crate::steps::Step::$step),+]
                    .map(|step| check.refused(step, &$statuses, $what));
                outcomes.into_iter().collect()
            },
        }
    };
}

/// A case about a request that is invalid in one way, and refused for that.
macro_rules! invalid {
    ($name:literal, $requirement:literal, [$($id:literal),+], $step:ident, $what:literal) => {
        $crate::cases::Case {
            name: $name,
            requirement: $requirement,
            verifies: &[$($id),+],
            looks: $crate::cases::Looks::AtRefusals(&[$crate::steps::Step::$step]),
            check: |check| check.refused_as_invalid($crate::steps::Step::$step, $what),
        }
    };
}

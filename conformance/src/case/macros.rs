//! Forms that many cases have.

/// A case about requests that are all to be refused, for one reason and with one of these statuses.
macro_rules! refused {
    ($name:literal, $requirement:literal, [$($id:literal),+], $what:literal, $statuses:expr,
        [$($step:ident),+]) => {
        $crate::case::Case {
            name: $name,
            requirement: $requirement,
            verifies: &[$($id),+],
            looks: $crate::case::Looks::AtRefusals(&$crate::case::Steps(
                [$($crate::steps::Step::$step),+],
                |check, steps| {
                    // Each of them is looked at, whatever becomes of the others.
                    let outcomes = steps.map(|step| check.refused(step, &$statuses, $what));
                    outcomes.into_iter().collect()
                },
            )),
        }
    };
}

/// A case about a request that is invalid in one way, and refused for that.
macro_rules! invalid {
    ($name:literal, $requirement:literal, [$($id:literal),+], $step:ident, $what:literal) => {
        $crate::case::Case {
            name: $name,
            requirement: $requirement,
            verifies: &[$($id),+],
            looks: $crate::case::Looks::AtRefusals(&$crate::case::Steps(
                [$crate::steps::Step::$step],
                |check, [step]| check.refused_as_invalid(step, $what),
            )),
        }
    };
}

pub(crate) use invalid;
pub(crate) use refused;

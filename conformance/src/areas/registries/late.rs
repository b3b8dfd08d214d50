//! Whether a read shows at once what was written before.

use crate::{
    case::{Case, Looks, Steps},
    observed::{Late, NotJudged},
    steps::Step,
};

pub(super) const CASES: &[Case] = &[Case {
    name: "reads-show-the-last-write-at-once",
    requirement: "A read shows what was written before it, without a delay.",
    verifies: &["registry.read-after-write"],
    looks: Looks::At(&Steps(
        [Step::GetUpdated, Step::ListUpdated],
        |check, [get_updated, list_updated]| {
            let run = check.run;
            for Late { exchange, delay, times } in &run.late {
                let seconds = delay.as_secs_f64();
                let received = format!("after {seconds:.1} s, in repeat {times} of the request");
                check.find_in(
                    exchange,
                    None,
                    "what was written before, in the first response",
                    received,
                );
            }
            let listed = run.entries(list_updated).map(|list| !list.is_empty());
            let shown = run.object(get_updated).map(|it| it.contains_key("id"));
            match (listed, shown) {
                _ if !run.late.is_empty() => {}
                (Ok(true), _) | (_, Ok(true)) => {}
                (Err(not_judged), _) | (_, Err(not_judged)) => return Err(not_judged),
                _ => return Err(NotJudged::Skip("no read has shown what was written".into())),
            }
            check.saw();
            Ok(())
        },
    )),
}];

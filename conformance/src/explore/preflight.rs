//! What a browser asks before it lets a script of another origin send a request with a token.

use super::Explorer;
use crate::{
    contract::Problem,
    exchange::{Exchange, ORIGIN},
    level::Grade,
    observed::NotJudged,
};

const CITE: &str = "Fetch standard, CORS-preflight fetch; no document prints it";

pub(super) async fn explore(explorer: &mut Explorer<'_>) -> Result<(), NotJudged> {
    explorer.tried = (0, 1);
    let exchange = explorer.preflight("list_registries").await?;
    explorer.judged();
    if let Some(wrong) = refusal(&exchange) {
        explorer.find(exchange, wrong);
    }
    Ok(())
}

/// Why a browser would not send the request, if it would not.
fn refusal(Exchange { answer, .. }: &Exchange) -> Option<Problem> {
    let wrong = |expected: &str, received: &str| {
        Problem::new(Grade::Choice, CITE, expected.into(), received.into())
    };
    if !answer.is_success() {
        let expected = "success: a preflight has no token yet";
        return Some(wrong(expected, &answer.outline()));
    }
    for (name, allowed) in [
        ("Access-Control-Allow-Origin", &["*", ORIGIN][..]),
        // Browsers take no asterisk for this one.
        ("Access-Control-Allow-Headers", &["authorization"]),
    ] {
        let sent = answer.header(name);
        let mut words = sent.unwrap_or_default().split(',').map(str::trim);
        if !words.any(|word| allowed.iter().any(|it| it.eq_ignore_ascii_case(word))) {
            let received = sent.unwrap_or("no such header");
            return Some(wrong(&allowed.join(" or "), received).at(name));
        }
    }
    None
}

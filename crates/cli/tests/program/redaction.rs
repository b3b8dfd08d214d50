//! The client, and the programs and the server, leave the same out of what they print.

use registries_client::Token;
use registries_command_line::visible::without_tokens;

#[test]
fn a_token_has_one_form_everywhere() {
    let token = Token::new("another-token").unwrap();
    for (text, expected) in [
        ("bkua_abc-DEF_1", "bkua_[…]"),
        ("xBKRT_abc: bkpt_x y", "xBKRT_[…]: bkpt_[…] y"),
        ("/a/bkur_1/bktx_2-b/bku", "/a/bkur_[…]/bktx_[…]/bku"),
        ("bkua_", "bkua_"),
        ("bkua_.bkua_", "bkua_.bkua_"),
        ("bkua_bkrt_x", "bkua_[…]"),
        ("bkuabkur_abc", "bkuabkur_[…]"),
        ("bk1a_x bk_a bkuaa_x", "bk1a_x bk_a bkuaa_x"),
        ("the bk\u{fc}a_x", "the bk\u{fc}a_x"),
        ("\u{fc}bktx_a\u{fc}", "\u{fc}bktx_[…]\u{fc}"),
        ("bkua%5Fx", "bkua%5Fx"),
        ("bk", "bk"),
        ("", ""),
    ] {
        assert_eq!(token.redact(text).replace("[redacted]", "[…]"), expected, "client: {text}");
        assert_eq!(without_tokens(text).replace("[token]", "[…]"), expected, "programs: {text}");
    }
}

//! The kebab-case form of a name.

/// Words of `a` to `z` and digits, joined by single hyphens; nothing but for a text without a
/// character that can be seen.
///
/// Other scripts and emoji are transliterated, what has no transliteration is left out, and where
/// nothing is left the code points stand for the characters: `u13000-u13001`. All of it is this
/// server's choice, so that every name leads to a slug, and always to the same one.
pub(super) fn kebab_case(text: &str) -> String {
    let ascii = deunicode::deunicode(text).to_ascii_lowercase();
    let words = ascii.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let kebab = words.collect::<Vec<_>>().join("-");
    if kebab.is_empty() { code_points(text) } else { kebab }
}

/// Whether the character leaves a trace when it is displayed. White space and controls do not. Nor
/// do characters that Unicode lets displays ignore (`Default_Ignorable_Code_Point`), such as a zero
/// width space or a variation selector.
pub(super) fn is_visible(c: char) -> bool {
    let is_ignorable = matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    );
    !is_ignorable && !c.is_whitespace() && !c.is_control()
}

fn code_points(text: &str) -> String {
    let visible = text.chars().filter(|c| is_visible(*c));
    visible.map(|c| format!("u{:x}", u32::from(c))).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_joined_and_other_scripts_transliterated() {
        for (name, expected) in [
            ("my registry", "my-registry"),
            ("My Registry", "my-registry"),
            ("  --My__Registry!! v2.0  ", "my-registry-v2-0"),
            ("Füße & Straßen", "fusse-strassen"),
            ("Ёлка", "iolka"),
            ("北京", "bei-jing"),
            ("レジストリ", "rezisutori"),
            ("ﬁne ①", "fine-1"),
            ("42", "42"),
            ("🌻", "sunflower"),
            ("❤️", "heart"),
            ("a 𓀀!", "a"),
        ] {
            assert_eq!(kebab_case(name), expected, "{name:?}");
        }
    }

    #[test]
    fn code_points_stand_for_what_cannot_be_transliterated() {
        for (name, expected) in [
            ("𓀀𓀁", "u13000-u13001"),
            ("𓀀 \u{200b}𓀁\u{fe0f}", "u13000-u13001"),
            ("\u{e000}", "ue000"),
            ("!!!", "u21-u21-u21"),
            ("---", "u2d-u2d-u2d"),
            ("→", "u2192"),
        ] {
            assert_eq!(kebab_case(name), expected, "{name:?}");
        }
    }

    #[test]
    fn every_text_that_can_be_seen_leads_to_something() {
        for c in (0..0x2_0000).filter_map(char::from_u32).filter(|c| is_visible(*c)) {
            assert!(!kebab_case(&c.to_string()).is_empty(), "{c:?}");
        }
        for text in ["", " \u{3000}", "\u{200b}\u{feff}", "\u{ad}", "\u{e0041}", "\t\n"] {
            assert!(!text.chars().any(is_visible), "{text:?}");
            assert_eq!(kebab_case(text), "", "{text:?}");
        }
    }
}

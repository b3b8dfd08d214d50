//! What clap does not say about arguments that are wrong.

use std::env;

use clap::{
    Arg, Command, Error,
    builder::StyledStr,
    error::{ContextKind, ContextValue, ErrorKind},
};

/// The error with a tip, and a usage line without the options that variables set.
pub(crate) fn explained(mut error: Error, command: &mut Command, given: &[String]) -> Error {
    let is_set = |option: &Arg| option.get_env().is_some_and(|name| env::var_os(name).is_some());
    if error.get(ContextKind::Usage).is_some() && command.get_arguments().any(is_set) {
        error.insert(ContextKind::Usage, ContextValue::StyledStr(command.render_usage()));
    }
    let tip = match error.kind() {
        ErrorKind::UnknownArgument => {
            let is_known_tip = error.get(ContextKind::Suggested).is_some();
            as_option(&error, command).or_else(|| is_known_tip.then(|| as_word(&error, given))?)
        }
        ErrorKind::MissingRequiredArgument => as_value(&error, command, given),
        _ => None,
    };
    if let Some(tip) = tip {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(tip)]));
    }
    error
}

/// The option that a value without one is probably for: the only one that takes any value, or that is
/// required and does.
fn as_option(error: &Error, command: &Command) -> Option<String> {
    let Some(ContextValue::String(value)) = error.get(ContextKind::InvalidArg) else { return None };
    if value.starts_with('-') {
        return None;
    }
    let takes_any = |option: &&Arg| {
        let is_shown = !option.is_hide_set() && !option.is_hide_short_help_set();
        let is_value =
            option.get_action().takes_values() && option.get_possible_values().is_empty();
        option.get_long().is_some() && !option.is_global_set() && is_shown && is_value
    };
    let options: Vec<&Arg> = command.get_arguments().filter(takes_any).collect();
    let required: Vec<&Arg> = options.iter().copied().filter(|it| it.is_required_set()).collect();
    let (([option], _) | (_, [option])) = (&required[..], &options[..]) else { return None };
    Some(format!("it is an option: --{} {value}", option.get_long()?))
}

/// How a value is given that looks like options, if it is none that is right.
fn as_value(error: &Error, command: &Command, given: &[String]) -> Option<String> {
    let Some(ContextValue::Strings(missing)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    missing.iter().find(|it| it.starts_with('<'))?;
    let is_right = |it: &&String| {
        let mut letters = it.trim_start_matches('-').chars();
        let letter = letters.next();
        let option = command.get_arguments().find(|option| option.get_short() == letter);
        let values = option.map(Arg::get_possible_values).unwrap_or_default();
        values.iter().any(|value| value.matches(letters.as_str(), false))
    };
    given.iter().skip(1).find(|it| is_word(it) && !is_right(it)).map(after_hyphens)
}

/// The same for the whole word, of which clap names a letter.
fn as_word(error: &Error, given: &[String]) -> Option<String> {
    let Some(ContextValue::String(letter)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let is_meant = |it: &&String| is_word(it) && it.starts_with(letter.as_str());
    given.iter().skip(1).find(is_meant).map(after_hyphens)
}

/// Whether letters follow a single hyphen.
fn is_word(argument: &str) -> bool {
    argument.len() > 2 && argument.starts_with('-') && !argument.starts_with("--")
}

fn after_hyphens(word: &String) -> String {
    format!("to pass '{word}' as a value, use '-- {word}'")
}

//! The arguments of a program, its help, and what is printed when they are wrong.

use std::{env, ffi::OsString, mem, process::ExitCode};

use clap::{
    Arg, Command, CommandFactory, Error, FromArgMatches,
    error::{ContextKind, ContextValue, ErrorKind},
};

use crate::{
    Status, alike, color, mistaken, pages, print, print_aside,
    visible::{TOKEN, visible, visible_lines, without_tokens},
};

/// The arguments; or, after help or a message was printed, the exit status.
///
/// # Errors
///
/// When there is nothing to carry out, because help was asked for or something is wrong.
pub fn parse<P: CommandFactory + FromArgMatches>() -> Result<P, ExitCode> {
    let given: Vec<OsString> = env::args_os().collect();
    let mut command = P::command();
    let parsed = command.try_get_matches_from_mut(&given);
    let error = match parsed.and_then(|matches| P::from_arg_matches(&matches)) {
        Ok(arguments) => return Ok(arguments),
        Err(error) => error,
    };
    let words: Vec<String> = given.iter().map(|it| it.to_string_lossy().into_owned()).collect();
    color::apply_early(&words);
    if error.use_stderr() {
        return Err(refused(error, command, &words));
    }
    let error = if shows_variables(&command, &words) { again::<P>(&given, error) } else { error };
    let printed = print(&error.render().ansi().to_string());
    // The program ends here. Freeing each command and option takes longer than printing the help.
    mem::forget(command);
    Err(printed.map_or_else(|failure| failure.report(), |()| ExitCode::SUCCESS))
}

/// A program's commands and options, all of them built. Help names variables, and not their values:
/// there may be a password in one.
#[must_use]
pub fn command<P: CommandFactory>() -> Command {
    fn without_values(command: Command) -> Command {
        let command = command.mut_args(|argument| argument.hide_env_values(true));
        command.mut_subcommands(without_values)
    }
    let mut command = P::command();
    command.build();
    without_values(command)
}

/// Whether a variable is in help that was asked for, which shows its value then.
fn shows_variables(command: &Command, given: &[String]) -> bool {
    let mut shown = command;
    for word in given.iter().skip(1) {
        shown = shown.find_subcommand(word).unwrap_or(shown);
    }
    shown.get_arguments().any(|argument| argument.get_env().is_some())
}

/// The same help without the values of variables. Short help also leaves out which variables there
/// are: it would not fit a screen.
fn again<P: CommandFactory>(given: &[OsString], shown: Error) -> Error {
    let is_short = given.iter().any(|argument| argument == "-h");
    let command = command::<P>();
    let command = if is_short { without_variables(command) } else { command };
    command.try_get_matches_from(given).err().unwrap_or(shown)
}

fn without_variables(command: Command) -> Command {
    let command = command.mut_args(|argument| argument.hide_env(true));
    command.mut_subcommands(without_variables)
}

/// Prints what is wrong, and which variable it comes from if it is not an argument.
fn refused(error: Error, mut command: Command, given: &[String]) -> ExitCode {
    command.build();
    let error = with_suggestion(error, &mut command, given);
    let error = mistaken::explained(error, given_command(&mut command, given), given);
    let variable = variable(&error, &command, given);
    let value = variable.as_ref().and_then(env::var_os);
    let mut quoted = given.to_vec();
    quoted.extend(value.map(|value| value.to_string_lossy().into_owned()));
    print_aside(&shown(&error.render().ansi().to_string(), &quoted, &secrets()));
    if let Some(variable) = variable {
        print_aside(&format!("The value comes from the environment variable {variable}.\n"));
    }
    Status::Usage.into()
}

/// The command that was given.
fn given_command<'a>(command: &'a mut Command, given: &[String]) -> &'a mut Command {
    given.iter().skip(1).fold(command, |of, word| {
        // A borrow that is returned from one branch lasts for both.
        if of.find_subcommand(word).is_some() {
            of.find_subcommand_mut(word).expect("it was found")
        } else {
            of
        }
    })
}

/// The tokens in the environment, which are never printed: they may be in an argument by mistake.
fn secrets() -> Vec<String> {
    /// Shorter ones are no tokens.
    const SHORTEST: usize = 8;
    let named = env::vars_os().filter(|(name, _)| name.to_string_lossy().ends_with("_TOKEN"));
    let values = named.map(|(_, value)| value.to_string_lossy().trim().to_owned());
    values.filter(|value| value.len() >= SHORTEST).collect()
}

/// A message as it may be printed: what it quotes does nothing but show itself.
fn shown(message: &str, quoted: &[String], secrets: &[String]) -> String {
    let mut message = message.to_owned();
    for secret in secrets {
        message = message.replace(secret, TOKEN);
    }
    let message = without_tokens(&message);
    // What clap quotes is an argument, or what stands before or after its `=`.
    let parts = quoted.iter().flat_map(|it| {
        let (before, after) = it.split_once('=').unwrap_or((it, ""));
        [it.as_str(), before, after]
    });
    let odd: Vec<&str> = parts.filter(|it| visible(it) != **it).collect();
    if odd.is_empty() {
        return message;
    }
    let message = odd.into_iter().fold(message, |it, part| it.replace(part, &visible(part)));
    visible_lines(&anstream::adapter::strip_str(&message).to_string())
}

/// Says which command was probably meant: clap knows no exchanged letters, and names many.
fn with_suggestion(mut error: Error, command: &mut Command, given: &[String]) -> Error {
    if error.kind() != ErrorKind::InvalidSubcommand {
        return error;
    }
    let Some(ContextValue::String(wrong)) = error.get(ContextKind::InvalidSubcommand) else {
        return error;
    };
    let before: Vec<String> = given.iter().take_while(|word| *word != wrong).cloned().collect();
    let of = given_command(command, &before);
    let shown = of.get_subcommands().filter(|command| !command.is_hide_set());
    let meant = alike::meant(wrong, shown.flat_map(Command::get_name_and_visible_aliases));
    if let Some(meant) = meant.map(str::to_owned) {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(vec![meant]));
    }
    error
}

/// The variable of the environment whose value an error is about, if it is not about an argument.
fn variable(error: &Error, command: &Command, given: &[String]) -> Option<String> {
    let Some(ContextValue::String(wrong)) = error.get(ContextKind::InvalidArg) else { return None };
    let mut options = pages(command).into_iter().flat_map(Command::get_arguments);
    let is_wrong = |option: &&Arg| option.get_env().is_some() && option.to_string() == *wrong;
    let option = options.find(is_wrong)?;
    let flag = format!("--{}", option.get_long()?);
    let is_given = |argument: &String| {
        argument.strip_prefix(&flag).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
    };
    let name = option.get_env()?;
    (!given.iter().any(is_given) && env::var_os(name).is_some())
        .then(|| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_quoted_does_nothing_and_a_token_is_not() {
        let strings = |all: &[&str]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        let red = "\u{1b}[31mred\u{1b}[0m";
        let message = format!("{red}: a\u{1b}[2Jb");
        assert_eq!(shown(&message, &strings(&["--x=a\u{1b}[2Jb"]), &[]), "red: a\\u001b[2Jb");
        assert_eq!(shown(red, &strings(&["--x=a"]), &[]), red);
        let redacted = shown("unexpected 'secret-secret'", &[], &strings(&["secret-secret"]));
        assert_eq!(redacted, "unexpected '[token]'");
        for (message, expected) in [
            ("'bkua_a-B_1' found", "'bkua_[token]' found"),
            ("--x=BKRT_a: bkpt_x y", "--x=BKRT_[token]: bkpt_[token] y"),
            ("\u{fc}bktx_a\u{fc}bkua_", "\u{fc}bktx_[token]\u{fc}bkua_"),
            ("bkuabkur_abc", "bkuabkur_[token]"),
            ("bk\u{fc}a_x book_a", "bk\u{fc}a_x book_a"),
        ] {
            assert_eq!(shown(message, &[], &[]), expected);
        }
    }
}

//! Commands whose options are built when they are needed.

use clap::{ArgMatches, Args, Command, Error, FromArgMatches, Subcommand, builder::Resettable};

/// A command whose options, and the commands below it, are built when it is given or its help is shown.
/// Building all of them takes longer than to print the help of the program.
#[derive(Clone, Debug)]
pub(crate) struct Deferred<C>(pub(crate) C);

/// `augment` also takes over what a struct says of itself, and so do all that are flattened into it:
/// what the command is about is what its variant says.
fn augmented(command: Command, augment: fn(Command) -> Command) -> Command {
    let about = Resettable::from(command.get_about().cloned());
    let long_about = Resettable::from(command.get_long_about().cloned());
    with_short_help(augment(command).about(about).long_about(long_about))
}

/// `-h` has the examples, the first paragraph, and `--help` also what is said after them.
fn with_short_help(command: Command) -> Command {
    let command = command.mut_subcommands(with_short_help);
    let all = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    match all.split_once("\n\n") {
        Some((examples, _)) => command.after_help(examples.to_owned()).after_long_help(all),
        None => command,
    }
}

impl<C: FromArgMatches> FromArgMatches for Deferred<C> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        C::from_arg_matches(matches).map(Self)
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, Error> {
        C::from_arg_matches_mut(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}

impl<C: Args> Args for Deferred<C> {
    fn augment_args(command: Command) -> Command {
        command.defer(|command| augmented(command, C::augment_args))
    }

    fn augment_args_for_update(command: Command) -> Command {
        command.defer(|command| augmented(command, C::augment_args_for_update))
    }
}

impl<C: Subcommand> Subcommand for Deferred<C> {
    fn augment_subcommands(command: Command) -> Command {
        command.defer(|command| augmented(command, C::augment_subcommands))
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        command.defer(|command| augmented(command, C::augment_subcommands_for_update))
    }

    fn has_subcommand(name: &str) -> bool {
        C::has_subcommand(name)
    }
}

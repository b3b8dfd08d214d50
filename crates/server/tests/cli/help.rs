//! Help, completions and the manual page, of every command.

use crate::harness::{run, stdout};

/// The commands below one, as its help lists them.
fn commands_below(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    let names = listed.map(|line| line.split_whitespace().next().unwrap().to_owned());
    names.filter(|name| name != "help").collect()
}

/// Checks the help of a command, and of those below it.
fn check(command: &[&str]) {
    let [short, long] = ["-h", "--help"].map(|flag| {
        let output = run(&[command, &[flag]].concat());
        assert_eq!(output.status.code(), Some(0), "{command:?}");
        stdout(&output)
    });
    for line in short.lines().chain(long.lines()) {
        assert!(line.chars().count() <= 80, "{command:?}: {line}");
    }
    assert!(short.lines().count() <= 24, "{short}");
    let without_ends: Vec<&str> = long.lines().map(str::trim_end).collect();
    let both = format!("{short}\n--help\n\n{}", without_ends.join("\n"));
    insta::assert_snapshot!(format!("help-{}", command.join("-")), both);
    for name in commands_below(&long) {
        check(&[command, &[&name]].concat());
    }
}

#[test]
fn help_fits_a_screen_and_80_columns() {
    check(&[]);
}

#[test]
fn every_command_is_in_the_completions_and_in_the_manual() {
    let commands = commands_below(&stdout(&run(&["--help"])));
    for (arguments, named) in [
        (&["completions", "bash"][..], "registries__subcmd__server__subcmd__"),
        (&["completions", "fish"], "-a \""),
        (&["man"], "registries\\-server\\-"),
    ] {
        let output = run(arguments);
        let text = stdout(&output);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        for command in &commands {
            assert!(text.contains(&format!("{named}{command}")), "{arguments:?}: {command}");
        }
    }
    let version = run(&["--version"]);
    assert_eq!(stdout(&version), concat!("registries-server ", env!("CARGO_PKG_VERSION"), "\n"));
}

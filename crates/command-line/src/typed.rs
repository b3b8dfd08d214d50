//! A line that is typed at a terminal. Signals that end a program end the question instead.

use std::{io, sync::mpsc, thread};

use crate::print_aside;

/// What became of a question.
#[derive(Debug)]
pub enum Typed {
    /// The line, with its end; nothing at the end of the input.
    Line(String),
    /// Ctrl-C, or another signal that ends programs, came first.
    Interrupted,
}

/// Prints a prompt on standard error, and reads a line of standard input. After it, signals end the program
/// as they did before.
///
/// # Errors
///
/// When standard input cannot be read, or signals cannot be received.
pub fn typed_line(prompt: &str) -> io::Result<Typed> {
    let (sender, typed) = mpsc::channel();
    let received = signals::Received::new(sender.clone())?;
    // A signal may follow as soon as it is seen.
    print_aside(prompt);
    // A read does not end before a line does, so that nothing waits for this thread.
    thread::spawn(move || {
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line).map(|_| Typed::Line(line));
        let _ = sender.send(read);
    });
    let typed = typed.recv().map_err(io::Error::other)?;
    drop(received);
    typed
}

/// Leaves Ctrl-C to the program, which listens for it itself from here on.
pub fn leave_interrupts() {
    signals::leave_interrupts();
}

#[cfg(unix)]
mod signals {
    use std::{
        io,
        sync::{
            Arc, LazyLock,
            atomic::{AtomicBool, Ordering},
            mpsc::Sender,
        },
        thread,
    };

    use signal_hook::{
        consts::{SIGHUP, SIGINT, SIGTERM},
        flag,
        iterator::{Handle, Signals},
    };

    use super::Typed;

    /// The signals, and whether each ends the program. One that was listened for once does nothing by
    /// itself.
    static ENDING: LazyLock<[(i32, Arc<AtomicBool>); 3]> =
        LazyLock::new(|| [SIGINT, SIGTERM, SIGHUP].map(|signal| (signal, Arc::default())));

    /// Signals that are received and do not end the program, until this is dropped.
    pub(super) struct Received(Handle);

    impl Received {
        pub(super) fn new(sender: Sender<io::Result<Typed>>) -> io::Result<Self> {
            let mut signals = Signals::new(ENDING.iter().map(|(signal, _)| signal))?;
            for (signal, is_ending) in &*ENDING {
                is_ending.store(false, Ordering::SeqCst);
                flag::register_conditional_default(*signal, Arc::clone(is_ending))?;
            }
            let handle = signals.handle();
            thread::spawn(move || {
                if signals.forever().next().is_some() {
                    let _ = sender.send(Ok(Typed::Interrupted));
                }
            });
            Ok(Self(handle))
        }
    }

    impl Drop for Received {
        fn drop(&mut self) {
            // In this order no signal is lost in between.
            ENDING.iter().for_each(|(_, is_ending)| is_ending.store(true, Ordering::SeqCst));
            self.0.close();
        }
    }

    pub(super) fn leave_interrupts() {
        let interrupt = ENDING.iter().filter(|(signal, _)| *signal == SIGINT);
        interrupt.for_each(|(_, is_ending)| is_ending.store(false, Ordering::SeqCst));
    }
}

#[cfg(not(unix))]
mod signals {
    use std::{io, sync::mpsc::Sender};

    use super::Typed;

    /// Nothing: Ctrl-C ends the program.
    pub(super) struct Received;

    impl Received {
        #[expect(clippy::unnecessary_wraps, reason = "elsewhere it may fail")]
        pub(super) fn new(_: Sender<io::Result<Typed>>) -> io::Result<Self> {
            Ok(Self)
        }
    }

    pub(super) fn leave_interrupts() {}
}

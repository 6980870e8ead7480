//! [`Watchdog`]: ends a test process that hangs, with the name of the test that did.

use std::io::{Write, stderr};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

/// How long any wait of a test may take; far more than any needs, so that a loaded machine is no failure.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Stops its alarm when it is dropped; made by [`watchdog`].
#[derive(Debug)]
#[must_use = "the watchdog is called off when this is dropped"]
pub struct Watchdog {
    _called_off_on_drop: Sender<()>,
}

/// Aborts this process, with a message that names the calling test, unless the guard is dropped within `limit`.
///
/// A test that hangs holds up everything behind it and says nothing; one that aborts names itself.
/// Children that the test started die with it (see [`Child`](crate::Child)).
///
/// # Panics
///
/// If no thread can be started.
///
/// # Examples
///
/// ```
/// let _watchdog = multiproc_testkit::watchdog(multiproc_testkit::PATIENCE);
/// // … everything that could hang …
/// ```
pub fn watchdog(limit: Duration) -> Watchdog {
    let (sender, receiver) = channel::<()>();
    let test = thread::current()
        .name()
        .unwrap_or("a thread without a name")
        .to_owned();
    thread::Builder::new()
        .name("watchdog".to_owned())
        .spawn(move || {
            if receiver.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                // Not `eprintln!`: the harness holds that back until the test ends, and this one does not.
                let _ = writeln!(
                    stderr(),
                    "watchdog: `{test}` still runs after {limit:?}; aborting"
                );
                std::process::abort();
            }
        })
        .expect("a thread for the watchdog");
    Watchdog {
        _called_off_on_drop: sender,
    }
}

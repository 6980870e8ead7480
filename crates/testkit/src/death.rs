//! [`die`]: the end that no destructor, hook or handler sees.

use rustix::process::{Signal, getpid, kill_process};

/// Kills this process with SIGKILL, here and now.
///
/// # Panics
///
/// If the kernel refuses, which it does only for process 1 of a pid namespace.
pub fn die() -> ! {
    let refused = kill_process(getpid(), Signal::KILL);
    panic!("SIGKILL to this process: {refused:?}");
}

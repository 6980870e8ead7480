//! How a process that was started as a worker becomes one, before or at the beginning of its main function.
#![expect(
    unsafe_code,
    reason = "the environment, signals and a sudden end, while a process becomes a worker"
)]

use std::env;
use std::ffi::c_int;
use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process;
use std::thread;

use crate::worker;

/// Set for a process that is to be a worker; its standard input is then the socket to its parent.
pub(crate) const VARIABLE: &str = "MULTIPROC_WORKER";
/// The variable's value, so that a program with two versions of this crate obeys the right one.
pub(crate) const VALUE: &str = env!("CARGO_PKG_VERSION");

/// What a main thread has by default, so that a task has as much stack in a worker as in `main`.
const STACK_LEN: usize = 8 << 20;

/// Turns this process into a worker if it was started as one; then this never returns.
///
/// Only programs without the feature `auto-init` need it, as the first line of `main`: what stands before it
/// runs again in each worker.
///
/// # Examples
///
/// ```
/// multiproc_pool::init();
/// // Here is only the process that the user started.
/// ```
#[doc(alias = "freeze_support")]
pub fn init() {
    if let Some(socket) = take_socket() {
        become_worker(socket);
    }
}

/// Tells whether this process was meant to be a worker and has not become one.
pub(crate) fn is_uninitialised_worker() -> bool {
    env::var_os(VARIABLE).is_some()
}

/// Returns the socket to the parent if this process is to be a worker, and takes away the signs of it, so that
/// its own children see none.
pub(crate) fn take_socket() -> Option<UnixStream> {
    if env::var_os(VARIABLE)? != VALUE {
        return None;
    }
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned().ok()?);
    // Fails for everything that is not a connected Unix socket.
    socket.peer_addr().ok()?;
    let null = File::open("/dev/null").and_then(|null| Ok(rustix::stdio::dup2_stdin(null)?));
    if let Err(error) = null {
        eprintln!("a worker needs /dev/null as its standard input: {error}");
        process::exit(1);
    }
    // SAFETY: `remove_var` requires that no other thread reads or writes the environment. The hook runs
    // before there are threads; `init` is documented as the first line of `main`.
    unsafe { env::remove_var(VARIABLE) };
    Some(socket)
}

/// Serves the parent on a thread of its own: std promises nothing to code that runs before `main`, but all to a
/// thread that it started.
pub(crate) fn become_worker(socket: UnixStream) -> ! {
    prepare_signals();
    let serving = thread::Builder::new()
        .name("worker".to_owned())
        .stack_size(STACK_LEN)
        .spawn(move || worker::serve(socket));
    match serving.map(thread::JoinHandle::join) {
        Ok(_) => process::exit(1),
        Err(error) => {
            eprintln!("a worker could not start its thread: {error}");
            process::exit(1)
        }
    }
}

/// Sets what std sets before `main`, and leaves Ctrl-C to the parent, which gets it too and decides for all.
fn prepare_signals() {
    extern "C" fn ignore(_: c_int) {}
    // SAFETY: `signal` requires a valid signal number and handler; ignoring SIGPIPE is what std does itself.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    // A handler and not SIG_IGN, which the programs that a task starts would inherit; glibc's `signal` restarts
    // interrupted system calls.
    let handler: extern "C" fn(c_int) = ignore;
    // SAFETY: `signal` requires a valid signal number and a handler of this type that only does what is safe in
    // a signal: it does nothing.
    unsafe { libc::signal(libc::SIGINT, handler as libc::sighandler_t) };
}

/// Ends this process at once, whatever its other threads are doing.
pub(crate) fn exit_now(code: c_int) -> ! {
    // SAFETY: `_exit` has no preconditions.
    unsafe { libc::_exit(code) }
}

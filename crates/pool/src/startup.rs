//! How a process that was started as a worker becomes one, before or at the beginning of its main function.
#![expect(
    unsafe_code,
    reason = "runs before main, among the C library's own initialisers"
)]

use std::env;
use std::ffi::{c_char, c_int};
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

type Initialiser = extern "C" fn(c_int, *const *const c_char, *const *const c_char);

/// Makes the loader call [`hook`] before `main`.
#[cfg(feature = "auto-init")]
#[used]
// SAFETY: `.init_array` holds pointers to functions of this type, which the loader calls once.
#[unsafe(link_section = ".init_array")]
static HOOK: Initialiser = hook;

#[cfg_attr(
    not(feature = "auto-init"),
    expect(dead_code, reason = "only auto-init hooks it in")
)]
extern "C" fn hook(argc: c_int, argv: *const *const c_char, envp: *const *const c_char) {
    if let Some(socket) = take_socket() {
        // C libraries that are linked in statically may have initialisers behind this one, which the
        // tasks count on.
        for initialiser in initialisers_behind(hook) {
            initialiser(argc, argv, envp);
        }
        become_worker(socket);
    }
}

/// Returns the socket to the parent if this process is to be a worker, and takes away the signs of it, so that
/// its own children see none.
fn take_socket() -> Option<UnixStream> {
    if env::var_os(VARIABLE)? != VALUE {
        return None;
    }
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned().ok()?);
    // Fails for everything that is not a connected Unix socket.
    socket.peer_addr().ok()?;
    if let Err(error) = File::open("/dev/null").map(rustix::stdio::dup2_stdin) {
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
fn become_worker(socket: UnixStream) -> ! {
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

/// Returns the executable's initialisers that the loader would call after `own`.
///
/// They are found as the loader finds them, through the program headers. Linker symbols such as
/// `__init_array_start` would be shorter, but a shared library that names them does not load.
fn initialisers_behind(own: Initialiser) -> &'static [Initialiser] {
    let array = executable_initialisers().unwrap_or(&[]);
    let position = array
        .iter()
        .position(|&entry| std::ptr::fn_addr_eq(entry, own));
    position.map_or(&[], |position| &array[position + 1..])
}

fn executable_initialisers() -> Option<&'static [Initialiser]> {
    const DT_NULL: u64 = 0;
    const DT_INIT_ARRAY: u64 = 25;
    const DT_INIT_ARRAYSZ: u64 = 27;

    // SAFETY: `getauxval` has no preconditions.
    let headers_at = unsafe { libc::getauxval(libc::AT_PHDR) } as usize;
    // SAFETY: as above.
    let n_headers = unsafe { libc::getauxval(libc::AT_PHNUM) } as usize;
    if headers_at == 0 {
        return None;
    }
    let headers_start = std::ptr::with_exposed_provenance::<libc::Elf64_Phdr>(headers_at);
    // SAFETY: `from_raw_parts` requires `n_headers` aligned, initialised headers that nobody writes and that live
    // as long as the process: the kernel says with these two values that the executable's own are there.
    let headers = unsafe { std::slice::from_raw_parts(headers_start, n_headers) };
    let find = |kind| headers.iter().find(|header| header.p_type == kind);
    // The executable is loaded at the address that its headers name plus this.
    let base = headers_at.wrapping_sub(find(libc::PT_PHDR)?.p_vaddr as usize);

    let dynamic = find(libc::PT_DYNAMIC)?;
    let dynamic_at = base.wrapping_add(dynamic.p_vaddr as usize);
    let entries_start = std::ptr::with_exposed_provenance::<[u64; 2]>(dynamic_at);
    // SAFETY: as above; the header names a loaded segment of pairs of numbers, which the loader wrote before any
    // initialiser runs.
    let entries =
        unsafe { std::slice::from_raw_parts(entries_start, dynamic.p_memsz as usize / 16) };
    let value = |tag| {
        let mut known = entries.iter().take_while(|[tag, _]| *tag != DT_NULL);
        known
            .find(|entry| entry[0] == tag)
            .map(|entry| entry[1] as usize)
    };
    let start = base.wrapping_add(value(DT_INIT_ARRAY)?);
    let len = value(DT_INIT_ARRAYSZ)? / size_of::<Initialiser>();
    let array_start = std::ptr::with_exposed_provenance::<Initialiser>(start);
    // SAFETY: as above; the loader calls these very functions, so that they are non-null and relocated.
    Some(unsafe { std::slice::from_raw_parts(array_start, len) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "auto-init")]
    #[test]
    fn the_hook_is_among_the_executables_initialisers() {
        let array = executable_initialisers().expect("a dynamic executable");
        let own: Initialiser = hook;
        assert!(array.iter().any(|&entry| std::ptr::fn_addr_eq(entry, own)));
        assert!(initialisers_behind(own).len() < array.len());
    }
}

//! Processes apart: roles that a machine may not permit, forks, and namespaces by raw system calls.
#![expect(unsafe_code, reason = "fork, unshare and mount have no safe form")]

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::ptr;

use multiproc_testkit::{Child, PATIENCE, skip, watchdog};

/// Runs `role` in a process of its own; false if it says that this machine does not permit it.
pub(crate) fn runs(role: &str, args: &[&str]) -> bool {
    let _watchdog = watchdog(PATIENCE);
    let mut child = Child::spawn(role, args);
    let answer = child.read_line();
    let status = child.wait();
    assert_eq!(status.signal(), None, "the process died of a signal");
    assert!(status.success());
    match answer.as_deref() {
        Some("done") => true,
        Some(forbidden) => {
            skip(forbidden);
            false
        }
        None => panic!("`{role}` ended without a word"),
    }
}

/// Runs `body` in a forked child of this process, which must be a role.
pub(crate) fn fork(body: impl FnOnce()) {
    // SAFETY: `fork` asks that the child of a threaded process does only what is safe in a signal
    // handler until it ends; the role's other threads wait in system calls, so that they hold no
    // lock that the child could need, not the allocator's either.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0, "{}", io::Error::last_os_error());
    if pid == 0 {
        body();
        // SAFETY: `_exit` has no obligations; it does not return to the test harness.
        unsafe { libc::_exit(0) };
    }
    let mut status = 0;
    // SAFETY: `waitpid` requires a valid place for the status.
    let waited = unsafe { libc::waitpid(pid, &raw mut status, 0) };
    assert_eq!((waited, status), (pid, 0), "the forked child failed");
}

/// Puts the children that this process starts from now on into a new pid namespace.
pub(crate) fn unshare_pids_of_children() -> io::Result<()> {
    // SAFETY: `unshare` takes no pointers.
    check(unsafe { libc::unshare(libc::CLONE_NEWPID) })
}

/// Gives this thread a `/dev/shm` of its own, 8 MiB large.
pub(crate) fn mount_small_shm() -> io::Result<()> {
    // SAFETY: `unshare` takes no pointers.
    check(unsafe { libc::unshare(libc::CLONE_NEWNS) })?;
    let (none, private) = (ptr::null(), libc::MS_REC | libc::MS_PRIVATE);
    // SAFETY: `mount` requires C strings, or null for what is not used: a literal, and nulls.
    check(unsafe { libc::mount(none, c"/".as_ptr(), none, private, none.cast()) })?;
    let (tmpfs, shm, size) = (c"tmpfs".as_ptr(), c"/dev/shm".as_ptr(), c"size=8m".as_ptr());
    // SAFETY: as above; the last is a C string, as tmpfs takes it.
    check(unsafe { libc::mount(tmpfs, shm, tmpfs, 0, size.cast()) })
}

fn check(result: i32) -> io::Result<()> {
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

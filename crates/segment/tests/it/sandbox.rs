//! Processes apart: roles that a machine may not permit, forks, and namespaces by raw system calls.
#![expect(unsafe_code, reason = "fork, unshare and mount have no safe form")]

use std::ffi::{CString, OsStr};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::ptr;

use multiproc_testkit::{Child, PATIENCE, skip, watchdog};

/// Runs `role` in a process of its own; false if it says that this machine does not permit it.
pub(crate) fn runs(role: &str, args: &[&str]) -> bool {
    figures(role, args).is_some()
}

/// As [`runs`], with the numbers that the role says after `done`.
pub(crate) fn figures(role: &str, args: &[&str]) -> Option<Vec<u64>> {
    let _watchdog = watchdog(5 * PATIENCE);
    let mut child = Child::spawn(role, args);
    let answer = child.read_line();
    let status = child.wait();
    assert_eq!(status.signal(), None, "the process died of a signal");
    assert!(status.success());
    let answer = answer.unwrap_or_else(|| panic!("`{role}` ended without a word"));
    match answer.strip_prefix("done") {
        Some(figures) => Some(
            figures
                .split_whitespace()
                .map(|figure| figure.parse().unwrap())
                .collect(),
        ),
        None => {
            skip(answer);
            None
        }
    }
}

/// Lets this process live on when it writes beyond the limit to file sizes.
pub(crate) fn ignore_sigxfsz() {
    // SAFETY: SIG_IGN is no function, and so none that could do what a handler may not.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
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

/// Starts a forked child of this process, which must be a role, that runs `body` and dies with it.
pub(crate) fn start(body: impl FnOnce()) -> i32 {
    // SAFETY: as in `fork`.
    let pid = unsafe { libc::fork() };
    assert!(pid >= 0, "{}", io::Error::last_os_error());
    if pid == 0 {
        // SAFETY: PR_SET_PDEATHSIG takes numbers only.
        unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
        // SAFETY: as in `fork`.
        unsafe { libc::_exit(1) };
    }
    pid
}

/// Kills what [`start`] started.
pub(crate) fn kill(pid: i32) {
    // SAFETY: `kill` takes numbers only; the child was not waited for, so that the number is its own.
    unsafe { libc::kill(pid, libc::SIGKILL) };
}

/// Waits for the end of what was [killed](kill).
pub(crate) fn reap(pid: i32) {
    let mut status = 0;
    // SAFETY: as in `fork`.
    let waited = unsafe { libc::waitpid(pid, &raw mut status, 0) };
    assert_eq!(waited, pid);
}

/// Puts the children that this process starts from now on into a new pid namespace.
pub(crate) fn unshare_pids_of_children() -> io::Result<()> {
    // SAFETY: `unshare` takes no pointers.
    check(unsafe { libc::unshare(libc::CLONE_NEWPID) })
}

/// Gives this thread, and what it starts, mounts of their own.
pub(crate) fn private_mounts() -> io::Result<()> {
    // SAFETY: `unshare` takes no pointers.
    check(unsafe { libc::unshare(libc::CLONE_NEWNS) })?;
    let (none, private) = (ptr::null(), libc::MS_REC | libc::MS_PRIVATE);
    // SAFETY: `mount` requires C strings, or null for what is not used: a literal, and nulls.
    check(unsafe { libc::mount(none, c"/".as_ptr(), none, private, none.cast()) })
}

/// Mounts a new ext4 file system in the file `image` at the directory `at`.
pub(crate) fn mount(image: &Path, at: &Path) -> Result<(), String> {
    let run = |program: &str, args: &[&OsStr]| match Command::new(program).args(args).output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        Err(error) => Err(format!("{program}: {error}")),
    };
    run("mkfs.ext4", &["-q".as_ref(), image.as_os_str()])?;
    let options = ["-o".as_ref(), "loop".as_ref()];
    run(
        "mount",
        &[options[0], options[1], image.as_os_str(), at.as_os_str()],
    )
}

/// Mounts at the directory `at` a FUSE that nobody serves. Its user is another than this process's,
/// so that the kernel itself answers what may be asked of it.
pub(crate) fn mount_fuse(at: &Path) -> io::Result<()> {
    let device = File::options().read(true).write(true).open("/dev/fuse")?;
    let options = format!(
        "fd={},rootmode=40000,user_id=65534,group_id=65534",
        device.as_raw_fd()
    );
    let (at, options) = (
        CString::new(at.as_os_str().as_bytes())?,
        CString::new(options)?,
    );
    let (source, kind, data) = (c"none".as_ptr(), c"fuse".as_ptr(), options.as_ptr());
    // SAFETY: as in `private_mounts`; the last is a C string, as FUSE takes it.
    check(unsafe { libc::mount(source, at.as_ptr(), kind, 0, data.cast()) })?;
    // Were it closed, the file system would be gone.
    std::mem::forget(device);
    Ok(())
}

/// Gives this thread a `/dev/shm` of its own, 8 MiB large.
pub(crate) fn mount_small_shm() -> io::Result<()> {
    private_mounts()?;
    let (tmpfs, shm, size) = (c"tmpfs".as_ptr(), c"/dev/shm".as_ptr(), c"size=8m".as_ptr());
    // SAFETY: as in `private_mounts`; the last is a C string, as tmpfs takes it.
    check(unsafe { libc::mount(tmpfs, shm, tmpfs, 0, size.cast()) })
}

fn check(result: i32) -> io::Result<()> {
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

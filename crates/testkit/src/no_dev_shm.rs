//! [`without_dev_shm`]: programs on a machine that has no `/dev/shm`.
#![expect(
    unsafe_code,
    reason = "unshare, mount, mknod and what is done between fork and exec have no safe form"
)]

use std::ffi::CStr;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::ptr;

/// Devices that programs expect, with their numbers.
const DEVICES: [(&CStr, u32, u32); 5] = [
    (c"/dev/null", 1, 3),
    (c"/dev/zero", 1, 5),
    (c"/dev/full", 1, 7),
    (c"/dev/random", 1, 8),
    (c"/dev/urandom", 1, 9),
];

/// Lets the process of `command`, and all that it starts, have a `/dev` without `shm` in it, in mounts
/// of their own.
///
/// Starting the command fails where that is not permitted.
pub fn without_dev_shm(command: &mut Command) {
    // SAFETY: `pre_exec` asks for what a signal handler may do as well: `bare_dev` makes system calls
    // only.
    unsafe { command.pre_exec(bare_dev) };
}

fn bare_dev() -> io::Result<()> {
    // SAFETY: `unshare` takes no pointers.
    check(unsafe { libc::unshare(libc::CLONE_NEWNS) })?;
    let (none, private) = (ptr::null(), libc::MS_REC | libc::MS_PRIVATE);
    // SAFETY: `mount` requires C strings, or null for what is not used: a literal, and nulls.
    check(unsafe { libc::mount(none, c"/".as_ptr(), none, private, none.cast()) })?;
    let (tmpfs, dev, mode) = (c"tmpfs".as_ptr(), c"/dev".as_ptr(), c"mode=0755".as_ptr());
    // SAFETY: as above; the last is a C string, as tmpfs takes it.
    check(unsafe { libc::mount(tmpfs, dev, tmpfs, 0, mode.cast()) })?;
    for (path, major, minor) in DEVICES {
        let device = libc::makedev(major, minor);
        // SAFETY: `mknod` requires a C string: a literal.
        check(unsafe { libc::mknod(path.as_ptr(), libc::S_IFCHR | 0o666, device) })?;
    }
    Ok(())
}

fn check(result: i32) -> io::Result<()> {
    if result == -1 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

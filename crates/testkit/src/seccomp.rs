//! [`with_linux_4_18`]: programs under a filter that hides what younger kernels have.
#![expect(
    unsafe_code,
    reason = "prctl(PR_SET_SECCOMP) and what is done between fork and exec have no safe form"
)]

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// How a system call that Linux 4.18 does not have is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// As that kernel does: `ENOSYS` for a call, `EINVAL` for an option.
    AsUnknown,
    /// As sandboxes do that were written for that kernel: `EPERM`.
    Forbidden,
}

/// Lets the process of `command`, and all that it starts, have no system call and no option that came
/// after Linux 4.18.
///
/// Hidden are all calls from number 424 on (`pidfd_open`, `close_range`, `openat2`, `futex_waitv` and
/// so on), the advice of `madvise` from `MADV_COLD` on (`MADV_POPULATE_WRITE`), `MFD_NOEXEC_SEAL` and
/// `MFD_EXEC` of `memfd_create`, and `F_SEAL_FUTURE_WRITE` and `F_SEAL_EXEC`. `clone3` is always
/// unknown, as the C library starts no thread where it is forbidden.
///
/// # Examples
///
/// ```
/// use multiproc_testkit::seccomp::{Answer, with_linux_4_18};
/// use std::process::Command;
///
/// let mut command = Command::new("true");
/// with_linux_4_18(&mut command, Answer::AsUnknown);
/// assert!(command.status()?.success());
/// # Ok::<(), std::io::Error>(())
/// ```
pub fn with_linux_4_18(command: &mut Command, answer: Answer) {
    let mut program = program(answer);
    let install = move || {
        let filter = libc::sock_fprog {
            len: program.len() as u16,
            filter: program.as_mut_ptr(),
        };
        // SAFETY: PR_SET_NO_NEW_PRIVS takes numbers only.
        check(unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) })?;
        // SAFETY: PR_SET_SECCOMP reads a `sock_fprog` and the instructions that it points to, both
        // of which live until it returns.
        check(unsafe {
            libc::prctl(
                libc::PR_SET_SECCOMP,
                libc::SECCOMP_MODE_FILTER,
                &raw const filter,
            )
        })
    };
    // SAFETY: `pre_exec` asks for what a signal handler may do as well: two system calls, and the
    // `errno` of a failure.
    unsafe { command.pre_exec(install) };
}

/// The first call whose number is the same on all machines, and younger than Linux 4.18.
const FIRST_NEW: u32 = 424;
const MADV_COLD: u32 = 20;
const MFD_NEW: u32 = 0x8 | 0x10;
const F_SEALS_NEW: u32 = 0x10 | 0x20;

/// Offsets in the `seccomp_data` that a filter sees; of an argument, its lower half.
const NUMBER: u32 = 0;
const ARGUMENT: [u32; 3] = [16, 24, 32];

fn program(answer: Answer) -> Vec<libc::sock_filter> {
    let (unknown, invalid) = match answer {
        Answer::AsUnknown => (libc::ENOSYS, libc::EINVAL),
        Answer::Forbidden => (libc::EPERM, libc::EPERM),
    };
    let mut program = vec![load(NUMBER)];
    // Each test jumps over what follows it unless it is met, and leaves the number loaded.
    program.extend([
        jump(libc::BPF_JEQ, libc::SYS_clone3 as u32, 0, 1),
        fail(libc::ENOSYS),
        jump(libc::BPF_JGE, FIRST_NEW, 0, 1),
        fail(unknown),
        jump(libc::BPF_JEQ, libc::SYS_madvise as u32, 0, 3),
        load(ARGUMENT[2]),
        jump(libc::BPF_JGE, MADV_COLD, 0, 1),
        fail(invalid),
        load(NUMBER),
        jump(libc::BPF_JEQ, libc::SYS_memfd_create as u32, 0, 3),
        load(ARGUMENT[1]),
        jump(libc::BPF_JSET, MFD_NEW, 0, 1),
        fail(invalid),
        load(NUMBER),
        jump(libc::BPF_JEQ, libc::SYS_fcntl as u32, 0, 5),
        load(ARGUMENT[1]),
        jump(libc::BPF_JEQ, libc::F_ADD_SEALS as u32, 0, 3),
        load(ARGUMENT[2]),
        jump(libc::BPF_JSET, F_SEALS_NEW, 0, 1),
        fail(invalid),
        instruction(libc::BPF_RET | libc::BPF_K, libc::SECCOMP_RET_ALLOW),
    ]);
    program
}

fn load(offset: u32) -> libc::sock_filter {
    instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, offset)
}

fn fail(errno: i32) -> libc::sock_filter {
    let answer = libc::SECCOMP_RET_ERRNO | errno.unsigned_abs();
    instruction(libc::BPF_RET | libc::BPF_K, answer)
}

fn jump(test: u32, operand: u32, if_met: u8, if_not: u8) -> libc::sock_filter {
    libc::sock_filter {
        jt: if_met,
        jf: if_not,
        ..instruction(libc::BPF_JMP | test | libc::BPF_K, operand)
    }
}

fn instruction(code: u32, k: u32) -> libc::sock_filter {
    libc::sock_filter {
        code: code as u16,
        jt: 0,
        jf: 0,
        k,
    }
}

fn check(result: i32) -> io::Result<()> {
    if result == -1 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

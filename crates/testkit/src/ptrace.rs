//! The system calls of single-stepping, one function each.
#![expect(
    unsafe_code,
    reason = "ptrace, waitpid with __WALL and raise have no safe form"
)]

use std::io;

/// What a traced thread did last, from `waitpid`'s status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// It stopped before this signal is delivered to it; SIGTRAP after a step.
    Stopped(i32),
    /// It stopped with its whole process, and no signal is on its way.
    Paused,
    /// It ended.
    Ended,
}

/// Starts to trace thread `tid`; it is killed when the calling thread ends.
pub(crate) fn seize(tid: i32) -> io::Result<()> {
    // SAFETY: PTRACE_SEIZE reads its arguments by value and writes to no memory of this process.
    let result = unsafe { libc::ptrace(libc::PTRACE_SEIZE, tid, 0_usize, libc::PTRACE_O_EXITKILL) };
    check(result)
}

/// Lets `tid`, which is stopped, run one instruction, delivering `signal` to it first unless that is 0.
pub(crate) fn single_step(tid: i32, signal: i32) -> io::Result<()> {
    // SAFETY: PTRACE_SINGLESTEP reads its arguments by value and writes to no memory of this process.
    let result = unsafe { libc::ptrace(libc::PTRACE_SINGLESTEP, tid, 0_usize, signal) };
    check(result)
}

/// Lets `tid`, which is stopped, run to the beginning or the end of its next system call, delivering
/// `signal` to it first unless that is 0.
pub(crate) fn to_system_call(tid: i32, signal: i32) -> io::Result<()> {
    // SAFETY: PTRACE_SYSCALL reads its arguments by value and writes to no memory of this process.
    let result = unsafe { libc::ptrace(libc::PTRACE_SYSCALL, tid, 0_usize, signal) };
    check(result)
}

/// Stops tracing `tid`, which is stopped, and lets it run.
pub(crate) fn detach(tid: i32) -> io::Result<()> {
    // SAFETY: PTRACE_DETACH reads its arguments by value and writes to no memory of this process.
    let result = unsafe { libc::ptrace(libc::PTRACE_DETACH, tid, 0_usize, 0_usize) };
    check(result)
}

/// Waits for what `tid` does next, and reaps it if it ended.
pub(crate) fn wait(tid: i32) -> io::Result<Event> {
    let mut status = 0;
    // SAFETY: `status` is a valid place for one `int`, for the time of the call.
    let result = unsafe { libc::waitpid(tid, &raw mut status, libc::__WALL) };
    check(result.into())?;
    if !libc::WIFSTOPPED(status) {
        return Ok(Event::Ended);
    }
    if status >> 16 == libc::PTRACE_EVENT_STOP {
        return Ok(Event::Paused);
    }
    Ok(Event::Stopped(libc::WSTOPSIG(status)))
}

/// Stops the calling thread, for whoever traces it to see.
pub(crate) fn stop_self() {
    // SAFETY: `raise` takes any signal number; SIGSTOP has no handler to run.
    unsafe { libc::raise(libc::SIGSTOP) };
}

fn check(result: libc::c_long) -> io::Result<()> {
    if result == -1 {
        Err(io::Error::last_os_error())
    } else {
        Ok(())
    }
}

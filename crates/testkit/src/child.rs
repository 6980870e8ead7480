//! [`Child`]: a test that runs one of its functions in a process of its own, to be killed for real.
//!
//! The child is this very test binary, started again (`/proc/self/exe`) to run a single test, the
//! *role*, which tells by [`args`] that it is meant. Parent and child exchange lines over a socket that is
//! the child's standard input, so that what the child prints stays out of their talk. The child's
//! standard output goes nowhere, as the test harness writes there; its standard error is the parent's.
//!
//! No child outlives its test: dropping a [`Child`] kills and reaps it, and a child whose parent
//! was itself killed sees the end of the socket and goes.

use std::fmt::Display;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::process::{self, Command, ExitStatus, Stdio};
use std::thread;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, getpid, kill_process};

const ROLE: &str = "MULTIPROC_TESTKIT_ROLE";
const ARGS: &str = "MULTIPROC_TESTKIT_ARGS";
/// ASCII's unit separator: in no path and no number.
const SEPARATOR: &str = "\u{1f}";
const READY: &str = "ready";

/// A child process that plays a role; killed and reaped on drop.
#[derive(Debug)]
pub struct Child {
    role: String,
    process: process::Child,
    lines: BufReader<UnixStream>,
}

impl Child {
    /// Starts this test binary again to run only the test `role`, and waits until it has asked for its [`args`].
    ///
    /// `role` is the test's path as the harness prints it, such as `mutex::holding_role`.
    ///
    /// # Panics
    ///
    /// If there is no such test, or it does not call [`args`] with the same name.
    #[track_caller]
    pub fn spawn(role: &str, args: &[&str]) -> Child {
        Child::spawn_with(role, args, |_| {})
    }

    /// Like [`spawn`](Child::spawn), with a last word on the command: environment, standard output, limits.
    ///
    /// # Panics
    ///
    /// As [`spawn`](Child::spawn) does.
    #[track_caller]
    pub fn spawn_with(role: &str, args: &[&str], prepare: impl FnOnce(&mut Command)) -> Child {
        assert!(
            args.iter().all(|arg| !arg.contains(SEPARATOR)),
            "an argument holds the separator"
        );
        let (own, childs) = UnixStream::pair().expect("a socket pair");
        let mut command = Command::new("/proc/self/exe");
        command
            .args(["--exact", role, "--nocapture", "--test-threads=1"])
            .env(ROLE, role)
            .env(ARGS, args.join(SEPARATOR))
            .stdin(Stdio::from(OwnedFd::from(childs)))
            .stdout(Stdio::null());
        prepare(&mut command);
        let process = command.spawn().expect("this test binary, started again");
        // The command holds the child's end of the socket, whose closing is how the child's death shows.
        drop(command);
        let mut child = Child {
            role: role.to_owned(),
            process,
            lines: BufReader::new(own),
        };
        let first = child.read_line();
        assert!(
            first.as_deref() == Some(READY),
            "no test `{role}` that begins with `child::args(\"{role}\")`"
        );
        child
    }

    /// The child's process id.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The child's process as std has it, for its pipes.
    pub fn process(&mut self) -> &mut process::Child {
        &mut self.process
    }

    /// Sends `line` to the child, which gets it from [`read_line`].
    ///
    /// # Panics
    ///
    /// If the child is gone.
    #[track_caller]
    pub fn say(&mut self, line: impl Display) {
        let sent = self
            .lines
            .get_mut()
            .write_all(format!("{line}\n").as_bytes());
        assert!(
            sent.is_ok(),
            "`{}` is gone, it cannot be told `{line}`",
            self.role
        );
    }

    /// Waits for the child's next [`say`]; `None` if it ended, or died, without another word.
    ///
    /// # Panics
    ///
    /// If the line is not UTF-8.
    pub fn read_line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.lines.read_line(&mut line) {
            Ok(_) => line.strip_suffix('\n').map(str::to_owned),
            // The child died with something of ours unread.
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => None,
            Err(error) => panic!("reading a line of `{}`: {error}", self.role),
        }
    }

    /// Waits for the child to say exactly `line`.
    ///
    /// # Panics
    ///
    /// If it says something else or ends.
    #[track_caller]
    pub fn expect_line(&mut self, line: &str) {
        assert_eq!(
            self.read_line().as_deref(),
            Some(line),
            "what `{}` said",
            self.role
        );
    }

    /// Kills the child with SIGKILL and reaps it.
    ///
    /// # Panics
    ///
    /// If the kernel refuses.
    pub fn kill(&mut self) -> ExitStatus {
        self.process.kill().expect("a child to be killed");
        self.wait()
    }

    /// Sends the child a signal and does not wait.
    ///
    /// # Panics
    ///
    /// If the child was already waited for.
    pub fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid())
            .ok()
            .and_then(Pid::from_raw)
            .expect("a process id");
        kill_process(pid, signal).expect("a child to be signalled");
    }

    /// Waits for the child to end, and reaps it.
    ///
    /// # Panics
    ///
    /// If it cannot be waited for.
    pub fn wait(&mut self) -> ExitStatus {
        self.process.wait().expect("a child to be waited for")
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Both fail only when the child is already reaped.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// In a child that plays `role`, its arguments; `None` in every other process, where the test has nothing to do.
///
/// From here on the child dies with its parent.
///
/// # Panics
///
/// If the parent is already gone.
pub fn args(role: &str) -> Option<Vec<String>> {
    if std::env::var(ROLE).as_deref() != Ok(role) {
        return None;
    }
    thread::Builder::new()
        .name("lifeline".to_owned())
        .spawn(die_with_the_parent)
        .expect("a thread for the lifeline");
    say(READY);
    let args = std::env::var(ARGS).unwrap_or_default();
    Some(if args.is_empty() {
        Vec::new()
    } else {
        args.split(SEPARATOR).map(str::to_owned).collect()
    })
}

/// In a child: sends `line` to the parent, which gets it from [`Child::read_line`].
///
/// # Panics
///
/// If the parent is gone.
pub fn say(line: impl Display) {
    socket()
        .write_all(format!("{line}\n").as_bytes())
        .expect("a parent that listens");
}

/// In a child: waits for the parent's next [`Child::say`]; `None` if the parent is gone.
///
/// # Panics
///
/// If the line is not UTF-8.
pub fn read_line() -> Option<String> {
    let mut socket = socket();
    let mut line = Vec::new();
    let mut byte = [0];
    // Byte by byte: a buffer of this call would swallow the beginning of the next call's line.
    while socket.read(&mut byte).is_ok_and(|read| read == 1) {
        if byte == *b"\n" {
            return Some(String::from_utf8(line).expect("a line in UTF-8"));
        }
        line.extend(byte);
    }
    None
}

fn socket() -> UnixStream {
    let stdin = std::io::stdin();
    UnixStream::from(
        stdin
            .as_fd()
            .try_clone_to_owned()
            .expect("a copy of standard input"),
    )
}

fn die_with_the_parent() {
    let stdin = std::io::stdin();
    // No event is asked for: only a hang-up or an error ends the wait.
    let mut watched = [PollFd::new(&stdin, PollFlags::empty())];
    while poll(&mut watched, None).is_err() {}
    let _ = kill_process(getpid(), Signal::KILL);
}

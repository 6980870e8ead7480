//! Kill points: a child stopped after any chosen instruction, and killed there or let go.
//!
//! The child marks the part of interest with [`begin`] and [`end`]; the parent drives it one machine
//! instruction at a time (ptrace), so that no code under test has to be prepared and release builds can
//! be tested as they ship. A system call is one step.
//!
//! ```no_run
//! use multiproc_testkit::{child, step, unique_name};
//!
//! #[test]
//! fn a_creator_killed_anywhere_leaves_nothing() {
//!     let points = step::kill_at_every_instruction(
//!         "creating_role",
//!         || {
//!             let name = unique_name("half");
//!             (vec![name.clone()], name)
//!         },
//!         |point, name| assert!(multiproc_testkit::shm_names(&name).is_empty(), "at {point}"),
//!     );
//!     assert!(points > 100);
//! }
//!
//! #[test]
//! fn creating_role() {
//!     let Some(args) = child::args("creating_role") else { return };
//!     step::begin();
//!     // … what must survive a kill anywhere …
//!     # drop(args);
//!     step::end();
//! }
//! ```

use std::io;
use std::marker::PhantomData;
use std::process::ExitStatus;

use crate::ptrace::{self, Event};
use crate::{Child, Signal, child};

const TRACED: &str = "traced";

/// Lets a stopped thread run to its next stop, with a signal to be delivered first, or 0.
type Resume = fn(i32, i32) -> io::Result<()>;

/// In a child: the steps begin after this call. Waits for the parent's [`Stepper::attach`].
///
/// # Panics
///
/// If the parent is gone, or does not attach.
pub fn begin() {
    child::say(rustix::thread::gettid().as_raw_nonzero());
    assert_eq!(
        child::read_line().as_deref(),
        Some(TRACED),
        "what the parent said"
    );
    ptrace::stop_self();
}

/// In a child: the steps end before this call.
pub fn end() {
    ptrace::stop_self();
}

/// How far a step came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The child stopped between [`begin`] and [`end`], after the steps asked for.
    Inside,
    /// The child reached [`end`].
    AtEnd,
}

/// Drives one thread of a child, by instructions or system calls; kills the child on drop.
///
/// The kernel ties it to the thread that made it, hence neither `Send` nor `Sync`.
#[derive(Debug)]
pub struct Stepper {
    /// `None` once the child is killed or released.
    child: Option<Child>,
    tid: i32,
    /// The signal that waits to be delivered with the next step, or 0.
    pending: i32,
    _bound_to_thread: PhantomData<*const ()>,
}

impl Stepper {
    /// Waits for the child to call [`begin`] and stops it there.
    ///
    /// # Panics
    ///
    /// If the child says anything else first or ends, or if tracing is forbidden.
    pub fn attach(mut child: Child) -> Stepper {
        let line = child.read_line().expect("a child that calls `step::begin`");
        let tid = line.parse().expect("the thread id that `step::begin` says");
        ptrace::seize(tid).expect("leave to trace a child; see /proc/sys/kernel/yama/ptrace_scope");
        child.say(TRACED);
        let stepper = Stepper {
            child: Some(child),
            tid,
            pending: 0,
            _bound_to_thread: PhantomData,
        };
        while stepper.next_signal(ptrace::single_step) != Signal::STOP.as_raw() {}
        stepper
    }

    /// Lets the child run `n_instructions`, or fewer if it reaches [`end`].
    ///
    /// # Panics
    ///
    /// If the child ends without reaching it.
    pub fn run(&mut self, n_instructions: u64) -> Step {
        self.advance(n_instructions, ptrace::single_step)
    }

    /// Lets the child run to the beginning or the end of a system call, `n_boundaries` times, or fewer
    /// if it reaches [`end`].
    ///
    /// Killed at the beginning of a call, the child has not made it. What other processes can see of
    /// it changes nowhere else, shared memory apart.
    ///
    /// # Panics
    ///
    /// If the child ends without reaching it.
    pub fn run_system_calls(&mut self, n_boundaries: u64) -> Step {
        self.advance(n_boundaries, ptrace::to_system_call)
    }

    /// The child's process id.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().map_or(0, Child::pid)
    }

    /// Kills the child where it stands with SIGKILL, and reaps it.
    ///
    /// # Panics
    ///
    /// If the kernel refuses.
    pub fn kill(mut self) -> ExitStatus {
        self.kill_and_reap()
            .expect("a child that was not killed before")
    }

    /// Lets the child run on by itself from where it stands.
    ///
    /// # Panics
    ///
    /// If the child is gone.
    pub fn release(mut self) -> Child {
        ptrace::detach(self.tid).expect("a stopped child");
        self.child
            .take()
            .expect("a child that was not killed before")
    }

    fn advance(&mut self, n_stops: u64, resume: Resume) -> Step {
        for _ in 0..n_stops {
            resume(self.tid, self.pending).expect("a stopped child");
            self.pending = 0;
            let signal = self.next_signal(resume);
            if signal == Signal::STOP.as_raw() {
                return Step::AtEnd;
            }
            if signal != Signal::TRAP.as_raw() {
                self.pending = signal;
            }
        }
        Step::Inside
    }

    fn next_signal(&self, resume: Resume) -> i32 {
        loop {
            match ptrace::wait(self.tid).expect("a traced child") {
                Event::Stopped(signal) => return signal,
                Event::Paused => resume(self.tid, 0).expect("a stopped child"),
                Event::Ended => panic!("the child ended before `step::end`"),
            }
        }
    }

    fn kill_and_reap(&mut self) -> Option<ExitStatus> {
        let mut child = self.child.take()?;
        child.signal(Signal::KILL);
        if self.tid.cast_unsigned() != child.pid() {
            // Until the tracer has seen its thread's end, the kernel does not report that of the process.
            while ptrace::wait(self.tid).is_ok_and(|event| event != Event::Ended) {}
        }
        Some(child.wait())
    }
}

impl Drop for Stepper {
    fn drop(&mut self) {
        self.kill_and_reap();
    }
}

/// Kills a child playing `role` after 0, 1, 2, … instructions behind its [`begin`], each time a new child,
/// until one reaches its [`end`]; returns how many were killed.
///
/// `setup` prepares each round: the role's arguments, and whatever `check` needs once the child of
/// that round is dead. `check` also gets the number of instructions.
///
/// # Panics
///
/// If a child ends before its [`end`], or does not end well behind it.
pub fn kill_at_every_instruction<S>(
    role: &str,
    setup: impl FnMut() -> (Vec<String>, S),
    check: impl FnMut(u64, S),
) -> u64 {
    kill_at_every_nth_instruction(1, role, setup, check)
}

/// Like [`kill_at_every_instruction`], with `n` instructions from one kill point to the next.
///
/// # Panics
///
/// As [`kill_at_every_instruction`] does.
pub fn kill_at_every_nth_instruction<S>(
    n: u64,
    role: &str,
    mut setup: impl FnMut() -> (Vec<String>, S),
    mut check: impl FnMut(u64, S),
) -> u64 {
    for n_killed in 0.. {
        let (args, state) = setup();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut stepper = Stepper::attach(Child::spawn(role, &args));
        if stepper.run(n_killed * n) == Step::AtEnd {
            let status = stepper.release().wait();
            assert!(
                status.success(),
                "`{role}`, left alone, ended with {status}"
            );
            return n_killed;
        }
        stepper.kill();
        check(n_killed * n, state);
    }
    unreachable!("a child reaches its end in less than 2^64 instructions")
}

//! What the tests of several crates share: real child processes, kill points at every instruction, a
//! watchdog, unique names, and counts of what a process may leak.
//!
//! It holds no assertions about any crate and depends on none of them, so that all may use it. Tests
//! never sleep to wait for one another: they wait for a condition ([`wait_until`]) or a line
//! ([`Child::read_line`]), under a [`watchdog`] that ends the test process when something hangs.
//!
//! A test that needs a second process names another test of the same binary, the *role*:
//!
//! ```no_run
//! use multiproc_testkit::{Child, PATIENCE, child, watchdog};
//!
//! #[test]
//! fn a_child_answers() {
//!     let _watchdog = watchdog(PATIENCE);
//!     let mut child = Child::spawn("answering_role", &["6"]);
//!     child.say("7");
//!     assert_eq!(child.read_line().as_deref(), Some("42"));
//!     assert!(child.wait().success());
//! }
//!
//! #[test]
//! fn answering_role() {
//!     let Some(args) = child::args("answering_role") else { return };
//!     let by: u32 = child::read_line().expect("a factor").parse().expect("a number");
//!     child::say(args[0].parse::<u32>().expect("a number") * by);
//! }
//! ```

pub mod child;
mod death;
mod names;
mod no_dev_shm;
mod procfs;
mod ptrace;
mod python;
mod rerun;
pub mod seccomp;
mod skip;
pub mod step;
pub mod torture;
mod wait;
mod watchdog;

pub use child::Child;
pub use death::die;
pub use names::unique_name;
pub use no_dev_shm::without_dev_shm;
pub use procfs::{children, is_asleep, is_running, open_fds, shm_names, zombies};
pub use python::python_with_numpy;
pub use rerun::rerun;
pub use rustix::process::Signal;
pub use skip::skip;
pub use wait::wait_until;
pub use watchdog::{PATIENCE, Watchdog, watchdog};

//! The test kit, tested: most of it by child processes that misbehave.

mod child;
mod names;
mod procfs;
mod python;
mod step;
mod watchdog;

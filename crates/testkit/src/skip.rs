//! [`skip`]: a test that cannot run here says so, to be counted.

use std::fmt::Display;

/// Says why the calling test does nothing here: `cargo xtask verify` counts and lists what it skipped.
///
/// For what only the machine can give, such as a system call that a container forbids; the caller returns
/// right after.
///
/// # Examples
///
/// ```
/// # fn may_unshare() -> bool { false }
/// if !may_unshare() {
///     multiproc_testkit::skip("unshare is not permitted here");
///     return;
/// }
/// ```
pub fn skip(why: impl Display) {
    println!("skipped: {why}");
}

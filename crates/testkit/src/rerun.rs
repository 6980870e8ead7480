//! [`rerun`]: the tests of this binary once more, under other conditions.

use std::io;
use std::process::Command;

use crate::torture::SCALE_VARIABLE;

/// Runs the tests of this test binary again, except those with one of `skipped` in their names, and
/// returns how many passed. `prepare` gets the last word on the command: filters, namespaces, limits.
///
/// The caller's own name must be among the skipped.
///
/// # Errors
///
/// When the command cannot be started, as when its conditions are not permitted here.
///
/// # Panics
///
/// If a test fails. What the tests printed is printed first.
pub fn rerun(skipped: &[&str], prepare: impl FnOnce(&mut Command)) -> io::Result<usize> {
    let mut command = Command::new("/proc/self/exe");
    command.env_remove(SCALE_VARIABLE).arg("--test-threads=2");
    for name in skipped {
        command.args(["--skip", name]);
    }
    prepare(&mut command);
    let output = command.output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{}: {said}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    let passed = said.lines().find_map(|line| {
        let line = line.strip_prefix("test result: ok. ")?;
        line.split(' ').next()?.parse().ok()
    });
    Ok(passed.expect("the harness's last line"))
}

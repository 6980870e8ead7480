//! `cargo xtask numpy-cases`: runs a folder of reference cases of NumPy and prints what differs.

#[path = "../../crates/rng/tests/numpy_cases/mod.rs"]
mod interpreter;

use std::path::Path;
use std::process::ExitCode;

use crate::workspace::Result;

/// Prints a line for every file and every case that fails.
pub(crate) fn run(folder: &Path) -> Result<ExitCode> {
    let reports = interpreter::check_folder(folder)?;
    let (mut n_cases, mut n_failed) = (0, 0);
    for report in &reports {
        let failed = report.failures.len();
        println!(
            "{:24} {:4} cases {:4} passed {failed:4} failed",
            report.file,
            report.n_cases,
            report.n_cases - failed,
        );
        for failure in &report.failures {
            println!("  {}: {}", failure.id, failure.difference);
        }
        n_cases += report.n_cases;
        n_failed += failed;
    }
    println!(
        "{} of {n_cases} cases have numpy's bits",
        n_cases - n_failed
    );
    Ok(if n_failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

//! The rows of `cargo xtask torture`, as `--quick` runs them.

use super::step::{Ended, Failure, Setting, Verdict};
use crate::torture::{quick, skips, summary};

pub(super) fn check(setting: &Setting<'_>) -> Ended {
    let trials = match quick(setting.workspace, setting.sh) {
        Ok(trials) => trials,
        Err(error) => return Err(Failure::new("the rows cannot be run", error.to_string())),
    };
    let line = summary(&trials);
    let red: Vec<String> = (trials.iter())
        .filter(|trial| trial.is_red())
        .map(|trial| format!("cargo xtask torture --only {}", trial.row.number))
        .collect();
    if red.is_empty() {
        Ok(Verdict::Passed {
            line,
            skips: skips(&trials),
        })
    } else {
        Err(Failure::new(line, red.join("\n")))
    }
}

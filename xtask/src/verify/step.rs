//! [`Step`]: one check, what it needs, and how it can end.

use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use xshell::{Cmd, Shell};

use crate::watch::{tail, watch};
use crate::workspace::Workspace;

const TAIL_LINES: usize = 50;

/// One check of `cargo xtask verify`.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    /// What it checks, in a few words.
    pub(crate) about: &'static str,
    pub(crate) check: fn(&Setting<'_>) -> Ended,
}

/// How a check ended.
pub(crate) type Ended = Result<Verdict, Failure>;

/// How a check ended that did not fail.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It ran: one line that says what was seen, and why parts of it could not run here.
    Passed { line: String, skips: Vec<String> },
    /// It could not run here, and why.
    Skipped(String),
}

impl Verdict {
    pub(crate) fn passed(line: impl Into<String>) -> Ended {
        Ok(Verdict::Passed {
            line: line.into(),
            skips: Vec::new(),
        })
    }
}

/// What was found wrong.
#[derive(Debug)]
pub(crate) struct Failure {
    /// One line.
    pub(crate) line: String,
    /// The end of what the command printed, or the list of what is wrong.
    pub(crate) details: String,
}

impl Failure {
    pub(crate) fn new(line: impl Into<String>, details: impl Into<String>) -> Failure {
        Failure {
            line: line.into(),
            details: details.into(),
        }
    }
}

impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Failure {
        Failure::new(error.to_string(), "")
    }
}

/// What every step gets.
#[derive(Debug)]
pub(crate) struct Setting<'a> {
    pub(crate) step: &'static str,
    pub(crate) workspace: &'a Workspace,
    pub(crate) sh: &'a Shell,
    pub(crate) python: &'a Python,
}

/// The Python to compare with.
#[derive(Debug)]
pub(crate) struct Python {
    /// An interpreter that has NumPy.
    pub(crate) path: Option<PathBuf>,
    pub(crate) is_required: bool,
}

impl Python {
    pub(crate) const ADVICE: &'static str = "python3 -m venv .venv && .venv/bin/pip install numpy";

    /// The interpreter, or how a step ends that cannot do without.
    pub(crate) fn or_skip(&self) -> Result<&PathBuf, Ended> {
        self.path.as_ref().ok_or_else(|| {
            let why = format!("no NumPy; get it with `{}`", Python::ADVICE);
            if self.is_required {
                Err(Failure::new(why, ""))
            } else {
                Ok(Verdict::Skipped(why))
            }
        })
    }
}

impl Setting<'_> {
    /// Runs a command to a good end and returns all that it printed.
    pub(crate) fn run(&self, command: Cmd<'_>) -> Result<String, Failure> {
        let shown = command.to_string();
        let ran = watch(self.step, Command::from(command))?;
        if ran.success {
            return Ok(ran.output);
        }
        let mut details = format!("$ {shown}\n{}", tail(&ran.output, TAIL_LINES));
        if let Ok(log) = self.keep(&ran.output) {
            details.push_str(&format!("\nall of it: {}", log.display()));
        }
        Err(Failure::new(format!("`{shown}` failed"), details))
    }

    /// Runs a short command to a good end and returns what it printed on standard output.
    pub(crate) fn read(&self, command: Cmd<'_>) -> Result<String, Failure> {
        let shown = command.to_string();
        let output = command.quiet().ignore_status().output()?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let errors = tail(&String::from_utf8_lossy(&output.stderr), TAIL_LINES);
        Err(Failure::new(
            format!("`{shown}` failed"),
            format!("$ {shown}\n{errors}"),
        ))
    }

    /// A folder of this step for files that it writes.
    pub(crate) fn scratch(&self) -> Result<PathBuf, Failure> {
        let folder = self.workspace.target.join("verify").join(self.step);
        fs::create_dir_all(&folder)?;
        Ok(folder)
    }

    fn keep(&self, output: &str) -> Result<PathBuf, Failure> {
        let log = self.scratch()?.join("output.log");
        fs::write(&log, output)?;
        Ok(log)
    }
}

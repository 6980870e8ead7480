//! `cargo xtask verify`: every check there is, in order, each with its time and one line, and a table.

mod bootstrap;
mod budgets;
mod cargo;
mod house;
mod numpy;
mod repro;
mod step;
mod torture;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use self::step::{Ended, Failure, Python, Setting, Step, Verdict};
use crate::flags::Verify;
use crate::workspace::{Result, Workspace};

const STEPS: &[Step] = &[
    Step {
        name: "fmt",
        about: "formatting",
        check: cargo::fmt,
    },
    Step {
        name: "clippy",
        about: "lints, with warnings denied",
        check: cargo::clippy,
    },
    Step {
        name: "tests",
        about: "unit, integration and property tests; examples build",
        check: cargo::tests,
    },
    Step {
        name: "doctests",
        about: "the code in the documentation and the guides",
        check: cargo::doctests,
    },
    Step {
        name: "features",
        about: "each library without default features, and with each one alone",
        check: cargo::features,
    },
    Step {
        name: "loom",
        about: "the lock algorithms under a model checker",
        check: cargo::loom,
    },
    Step {
        name: "torture",
        about: "the faults that the promises are about, and what they found",
        check: torture::check,
    },
    Step {
        name: "budgets",
        about: "dependencies, and the length of the first program",
        check: budgets::check,
    },
    Step {
        name: "house",
        about: "the rules of the house that a machine can keep",
        check: house::check,
    },
    Step {
        name: "repro",
        about: "one job, cut and killed in many ways: one digest",
        check: repro::check,
    },
    Step {
        name: "numpy",
        about: "the same digests from NumPy, and its eyes on a running job",
        check: numpy::check,
    },
    Step {
        name: "numpy-cases",
        about: "the kept cases of NumPy, bit for bit",
        check: numpy::kept_cases,
    },
    Step {
        name: "docs",
        about: "the documentation, with warnings denied",
        check: cargo::docs,
    },
];

/// Runs the steps that `flags` select.
pub(crate) fn run(workspace: &Workspace, flags: &Verify) -> Result<ExitCode> {
    if flags.list {
        for step in STEPS {
            println!("{:<12} {}", step.name, step.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let steps = select(&flags.only)?;
    let python = find_python(workspace, flags)?;
    let sh = workspace.shell()?;
    if let Some(path) = &python.path {
        sh.set_var("MULTIPROC_PYTHON", path);
    }
    if python.is_required {
        sh.set_var("MULTIPROC_REQUIRE_NUMPY", "1");
    }

    let mut rows = Vec::new();
    for step in steps {
        let start = Instant::now();
        let setting = Setting {
            step: step.name,
            workspace,
            sh: &sh,
            python: &python,
        };
        let ended = (step.check)(&setting);
        let row = Row {
            name: step.name,
            time: start.elapsed(),
            ended,
        };
        row.print();
        if let Err(failure) = &row.ended {
            print_failure(step, failure);
        }
        rows.push(row);
    }
    if rows.len() > 1 {
        print_table(&rows);
    }
    let failed = rows.iter().any(|row| row.ended.is_err());
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn select(only: &[String]) -> Result<Vec<&'static Step>> {
    if let Some(unknown) = only
        .iter()
        .find(|name| STEPS.iter().all(|step| step.name != **name))
    {
        let names: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        return Err(format!(
            "no step is called `{unknown}`; there are {}",
            names.join(", ")
        )
        .into());
    }
    let is_selected = |step: &&Step| only.is_empty() || only.iter().any(|name| name == step.name);
    Ok(STEPS.iter().filter(is_selected).collect())
}

/// Takes the Python that was asked for, or else the first of the usual ones that has NumPy.
fn find_python(workspace: &Workspace, flags: &Verify) -> Result<Python> {
    let named = flags
        .python
        .clone()
        .or_else(|| std::env::var_os("MULTIPROC_PYTHON").map(PathBuf::from));
    let path = match named {
        Some(path) if has_numpy(&path) => Some(path),
        Some(path) => {
            return Err(format!("{} has no NumPy; {}", path.display(), Python::ADVICE).into());
        }
        None => [
            workspace.root.join(".venv/bin/python"),
            PathBuf::from("python3"),
        ]
        .into_iter()
        .find(|path| has_numpy(path)),
    };
    Ok(Python {
        path,
        is_required: flags.require_python,
    })
}

fn has_numpy(python: &Path) -> bool {
    Command::new(python)
        .args(["-c", "import numpy"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

struct Row {
    name: &'static str,
    time: Duration,
    ended: Ended,
}

impl Row {
    fn print(&self) {
        let (verdict, line) = match &self.ended {
            Ok(Verdict::Passed { line, .. }) => ("ok", line),
            Ok(Verdict::Skipped(why)) => ("skipped", why),
            Err(failure) => ("FAILED", &failure.line),
        };
        println!(
            "{:<12} {verdict:<8} {:>7.1} s  {line}",
            self.name,
            self.time.as_secs_f64()
        );
    }

    fn skips(&self) -> &[String] {
        match &self.ended {
            Ok(Verdict::Passed { skips, .. }) => skips,
            Ok(Verdict::Skipped(why)) => std::slice::from_ref(why),
            Err(_) => &[],
        }
    }
}

fn print_failure(step: &Step, failure: &Failure) {
    for line in failure.details.lines() {
        println!("    {line}");
    }
    println!("    alone: cargo xtask verify --only {}", step.name);
}

fn print_table(rows: &[Row]) {
    println!("\n{}", "-".repeat(72));
    for row in rows {
        row.print();
    }
    let n_failed = rows.iter().filter(|row| row.ended.is_err()).count();
    let n_skips: usize = rows.iter().map(|row| row.skips().len()).sum();
    for (row, why) in rows
        .iter()
        .flat_map(|row| row.skips().iter().map(move |why| (row, why)))
    {
        println!("skipped in {}: {why}", row.name);
    }
    let time: Duration = rows.iter().map(|row| row.time).sum();
    println!(
        "{} steps, {n_failed} failed, {n_skips} skipped, {:.0} s",
        rows.len(),
        time.as_secs_f64()
    );
}

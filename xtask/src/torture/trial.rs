//! [`Trial`]: one row's test, run alone and judged.

use std::process::Command;
use std::time::{Duration, Instant};

use super::binaries::Binary;
use super::rows::Row;
use crate::watch::{Ran, watch_within};
use crate::workspace::Result;

/// The variable by which a test learns how much to do; `multiproc_testkit::torture` reads it.
const SCALE_VARIABLE: &str = "MULTIPROC_TORTURE";

/// How much each row does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scale {
    Quick,
    Full,
}

impl Scale {
    fn name(self) -> &'static str {
        match self {
            Scale::Quick => "quick",
            Scale::Full => "full",
        }
    }

    pub(super) fn profile(self) -> &'static [&'static str] {
        match self {
            Scale::Quick => &[],
            Scale::Full => &["--release"],
        }
    }
}

/// How a test is started.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start<'a> {
    pub(super) scale: Scale,
    /// When it is killed.
    pub(super) limit: Duration,
    /// The command that starts the test's, if any.
    pub(super) launcher: &'a [&'a str],
}

impl Start<'_> {
    /// As it is; the limit is far beyond what any row takes, and beyond the watchdogs of the tests themselves.
    pub(super) fn plain(scale: Scale) -> Start<'static> {
        let seconds = match scale {
            Scale::Quick => 100,
            Scale::Full => 300,
        };
        Start {
            scale,
            limit: Duration::from_secs(seconds),
            launcher: &[],
        }
    }
}

/// What came of a row.
#[derive(Debug)]
pub(crate) struct Trial {
    pub(crate) row: &'static Row,
    /// Name and value, as printed.
    pub(crate) figures: Vec<(String, String)>,
    pub(crate) verdict: Verdict,
    pub(crate) time: Duration,
    /// All that the test printed.
    pub(crate) output: String,
}

/// How a trial ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The promise held, and enough was tried.
    Green,
    /// This machine does not permit the fault, and why.
    Skipped(String),
    /// The promise did not hold, or too little was tried.
    Red(String),
    /// It did not end.
    Hang,
}

impl Trial {
    pub(crate) fn is_red(&self) -> bool {
        matches!(self.verdict, Verdict::Red(_) | Verdict::Hang)
    }

    pub(super) fn is_good(&self, requires_all: bool) -> bool {
        match self.verdict {
            Verdict::Green => true,
            Verdict::Skipped(_) => !requires_all,
            Verdict::Red(_) | Verdict::Hang => false,
        }
    }
}

/// Runs the row's test in a process of its own.
pub(super) fn run(row: &'static Row, binary: &Binary, start: Start<'_>) -> Result<Trial> {
    let begin = Instant::now();
    let ran = run_test(row.number, row.test, binary, start)?;
    let (verdict, figures) = judge(row, &ran);
    Ok(Trial {
        row,
        figures,
        verdict,
        time: begin.elapsed(),
        output: ran.output,
    })
}

/// Runs one test of `binary`, alone, for the row of this number.
pub(super) fn run_test(number: u32, test: &str, binary: &Binary, start: Start<'_>) -> Result<Ran> {
    let mut command = match start.launcher {
        [] => Command::new(&binary.program),
        [program, args @ ..] => {
            let mut command = Command::new(program);
            command.args(args).arg(&binary.program);
            command
        }
    };
    command
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .current_dir(&binary.folder)
        .env("CARGO_MANIFEST_DIR", &binary.folder)
        .env(SCALE_VARIABLE, start.scale.name());
    Ok(watch_within(
        start.limit,
        &format!("row {number}"),
        command,
    )?)
}

/// Whether the harness ran one test and it passed.
pub(super) fn passed(ran: &Ran) -> bool {
    ran.success && ran.output.contains("test result: ok. 1 passed")
}

/// What the test's own watchdog says before it ends the process.
pub(super) fn hung(ran: &Ran) -> bool {
    ran.timed_out
        || ran
            .output
            .lines()
            .any(|line| line.starts_with("watchdog: "))
}

fn judge(row: &Row, ran: &Ran) -> (Verdict, Vec<(String, String)>) {
    let figures = figures(row.number, &ran.output);
    let verdict = if hung(ran) {
        Verdict::Hang
    } else if ran.output.contains("test result: ok. 0 passed") {
        Verdict::Red(format!("there is no test `{}`", row.test))
    } else if !passed(ran) {
        Verdict::Red("the test failed".to_owned())
    } else {
        match (&figures, why_skipped(&ran.output)) {
            (Some(figures), _) => weigh(row, figures),
            (None, Some(why)) => Verdict::Skipped(why),
            (None, None) => Verdict::Red(format!("it printed no `torture row {}:`", row.number)),
        }
    };
    (verdict, figures.unwrap_or_default())
}

/// Whether enough was tried.
fn weigh(row: &Row, figures: &[(String, String)]) -> Verdict {
    let (name, least) = row.counts;
    match figures.first() {
        Some((found, value)) if found == name => match value.parse::<u64>() {
            Ok(tried) if tried >= least => Verdict::Green,
            Ok(tried) => Verdict::Red(format!("{name}: {tried}, at least {least} are asked for")),
            Err(_) => Verdict::Red(format!("{name}: `{value}` is no count")),
        },
        first => Verdict::Red(format!(
            "its first figure is `{}`, not `{name}`",
            first.map_or("", |(found, _)| found)
        )),
    }
}

/// The figures of the line that the row printed; the harness may have begun that line.
fn figures(number: u32, output: &str) -> Option<Vec<(String, String)>> {
    let begin = format!("torture row {number}: ");
    let line = output
        .lines()
        .find_map(|line| Some(line.split_once(&begin)?.1))?;
    line.split("; ")
        .map(|figure| {
            let (name, value) = figure.split_once('=')?;
            Some((name.to_owned(), value.to_owned()))
        })
        .collect()
}

fn why_skipped(output: &str) -> Option<String> {
    let begin = "skipped: ";
    (output.lines()).find_map(|line| Some(line.split_once(begin)?.1.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::rows::{CaughtBy, Plant};
    use super::*;

    const ROW: Row = Row {
        number: 18,
        promise: "",
        layer: "sync",
        test: "mutex::dies",
        counts: ("points", 90),
        plant: Plant {
            fault: "",
            net: &[],
            edits: &[],
            caught_by: CaughtBy::TheRow,
        },
    };

    fn verdict(output: &str) -> Verdict {
        let ran = Ran {
            success: true,
            timed_out: false,
            output: output.to_owned(),
        };
        judge(&ROW, &ran).0
    }

    #[test]
    fn a_row_is_green_if_it_passed_and_tried_enough() {
        let output = "test mutex::dies ... torture row 18: points=198; hangs=0\nok\n\
                      test result: ok. 1 passed; 0 failed\n";
        assert_eq!(verdict(output), Verdict::Green);
        let few = output.replace("198", "89");
        assert_eq!(
            verdict(&few),
            Verdict::Red("points: 89, at least 90 are asked for".to_owned())
        );
        let other = output.replace("points", "rounds");
        assert!(matches!(verdict(&other), Verdict::Red(why) if why.contains("first figure")));
    }

    #[test]
    fn a_test_that_did_nothing_is_red() {
        for (output, why) in [
            ("test result: ok. 0 passed; 0 failed\n", "there is no test"),
            ("test result: ok. 1 passed; 0 failed\n", "it printed no"),
            ("torture row 18: points=198\n", "the test failed"),
        ] {
            let verdict = verdict(output);
            assert!(
                matches!(&verdict, Verdict::Red(said) if said.contains(why)),
                "{verdict:?}"
            );
        }
    }

    #[test]
    fn skips_and_hangs_are_told_apart_from_failures() {
        let skipped = "test a ... skipped: no cgroups\nok\ntest result: ok. 1 passed; 0 failed\n";
        assert_eq!(verdict(skipped), Verdict::Skipped("no cgroups".to_owned()));
        let hung = "watchdog: `a` still runs after 60s; aborting\n";
        assert_eq!(verdict(hung), Verdict::Hang);
    }
}

//! [`Row`]: what a fault-injection test found, in the form that `cargo xtask torture` reads.

use std::env;
use std::fmt;

/// The variable by which `cargo xtask torture` asks for more than a plain test run gives.
pub const SCALE_VARIABLE: &str = "MULTIPROC_TORTURE";

/// How much of its work a fault-injection test does.
///
/// ```
/// use multiproc_testkit::torture::Scale;
///
/// let rounds = Scale::asked().pick(20, 200, 5_000);
/// assert!(rounds >= 20);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// A second or two, as one test among many.
    Test,
    /// `cargo xtask torture --quick`: all rows together take about a minute.
    Quick,
    /// `cargo xtask torture --full`: all rows together take about ten minutes.
    Full,
}

impl Scale {
    /// What [`SCALE_VARIABLE`] asks for; [`Scale::Test`] without it.
    ///
    /// # Panics
    ///
    /// If the variable holds anything but `quick` or `full`.
    #[must_use]
    pub fn asked() -> Self {
        match env::var(SCALE_VARIABLE).ok().as_deref() {
            None => Self::Test,
            Some("quick") => Self::Quick,
            Some("full") => Self::Full,
            Some(other) => panic!("{SCALE_VARIABLE} is `{other}`: `quick` or `full` is meant"),
        }
    }

    /// The number meant for this scale.
    #[must_use]
    pub fn pick(self, test: u64, quick: u64, full: u64) -> u64 {
        match self {
            Self::Test => test,
            Self::Quick => quick,
            Self::Full => full,
        }
    }
}

/// The figures of one row of the torture table, printed as one line when the test has passed its own assertions.
///
/// Its first figure counts what was tried (crash points, kills, rounds, cases): a run that tried less than
/// the row's minimum fails, so that a test which silently does nothing is noticed.
///
/// ```
/// multiproc_testkit::torture::Row::new(18)
///     .figure("points", 198)
///     .figure("hangs", 0)
///     .figure("worst wake us", 812)
///     .print();
/// ```
#[derive(Debug)]
#[must_use = "a row is told when it is printed"]
pub struct Row {
    number: u32,
    figures: Vec<(&'static str, String)>,
}

impl Row {
    /// The row `number` of the torture table, without figures yet.
    pub fn new(number: u32) -> Self {
        Self {
            number,
            figures: Vec::new(),
        }
    }

    /// Adds a figure; its name says its unit.
    pub fn figure(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.figures.push((name, value.to_string()));
        self
    }

    /// Prints `torture row 18: points=198; hangs=0; worst wake us=812`.
    pub fn print(self) {
        let figures: Vec<String> = (self.figures.iter())
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        println!("torture row {}: {}", self.number, figures.join("; "));
    }
}

//! How rows and their trials are shown: a line as each ends, a table, JSON, and the table of docs/torture.md.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::rows::{CaughtBy, rows};
use super::trial::{Trial, Verdict};
use crate::watch::tail;

const TAIL_LINES: usize = 30;

impl Verdict {
    fn word(&self) -> &'static str {
        match self {
            Verdict::Green => "ok",
            Verdict::Skipped(_) => "skipped",
            Verdict::Red(_) => "RED",
            Verdict::Hang => "HANG",
        }
    }
}

/// What a trial found: its figures, or why there are none.
pub(super) fn found(trial: &Trial) -> String {
    let figures: Vec<String> = (trial.figures.iter())
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    match &trial.verdict {
        Verdict::Red(why) | Verdict::Skipped(why) => why.clone(),
        Verdict::Hang => "it did not end".to_owned(),
        Verdict::Green => figures.join(", "),
    }
}

/// One line, and for a red row the end of what its test printed.
pub(super) fn print_row(trial: &Trial) {
    println!("{}", line(trial));
    if trial.is_red() {
        for line in tail(&trial.output, TAIL_LINES).lines() {
            println!("    {line}");
        }
        println!("    alone: cargo xtask torture --only {}", trial.row.number);
    }
}

fn line(trial: &Trial) -> String {
    format!(
        "row {:>2}  {:<7} {:>6.1} s  {}: {}",
        trial.row.number,
        trial.verdict.word(),
        trial.time.as_secs_f64(),
        trial.row.promise,
        found(trial),
    )
}

pub(super) fn print_json(trial: &Trial) {
    let figures: Map<String, Value> = (trial.figures.iter())
        .map(|(name, value)| {
            let value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
            (name.clone(), value)
        })
        .collect();
    println!(
        "{}",
        json!({
            "row": trial.row.number,
            "promise": trial.row.promise,
            "layer": trial.row.layer,
            "test": trial.row.test,
            "figures": figures,
            "verdict": trial.verdict.word(),
            "found": found(trial),
            "seconds": trial.time.as_secs_f64(),
        })
    );
}

/// All rows, and how many are red.
pub(super) fn print(trials: &[Trial]) {
    println!("\n{}", "-".repeat(72));
    for trial in trials {
        println!("{}", line(trial));
    }
    println!("{}", summary(trials));
}

/// How many rows there were, and what became of them.
pub(crate) fn summary(trials: &[Trial]) -> String {
    let count = |word| {
        trials
            .iter()
            .filter(|trial| trial.verdict.word() == word)
            .count()
    };
    let time: Duration = trials.iter().map(|trial| trial.time).sum();
    format!(
        "{} rows, {} ok, {} skipped, {} red, {:.0} s",
        trials.len(),
        count("ok"),
        count("skipped"),
        count("RED") + count("HANG"),
        time.as_secs_f64()
    )
}

/// Why rows could not run here.
pub(crate) fn skips(trials: &[Trial]) -> Vec<String> {
    (trials.iter())
        .filter_map(|trial| match &trial.verdict {
            Verdict::Skipped(why) => Some(format!("row {}: {why}", trial.row.number)),
            _ => None,
        })
        .collect()
}

/// The table of docs/torture.md.
pub(crate) fn markdown() -> String {
    let mut table = String::from(
        "| row | promise | layer | test | at least | planted fault |\n|---:|---|---|---|---|---|\n",
    );
    for row in rows() {
        let (name, least) = row.counts;
        let catcher = match row.plant.caught_by {
            CaughtBy::TheRow => String::new(),
            CaughtBy::Loom(model) => format!(" (caught by the model `{model}`)"),
        };
        table.push_str(&format!(
            "| {} | {} | `{}` | `{}` | {least} {name} | {}{catcher} |\n",
            row.number, row.promise, row.layer, row.test, row.plant.fault
        ));
    }
    table
}

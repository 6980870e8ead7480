//! `cargo xtask bench`: every measured thing as a ratio, to the best peer and to the machine, in one run.

mod measured;
mod rows;

use std::fs;
use std::process::{Command, ExitCode};

use serde_json::{Value, json};
use xshell::cmd;

use self::measured::Measured;
use self::rows::{ROWS, Row};
use crate::flags::Bench;
use crate::watch::{tail, watch};
use crate::workspace::{Result, Workspace};

/// Measures the rows that `flags` select and prints them.
pub(crate) fn run(workspace: &Workspace, flags: &Bench) -> Result<ExitCode> {
    if flags.list {
        for row in ROWS {
            println!("{:<20} {}", row.name, row.about);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let rows = select(&flags.only)?;
    // Emptied first: what is read afterwards is of this run.
    let home = workspace.target.join("bench");
    if home.exists() {
        fs::remove_dir_all(&home)?;
    }
    let sh = workspace.shell()?;
    sh.set_var("CRITERION_HOME", &home);

    for target in targets(&rows) {
        let names: Vec<&str> = rows
            .iter()
            .filter(|row| row.target == target)
            .map(|row| row.name)
            .collect();
        let filter = format!("^({})/", names.join("|"));
        let command = cmd!(
            sh,
            "cargo bench --package multiproc-benches --bench {target} -- {filter}"
        );
        let ran = watch(target, Command::from(command))?;
        if !ran.success {
            return Err(format!("the bench `{target}` failed:\n{}", tail(&ran.output, 40)).into());
        }
    }
    let results = rows
        .iter()
        .map(|row| Ok((*row, Measured::read(&home.join(row.name))?)))
        .collect::<Result<Vec<(&Row, Measured)>>>()?;
    if flags.json {
        for (row, measured) in &results {
            println!("{}", json(row, measured));
        }
    } else {
        print_table(&results)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn select(only: &[String]) -> Result<Vec<&'static Row>> {
    if let Some(unknown) = only
        .iter()
        .find(|name| ROWS.iter().all(|row| row.name != **name))
    {
        let names: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
        return Err(format!(
            "no row is called `{unknown}`; there are {}",
            names.join(", ")
        )
        .into());
    }
    Ok(ROWS
        .iter()
        .filter(|row| only.is_empty() || only.iter().any(|name| name == row.name))
        .collect())
}

/// The bench targets of `rows`, each once, in the order of the rows.
fn targets(rows: &[&Row]) -> Vec<&'static str> {
    let mut targets: Vec<&str> = rows.iter().map(|row| row.target).collect();
    targets.dedup();
    targets
}

fn print_table(results: &[(&Row, Measured)]) -> Result<()> {
    let load = fs::read_to_string("/proc/loadavg")?;
    let n_cpus = std::thread::available_parallelism()?;
    println!(
        "medians; {n_cpus} CPUs; load over the last minute {}",
        load.split(' ').next().unwrap_or("?")
    );
    println!(
        "{:<20} {:>9}  {:<26} {:>6}  {:<26} {:>6}  goal",
        "row", "ours", "best peer", "ratio", "limit", "ratio"
    );
    for (row, measured) in results {
        let other = |other: Option<(&str, f64)>| match other {
            Some((name, ns)) => (
                format!("{} {name}", time(ns)),
                format!("{:.2}", measured.ours / ns),
            ),
            None => ("-".to_owned(), "-".to_owned()),
        };
        let (peer, peer_ratio) = other(measured.best_peer());
        let (limit, limit_ratio) = other(measured.limit());
        let verdict = if row.goal.is_met(measured)? {
            "met"
        } else {
            "MISSED"
        };
        println!(
            "{:<20} {:>9}  {peer:<26} {peer_ratio:>6}  {limit:<26} {limit_ratio:>6}  {} {verdict}",
            row.name,
            time(measured.ours),
            row.goal,
        );
    }
    Ok(())
}

fn json(row: &Row, measured: &Measured) -> Value {
    let ratio = |other: Option<(&str, f64)>| other.map(|(_, ns)| measured.ours / ns);
    json!({
        "row": row.name,
        "about": row.about,
        "ours_ns": measured.ours,
        "peers_ns": measured.peers,
        "limits_ns": measured.limits,
        "ratio_to_best_peer": ratio(measured.best_peer()),
        "ratio_to_limit": ratio(measured.limit()),
        "goal": row.goal.to_string(),
        "goal_is_met": row.goal.is_met(measured).ok(),
    })
}

/// Three significant digits in the unit that suits.
fn time(ns: f64) -> String {
    let (value, unit) = match ns {
        ..1e3 => (ns, "ns"),
        ..1e6 => (ns / 1e3, "us"),
        ..1e9 => (ns / 1e6, "ms"),
        _ => (ns / 1e9, "s"),
    };
    let decimals = match value {
        ..10.0 => 2,
        ..100.0 => 1,
        _ => 0,
    };
    format!("{value:.decimals$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_digits_and_a_unit() {
        for (ns, shown) in [
            (0.512, "0.51 ns"),
            (17.04, "17.0 ns"),
            (999.0, "999 ns"),
            (12_700.0, "12.7 us"),
            (3.1e6, "3.10 ms"),
        ] {
            assert_eq!(time(ns), shown);
        }
    }

    #[test]
    fn rows_of_one_target_stand_together() {
        let rows: Vec<&Row> = ROWS.iter().collect();
        let mut targets = targets(&rows);
        let n_runs = targets.len();
        targets.sort_unstable();
        targets.dedup();
        assert_eq!(
            targets.len(),
            n_runs,
            "a target that runs twice measures its rows minutes apart"
        );
    }
}

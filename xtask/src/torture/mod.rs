//! `cargo xtask torture`: the faults that the promises are about, each injected by a test that counts what it tried.
//!
//! A row of the table is an ordinary test that prints its figures. This command runs each alone, with
//! more work than a plain test run gives it, and judges it; and it can break the code on purpose, to
//! see that the row is able to fail.

mod binaries;
mod plants;
pub(crate) mod rows;
mod table;
mod trial;

use std::process::ExitCode;

use xshell::Shell;

use self::binaries::Binaries;
use self::rows::{Row, rows};
use self::trial::{Scale, Start, Trial};
use crate::flags::Torture;
use crate::workspace::{Result, Workspace};

pub(crate) use self::plants::edited;
pub(crate) use self::table::{markdown, skips, summary};

/// Runs the rows, or tries the plants, that `flags` select.
pub(crate) fn run(workspace: &Workspace, flags: &Torture) -> Result<ExitCode> {
    if flags.list {
        print!("{}", markdown());
        return Ok(ExitCode::SUCCESS);
    }
    let scale = match (flags.quick, flags.full) {
        (true, true) => return Err("`--quick` and `--full` exclude each other".into()),
        (_, false) => Scale::Quick,
        (false, true) => Scale::Full,
    };
    let is_good = if flags.plant.is_empty() {
        let show = if flags.json {
            table::print_json
        } else {
            table::print_row
        };
        let trials = try_all(
            workspace,
            &workspace.shell()?,
            scale,
            &select(&flags.only)?,
            show,
        )?;
        if !flags.json && trials.len() > 1 {
            table::print(&trials);
        }
        (trials.iter()).all(|trial| trial.is_good(flags.require_all))
    } else {
        if !flags.only.is_empty() || flags.json {
            return Err("`--plant` names its rows itself and prints a table".into());
        }
        plants::run(
            workspace,
            scale,
            &select_plants(&flags.plant)?,
            flags.require_all,
        )?
    };
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs all rows as `--quick` does, for `cargo xtask verify`.
pub(crate) fn quick(workspace: &Workspace, sh: &Shell) -> Result<Vec<Trial>> {
    let rows: Vec<&Row> = rows().collect();
    try_all(workspace, sh, Scale::Quick, &rows, table::print_row)
}

fn try_all(
    workspace: &Workspace,
    sh: &Shell,
    scale: Scale,
    rows: &[&'static Row],
    show: fn(&Trial),
) -> Result<Vec<Trial>> {
    let binaries = if rows.len() == rows::rows().count() {
        Binaries::of_workspace(workspace, sh, scale)?
    } else {
        let layers = rows.iter().map(|row| row.layer).collect();
        Binaries::of_layers(&workspace.root, &layers, sh, scale, &workspace.target)?
    };
    let mut trials = Vec::new();
    for row in rows {
        let trial = trial::run(row, binaries.of(row.layer)?, Start::plain(scale))?;
        show(&trial);
        trials.push(trial);
    }
    Ok(trials)
}

fn select(only: &[u32]) -> Result<Vec<&'static Row>> {
    let unknown = (only.iter()).find(|number| rows().all(|row| row.number != **number));
    if let Some(unknown) = unknown {
        return Err(format!(
            "there is no row {unknown}; there are {}",
            rows()
                .map(|row| row.number.to_string())
                .collect::<Vec<String>>()
                .join(", ")
        )
        .into());
    }
    Ok(rows()
        .filter(|row| only.is_empty() || only.contains(&row.number))
        .collect())
}

fn select_plants(plants: &[String]) -> Result<Vec<&'static Row>> {
    if plants.iter().any(|plant| plant == "all") {
        return select(&[]);
    }
    let numbers = plants
        .iter()
        .map(|plant| {
            let number = plant.parse::<u32>();
            number.map_err(|_| format!("`{plant}` is neither the number of a row nor `all`").into())
        })
        .collect::<Result<Vec<u32>>>()?;
    select(&numbers)
}

//! [`Measured`]: what criterion wrote about one row.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::workspace::Result;

/// Medians in nanoseconds, per element where the bench counts elements.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) ours: f64,
    pub(super) peers: BTreeMap<String, f64>,
    pub(super) limits: BTreeMap<String, f64>,
}

impl Measured {
    /// Reads a criterion group's folder, in which each function has a folder.
    pub(super) fn read(folder: &Path) -> Result<Measured> {
        let mut ours = None;
        let mut measured = Measured {
            ours: 0.0,
            peers: BTreeMap::new(),
            limits: BTreeMap::new(),
        };
        for entry in
            fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?
        {
            let new = entry?.path().join("new");
            if !new.exists() {
                continue;
            }
            let (function, ns) = read_function(&new)?;
            match function.split_once(' ') {
                None if function == "ours" => ours = Some(ns),
                Some(("peer", name)) => drop(measured.peers.insert(name.to_owned(), ns)),
                Some(("limit", name)) => drop(measured.limits.insert(name.to_owned(), ns)),
                _ => {
                    return Err(
                        format!("{}: neither ours nor peer nor limit", new.display()).into(),
                    );
                }
            }
        }
        measured.ours =
            ours.ok_or_else(|| format!("{}: ours was not measured", folder.display()))?;
        Ok(measured)
    }

    pub(super) fn best_peer(&self) -> Option<(&str, f64)> {
        least(&self.peers)
    }

    pub(super) fn limit(&self) -> Option<(&str, f64)> {
        least(&self.limits)
    }

    /// What was measured beside ours under this name.
    pub(super) fn other(&self, name: &str) -> Option<f64> {
        self.peers
            .get(name)
            .or_else(|| self.limits.get(name))
            .copied()
    }
}

fn least(others: &BTreeMap<String, f64>) -> Option<(&str, f64)> {
    let least = others
        .iter()
        .min_by(|one, other| one.1.total_cmp(other.1))?;
    Some((least.0, *least.1))
}

fn read_function(new: &Path) -> Result<(String, f64)> {
    let read = |file: &str| -> Result<Value> {
        Ok(serde_json::from_str(&fs::read_to_string(new.join(file))?)?)
    };
    let benchmark = read("benchmark.json")?;
    let estimates = read("estimates.json")?;
    let function = benchmark["function_id"]
        .as_str()
        .ok_or("criterion names no function")?;
    let ns = estimates["median"]["point_estimate"]
        .as_f64()
        .ok_or("criterion has no median")?;
    let n_elements = benchmark["throughput"]["Elements"].as_f64().unwrap_or(1.0);
    Ok((function.to_owned(), ns / n_elements))
}

//! [`check_folder`]: reference cases of NumPy, read from JSON and run with this library.
//!
//! `tests/cases/generate.py` documents the format: a case names a generator, a seed, operations
//! before the call, and a method with its parameters; it holds the first values as bit patterns, a
//! hash of a long call, and the state afterwards.

mod bits;
mod call;
mod distributions;
mod params;
mod run;
mod seed_tree;
mod values;

use std::error::Error;
use std::fs;
use std::path::Path;

use serde_json::Value;

pub(crate) type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// What came of the cases in one file.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) file: String,
    pub(crate) n_cases: usize,
    pub(crate) failures: Vec<Failure>,
}

/// A case that this library answers otherwise than NumPy.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) id: String,
    /// The first difference, or why the case cannot be run.
    pub(crate) difference: String,
}

/// Runs every case of every file in `folder`, in the order of the names.
///
/// Files without cases, such as a manifest, are passed over.
pub(crate) fn check_folder(folder: &Path) -> Result<Vec<Report>> {
    let mut paths: Vec<_> = fs::read_dir(folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "json")
    });
    paths.sort();
    let mut reports = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path)?;
        let document: Value =
            serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
        if let Some(cases) = document["cases"].as_array() {
            let file = path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            reports.push(Report {
                file,
                n_cases: cases.len(),
                failures: check_cases(cases),
            });
        }
    }
    if reports.is_empty() {
        return Err(format!("{} holds no file with cases", folder.display()).into());
    }
    Ok(reports)
}

fn check_cases(cases: &[Value]) -> Vec<Failure> {
    cases
        .iter()
        .filter_map(|case| {
            let check = if case.get("spec").is_some() {
                seed_tree::check
            } else if case.get("n_chunks").is_some() {
                run::check_chunks
            } else {
                run::check
            };
            let difference = check(case).err()?.to_string();
            Some(Failure {
                id: case["id"].as_str().unwrap_or("without id").into(),
                difference,
            })
        })
        .collect()
}

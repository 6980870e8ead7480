//! The table of `cargo xtask torture`: its tests are there, its plants fit, its page says the same.

use std::path::Path;

use super::Source;
use crate::torture::rows::{Row, rows};
use crate::torture::{edited, markdown};

const PAGE: &str = "docs/torture.md";

pub(super) fn complaints(root: &Path, sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for row in rows() {
        let found = [test_complaint(row, sources), plant_complaint(root, row)];
        let found = found.into_iter().flatten();
        complaints.extend(found.map(|what| format!("torture row {}: {what}", row.number)));
    }
    complaints.extend(print_complaints(sources));
    let page = sources.iter().find(|source| source.path == PAGE);
    if !page.is_some_and(|page| page.text.contains(&markdown())) {
        complaints.push(format!(
            "{PAGE}: its table is not what `cargo xtask torture --list` prints"
        ));
    }
    complaints
}

/// What is wrong with the test that the row names; its inner modules may lie in the file of an outer one.
fn test_complaint(row: &Row, sources: &[Source]) -> Option<String> {
    let (modules, name) = row.test.rsplit_once("::")?;
    let folder = format!("crates/{}/tests/it", row.layer);
    let mut file = modules.replace("::", "/");
    let source = loop {
        let path = format!("{folder}/{file}.rs");
        if let Some(source) = sources.iter().find(|source| source.path == path) {
            break source;
        }
        match file.rfind('/') {
            Some(end) => file.truncate(end),
            None => return Some(format!("no file of {folder} has `{modules}`")),
        }
    };
    let is_there = source.text.contains(&format!("fn {name}("));
    (!is_there).then(|| format!("{} has no `fn {name}`", source.path))
}

fn plant_complaint(root: &Path, row: &'static Row) -> Option<String> {
    if row.plant.edits.is_empty() {
        return Some("it has no plant".to_owned());
    }
    edited(root, row.plant.net.iter().chain(row.plant.edits)).err()
}

/// Rows that are printed and not in the table, or printed in two places.
fn print_complaints(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    let mut seen: Vec<&str> = Vec::new();
    let tests = sources
        .iter()
        .filter(|source| source.path.starts_with("crates/") && source.path.contains("/tests/"));
    for source in tests {
        for rest in source.text.split("Row::new(").skip(1) {
            let number = rest.split(')').next().unwrap_or_default();
            let path = &source.path;
            if rows().all(|row| row.number.to_string() != number) {
                complaints.push(format!(
                    "{path}: prints torture row {number}, which xtask/src/torture/rows does not have"
                ));
            }
            if seen.contains(&number) {
                complaints.push(format!(
                    "{path}: prints torture row {number}, as another test does"
                ));
            }
            seen.push(number);
        }
    }
    complaints
}

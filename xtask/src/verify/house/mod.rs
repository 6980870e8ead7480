//! The rules of the house that a machine can keep; also a test, so that bare `cargo test` finds what breaks them.

mod fences;
mod layers;
mod sources;
mod torture;

use std::fs;
use std::io;
use std::path::Path;

use super::step::{Ended, Failure, Setting, Verdict};
use crate::workspace::Workspace;

/// A text file of the project.
#[derive(Debug)]
struct Source {
    /// Relative to the root, with slashes.
    path: String,
    text: String,
}

pub(super) fn check(setting: &Setting<'_>) -> Ended {
    let sources = read_sources(&setting.workspace.root)?;
    let complaints = complaints(setting.workspace, &sources);
    if complaints.is_empty() {
        Verdict::passed(format!("{} files in order", sources.len()))
    } else {
        Err(Failure::new(
            format!("{} complaints", complaints.len()),
            complaints.join("\n"),
        ))
    }
}

fn complaints(workspace: &Workspace, sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources {
        complaints.extend(
            sources::complaints(source)
                .into_iter()
                .map(|what| format!("{}: {what}", source.path)),
        );
    }
    complaints.extend(fences::complaints(sources));
    complaints.extend(layers::complaints(&workspace.members, sources));
    complaints.extend(torture::complaints(&workspace.root, sources));
    complaints
}

/// Reads all text files of the checkout, in the order of their paths.
fn read_sources(root: &Path) -> io::Result<Vec<Source>> {
    let mut sources = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            let relative = path
                .strip_prefix(root)
                .unwrap_or(&path)
                .to_string_lossy()
                .into_owned();
            if entry.file_type()?.is_dir() {
                if !is_foreign(&path) {
                    folders.push(path);
                }
            } else if sources::is_text(&relative) {
                sources.push(Source {
                    path: relative,
                    text: fs::read_to_string(path)?,
                });
            }
        }
    }
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(sources)
}

/// Whether a folder holds what tools made: git's, a virtual environment, a cache such as cargo's.
fn is_foreign(folder: &Path) -> bool {
    let is_named = |name| folder.file_name().is_some_and(|last| last == name);
    is_named(".git")
        || is_named("__pycache__")
        || folder.join("pyvenv.cfg").exists()
        || folder.join("CACHEDIR.TAG").exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_is_in_order() {
        let workspace = Workspace::find().expect("a workspace");
        let sources = read_sources(&workspace.root).expect("readable files");
        let complaints = complaints(&workspace, &sources);
        assert!(complaints.is_empty(), "{}", complaints.join("\n"));
    }
}

//! What every file keeps to: its first line, its length, its name, and words that stay out.

use std::path::Path;

use super::Source;

const MOST_LINES: usize = 500;
/// A crate's `lib.rs` is its contents page.
const MOST_LIB_LINES: usize = 150;

/// Longer files, each with a reason that a stranger accepts.
const LONGER: &[(&str, &str)] = &[(
    "crates/sync/src/claim_protocol.rs",
    "one algorithm, whose orders of stores can only be judged side by side",
)];

/// Names that say how a file is used and not what it is.
const NAMES: &[&str] = &[
    "common", "core", "helper", "helpers", "imp", "inner", "types", "util", "utils",
];

/// What no file says: a path of one machine, a promise without an owner, a merge that was not finished.
const WORDS: &[&str] = &[
    "/root/", "/home/", "TODO", "FIXME", "XXX", "<<<<<<<", ">>>>>>>",
];

/// What no Rust file says, and what to write instead.
const RUST_WORDS: &[(&str, &str)] = &[
    (
        "#[allow(",
        "an expectation that fails once it is no longer needed: #[expect(…, reason = …)]",
    ),
    (
        "#![allow(",
        "an expectation that fails once it is no longer needed: #![expect(…, reason = …)]",
    ),
    ("#[ignore", "a test that runs, or none"),
    ("HashMap", "BTreeMap, whose order is the same in every run"),
    ("HashSet", "BTreeSet, whose order is the same in every run"),
    ("fn unique_name", "multiproc_testkit::unique_name"),
];

/// What may be said all the same: the beginning of a path, and that of the words.
const ALLOWED: &[(&str, &str)] = &[
    // The rules themselves.
    ("xtask/src/verify/house/", ""),
    ("clippy.toml", "Hash"),
    ("crates/testkit/src/names.rs", "fn unique_name"),
    // In code that `#[task]` writes, where an expectation may or may not be met.
    ("crates/macros/src/expand.rs", "#[allow("),
];

const TEXT_ENDINGS: &[&str] = &["rs", "toml", "md", "py", "sh", "pml", "stderr", "txt"];

pub(super) fn is_text(path: &str) -> bool {
    let ending = Path::new(path)
        .extension()
        .and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| TEXT_ENDINGS.contains(&ending)) || path == ".ci/run"
}

pub(super) fn complaints(source: &Source) -> Vec<String> {
    let mut complaints = spacing(source);
    complaints.extend(words(source));
    if source.path.ends_with(".rs") {
        complaints.extend(shape(source));
    }
    if source.path.ends_with(".md") {
        complaints.extend(dead_links(source));
    }
    complaints
}

fn spacing(source: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    for (number, line) in (1..).zip(source.text.lines()) {
        if line.ends_with([' ', '\t']) {
            complaints.push(format!("line {number} ends with a space"));
        }
        if line.contains('\t') {
            complaints.push(format!("line {number} holds a tab"));
        }
    }
    if !source.text.is_empty() && !source.text.ends_with('\n') {
        complaints.push("the last line does not end".to_owned());
    }
    complaints
}

fn words(source: &Source) -> Vec<String> {
    let is_allowed = |word: &str| {
        ALLOWED
            .iter()
            .any(|(path, allowed)| source.path.starts_with(path) && word.starts_with(allowed))
    };
    let rust_words = if source.path.ends_with(".rs") {
        RUST_WORDS
    } else {
        &[]
    };
    let mut complaints = Vec::new();
    for (number, line) in (1..).zip(source.text.lines()) {
        let says = |word: &str| line.contains(word) && !is_allowed(word);
        for word in WORDS.iter().filter(|word| says(word)) {
            complaints.push(format!("line {number} says `{word}`"));
        }
        for (word, instead) in rust_words.iter().filter(|(word, _)| says(word)) {
            complaints.push(format!("line {number} says `{word}`; write {instead}"));
        }
    }
    complaints
}

fn shape(source: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    if !["//! ", "#![doc = include_str!("]
        .iter()
        .any(|start| source.text.starts_with(start))
    {
        complaints.push("the first line does not say what the file is for (`//! …`)".to_owned());
    }
    let file = Path::new(&source.path);
    if file
        .file_stem()
        .and_then(|stem| stem.to_str())
        .is_some_and(|stem| NAMES.contains(&stem))
    {
        complaints.push("the name does not say what the file is about".to_owned());
    }
    let is_test_binary = file
        .parent()
        .is_some_and(|folder| folder.ends_with("tests"))
        && source.path.starts_with("crates/");
    if is_test_binary && !file.ends_with("loom.rs") {
        complaints.push(
            "integration tests are one binary for each crate: a module of tests/it/main.rs"
                .to_owned(),
        );
    }
    let most = if file.ends_with("src/lib.rs") {
        MOST_LIB_LINES
    } else {
        MOST_LINES
    };
    let n_lines = source.text.lines().count();
    let is_listed = LONGER.iter().any(|(path, _)| *path == source.path);
    if n_lines > most && !is_listed {
        complaints.push(format!(
            "{n_lines} lines, {most} are the limit: two ideas, or a reason for the list"
        ));
    }
    if n_lines <= most && is_listed {
        complaints.push("listed as longer than the limit, which it is not".to_owned());
    }
    complaints
}

/// Links to files of the project that do not exist.
fn dead_links(source: &Source) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = root.join(&source.path);
    let mut complaints = Vec::new();
    for link in source
        .text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', ' ']).next())
    {
        let file = link.split('#').next().unwrap_or(link);
        let is_elsewhere = file.is_empty() || file.contains("://") || file.contains("::");
        if !is_elsewhere && !folder.with_file_name(file).exists() {
            complaints.push(format!("the link to `{link}` leads nowhere"));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints_about(path: &str, text: &str) -> Vec<String> {
        complaints(&Source {
            path: path.to_owned(),
            text: text.to_owned(),
        })
    }

    #[test]
    fn a_good_file_is_left_alone() {
        assert_eq!(
            complaints_about(
                "crates/rng/src/pcg64.rs",
                "//! What it is for.\n\nfn f() {}\n"
            ),
            [""; 0]
        );
    }

    #[test]
    fn each_rule_is_kept() {
        let long = format!("//! Long.\n{}", "\n".repeat(500));
        for (path, text, complaint) in [
            ("src/a.rs", "fn f() {}\n", "the first line does not say"),
            ("src/a.rs", "//! A. \n", "line 1 ends with a space"),
            ("src/a.rs", "//! A.", "the last line does not end"),
            ("src/a.rs", "//! A.\n\tfn f() {}\n", "line 2 holds a tab"),
            ("src/a.rs", long.as_str(), "501 lines, 500 are the limit"),
            (
                "crates/a/src/lib.rs",
                long.as_str(),
                "501 lines, 150 are the limit",
            ),
            ("src/utils.rs", "//! A.\n", "the name does not say"),
            (
                "crates/rng/tests/laws.rs",
                "//! A.\n",
                "integration tests are one binary",
            ),
            (
                "src/a.rs",
                "//! A.\n#[allow(dead_code)]\n",
                "line 2 says `#[allow(`",
            ),
            (
                "src/a.rs",
                "//! A.\nuse std::collections::HashMap;\n",
                "write BTreeMap",
            ),
            ("a.toml", "path = \"/home/me/a\"\n", "line 1 says `/home/`"),
            (
                "docs/a.md",
                "[b](no-such.md)\n",
                "the link to `no-such.md` leads nowhere",
            ),
        ] {
            let complaints = complaints_about(path, text);
            assert!(
                complaints.iter().any(|what| what.contains(complaint)),
                "{complaint}: {complaints:?}"
            );
        }
    }
}

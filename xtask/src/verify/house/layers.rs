//! The order of the layers, and what stays true of each because something is absent.

use super::Source;
use crate::workspace::Member;

/// Each crate, from the bottom up, and the crates of the project that it may stand on.
const LAYERS: &[(&str, &[&str])] = &[
    ("multiproc-segment", &[]),
    ("multiproc-sync", &["multiproc-segment"]),
    ("multiproc-rng", &[]),
    (
        "multiproc-shared-rng",
        &["multiproc-segment", "multiproc-sync", "multiproc-rng"],
    ),
    ("multiproc-macros", &[]),
    (
        "multiproc-array",
        &["multiproc-segment", "multiproc-sync", "multiproc-macros"],
    ),
    (
        "multiproc-pool",
        &[
            "multiproc-segment",
            "multiproc-sync",
            "multiproc-rng",
            "multiproc-shared-rng",
            "multiproc-array",
            "multiproc-macros",
        ],
    ),
    (
        "multiproc",
        &[
            "multiproc-segment",
            "multiproc-sync",
            "multiproc-rng",
            "multiproc-shared-rng",
            "multiproc-array",
            "multiproc-macros",
            "multiproc-pool",
        ],
    ),
    ("multiproc-testkit", &[]),
    ("multiproc-examples", &["multiproc"]),
    ("multiproc-benches", &["multiproc", "multiproc-testkit"]),
    ("xtask", &["multiproc-rng"]),
];

/// Words that are absent from the code of some crates, and what is true because they are.
struct Absence {
    statement: &'static str,
    words: &'static [&'static str],
    is_bound: fn(&str) -> bool,
}

const ABSENCES: &[Absence] = &[
    Absence {
        statement: "segment knows no element types",
        words: &["f32", "f64", "ndarray"],
        is_bound: |folder| folder == "segment",
    },
    Absence {
        statement: "rng does no I/O and reads no clock",
        words: &[
            "std::fs",
            "std::io",
            "std::net",
            "std::process",
            "std::thread::",
            "std::thread;",
            "Instant",
            "SystemTime",
        ],
        is_bound: |folder| folder == "rng",
    },
    Absence {
        // The page of `sync` that a fork wipes is private memory.
        statement: "only segment maps shared memory",
        words: &["mmap", "memmap2"],
        is_bound: |folder| !matches!(folder, "segment" | "sync" | "testkit" | "examples"),
    },
    Absence {
        statement: "only pool starts processes",
        words: &["Command::new", "fork()", "posix_spawn", "libc::clone"],
        is_bound: |folder| !matches!(folder, "pool" | "testkit" | "examples"),
    },
    Absence {
        statement: "only segment unlinks names",
        words: &["fs::unlink", "libc::unlink", "shm_unlink"],
        is_bound: |folder| !matches!(folder, "segment" | "testkit" | "examples"),
    },
];

pub(super) fn complaints(members: &[Member], sources: &[Source]) -> Vec<String> {
    let mut complaints: Vec<String> = members.iter().flat_map(layer_complaints).collect();
    complaints.extend(sources.iter().flat_map(absence_complaints));
    complaints.extend(sources.iter().flat_map(manifest_complaints));
    complaints
}

fn layer_complaints(member: &Member) -> Vec<String> {
    let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == member.name) else {
        return vec![format!("{}: not in the table of layers", member.name)];
    };
    let refused = member
        .layers_below
        .iter()
        .filter(|below| !allowed.contains(&below.as_str()));
    refused
        .map(|below| format!("{}: may not stand on {below}", member.name))
        .collect()
}

fn absence_complaints(source: &Source) -> Vec<String> {
    let Some((folder, _)) = source
        .path
        .strip_prefix("crates/")
        .and_then(|path| path.split_once("/src/"))
    else {
        return Vec::new();
    };
    let code: String = source
        .text
        .lines()
        .take_while(|line| line.trim() != "#[cfg(test)]")
        .filter(|line| !line.trim_start().starts_with("//") && !line.contains("doc(alias"))
        .flat_map(|line| [line, "\n"])
        .collect();
    let mut complaints = Vec::new();
    for absence in ABSENCES.iter().filter(|absence| (absence.is_bound)(folder)) {
        for word in absence.words.iter().filter(|word| code.contains(**word)) {
            complaints.push(format!(
                "{}: says `{word}`, but {}",
                source.path, absence.statement
            ));
        }
    }
    complaints
}

/// Whether a dependency is one of the root's, or the package itself with other features for its tests.
fn is_from_the_table(line: &str) -> bool {
    line.contains("workspace = true") || line.contains("path = \".\"")
}

/// Versions and lints are said once, in the root.
fn manifest_complaints(source: &Source) -> Vec<String> {
    if !source.path.ends_with("/Cargo.toml") {
        return Vec::new();
    }
    let mut complaints = Vec::new();
    if !source.text.contains("[lints]\nworkspace = true\n") {
        complaints.push(format!(
            "{}: does not take the workspace's lints",
            source.path
        ));
    }
    let mut is_in_dependencies = false;
    for line in source.text.lines() {
        if line.starts_with('[') {
            is_in_dependencies = line.ends_with("dependencies]");
        } else if is_in_dependencies && line.contains('=') && !is_from_the_table(line) {
            complaints.push(format!(
                "{}: the version in `{line}` belongs into the root's table",
                source.path
            ));
        }
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source {
            path: path.to_owned(),
            text: text.to_owned(),
        }
    }

    #[test]
    fn an_edge_that_the_table_does_not_have_is_refused() {
        let member = Member {
            name: "multiproc-rng".to_owned(),
            layers_below: vec!["multiproc-segment".to_owned()],
            features: Vec::new(),
            is_published: true,
        };
        assert_eq!(
            layer_complaints(&member),
            ["multiproc-rng: may not stand on multiproc-segment"]
        );
    }

    #[test]
    fn absent_words_are_sought_in_code_and_not_in_comments_or_tests() {
        let text =
            "//! Opens with mmap_mode.\nfn f() {}\n#[cfg(test)]\nmod tests { fn mmap() {} }\n";
        assert_eq!(
            absence_complaints(&source("crates/array/src/npy.rs", text)),
            [""; 0]
        );
        let complaints =
            absence_complaints(&source("crates/array/src/npy.rs", "fn f() { mmap() }\n"));
        assert_eq!(
            complaints,
            ["crates/array/src/npy.rs: says `mmap`, but only segment maps shared memory"]
        );
        assert_eq!(
            absence_complaints(&source("crates/segment/src/map.rs", "fn f() { mmap() }\n")),
            [""; 0]
        );
    }

    #[test]
    fn versions_are_said_in_the_root_alone() {
        let text = "[lints]\nworkspace = true\n\n[dependencies]\nlibc = \"0.2\"\nrustix.workspace = true\n";
        assert_eq!(
            manifest_complaints(&source("crates/a/Cargo.toml", text)),
            ["crates/a/Cargo.toml: the version in `libc = \"0.2\"` belongs into the root's table"]
        );
    }
}

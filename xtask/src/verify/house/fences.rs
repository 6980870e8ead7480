//! The files that may say `unsafe`, all of them, so that they can be read from a list.

use super::Source;

/// Each lifts the lint at its head, with its reason there.
const FENCED: &[&str] = &[
    "benches/src/crowd.rs",
    "benches/src/mailbox.rs",
    "benches/src/pthread.rs",
    "benches/src/pthread_flag.rs",
    "benches/src/raw_memory.rs",
    "benches/src/raw_segment.rs",
    "benches/src/shared_page.rs",
    "crates/array/src/element.rs",
    "crates/array/src/view.rs",
    "crates/pool/src/auto_init.rs",
    "crates/pool/src/fill_tasks.rs",
    "crates/pool/src/startup.rs",
    "crates/rng/src/math.rs",
    "crates/rng/src/simd/dispatch.rs",
    "crates/rng/src/simd/lanes.rs",
    "crates/rng/src/simd/stream.rs",
    "crates/segment/src/bytes.rs",
    "crates/segment/src/fork_mark.rs",
    "crates/segment/tests/it/sandbox.rs",
    "crates/shared-rng/src/checksum_instruction.rs",
    "crates/sync/src/anchored.rs",
    "crates/sync/src/fork_page.rs",
    "crates/sync/src/futex.rs",
    "crates/sync/src/keeper.rs",
    "crates/sync/src/raw_sync_mutex.rs",
    "crates/sync/src/robust_list.rs",
    "crates/sync/tests/it/barge.rs",
    "crates/sync/tests/it/conformance.rs",
    "crates/sync/tests/it/fork.rs",
    "crates/sync/tests/it/leaks.rs",
    "crates/sync/tests/it/namespaces.rs",
    "crates/sync/tests/it/reentrant.rs",
    "crates/sync/tests/loom/main.rs",
    "crates/testkit/src/no_dev_shm.rs",
    "crates/testkit/src/ptrace.rs",
    "crates/testkit/src/seccomp.rs",
];

pub(super) fn complaints(sources: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for source in sources.iter().filter(|source| source.path.ends_with(".rs")) {
        let is_listed = FENCED.contains(&source.path.as_str());
        match (lifts_the_lint(&source.text), is_listed) {
            (Lifts::ForTheFile, true) | (Lifts::Nowhere, false) => {}
            (Lifts::ForTheFile, false) => complaints.push(format!(
                "{}: unsafe, and not in the list of fences",
                source.path
            )),
            (Lifts::Nowhere, true) => complaints.push(format!(
                "{}: in the list of fences, and not unsafe",
                source.path
            )),
            (Lifts::Elsewhere, _) => {
                complaints.push(format!(
                    "{}: `unsafe_code` is expected elsewhere than for the whole file",
                    source.path
                ));
            }
        }
    }
    for path in FENCED
        .iter()
        .filter(|path| sources.iter().all(|source| source.path != **path))
    {
        complaints.push(format!("{path}: in the list of fences, and not there"));
    }
    complaints
}

enum Lifts {
    Nowhere,
    ForTheFile,
    Elsewhere,
}

fn lifts_the_lint(text: &str) -> Lifts {
    let code: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    // rustfmt puts a long attribute's arguments on lines of their own.
    let is_lifted = |line: &str| {
        let line = line.trim_start();
        [
            "unsafe_code",
            "#[expect(unsafe_code",
            "#![expect(unsafe_code",
        ]
        .iter()
        .any(|way| line.starts_with(way))
    };
    let is_for_the_file = |at: usize| {
        code[at].starts_with("#![expect(") || at > 0 && code[at - 1].starts_with("#![expect(")
    };
    let places: Vec<usize> = (0..code.len()).filter(|&at| is_lifted(code[at])).collect();
    match places[..] {
        [] => Lifts::Nowhere,
        [at] if is_for_the_file(at) => Lifts::ForTheFile,
        _ => Lifts::Elsewhere,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints_about(path: &str, text: &str) -> Vec<String> {
        let complaints = complaints(&[Source {
            path: path.to_owned(),
            text: text.to_owned(),
        }]);
        complaints
            .into_iter()
            .filter(|what| what.starts_with(path))
            .collect()
    }

    #[test]
    fn a_listed_fence_is_left_alone() {
        for fence in [
            "#![expect(unsafe_code, reason = \"x\")]",
            "#![expect(\n    unsafe_code,\n    reason = \"x\"\n)]",
        ] {
            assert_eq!(
                complaints_about(FENCED[0], &format!("//! A.\n{fence}\n\nuse a;\n")),
                [""; 0]
            );
        }
    }

    #[test]
    fn fences_that_are_unlisted_misplaced_or_superfluous_are_reported() {
        let fence = "#![expect(unsafe_code, reason = \"x\")]";
        for (path, text, complaint) in [
            ("src/a.rs", format!("//! A.\n{fence}\n"), "not in the list"),
            (
                "src/a.rs",
                "//! A.\n#[expect(unsafe_code, reason = \"x\")]\nfn f() {}\n".to_owned(),
                "elsewhere",
            ),
            (FENCED[0], "//! A.\n".to_owned(), "not unsafe"),
        ] {
            let complaints = complaints_about(path, &text);
            assert!(complaints[0].contains(complaint), "{complaints:?}");
        }
    }
}

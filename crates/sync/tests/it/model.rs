//! The SPIN models: they hold, and they would not if the algorithms were simpler.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::thread;

use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{skip, unique_name};

/// A model, the definitions with which it must hold, and those of a simpler algorithm, with which it must not.
struct Model {
    file: &'static str,
    holds: &'static [&'static [&'static str]],
    /// The same, for those that take long.
    holds_in_full: &'static [&'static [&'static str]],
    fails: &'static [&'static [&'static str]],
}

const MODELS: [Model; 6] = [
    Model {
        file: "robust_mutex.pml",
        holds: &[&[]],
        holds_in_full: &[],
        fails: &[
            &["-DFORGET_WAITERS"],
            &["-DFORGET_TAKES"],
            &["-DNO_PENDING"],
            &["-DOLD_KERNEL"],
        ],
    },
    Model {
        file: "rw_lock.pml",
        holds: &[&[]],
        holds_in_full: &[],
        fails: &[
            &["-DLOOK_FIRST"],
            &["-DLEAVE_SILENTLY"],
            &["-DNO_PENDING"],
            &["-DNO_MARK"],
        ],
    },
    Model {
        file: "waitlist.pml",
        holds: &[&[], &["-DALL"]],
        holds_in_full: &[],
        fails: &[
            &["-DNO_BELL"],
            &["-DNO_BATON"],
            &["-DALL", "-DNO_RELAY"],
            &["-DFORGET_REGISTRATIONS"],
        ],
    },
    Model {
        file: "event.pml",
        holds: &[&[]],
        holds_in_full: &[],
        fails: &[&["-DNO_BELL"], &["-DNO_RELAY"], &["-DNO_CHECK"]],
    },
    Model {
        file: "barrier.pml",
        holds: &[&[]],
        holds_in_full: &[&["-DROUNDS=2", "-DDEATHS=1"]],
        fails: &[
            &["-DWATCH_STATE"],
            &["-DLOOK_FIRST"],
            &["-DNO_RELAY"],
            &["-DNO_LEAF"],
            &["-DLEAVE_SILENTLY"],
        ],
    },
    Model {
        file: "once.pml",
        holds: &[&[]],
        holds_in_full: &[],
        fails: &[
            &["-DLOOK_ONCE"],
            &["-DREADY_FIRST"],
            &["-DCOUNT_LAST"],
            &["-DPLAIN_LOCK"],
        ],
    },
];

/// What SPIN found.
struct Explored {
    states: u64,
    errors: u64,
}

/// Explores a model with these definitions in a directory of its own.
fn explore(file: &str, definitions: &[&str]) -> Explored {
    let model = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("models")
        .join(file);
    let directory = std::env::temp_dir().join(unique_name("sync-model"));
    std::fs::create_dir(&directory).unwrap();
    let run = |program: &str, args: &[&str]| {
        let mut command = Command::new(program);
        let output = command.args(args).current_dir(&directory).output().unwrap();
        assert!(output.status.success(), "{program}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let model = model.to_str().unwrap();
    run("spin", &[definitions, &["-a", model]].concat());
    run(
        "cc",
        &["-O2", "-w", "-DSAFETY", "-DCOLLAPSE", "-o", "pan", "pan.c"],
    );
    let report = run("./pan", &["-m1000000"]);
    std::fs::remove_dir_all(&directory).unwrap();
    assert!(!report.contains("max search depth too small"), "{report}");
    // `State-vector 64 byte, depth reached 158, errors: 0` and `   953208 states, stored`.
    let word_at = |found: &str, offset: isize| {
        let words: Vec<&str> = report.split_whitespace().collect();
        let at = words.iter().position(|&word| word == found);
        let at = at.and_then(|at| at.checked_add_signed(offset)).unwrap();
        words[at].parse().unwrap()
    };
    Explored {
        states: word_at("states,", -1),
        errors: word_at("errors:", 1),
    }
}

#[test]
fn the_algorithms_are_as_simple_as_they_can_be() {
    let there = |program| Command::new(program).arg("-V").output().is_ok();
    if !there("spin") || !there("cc") {
        skip("spin or a C compiler is not installed");
        return;
    }
    let scale = Scale::asked();
    let mut runs = Vec::new();
    for model in MODELS {
        let Model { file, holds, .. } = model;
        runs.extend(holds.iter().map(|definitions| (file, *definitions, 0)));
        if scale != Scale::Test {
            runs.extend((model.fails.iter()).map(|definitions| (file, *definitions, 1)));
        }
        if scale == Scale::Full {
            runs.extend((model.holds_in_full.iter()).map(|definitions| (file, *definitions, 0)));
        }
    }
    let next = AtomicUsize::new(0);
    let (states, planted) = (AtomicU64::new(0), AtomicU64::new(0));
    let explore_them = || {
        while let Some((file, definitions, errors)) = runs.get(next.fetch_add(1, Relaxed)) {
            let explored = explore(file, definitions);
            println!("{file} {definitions:?}: {} states", explored.states);
            assert_eq!(explored.errors, *errors, "{file} {definitions:?}");
            match errors {
                0 => states.fetch_add(explored.states, Relaxed),
                _ => planted.fetch_add(1, Relaxed),
            };
        }
    };
    // Each takes a processor, and up to 300 MB.
    thread::scope(|scope| {
        scope.spawn(explore_them);
        explore_them();
    });
    Row::new(35)
        .figure("states", states.into_inner())
        .figure("errors", 0)
        .figure("planted errors found", planted.into_inner())
        .print();
}

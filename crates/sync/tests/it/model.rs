//! The SPIN models: they hold, and they would not if the algorithms were simpler.

use std::path::Path;
use std::process::Command;

use multiproc_testkit::torture::Row;
use multiproc_testkit::{skip, unique_name};

/// A model, the definitions with which it must hold, and those of a simpler algorithm, with which it must not.
struct Model {
    file: &'static str,
    holds: &'static [&'static [&'static str]],
    fails: &'static [&'static [&'static str]],
}

const MODELS: [Model; 6] = [
    Model {
        file: "robust_mutex.pml",
        holds: &[&[]],
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
        fails: &[&["-DNO_BELL"], &["-DNO_RELAY"], &["-DNO_CHECK"]],
    },
    Model {
        file: "barrier.pml",
        holds: &[&[], &["-DROUNDS=2", "-DDEATHS=1"]],
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
    let (mut states, mut errors, mut planted) = (0, 0, 0);
    for Model { file, holds, fails } in MODELS {
        for definitions in holds {
            let explored = explore(file, definitions);
            println!("{file} {definitions:?}: {} states", explored.states);
            states += explored.states;
            errors += explored.errors;
        }
        for definitions in fails {
            let found = explore(file, definitions).errors;
            assert_eq!(found, 1, "{file} {definitions:?}");
            planted += found;
        }
    }
    assert_eq!(errors, 0);
    Row::new(35)
        .figure("states", states)
        .figure("errors", errors)
        .figure("planted errors found", planted)
        .print();
}

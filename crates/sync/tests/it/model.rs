//! The SPIN models: each holds, and would not if its lock were simpler.

use std::path::Path;
use std::process::Command;

use multiproc_testkit::torture::Row;
use multiproc_testkit::{skip, unique_name};

/// What SPIN found.
struct Explored {
    states: u64,
    has_error: bool,
}

/// Explores the model with these definitions in a directory of its own.
fn explore(model: &str, definitions: &[&str]) -> Explored {
    let model = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("models")
        .join(model);
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
    let has_error = !report.contains("errors: 0");
    assert!(!has_error || report.contains("errors: 1"), "{report}");
    let states = report.lines().find_map(|line| {
        let number = line.split_once(" states, stored")?.0;
        number.trim().parse().ok()
    });
    Explored {
        states: states.expect("how many states were stored"),
        has_error,
    }
}

/// Says that the model holds, and that none of the simpler ones does. The states of the whole model, if SPIN is
/// there to count them.
fn is_as_simple_as_it_can_be(model: &str, simpler: &[&str]) -> Option<u64> {
    let there = |program| Command::new(program).arg("-V").output().is_ok();
    if !there("spin") || !there("cc") {
        skip("spin or a C compiler is not installed");
        return None;
    }
    let whole = explore(model, &[]);
    assert!(!whole.has_error, "{model}");
    for simpler in simpler {
        assert!(explore(model, &[simpler]).has_error, "{model} {simpler}");
    }
    Some(whole.states)
}

#[test]
fn the_lock_is_as_simple_as_it_can_be() {
    let simpler = [
        "-DFORGET_WAITERS",
        "-DFORGET_TAKES",
        "-DNO_PENDING",
        "-DOLD_KERNEL",
    ];
    if let Some(states) = is_as_simple_as_it_can_be("robust_mutex.pml", &simpler) {
        Row::new(35)
            .figure("states", states)
            .figure("errors", 0)
            .figure("simpler locks", simpler.len())
            .figure("of them right", 0)
            .print();
    }
}

#[test]
fn the_read_write_lock_is_as_simple_as_it_can_be() {
    is_as_simple_as_it_can_be(
        "rw_lock.pml",
        &[
            "-DLOOK_FIRST",
            "-DLEAVE_SILENTLY",
            "-DNO_PENDING",
            "-DNO_MARK",
        ],
    );
}

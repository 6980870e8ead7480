//! The SPIN models: each holds, and would not if its lock were simpler.

use std::path::Path;
use std::process::Command;

use multiproc_testkit::{skip, unique_name};

/// Explores the model with these definitions in a directory of its own; whether SPIN found an error.
fn has_error(model: &str, definitions: &[&str]) -> bool {
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
    match report.contains("errors: 0") {
        true => false,
        false => {
            assert!(report.contains("errors: 1"), "{report}");
            true
        }
    }
}

/// Says that the model holds, and that none of the simpler ones does.
fn is_as_simple_as_it_can_be(model: &str, simpler: &[&str]) {
    let there = |program| Command::new(program).arg("-V").output().is_ok();
    if !there("spin") || !there("cc") {
        skip("spin or a C compiler is not installed");
        return;
    }
    assert!(!has_error(model, &[]), "{model}");
    for simpler in simpler {
        assert!(has_error(model, &[simpler]), "{model} {simpler}");
    }
}

#[test]
fn the_lock_is_as_simple_as_it_can_be() {
    is_as_simple_as_it_can_be(
        "robust_mutex.pml",
        &[
            "-DFORGET_WAITERS",
            "-DFORGET_TAKES",
            "-DNO_PENDING",
            "-DOLD_KERNEL",
        ],
    );
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

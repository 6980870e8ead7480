//! The SPIN model of the robust mutex: it holds, and it would not if the lock were simpler.

use std::path::Path;
use std::process::Command;

use multiproc_testkit::{skip, unique_name};

/// Explores the model with these definitions in a directory of its own; whether SPIN found an error.
fn has_error(definitions: &[&str]) -> bool {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/robust_mutex.pml");
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

#[test]
fn the_lock_is_as_simple_as_it_can_be() {
    let there = |program| Command::new(program).arg("-V").output().is_ok();
    if !there("spin") || !there("cc") {
        skip("spin or a C compiler is not installed");
        return;
    }
    assert!(!has_error(&[]));
    for simpler in [
        "-DFORGET_WAITERS",
        "-DFORGET_TAKES",
        "-DNO_PENDING",
        "-DOLD_KERNEL",
    ] {
        assert!(has_error(&[simpler]), "{simpler}");
    }
}

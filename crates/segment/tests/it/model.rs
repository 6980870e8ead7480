//! The SPIN model of the locks on names: it holds, and would not if any rule were left out.

use std::path::Path;
use std::process::Command;

use multiproc_testkit::skip;

use crate::file::Dir;

/// Explores the model with these definitions in a directory of its own; whether SPIN found an error.
fn has_error(definitions: &[&str]) -> bool {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/flock.pml");
    let dir = Dir::new();
    let run = |program: &str, args: &[&str]| {
        let mut command = Command::new(program);
        let output = command.args(args).current_dir(dir.at("")).output().unwrap();
        assert!(output.status.success(), "{program}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    run(
        "spin",
        &[definitions, &["-a", model.to_str().unwrap()]].concat(),
    );
    run(
        "cc",
        &["-O2", "-w", "-DSAFETY", "-DCOLLAPSE", "-o", "pan", "pan.c"],
    );
    let report = run("./pan", &["-m1000000"]);
    assert!(!report.contains("max search depth too small"), "{report}");
    let holds = report.contains("errors: 0");
    assert!(holds || report.contains("errors: 1"), "{report}");
    !holds
}

#[test]
fn no_rule_about_names_can_be_left_out() {
    let there = |program| Command::new(program).arg("-V").output().is_ok();
    if !there("spin") || !there("cc") {
        skip("spin or a C compiler is not installed");
        return;
    }
    assert!(!has_error(&[]));
    for simpler in [
        "-DNO_SECOND_LOOK",
        "-DLOCK_AFTER_LINK",
        "-DNO_LOOK_BEFORE",
        "-DNO_EXCLUSIVE",
    ] {
        assert!(has_error(&[simpler]), "{simpler}");
    }
}

//! [`run`]: a Python script beside the tests, where there is a Python with NumPy.

use std::path::Path;
use std::process::{Command, Stdio};

/// What `script` (in this folder) prints when it is run with `args`; `None`, with a printed line,
/// where there is no NumPy.
#[track_caller]
pub(crate) fn run(script: &str, args: &[&str]) -> Option<String> {
    let Some(python) = multiproc_testkit::python_with_numpy() else {
        eprintln!("skipped, as there is no Python with NumPy: {script}");
        return None;
    };
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it")
        .join(script);
    let output = Command::new(python)
        .arg(path)
        .args(args)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .expect("a Python that starts");
    assert!(output.status.success(), "{script} {args:?} failed");
    Some(String::from_utf8(output.stdout).expect("output in UTF-8"))
}

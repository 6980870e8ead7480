//! What the compiler says to a program that is not quite right.

use std::process::Command;

/// The compiler whose words the kept messages are. Others frame the same sentences differently.
const RECORDED_WITH: &str = "rustc 1.95.";

#[test]
fn mistakes_are_told_with_what_to_write() {
    let version = Command::new("rustc")
        .arg("--version")
        .output()
        .expect("a compiler");
    let version = String::from_utf8_lossy(&version.stdout).trim().to_owned();
    if !version.starts_with(RECORDED_WITH) {
        multiproc_testkit::skip(format!(
            "the messages are those of {RECORDED_WITH}, not of {version}"
        ));
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}

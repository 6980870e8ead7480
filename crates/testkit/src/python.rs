//! [`python_with_numpy`]: the interpreter that live comparisons with NumPy run on.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Finds a Python that has NumPy: the one that `MULTIPROC_PYTHON` names, or else `python3`.
///
/// `None` means that there is none, and that the test is to be skipped with a word.
///
/// # Panics
///
/// If there is none although `MULTIPROC_REQUIRE_NUMPY` is `1`, or the one that `MULTIPROC_PYTHON`
/// names has no NumPy; the message says how to get it.
pub fn python_with_numpy() -> Option<PathBuf> {
    let named = std::env::var_os("MULTIPROC_PYTHON").map(PathBuf::from);
    let python = named.clone().unwrap_or_else(|| PathBuf::from("python3"));
    let imports_numpy = Command::new(&python)
        .args(["-c", "import numpy"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if imports_numpy {
        return Some(python);
    }
    let required = std::env::var_os("MULTIPROC_REQUIRE_NUMPY").is_some_and(|value| value == "1");
    assert!(
        named.is_none() && !required,
        "{} has no NumPy; get it with `python3 -m venv .venv && .venv/bin/pip install numpy` \
         and set MULTIPROC_PYTHON=$PWD/.venv/bin/python",
        python.display(),
    );
    None
}

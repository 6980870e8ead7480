//! Python is found by name, and its absence is an error only where it is required.

use multiproc_testkit::{Child, child, python_with_numpy};

fn answer(environment: &[(&str, &str)]) -> String {
    let mut child = Child::spawn_with("python::finding_role", &[], |command| {
        command
            .env_remove("MULTIPROC_PYTHON")
            .env_remove("MULTIPROC_REQUIRE_NUMPY");
        command.envs(environment.iter().copied());
    });
    child.read_line().expect("an answer")
}

#[test]
fn without_python_there_is_none() {
    assert_eq!(answer(&[("PATH", "/nowhere")]), "None");
}

#[test]
fn required_python_says_how_to_get_it() {
    let said = answer(&[("PATH", "/nowhere"), ("MULTIPROC_REQUIRE_NUMPY", "1")]);
    assert!(
        said.contains("python3 has no NumPy") && said.contains("pip install numpy"),
        "{said}"
    );
}

#[test]
fn a_named_python_without_numpy_is_an_error() {
    let said = answer(&[("MULTIPROC_PYTHON", "/nowhere/python3")]);
    assert!(said.starts_with("/nowhere/python3 has no NumPy"), "{said}");
}

#[test]
fn finding_role() {
    if child::args("python::finding_role").is_none() {
        return;
    }
    // The message is the answer; it need not also stand among the output of tests that pass.
    std::panic::set_hook(Box::new(|_| {}));
    match std::panic::catch_unwind(python_with_numpy) {
        Ok(found) => child::say(format_args!("{found:?}")),
        Err(panic) => child::say(panic.downcast_ref::<String>().unwrap()),
    }
}

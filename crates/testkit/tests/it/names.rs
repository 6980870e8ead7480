//! Names differ from call to call and from process to process.

use std::collections::BTreeSet;

use multiproc_testkit::{Child, child, unique_name};

#[test]
fn names_differ_within_and_between_processes() {
    let mut names: BTreeSet<String> = (0..100).map(|_| unique_name("n")).collect();
    let mut child = Child::spawn("names::naming_role", &[]);
    for _ in 0..100 {
        names.insert(child.read_line().unwrap());
    }
    assert_eq!(names.len(), 200);
    assert!(
        names
            .iter()
            .all(|name| name.starts_with("n-") && name.len() < 32)
    );
}

#[test]
fn naming_role() {
    if child::args("names::naming_role").is_some() {
        for _ in 0..100 {
            child::say(unique_name("n"));
        }
    }
}

//! The tests of the locks once more: on Linux 4.18, and in a sandbox of its time.

use multiproc_testkit::seccomp::{Answer, with_linux_4_18};
use multiproc_testkit::{PATIENCE, rerun, skip, watchdog};

/// What takes long and would not be other there, what needs a namespace or a scheduler of its own, and these tests
/// themselves.
const LEFT_OUT: [&str; 17] = [
    "kernels::",
    "model::",
    "barge::",
    "fork::",
    "killing::",
    "leaks::",
    "namespaces::",
    "_crowd::",
    "_laws::",
    "_steps::",
    "_stress::",
    "arena_hostile::",
    "crowd::",
    "hostile::",
    "recovery::",
    "table_deaths::",
    "through_random_kills",
];

fn once_more(answer: Answer) {
    let _watchdog = watchdog(3 * PATIENCE);
    match rerun(&LEFT_OUT, |command| with_linux_4_18(command, answer)) {
        Ok(passed) => {
            assert!(passed >= 40, "only {passed} tests were run");
            println!("{passed} tests passed");
        }
        Err(error) => skip(format!("not permitted here: {error}")),
    }
}

#[test]
fn locks_work_where_younger_calls_are_unknown() {
    once_more(Answer::AsUnknown);
}

#[test]
fn locks_work_where_younger_calls_are_forbidden() {
    once_more(Answer::Forbidden);
}

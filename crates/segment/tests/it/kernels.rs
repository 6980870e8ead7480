//! The tests of this layer once more: on Linux 4.18, in a sandbox of its time, and without `/dev/shm`.

use std::io;
use std::process::Command;

use multiproc_segment::{Layout, Lifetime, Segment, SegmentError};
use multiproc_testkit::seccomp::{Answer, with_linux_4_18};
use multiproc_testkit::{Child, PATIENCE, child, rerun, skip, watchdog, without_dev_shm};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::named::name;

/// What takes long and would not be other there, and these tests themselves.
const LEFT_OUT: [&str; 7] = [
    "kernels::",
    "leaks::",
    "model::",
    "overtaking::",
    "publication::",
    "stress::",
    "core_dumps::",
];

/// Tests that are about names in `/dev/shm`.
const ABOUT_NAMES: [&str; 16] = [
    "named::",
    "crowds::",
    "foreign::",
    "copies::",
    "damage::",
    "a_copied_file_is_a_segment_of_its_own",
    "a_peer_killed_in_the_middle",
    "a_segment_of_another_pid_namespace",
    "exit_of_a_forked_child",
    "no_descriptor_is_inherited",
    "populating_works_for_names",
    "what_was_cut_off_is_an_error",
    "a_memory_cgroup_limits",
    "limits_of_a_process",
    "a_message_whose_segment_is_gone",
    "segments_of_every_kind_arrive",
];

fn once_more(left_out: &[&str], at_least: usize, prepare: impl FnOnce(&mut Command)) {
    let _watchdog = watchdog(3 * PATIENCE);
    match rerun(left_out, prepare) {
        Ok(passed) => {
            assert!(passed >= at_least, "only {passed} tests were run");
            println!("{passed} tests passed");
        }
        Err(error) => skip(format!("not permitted here: {error}")),
    }
}

#[test]
fn all_holds_where_younger_calls_are_unknown() {
    once_more(&LEFT_OUT, 80, |command| {
        with_linux_4_18(command, Answer::AsUnknown)
    });
}

#[test]
fn all_holds_where_younger_calls_are_forbidden() {
    once_more(&LEFT_OUT, 80, |command| {
        with_linux_4_18(command, Answer::Forbidden)
    });
}

#[test]
fn all_but_names_holds_without_dev_shm() {
    let left_out = [&LEFT_OUT[..], &ABOUT_NAMES].concat();
    once_more(&left_out, 50, without_dev_shm);
}

/// Otherwise the tests above would show nothing.
#[test]
fn the_filters_hide_what_they_are_meant_to_hide() {
    let _watchdog = watchdog(PATIENCE);
    for (answer, errnos) in [
        (Answer::AsUnknown, [Errno::NOSYS, Errno::INVAL]),
        (Answer::Forbidden, [Errno::PERM, Errno::PERM]),
    ] {
        let mut role = Child::spawn_with("kernels::filtered_role", &[], |command| {
            with_linux_4_18(command, answer)
        });
        for errno in errnos {
            role.expect_line(&errno.raw_os_error().to_string());
        }
        assert!(role.wait().success());
    }
}

#[test]
fn filtered_role() {
    let Some(_) = child::args("kernels::filtered_role") else {
        return;
    };
    use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
    let own = Pid::from_raw(std::process::id() as i32).unwrap();
    let unknown = pidfd_open(own, PidfdFlags::empty()).unwrap_err();
    let memfd = memfd_create("filtered", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
    let refused: Vec<Errno> = [
        memfd_create("filtered", MemfdFlags::NOEXEC_SEAL).map(drop),
        fcntl_add_seals(&memfd, SealFlags::FUTURE_WRITE),
    ]
    .into_iter()
    .map(Result::unwrap_err)
    .collect();
    assert_eq!(refused[0], refused[1]);
    fcntl_add_seals(&memfd, SealFlags::SHRINK).unwrap();
    child::say(unknown.raw_os_error());
    child::say(refused[0].raw_os_error());
}

#[test]
fn without_dev_shm_names_are_an_error_and_nothing_else_is() {
    let _watchdog = watchdog(PATIENCE);
    let mut probe = Command::new("true");
    without_dev_shm(&mut probe);
    if let Err(error) = probe.status() {
        skip(format!("no /dev can be hidden here: {error}"));
        return;
    }
    let mut role = Child::spawn_with("kernels::without_dev_shm_role", &[], without_dev_shm);
    role.expect_line("done");
    assert!(role.wait().success());
}

#[test]
fn without_dev_shm_role() {
    let Some(_) = child::args("kernels::without_dev_shm_role") else {
        return;
    };
    let name = name("nowhere");
    let layout = Layout::payload(1);
    let created: Result<_, SegmentError> =
        Segment::create(&name, layout, Lifetime::LastUser, |_| Ok(()));
    let missing = io::Error::from(Errno::NOENT);
    let expected = format!(
        "named segments live in /dev/shm, which cannot be used: {missing}; \
         mount a tmpfs there, or take an anonymous segment"
    );
    assert_eq!(created.unwrap_err().to_string(), expected);
    assert!(matches!(
        Segment::open(&name),
        Err(SegmentError::NotFound { .. })
    ));
    let anonymous = Segment::anonymous(Layout::payload(5000)).unwrap();
    anonymous.payload().fill(0, 5000, 1).unwrap();
    assert!(anonymous.freeze().is_ok());
    child::say("done");
}

//! Processes without a pool: what they exit with, who ends them, and what they are called.

use std::fs::{self, File};
use std::io::Read;
use std::os::fd::AsFd;
use std::process::Stdio;
use std::time::Duration;

use multiproc_pool::{
    Exit, PoolError, Process, ProcessHandle, TaskError, active_children, current_process,
    parent_process, task, wait,
};
use multiproc_testkit::seccomp::{Answer, with_linux_4_18};
use multiproc_testkit::{
    Child, PATIENCE, Signal, child, is_running, unique_name, wait_until, watchdog,
};
use rustix::process::{getpid, kill_process};
use serde::{Deserialize, Serialize};

use crate::parents::children_of;

#[task(crate = multiproc_pool)]
fn end(how: String) -> Result<(), String> {
    let signal_itself = |signal| {
        // std's handler for a full stack lets the first SIGSEGV pass.
        loop {
            kill_process(getpid(), signal).expect("a signal to this process");
        }
    };
    match how.as_str() {
        "return" => Ok(()),
        "error" => Err("an error of its own".to_owned()),
        "panic" => panic!("a panic of its own"),
        "abort" => std::process::abort(),
        "SIGKILL" => signal_itself(Signal::KILL),
        "SIGSEGV" => signal_itself(Signal::SEGV),
        "SIGTERM" => signal_itself(Signal::TERM),
        code => std::process::exit(code.parse().expect("a number")),
    }
}

#[task(crate = multiproc_pool)]
fn wait_for_ever() {
    loop {
        std::thread::park();
    }
}

#[task(crate = multiproc_pool)]
fn spin_for_ever() {
    loop {
        std::hint::spin_loop();
    }
}

fn ending(how: &str) -> ProcessHandle<()> {
    Process::new(end, how.to_owned()).start().unwrap()
}

#[test]
fn exit_codes_are_pythons() {
    let _watchdog = watchdog(PATIENCE);
    for (how, code) in [
        ("return", 0),
        ("0", 0),
        ("3", 3),
        ("256", 0),
        ("-1", 255),
        ("9", 9),
        ("error", 1),
        ("panic", 1),
        ("abort", -6),
        ("SIGKILL", -9),
        ("SIGSEGV", -11),
        ("SIGTERM", -15),
    ] {
        let process = ending(how);
        let exit = process.join().unwrap();
        assert_eq!(process.exitcode(), Some(code), "after {how}");
        assert_eq!(exit.exitcode(), code);
        assert!(!process.is_alive());
    }
}

#[test]
fn a_failure_is_told_to_whoever_asks_for_the_result() {
    let _watchdog = watchdog(PATIENCE);
    ending("return").result().unwrap();
    let error = ending("error").result().unwrap_err().to_string();
    assert!(error.ends_with("failed: an error of its own"), "{error}");

    let Err(PoolError::ProcessFailed { failure, .. }) = ending("panic").result() else {
        panic!("a panic is a failure");
    };
    let TaskError::Panicked { message, place, .. } = *failure else {
        panic!("{failure}");
    };
    assert_eq!(message, "a panic of its own");
    assert!(place.unwrap().contains("process.rs"));

    for (how, expected) in [("0", Exit::Code(0)), ("SIGKILL", Exit::Signal(9))] {
        let Err(PoolError::ProcessEnded { exit, .. }) = ending(how).result() else {
            panic!("{how} is an end before the result");
        };
        assert_eq!(exit, expected);
    }
}

#[task(crate = multiproc_pool)]
fn repeat(text: String, n: usize) -> String {
    text.repeat(n)
}

#[test]
fn long_items_and_results_go_both_ways() {
    let _watchdog = watchdog(PATIENCE);
    let text = "x".repeat(1 << 20);
    let process = Process::new(repeat, (text.clone(), 8)).start().unwrap();
    assert_eq!(process.result().unwrap(), text.repeat(8));
}

#[derive(Deserialize)]
struct Unsendable;

impl Serialize for Unsendable {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(serde::ser::Error::custom("not this"))
    }
}

#[task(crate = multiproc_pool)]
fn take(_: Unsendable) {}

#[test]
fn what_cannot_be_sent_starts_no_process() {
    let error = Process::new(take, Unsendable).start().unwrap_err();
    assert!(
        matches!(&error, PoolError::ProcessFailed { failure, .. } if matches!(**failure, TaskError::BadItem { .. })),
        "{error}"
    );
}

#[test]
fn a_program_that_is_none_of_ours_is_an_error() {
    let _watchdog = watchdog(PATIENCE);
    let error = Process::new(wait_for_ever, ()).command("/bin/true").start();
    assert!(matches!(
        error.unwrap_err(),
        PoolError::NoAnswer {
            exit: Some(Exit::Code(0)),
            ..
        }
    ));
    let error = Process::new(wait_for_ever, ())
        .command("/no/such/program")
        .start();
    assert!(matches!(error.unwrap_err(), PoolError::Spawn { .. }));
}

#[test]
fn terminate_and_kill_end_it_and_say_so() {
    let _watchdog = watchdog(PATIENCE);
    let process = Process::new(spin_for_ever, ()).start().unwrap();
    assert_eq!(process.join_timeout(Duration::ZERO).unwrap(), None);
    assert_eq!(process.exitcode(), None);
    process.terminate().unwrap();
    assert_eq!(process.join().unwrap(), Exit::Signal(15));
    // As in Python, there is nothing left to end.
    process.terminate().unwrap();
    process.kill().unwrap();
    assert_eq!(process.exitcode(), Some(-15));

    let process = Process::new(spin_for_ever, ()).start().unwrap();
    process.kill().unwrap();
    assert_eq!(
        process.join_timeout(Duration::MAX).unwrap(),
        Some(Exit::Signal(9))
    );
}

#[test]
fn a_process_that_runs_is_not_closed() {
    let _watchdog = watchdog(PATIENCE);
    let process = Process::new(wait_for_ever, ()).start().unwrap();
    let process = process.close().unwrap_err();
    process.kill().unwrap();
    process.join().unwrap();
    process.close().unwrap();
}

#[test]
fn a_dropped_daemon_is_killed_and_others_are_joined() {
    let _watchdog = watchdog(PATIENCE);
    let daemon = Process::new(wait_for_ever, ()).daemonic().start().unwrap();
    assert!(daemon.daemon());
    let pid = daemon.pid();
    drop(daemon);
    assert!(!fs::exists(format!("/proc/{pid}")).unwrap());

    let path = std::env::temp_dir().join(unique_name("joined"));
    let name = path.to_str().unwrap().to_owned();
    drop(Process::new(write_late, name).start().unwrap());
    assert_eq!(fs::read_to_string(&path).unwrap(), "done");
    fs::remove_file(path).unwrap();
}

#[task(crate = multiproc_pool)]
fn write_late(path: String) {
    // It is the time between start and drop that is to be exceeded.
    std::thread::sleep(Duration::from_millis(50));
    fs::write(path, "done").expect("a file");
}

#[task(crate = multiproc_pool)]
fn name_a_child(depth: u32) -> Result<Vec<(String, String, bool, bool)>, PoolError> {
    let parent = parent_process().expect("a parent");
    assert!(parent.is_alive());
    assert!(
        wait(&[parent], Some(Duration::ZERO))
            .expect("a poll")
            .is_empty()
    );
    let own = current_process();
    let alike = parent.pid()
        == rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get().unsigned_abs());
    let mut names = vec![(
        own.name().to_owned(),
        parent.name().to_owned(),
        own.daemon(),
        alike,
    )];
    if depth > 0 {
        let child = Process::new(name_a_child, depth - 1).start()?;
        names.extend(child.result()?);
    }
    Ok(names)
}

#[test]
fn names_numbers_and_daemons_are_inherited_as_in_python() {
    let _watchdog = watchdog(PATIENCE);
    let mut role = Child::spawn("process::naming_role", &[]);
    assert!(role.wait().success());
}

#[test]
fn naming_role() {
    let Some(_) = child::args("process::naming_role") else {
        return;
    };
    assert!(parent_process().is_none());
    assert_eq!(current_process().name(), "MainProcess");
    let line =
        |name: &str, parent: &str, daemon| (name.to_owned(), parent.to_owned(), daemon, true);
    let names = Process::new(name_a_child, 2)
        .start()
        .unwrap()
        .result()
        .unwrap();
    assert_eq!(
        names,
        [
            line("Process-1", "MainProcess", false),
            line("Process-1:1", "Process-1", false),
            line("Process-1:1:1", "Process-1:1", false),
        ]
    );
    let second = Process::new(name_a_child, 1)
        .name("own")
        .daemonic()
        .start()
        .unwrap();
    assert_eq!(
        second.result().unwrap(),
        [
            line("own", "MainProcess", true),
            line("Process-2:1", "own", true)
        ]
    );
}

#[test]
fn processes_that_start_processes_for_ever_come_to_an_end() {
    let _watchdog = watchdog(PATIENCE);
    let names = Process::new(name_a_child, 9)
        .start()
        .unwrap()
        .result()
        .unwrap();
    assert_eq!(names.len(), 10);
    let error = Process::new(name_a_child, 10)
        .start()
        .unwrap()
        .result()
        .unwrap_err();
    assert!(error.to_string().contains("nested 10 deep"), "{error}");
}

#[test]
fn ps_shows_the_name() {
    let _watchdog = watchdog(PATIENCE);
    let process = Process::new(wait_for_ever, ())
        .name("the sleeper")
        .daemonic()
        .start()
        .unwrap();
    let line = fs::read_to_string(format!("/proc/{}/cmdline", process.pid())).unwrap();
    assert!(line.ends_with(" [the sleeper]\0"), "{line}");
}

#[test]
fn active_children_are_those_that_run() {
    let _watchdog = watchdog(PATIENCE);
    // Other tests of this process have children of their own.
    let is_active = |pid| active_children().iter().any(|child| child.pid() == pid);
    let process = Process::new(wait_for_ever, ()).start().unwrap();
    let pid = process.pid();
    assert!(is_active(pid));
    let child = active_children()
        .into_iter()
        .find(|child| child.pid() == pid)
        .unwrap();
    child.kill().unwrap();
    child.join().unwrap();
    assert!(!is_active(pid));
    assert_eq!(process.exitcode(), Some(-9));
}

#[test]
fn wait_names_all_that_are_ready() {
    let _watchdog = watchdog(PATIENCE);
    let processes: Vec<ProcessHandle<()>> = (0..4)
        .map(|_| Process::new(wait_for_ever, ()).daemonic().start().unwrap())
        .collect();
    assert_eq!(
        wait(&processes, Some(Duration::from_millis(1))).unwrap(),
        [0; 0]
    );
    for ended in [1, 3] {
        processes[ended].kill().unwrap();
        processes[ended].join().unwrap();
    }
    assert_eq!(wait(&processes, None).unwrap(), [1, 3]);

    let (reader, writer) = rustix::pipe::pipe().unwrap();
    let mixed = [processes[0].as_fd(), reader.as_fd()];
    assert_eq!(wait(&mixed, Some(Duration::ZERO)).unwrap(), [0; 0]);
    drop(writer);
    assert_eq!(wait(&mixed, None).unwrap(), [1]);
    assert_eq!(wait::<File>(&[], None).unwrap(), [0; 0]);
}

#[test]
fn no_process_outlives_a_killed_parent() {
    let _watchdog = watchdog(PATIENCE);
    for way in ["daemonic", "joined"] {
        let mut parent = Child::spawn("process::parent_role", &[way]);
        let pids: Vec<u32> = (0..2)
            .map(|_| parent.read_line().unwrap().parse().unwrap())
            .collect();
        let grandchildren = || children_of(pids[1]);
        wait_until("the second has a child", || !grandchildren().is_empty());
        let pids = [pids[0], pids[1], grandchildren()[0]];
        parent.kill();
        wait_until("nobody is left", || {
            pids.iter().all(|&pid| !is_running(pid))
        });
    }
}

#[task(crate = multiproc_pool)]
fn start_another() {
    Process::new(spin_for_ever, ())
        .start()
        .expect("a child")
        .join()
        .expect("its end");
}

#[test]
fn parent_role() {
    let Some(args) = child::args("process::parent_role") else {
        return;
    };
    let (one, other) = (
        Process::new(spin_for_ever, ()),
        Process::new(start_another, ()),
    );
    let processes = match args[0].as_str() {
        "daemonic" => [
            one.daemonic().start().unwrap(),
            other.daemonic().start().unwrap(),
        ],
        _ => [one.start().unwrap(), other.start().unwrap()],
    };
    processes
        .iter()
        .for_each(|process| child::say(process.pid()));
    processes[0].join().unwrap();
}

#[test]
fn children_end_with_a_parent_that_exits_in_passing() {
    let _watchdog = watchdog(PATIENCE);
    let mut parent = Child::spawn("process::exiting_role", &[]);
    let pid = parent.read_line().unwrap().parse().unwrap();
    assert_eq!(parent.wait().code(), Some(7));
    wait_until("its child is gone", || !is_running(pid));
}

#[test]
fn exiting_role() {
    let Some(_) = child::args("process::exiting_role") else {
        return;
    };
    let process = Process::new(spin_for_ever, ()).start().unwrap();
    child::say(process.pid());
    std::process::exit(7);
}

#[task(crate = multiproc_pool)]
fn print_and_read() -> usize {
    println!("on its standard output");
    eprintln!("on its standard error");
    std::io::stdin()
        .read_to_end(&mut Vec::new())
        .expect("an empty input")
}

#[test]
fn output_is_the_parents_own_and_input_is_empty() {
    let _watchdog = watchdog(PATIENCE);
    let [out, err] = ["out", "err"].map(|kind| std::env::temp_dir().join(unique_name(kind)));
    let mut role = Child::spawn_with("process::printing_role", &[], |command| {
        command.stdout(Stdio::from(File::create(&out).unwrap()));
        command.stderr(Stdio::from(File::create(&err).unwrap()));
    });
    assert!(role.wait().success());
    let [printed, errors] = [&out, &err].map(|path| fs::read_to_string(path).unwrap());
    assert!(printed.contains("on its standard output\n"), "{printed}");
    for part in [
        "on its standard error\n",
        "a panic of its own\n",
        "process failing failed: an error of its own\n",
    ] {
        assert_eq!(errors.matches(part).count(), 1, "{part} in {errors}");
    }
    fs::remove_file(out).unwrap();
    fs::remove_file(err).unwrap();
}

#[test]
fn printing_role() {
    let Some(_) = child::args("process::printing_role") else {
        return;
    };
    assert_eq!(
        Process::new(print_and_read, ())
            .start()
            .unwrap()
            .result()
            .unwrap(),
        0
    );
    let failing = |how: &str| {
        Process::new(end, how.to_owned())
            .name("failing")
            .start()
            .unwrap()
    };
    failing("panic").join().unwrap();
    failing("error").join().unwrap();
}

#[test]
fn before_linux_5_3_it_is_all_the_same() {
    let _watchdog = watchdog(PATIENCE);
    let mut role = Child::spawn_with("process::old_role", &[], |command| {
        with_linux_4_18(command, Answer::AsUnknown);
    });
    assert!(role.wait().success());
}

#[test]
fn old_role() {
    let Some(_) = child::args("process::old_role") else {
        return;
    };
    exit_codes_are_pythons();
    long_items_and_results_go_both_ways();
    wait_names_all_that_are_ready();
    terminate_and_kill_end_it_and_say_so();
}

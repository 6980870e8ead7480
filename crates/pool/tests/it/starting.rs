//! How a process becomes a worker, and what is said if it does not.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use multiproc_pool::{Exit, Pool, PoolError, task};
use multiproc_segment::transport::Transport;
use multiproc_testkit::{Child, PATIENCE, child, children, unique_name, watchdog};

use crate::pool;

const VARIABLE: &str = "MULTIPROC_WORKER";

#[task(crate = multiproc_pool)]
fn environment(name: String) -> Option<String> {
    std::env::var(name).ok()
}

#[task(crate = multiproc_pool)]
fn standard_input(_: ()) -> Result<String, std::io::Error> {
    std::io::read_to_string(std::io::stdin())
}

#[test]
fn a_worker_shows_no_signs_of_being_one() {
    let _watchdog = watchdog(PATIENCE);
    let pool = pool(1);
    assert_eq!(
        pool.map(environment, [VARIABLE.to_owned()]).run().unwrap(),
        [None]
    );
    assert_eq!(pool.map(standard_input, [()]).run().unwrap(), [""]);
}

#[test]
fn the_environment_sets_the_number_of_processes_and_the_context() {
    let _watchdog = watchdog(PATIENCE);
    for (processes, context, expected) in [
        ("3", "spawn", "3 processes, 3 workers"),
        ("3", "serial", "1 processes, 0 workers"),
        ("3", "threads", "3 processes, 0 workers"),
        (
            "none",
            "spawn",
            "MULTIPROC_PROCESSES is set to \"none\", but must be a whole number from 1 on",
        ),
        (
            "3",
            "mars",
            "MULTIPROC_CONTEXT is set to \"mars\", but must be spawn, threads or serial",
        ),
    ] {
        let mut role = Child::spawn_with("starting::environment_role", &[], |command| {
            command
                .env("MULTIPROC_PROCESSES", processes)
                .env("MULTIPROC_CONTEXT", context);
        });
        assert_eq!(role.read_line().as_deref(), Some(expected));
        assert!(role.wait().success());
    }
}

#[test]
fn environment_role() {
    let Some(_) = child::args("starting::environment_role") else {
        return;
    };
    match Pool::new() {
        Ok(pool) => {
            let workers = pool.worker_pids().len();
            child::say(format!("{} processes, {workers} workers", pool.processes()));
        }
        Err(error) => child::say(error),
    }
}

#[test]
fn a_pool_has_as_many_workers_as_its_process_may_use_processors() {
    let _watchdog = watchdog(PATIENCE);
    let expected = std::thread::available_parallelism().unwrap().get();
    let pool = Pool::new().unwrap();
    assert_eq!(
        (pool.processes(), pool.worker_pids().len()),
        (expected, expected)
    );
}

/// A program in a file of its own, gone with this.
struct Script(PathBuf);

impl Script {
    fn new(text: &str) -> Script {
        let path = std::env::temp_dir().join(unique_name("worker"));
        let mut file = std::fs::File::create(&path).unwrap();
        write!(file, "#!/bin/sh\n{text}\n").unwrap();
        file.set_permissions(PermissionsExt::from_mode(0o700))
            .unwrap();
        Script(path)
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).unwrap();
    }
}

fn pool_of(script: &Script, patience: Duration) -> Result<Pool, PoolError> {
    let builder = Pool::builder().processes(2).worker_command(&script.0);
    builder.start_timeout(patience).build()
}

#[test]
fn a_program_that_is_no_worker_is_an_error_of_the_pool() {
    let _watchdog = watchdog(PATIENCE);
    let script = Script::new("echo I am not what you think >&2; exit 3");
    let error = pool_of(&script, PATIENCE).unwrap_err();
    let PoolError::NoAnswer {
        exit, last_words, ..
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!(
        (*exit, last_words.as_str()),
        (Some(Exit::Code(3)), "I am not what you think\n")
    );
    assert!(
        error
            .to_string()
            .contains("must call multiproc::init() in its first line"),
        "{error}"
    );

    let script = Script::new("exec sleep 3600");
    let error = pool_of(&script, Duration::from_millis(50)).unwrap_err();
    assert!(
        matches!(error, PoolError::NoAnswer { exit: None, .. }),
        "{error}"
    );

    let script = Script::new("printf 'HTTP/1.1 400 Bad Request\\r\\n\\r\\n' >&0; exec sleep 3600");
    let error = pool_of(&script, PATIENCE).unwrap_err();
    assert!(matches!(error, PoolError::Transport(_)), "{error}");

    let missing = Pool::builder()
        .processes(1)
        .worker_command("/no/such/program")
        .build();
    assert!(matches!(missing, Err(PoolError::Spawn { .. })));
}

#[test]
fn a_program_that_forgot_to_call_init_does_not_start_others_without_end() {
    let _watchdog = watchdog(PATIENCE);
    // This very test binary, obeying another version: it comes to its main function as if it had never looked.
    let own = std::fs::read_link("/proc/self/exe").unwrap();
    let script = Script::new(&format!(
        "{VARIABLE}=0.0.0 exec {} --exact starting::forgetful_role --nocapture",
        own.display()
    ));
    let error = pool_of(&script, PATIENCE).unwrap_err();
    let PoolError::NoAnswer {
        exit, last_words, ..
    } = &error
    else {
        panic!("{error}")
    };
    assert_eq!(*exit, Some(Exit::Code(5)));
    assert_eq!(*last_words, format!("{}\n", PoolError::NotInitialised));
}

/// The main function of a program that makes a pool.
#[test]
fn forgetful_role() {
    if std::env::var_os(VARIABLE).is_none() {
        return;
    }
    let before = children();
    let error = Pool::new().expect_err("a process that was started as a worker");
    assert_eq!(children(), before);
    eprintln!("{error}");
    std::process::exit(5);
}

/// What a worker of this binary answers to a parent that greets it so.
fn answer_to(greeting: &[u8]) -> (Option<Vec<u8>>, String) {
    let (own, theirs) = UnixStream::pair().unwrap();
    let worker = Command::new("/proc/self/exe")
        .env(VARIABLE, env!("CARGO_PKG_VERSION"))
        .stdin(Stdio::from(std::os::fd::OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut link = Transport::new(own);
    link.send(greeting, &[]).unwrap();
    let answer = link.recv().unwrap().map(|message| message.bytes);
    let output = worker.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    (answer, String::from_utf8(output.stderr).unwrap())
}

#[test]
fn a_worker_runs_nothing_for_a_parent_of_another_build() {
    let _watchdog = watchdog(PATIENCE);
    let (own, words) = answer_to(b"mprcpool\x03\0\0\0 other hash     8");
    let own = own.expect("its own greeting");
    assert!(
        words.contains("a worker was built from other tasks"),
        "{words}"
    );
    assert!(own.starts_with(b"mprcpool\x03\0\0\0"));

    let (_, words) = answer_to(b"mprcpool\x63\0\0\0");
    assert!(
        words.contains("a worker speaks version 99 of the pool's protocol"),
        "{words}"
    );
    let (_, words) = answer_to(b"GET / HTTP/1.1");
    assert!(
        words.contains("a process answered, but not as a worker"),
        "{words}"
    );
}

#[test]
fn pools_start_while_other_threads_hold_locks_and_allocate() {
    let _watchdog = watchdog(PATIENCE);
    let over = std::sync::atomic::AtomicBool::new(false);
    let lock = std::sync::Mutex::new(0_u64);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !over.load(std::sync::atomic::Ordering::Relaxed) {
                    let mut held = lock.lock().unwrap();
                    *held += vec![1_u8; 4096].len() as u64;
                }
            });
        }
        for _ in 0..20 {
            let pool = pool(2);
            assert_eq!(
                pool.map(environment, [String::new()]).run().unwrap(),
                [None]
            );
        }
        over.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}

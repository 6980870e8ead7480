//! Every way to die, and what is told of it.

use multiproc_pool::{Exit, TaskError};
use rustix::process::{Signal, getpid, kill_process};

pub(crate) const WAYS: [&str; 8] = [
    "exit",
    "exit in a thread",
    "abort",
    "kill",
    "segv",
    "overflow",
    "panic",
    "error",
];

/// Ends the task in one of several ways; anything else returns.
pub(crate) fn end(way: &str) -> Result<(), String> {
    match way {
        "exit" => std::process::exit(42),
        "exit in a thread" => {
            std::thread::spawn(|| std::process::exit(43))
                .join()
                .expect("it does not come back");
        }
        "abort" => std::process::abort(),
        "kill" => signal(Signal::KILL),
        "segv" => signal(Signal::SEGV),
        "overflow" => assert_eq!(descend(0), 1),
        "panic" => panic!("a panic with {} words", 5),
        "error" => return Err("an error".to_owned()),
        _ => {}
    }
    Ok(())
}

fn signal(signal: Signal) {
    kill_process(getpid(), signal).expect("a signal to this process");
    loop {
        std::thread::park();
    }
}

fn descend(depth: u64) -> u64 {
    let page = [depth; 512];
    if std::hint::black_box(&page)[0] == u64::MAX {
        0
    } else {
        descend(depth + 1) + page[1]
    }
}

/// Whether an item that ended this `way` is lost, as opposed to failed by itself.
pub(crate) fn is_lost(way: &str) -> bool {
    !matches!(way, "panic" | "error")
}

pub(crate) fn assert_told(failure: &TaskError, item: usize, way: &str) {
    assert_eq!(failure.item(), item);
    match (way, failure) {
        ("panic", TaskError::Panicked { message, place, .. }) => {
            assert_eq!(message, "a panic with 5 words");
            assert!(
                place
                    .as_ref()
                    .is_some_and(|place| place.contains("ways.rs:")),
                "{place:?}"
            );
        }
        ("error", TaskError::Failed { message, .. }) => assert_eq!(message, "an error"),
        (_, TaskError::WorkerDied { exit, .. } | TaskError::PartTorn { exit, .. }) => {
            let expected = match way {
                "exit" => Exit::Code(42),
                "exit in a thread" => Exit::Code(43),
                "abort" => Exit::Signal(libc::SIGABRT),
                "kill" => Exit::Signal(libc::SIGKILL),
                // std's own handler is not there in a process that becomes a worker before main.
                "segv" | "overflow" => Exit::Signal(libc::SIGSEGV),
                other => panic!("{other} is no death"),
            };
            assert_eq!(*exit, expected, "{way}");
        }
        (way, failure) => panic!("{way} is told as {failure}"),
    }
}

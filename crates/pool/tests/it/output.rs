//! What workers print.

use std::process::Stdio;

use multiproc_pool::{Pool, TaskError, task};
use multiproc_testkit::{Child, PATIENCE, child, watchdog};

#[task(crate = multiproc_pool)]
fn chatter(name: u64) {
    for line in 0..50 {
        // In two pieces, so that lines of different workers could mix.
        print!("worker {name} ");
        std::io::Write::flush(&mut std::io::stdout()).expect("a pipe");
        println!("says {line}");
    }
    eprint!("no newline from {name}");
}

#[test]
fn lines_of_different_workers_do_not_mix() {
    let _watchdog = watchdog(PATIENCE);
    let out = tempfile("lines");
    let err = tempfile("errors");
    let mut role = Child::spawn_with("output::chatter_role", &[], |command| {
        command.stdout(Stdio::from(std::fs::File::create(&out).unwrap()));
        command.stderr(Stdio::from(std::fs::File::create(&err).unwrap()));
    });
    assert!(role.wait().success());
    let printed = std::fs::read_to_string(&out).unwrap();
    let mut lines: Vec<&str> = printed
        .lines()
        .filter(|line| line.starts_with("worker "))
        .collect();
    // The parent's own line comes after all that the job printed.
    let end = printed
        .lines()
        .position(|line| line == "the job is done")
        .expect("the last line");
    assert!(
        printed
            .lines()
            .skip(end)
            .all(|line| !line.starts_with("worker "))
    );
    lines.sort_unstable();
    let mut expected: Vec<String> = (0..4)
        .flat_map(|name| (0..50).map(move |line| format!("worker {name} says {line}")))
        .collect();
    expected.sort_unstable();
    assert_eq!(lines, expected);
    // Unended lines come when the workers end.
    let errors = std::fs::read_to_string(&err).unwrap();
    for name in 0..4 {
        assert!(
            errors.contains(&format!("no newline from {name}")),
            "{errors}"
        );
    }
    std::fs::remove_file(out).unwrap();
    std::fs::remove_file(err).unwrap();
}

fn tempfile(name: &str) -> std::path::PathBuf {
    std::env::temp_dir().join(multiproc_testkit::unique_name(name))
}

#[test]
fn chatter_role() {
    let Some(_) = child::args("output::chatter_role") else {
        return;
    };
    // The test harness has begun a line.
    println!();
    let pool = Pool::builder().processes(4).build().unwrap();
    pool.map(chatter, 0..4).chunk(1).run().unwrap();
    println!("the job is done");
}

#[task(crate = multiproc_pool)]
fn talk_and_abort(n: u64) {
    eprintln!("first line");
    for line in 0..1000 {
        eprintln!("line {line} of {n}");
    }
    eprint!("and then");
    std::process::abort();
}

#[test]
fn the_end_of_what_a_dead_worker_said_is_kept() {
    let _watchdog = watchdog(PATIENCE);
    let mut role = Child::spawn_with("output::last_words_role", &[], |command| {
        command.stderr(Stdio::null());
    });
    assert_eq!(role.read_line().as_deref(), Some("they are kept"));
    assert!(role.wait().success());
}

#[test]
fn last_words_role() {
    let Some(_) = child::args("output::last_words_role") else {
        return;
    };
    let pool = Pool::builder().processes(1).build().unwrap();
    let failed = pool.map(talk_and_abort, [7]).run().unwrap_err();
    let [TaskError::WorkerDied { last_words, .. }] = failed.failures() else {
        panic!("{failed}");
    };
    assert!(last_words.ends_with("line 999 of 7\nand then"));
    assert!(!last_words.contains("first line"));
    assert_eq!(last_words.len(), 4096);
    assert!(failed.to_string().ends_with("and then"));
    child::say("they are kept");
}

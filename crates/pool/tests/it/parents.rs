//! A worker does not outlive its parent, whatever it is doing.

use std::time::Duration;

use multiproc_array::{PartMut, SharedArray};
use multiproc_pool::{Pool, task};
use multiproc_segment::{SegmentName, prune};
use multiproc_testkit::torture::{Row, Scale};
use multiproc_testkit::{
    Child, PATIENCE, Signal, child, is_running, shm_names, unique_name, wait_until, watchdog,
};
use ndarray::Ix1;
use rustix::process::{Pid, getpid, getppid, kill_process};

#[task(crate = multiproc_pool)]
fn wait_for_ever(what: String) {
    match what.as_str() {
        "busy" => loop {
            std::hint::spin_loop();
        },
        "stopped" => {
            kill_process(getpid(), Signal::STOP).expect("a signal to this process");
            // Another thread may be the one that takes it.
            std::thread::sleep(Duration::from_secs(3600));
        }
        "asleep" => std::thread::sleep(Duration::from_secs(3600)),
        _ => {}
    }
}

#[task(crate = multiproc_pool)]
fn hold(part: &mut PartMut<f64>) {
    part.fill(1.0);
    std::thread::sleep(Duration::from_secs(3600));
}

/// Kills a parent whose workers are at `what`, and waits until they are gone.
fn kill_a_parent(what: &str) {
    let _watchdog = watchdog(PATIENCE);
    let mut parent = Child::spawn("parents::parent_role", &[what]);
    let pids: Vec<u32> = (0..3)
        .map(|_| {
            parent
                .read_line()
                .expect("a process id")
                .parse()
                .expect("a number")
        })
        .collect();
    let in_state = |pid: &u32, state: char| {
        let threads = std::fs::read_dir(format!("/proc/{pid}/task"))
            .into_iter()
            .flatten();
        let stats = threads
            .flatten()
            .map(|thread| std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default());
        stats.into_iter().any(|stat| {
            let fields = stat.rsplit(')').next().unwrap_or_default();
            fields.trim_start().starts_with(state)
        })
    };
    match what {
        "stopped" => wait_until("they are stopped", || {
            pids.iter().all(|pid| in_state(pid, 'T'))
        }),
        "busy" => wait_until("they are busy", || {
            pids.iter().all(|pid| in_state(pid, 'R'))
        }),
        _ => {}
    }
    parent.kill();
    wait_until("no worker is left", || {
        pids.iter().all(|&pid| !is_running(pid))
    });
}

#[test]
fn idle_workers_go_with_their_parent() {
    kill_a_parent("idle");
}

#[test]
fn busy_workers_go_with_their_parent() {
    kill_a_parent("busy");
}

#[test]
fn sleeping_workers_go_with_their_parent() {
    kill_a_parent("asleep");
}

#[test]
fn stopped_workers_go_with_their_parent() {
    kill_a_parent("stopped");
}

#[test]
fn parent_role() {
    let Some(args) = child::args("parents::parent_role") else {
        return;
    };
    let pool = Pool::builder().processes(3).build().unwrap();
    pool.worker_pids().into_iter().for_each(child::say);
    if args[0] == "idle" {
        std::thread::sleep(Duration::from_secs(3600));
    }
    let items = vec![args[0].clone(); 3];
    let _ = pool.map(wait_for_ever, items).chunk(1).run();
}

#[test]
fn ctrl_c_is_left_to_the_parent() {
    let _watchdog = watchdog(PATIENCE);
    let pool = Pool::builder().processes(2).build().unwrap();
    let pids = pool.worker_pids();
    for &pid in &pids {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw).unwrap();
        kill_process(pid, Signal::INT).unwrap();
    }
    pool.map(wait_for_ever, ["not at all".to_owned()])
        .run()
        .unwrap();
    assert_eq!(pool.worker_pids(), pids);
}

#[test]
fn the_name_of_an_array_goes_with_its_last_user() {
    let _watchdog = watchdog(PATIENCE);
    let name = unique_name("orphan");
    let mut parent = Child::spawn("parents::naming_role", &[&name]);
    let pids: Vec<u32> = (0..2)
        .map(|_| {
            parent
                .read_line()
                .expect("a process id")
                .parse()
                .expect("a number")
        })
        .collect();
    wait_until("the workers write", || {
        let array = SharedArray::<f64, Ix1>::open(&SegmentName::new(&name).unwrap()).unwrap();
        array.access_table().holders().len() == 2
    });
    parent.kill();
    wait_until("no worker is left", || {
        pids.iter().all(|&pid| !is_running(pid))
    });
    assert_eq!(shm_names(&name), [""; 0]);
}

#[test]
fn naming_role() {
    let Some(args) = child::args("parents::naming_role") else {
        return;
    };
    let name = SegmentName::new(&args[0]).unwrap();
    let array = SharedArray::<f64, Ix1>::create(&name, 2).unwrap();
    let pool = Pool::builder().processes(2).build().unwrap();
    pool.worker_pids().into_iter().for_each(child::say);
    let _ = pool.fill(hold, &array).chunk(1).run();
}

/// The variable by which the processes that descend from a test's child are found, whoever adopts them.
const DESCENT: &str = "MULTIPROC_TESTS_DESCENT";

/// The row that no worker is ever done with, in an array that has so many.
const ENDLESS_ROW: usize = 200;

/// The living processes whose environment says that they descend from `mark`.
fn descendants(mark: &str) -> Vec<u32> {
    let entry = format!("{DESCENT}={mark}");
    let descends = |pid: &u32| {
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        environment
            .split(|&byte| byte == 0)
            .any(|found| found == entry.as_bytes())
    };
    let names = std::fs::read_dir("/proc").expect("/proc").flatten();
    names
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(descends)
        .collect()
}

#[test]
fn a_parent_killed_at_any_moment_leaves_no_worker_and_no_name() {
    let _watchdog = watchdog(3 * PATIENCE);
    let kills = Scale::asked().pick(10, 60, 600);
    let mut n_orphaned = 0;
    let mut state = 1_u64;
    for kill in 0..kills {
        let name = unique_name("moment");
        // Every other parent's first job never ends.
        let rows = (ENDLESS_ROW + kill as usize % 2).to_string();
        let mut parent = Child::spawn_with("parents::working_role", &[&name, &rows], |command| {
            command.env(DESCENT, &name);
        });
        parent.expect_line("working");
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        // The moment is what varies: starting, working, ending, and the starts of the next pools.
        std::thread::sleep(Duration::from_micros(state >> 50));
        // The parent is one of them.
        n_orphaned += descendants(&name).len() - 1;
        parent.kill();
        wait_until("no worker is left", || descendants(&name).is_empty());
        // A process that ends shows no environment any more before its locks are gone.
        wait_until("no name is left", || {
            prune().unwrap();
            shm_names(&name).is_empty()
        });
    }
    assert!(n_orphaned > 0, "no kill met a pool with workers");
    Row::new(49)
        .figure("kills", kills)
        .figure("workers orphaned", n_orphaned)
        .figure("workers left", 0)
        .figure("names left", 0)
        .print();
}

#[test]
fn working_role() {
    let Some(args) = child::args("parents::working_role") else {
        return;
    };
    let name = SegmentName::new(&args[0]).unwrap();
    let rows: usize = args[1].parse().unwrap();
    child::say("working");
    loop {
        let array = SharedArray::<f64, Ix1>::create(&name, rows).unwrap();
        let pool = Pool::builder().processes(2).build().unwrap();
        pool.fill(count_up, &array).run().unwrap();
    }
}

#[task(crate = multiproc_pool)]
fn count_up(part: &mut PartMut<f64>) {
    for n in 0..1000 {
        part.fill(f64::from(n));
    }
    while part.start() == ENDLESS_ROW {
        std::hint::spin_loop();
    }
}

#[test]
fn a_worker_that_is_starting_when_its_parent_dies_goes_too() {
    let _watchdog = watchdog(PATIENCE);
    for _ in 0..10 {
        let mut parent = Child::spawn("parents::starting_role", &[]);
        let pid: u32 = parent
            .read_line()
            .expect("a process id")
            .parse()
            .expect("a number");
        let workers = || children_of(pid);
        wait_until("a worker is starting", || !workers().is_empty());
        let workers = workers();
        parent.kill();
        wait_until("it is gone", || workers.iter().all(|&pid| !is_running(pid)));
    }
}

pub(super) fn children_of(parent: u32) -> Vec<u32> {
    let is_child = |pid: &u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let fields = stat.rsplit(')').next().unwrap_or_default();
        fields.split_whitespace().nth(1) == Some(&parent.to_string())
    };
    let names = std::fs::read_dir("/proc").expect("/proc").flatten();
    names
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(is_child)
        .collect()
}

#[test]
fn starting_role() {
    let Some(_) = child::args("parents::starting_role") else {
        return;
    };
    child::say(getpid().as_raw_nonzero());
    while getppid().is_some() {
        drop(Pool::builder().processes(4).build().unwrap());
    }
}

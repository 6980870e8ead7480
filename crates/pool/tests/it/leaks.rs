//! What a pool leaves behind: nothing.

use std::sync::mpsc::channel;
use std::time::Duration;

use multiproc_array::{Frozen, PartMut, SharedArray};
use multiproc_pool::{Pool, task};
use multiproc_testkit::{
    Child, PATIENCE, child, children, is_running, open_fds, wait_until, watchdog, zombies,
};
use ndarray::{Array1, Ix1};

#[task(crate = multiproc_pool)]
fn shifted(part: &mut PartMut<f64>, by: &Frozen<f64>) -> Vec<f64> {
    part.iter_mut().for_each(|x| *x += by[0]);
    vec![by[0]; 100]
}

#[task(crate = multiproc_pool)]
fn exit(_: u64) {
    std::process::exit(1);
}

#[task(crate = multiproc_pool)]
fn print_for_ever(_: u64) {
    std::thread::spawn(|| {
        loop {
            println!("a line that nobody waits for");
        }
    });
}

fn use_a_pool() {
    let pool = Pool::builder().processes(2).build().unwrap();
    let by = Frozen::from_array(&Array1::<f64>::ones(1)).unwrap();
    let array = SharedArray::<f64, Ix1>::zeros(100).unwrap();
    pool.update(shifted, &array).arg(&by).run().unwrap();
    assert!(pool.map(exit, 0..2).run().is_err());
    assert_eq!(array.read().unwrap().sum(), 100.0);
}

fn memfds() -> usize {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    maps.lines().filter(|line| line.contains("memfd:")).count()
}

#[test]
fn a_hundred_pools_leave_nothing_behind() {
    let _watchdog = watchdog(PATIENCE);
    let mut child = Child::spawn("leaks::hundred_pools_role", &[]);
    assert_eq!(child.read_line().as_deref(), Some("nothing is left"));
    assert!(child.wait().success());
}

#[test]
fn hundred_pools_role() {
    let Some(_) = child::args("leaks::hundred_pools_role") else {
        return;
    };
    use_a_pool();
    let before = (open_fds(), memfds(), children().len());
    for _ in 0..100 {
        use_a_pool();
    }
    assert_eq!((open_fds(), memfds(), children().len()), before);
    assert_eq!(zombies(), [0; 0]);
    child::say("nothing is left");
}

#[test]
fn a_long_lived_pool_does_not_grow() {
    let _watchdog = watchdog(PATIENCE);
    let mut child = Child::spawn("leaks::long_lived_role", &[]);
    assert_eq!(child.read_line().as_deref(), Some("it is as it was"));
    assert!(child.wait().success());
}

#[test]
fn long_lived_role() {
    let Some(_) = child::args("leaks::long_lived_role") else {
        return;
    };
    let pool = Pool::builder().processes(2).build().unwrap();
    let worker_fds = |pool: &Pool| -> Vec<usize> {
        let count = |pid| {
            std::fs::read_dir(format!("/proc/{pid}/fd"))
                .unwrap()
                .count()
        };
        pool.worker_pids().into_iter().map(count).collect()
    };
    let job = |n: usize| {
        let by = Frozen::from_array(&Array1::<f64>::ones(1)).unwrap();
        let array = SharedArray::<f64, Ix1>::zeros(n).unwrap();
        let copies = pool
            .update(shifted, &array)
            .arg(&by)
            .chunk(3)
            .run()
            .unwrap();
        assert_eq!(copies.len(), n);
    };
    job(1000);
    job(1000);
    let before = (open_fds(), memfds(), worker_fds(&pool));
    for _ in 0..50 {
        job(1000);
    }
    wait_until("the workers have let go", || {
        (open_fds(), memfds(), worker_fds(&pool)) == before
    });
    child::say("it is as it was");
}

#[test]
fn dropping_a_pool_never_hangs() {
    let _watchdog = watchdog(PATIENCE);
    let pool = Pool::builder().processes(2).build().unwrap();
    let pids = pool.worker_pids();
    // A stopped worker does not exit by itself.
    let stopped = i32::try_from(pids[0])
        .ok()
        .and_then(rustix::process::Pid::from_raw)
        .unwrap();
    rustix::process::kill_process(stopped, multiproc_testkit::Signal::STOP).unwrap();
    drop(pool);
    assert!(pids.iter().all(|&pid| !is_running(pid)));
}

#[test]
fn a_pool_whose_workers_print_without_end_can_be_dropped() {
    let _watchdog = watchdog(PATIENCE);
    let mut child = Child::spawn("leaks::printing_role", &[]);
    assert_eq!(child.read_line().as_deref(), Some("dropped"));
    assert!(child.wait().success());
}

#[test]
fn printing_role() {
    let Some(_) = child::args("leaks::printing_role") else {
        return;
    };
    let pool = Pool::builder().processes(2).build().unwrap();
    pool.map(print_for_ever, 0..2).chunk(1).run().unwrap();
    drop(pool);
    child::say("dropped");
}

#[test]
fn a_pool_that_is_never_dropped_goes_with_its_process() {
    let _watchdog = watchdog(PATIENCE);
    let mut child = Child::spawn("leaks::forgetting_role", &[]);
    let pids: Vec<u32> = (0..2)
        .map(|_| {
            child
                .read_line()
                .expect("a process id")
                .parse()
                .expect("a number")
        })
        .collect();
    assert!(child.wait().success());
    wait_until("its workers are gone", || {
        pids.iter().all(|&pid| !is_running(pid))
    });
}

#[test]
fn forgetting_role() {
    let Some(_) = child::args("leaks::forgetting_role") else {
        return;
    };
    let pool = Pool::builder().processes(2).build().unwrap();
    pool.worker_pids().into_iter().for_each(child::say);
    std::mem::forget(pool);
}

#[test]
fn the_thread_that_made_a_pool_may_end_before_it() {
    let _watchdog = watchdog(PATIENCE);
    let (sender, receiver) = channel();
    let maker = std::thread::spawn(move || {
        sender
            .send(Pool::builder().processes(2).build().unwrap())
            .unwrap();
    });
    maker.join().unwrap();
    let pool = receiver.recv().unwrap();
    let pids = pool.worker_pids();
    let array = SharedArray::<f64, Ix1>::zeros(10).unwrap();
    let by = Frozen::from_array(&Array1::<f64>::ones(1)).unwrap();
    std::thread::sleep(Duration::from_millis(50));
    pool.update(shifted, &array).arg(&by).run().unwrap();
    assert_eq!(pool.worker_pids(), pids);
}

//! A parent that is killed in the midst of a job: its workers go, and so does what it had named.

use multiproc::{PartMut, Pool, SegmentName, SharedArray, task};
use multiproc_testkit::{
    Child, PATIENCE, child, is_running, shm_names, unique_name, wait_until, watchdog,
};
use ndarray::Ix1;

/// Never ends by itself.
#[task]
fn spin(part: &mut PartMut<f64, Ix1>) {
    loop {
        part[0] += 1.0;
    }
}

#[test]
fn a_killed_parent_leaves_no_worker_and_no_name() {
    let _watchdog = watchdog(PATIENCE);
    let name = unique_name("killed-parent");
    let mut parent = Child::spawn("killed_parent::parent_role", &[&name]);
    let pids = parent.read_line().expect("the workers");
    let workers: Vec<u32> = pids
        .split(' ')
        .map(|pid| pid.parse().expect("a process id"))
        .collect();
    assert_eq!(workers.len(), 2);
    // Only who has the array open can take its name along.
    wait_until("the workers write", || {
        let name = SegmentName::new(&name).expect("a name");
        let array = SharedArray::<f64, Ix1>::open(&name).expect("the parent's array");
        array.access_table().holders().len() == workers.len()
    });
    parent.kill();
    wait_until("the workers are gone", || {
        !workers.iter().any(|&worker| is_running(worker))
    });
    wait_until("the name is gone", || shm_names(&name).is_empty());
}

#[test]
fn parent_role() {
    let Some(args) = child::args("killed_parent::parent_role") else {
        return;
    };
    let pool = Pool::builder().processes(2).build().expect("workers");
    let name = SegmentName::new(&args[0]).expect("a name");
    let array = SharedArray::<f64, Ix1>::create(&name, 2).expect("an array");
    let pids: Vec<String> = pool.worker_pids().iter().map(u32::to_string).collect();
    child::say(pids.join(" "));
    pool.fill(spin, &array).run().expect("never");
}

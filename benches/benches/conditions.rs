//! Two threads that tell each other and wait for each other: events, condition variables and barriers, beside pthread's.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use criterion::{Bencher, Criterion, criterion_group, criterion_main};
use multiproc_benches::pthread_flag::{PthreadBarrier, PthreadFlag};
use multiproc_segment::{Layout, Segment};
use multiproc_sync::{Barrier, Condvar, Event, Mutex, Place};

fn segment() -> Segment {
    Segment::anonymous(Layout {
        control_len: 4096 + Barrier::LEN,
        ..Layout::payload(4096)
    })
    .expect("room")
}

/// Something that one sets and the other waits for, and clears.
trait Flag: Sync {
    fn set(&self);
    fn wait_and_clear(&self);
}

impl Flag for Event {
    fn set(&self) {
        Event::set(self).expect("a robust list");
    }

    fn wait_and_clear(&self) {
        self.wait().expect("a robust list");
        self.clear();
    }
}

impl Flag for (Mutex<u64>, Condvar) {
    fn set(&self) {
        self.0.lock().expect("nobody died").store(1);
        self.1.notify_one().expect("a robust list");
    }

    fn wait_and_clear(&self) {
        let guard = self.0.lock().expect("nobody died");
        let guard = self.1.wait_while(guard, |set| set == 0);
        guard.expect("nobody died").store(0);
    }
}

impl Flag for PthreadFlag {
    fn set(&self) {
        PthreadFlag::set(self);
    }

    fn wait_and_clear(&self) {
        PthreadFlag::wait_and_clear(self);
    }
}

/// Measures one round to and fro between this thread and another.
fn round_trip<F: Flag>(bencher: &mut Bencher<'_>, [to, fro]: [F; 2]) {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            loop {
                to.wait_and_clear();
                if over.load(Ordering::Acquire) {
                    return;
                }
                fro.set();
            }
        });
        bencher.iter(|| {
            to.set();
            fro.wait_and_clear();
        });
        over.store(true, Ordering::Release);
        to.set();
    });
}

fn event(criterion: &mut Criterion) {
    let segment = segment();
    let mut row = criterion.benchmark_group("event");
    row.bench_function("ours", |bencher| {
        let event = |at| Event::attach(&segment, Place::Control(at)).expect("room");
        round_trip(bencher, [event(0), event(64)]);
    });
    row.bench_function("peer pthread", |bencher| {
        round_trip(bencher, [PthreadFlag::new(), PthreadFlag::new()]);
    });
}

fn condvar(criterion: &mut Criterion) {
    let segment = segment();
    let mut row = criterion.benchmark_group("condvar");
    row.bench_function("ours", |bencher| {
        let flag = |at| {
            let mutex = Mutex::init(&segment, Place::Control(at), 0).expect("room");
            let condvar = Condvar::attach(&segment, Place::Control(at + 256)).expect("room");
            (mutex, condvar)
        };
        round_trip(bencher, [flag(1024), flag(2048)]);
    });
    row.bench_function("peer pthread", |bencher| {
        round_trip(bencher, [PthreadFlag::new(), PthreadFlag::new()]);
    });
}

/// Measures two meetings of this thread, and of another, each with what `join` gives it.
fn two_meetings<M: Fn()>(bencher: &mut Bencher<'_>, join: impl Fn() -> M + Sync) {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let meet = join();
            loop {
                meet();
                // Written between this thread's second meeting and its next first one.
                if over.load(Ordering::Acquire) {
                    return;
                }
                meet();
            }
        });
        let meet = join();
        bencher.iter(|| {
            meet();
            meet();
        });
        over.store(true, Ordering::Release);
        meet();
    });
}

fn barrier(criterion: &mut Criterion) {
    let segment = segment();
    let mut row = criterion.benchmark_group("barrier");
    row.bench_function("ours", |bencher| {
        let barrier = Barrier::init(&segment, Place::Control(4096), 2).expect("room");
        two_meetings(bencher, || {
            let party = barrier.join().expect("a seat");
            move || {
                party.wait().expect("nobody died");
            }
        });
    });
    row.bench_function("peer pthread", |bencher| {
        let barrier = PthreadBarrier::new(2);
        two_meetings(bencher, || || barrier.wait());
    });
}

criterion_group! {
    name = rows;
    config = multiproc_benches::criterion();
    targets = event, condvar, barrier
}
criterion_main!(rows);

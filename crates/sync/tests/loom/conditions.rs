//! The event, the waitlist and the once: no wake-up is lost, and what was written before is seen behind.

use loom::cell::UnsafeCell;
use loom::model::Builder;
use loom::sync::Arc;
use loom::thread;

use crate::deadline::Deadline;
use crate::event_word::EventWord;
use crate::once_word::OnceWord;
use crate::primitive::ThreadList;
use crate::robust_word::RobustWord;
use crate::waitlist::{Waited, Waitlist};

pub(crate) fn explore(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 10_000;
    builder.check(model);
}

/// Runs `role` for threads 1 to `n - 1`, and for thread `n` here, and waits for all.
pub(crate) fn meanwhile<S: 'static>(
    n: u32,
    shared: &Arc<S>,
    role: impl Fn(&S, &ThreadList) + Copy + 'static,
) {
    let others: Vec<_> = (1..n)
        .map(|tid| {
            let shared = shared.clone();
            thread::spawn(move || role(&shared, &ThreadList { tid }))
        })
        .collect();
    role(shared, &ThreadList { tid: n });
    for other in others {
        other.join().unwrap();
    }
}

/// A number that loom watches: two accesses at once are reported, and an unordered pair.
#[derive(Default)]
pub(crate) struct Cell(UnsafeCell<u32>);

impl Cell {
    pub(crate) fn set(&self, number: u32) {
        // SAFETY: exclusive by what is under test; loom checks it.
        self.0.with_mut(|at| unsafe { *at = number });
    }

    pub(crate) fn read(&self) -> u32 {
        // SAFETY: nobody writes, by what is under test; loom checks it.
        self.0.with(|at| unsafe { *at })
    }
}

#[derive(Default)]
struct Flag {
    event: EventWord,
    written: Cell,
}

#[test]
fn setting_an_event_lets_all_go_and_shows_what_was_written() {
    explore(2, || {
        let flag = Arc::new(Flag::default());
        meanwhile(3, &flag, |flag, me| {
            if me.tid() == 1 {
                flag.written.set(7);
                flag.event.set(me);
            } else {
                assert!(flag.event.wait(me, Deadline::Never));
                assert_eq!(flag.written.read(), 7);
            }
        });
    });
}

#[test]
fn two_setters_and_one_who_clears_leave_nobody_asleep() {
    explore(2, || {
        let flag = Arc::new(Flag::default());
        meanwhile(3, &flag, |flag, me| match me.tid() {
            1 => flag.event.set(me),
            2 => {
                flag.event.clear();
                flag.event.set(me);
            }
            _ => assert!(flag.event.wait(me, Deadline::Never)),
        });
        assert!(flag.event.is_set());
    });
}

/// A stock behind a lock, as a mutex and a condition variable guard it.
#[derive(Default)]
struct Stock {
    lock: RobustWord,
    waitlist: Waitlist,
    stock: Cell,
}

impl Stock {
    fn take(&self, me: &ThreadList) {
        let _ = self.lock.lock(me, Deadline::Never).unwrap();
        while self.stock.read() == 0 {
            let ticket = self.waitlist.register();
            self.lock.unlock_after(me, || {});
            assert_eq!(
                self.waitlist.wait(me, ticket, Deadline::Never),
                Waited::Notified
            );
            let _ = self.lock.lock(me, Deadline::Never).unwrap();
            self.waitlist.put_down(me);
        }
        self.stock.set(self.stock.read() - 1);
        self.lock.unlock_after(me, || {});
    }

    /// Notifies when it has let go of the lock, which is harder than before.
    fn add(&self, me: &ThreadList, number: u32) {
        let _ = self.lock.lock(me, Deadline::Never).unwrap();
        self.stock.set(self.stock.read() + number);
        self.lock.unlock_after(me, || {});
        self.waitlist.notify(me, i32::try_from(number).unwrap());
    }
}

#[test]
fn notifying_n_lets_n_of_the_waiters_go() {
    explore(1, || {
        let stock = Arc::new(Stock::default());
        meanwhile(3, &stock, |stock, me| match me.tid() {
            1 => stock.add(me, 2),
            _ => stock.take(me),
        });
    });
}

#[derive(Default)]
struct Table {
    once: OnceWord,
    filled: Cell,
}

#[test]
fn what_is_done_once_is_done_by_one_and_seen_by_all() {
    explore(2, || {
        let table = Arc::new(Table::default());
        meanwhile(3, &table, |table, me| {
            let fill = |_| {
                table.filled.set(table.filled.read() + 1);
                Ok::<(), ()>(())
            };
            if !table.once.is_ready() {
                table.once.run(me, Deadline::Never, fill).unwrap().unwrap();
            }
            assert_eq!(table.filled.read(), 1);
        });
    });
}

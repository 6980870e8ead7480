//! The barrier: nobody goes on before all have come, and all go on.

use loom::sync::Arc;

use crate::barrier_protocol::{Meeting, NEW_STATE, NotMet};
use crate::broken::{BreakCause, Record};
use crate::conditions::{Cell, explore, meanwhile};
use crate::deadline::Deadline;
use crate::party_seat::PartySeat;
use crate::primitive::{AtomicU32, AtomicU64, Futex, ThreadList};
use crate::robust_word::RobustWord;

/// A barrier of two, and a number that each of the parties writes.
struct Meet {
    leaf: RobustWord,
    state: Futex<AtomicU64>,
    record: Record,
    parties: AtomicU32,
    seats: [PartySeat; 2],
    written: [Cell; 2],
    by_the_last: Cell,
}

impl Meet {
    fn new() -> Arc<Self> {
        let meet = Self {
            leaf: RobustWord::default(),
            state: Futex::default(),
            record: Record::default(),
            parties: AtomicU32::new(2),
            seats: Default::default(),
            written: Default::default(),
            by_the_last: Cell::default(),
        };
        meet.state
            .store(NEW_STATE, loom::sync::atomic::Ordering::Relaxed);
        Arc::new(meet)
    }

    fn meeting(&self) -> Meeting<'_> {
        Meeting {
            leaf: &self.leaf,
            state: &self.state,
            parties: &self.parties,
            record: &self.record,
            seats: &self.seats,
        }
    }
}

#[test]
fn who_goes_on_sees_what_all_wrote_before_they_came_and_what_the_last_did() {
    explore(2, || {
        meanwhile(2, &Meet::new(), |meet, me| {
            let own = me.tid() as usize - 1;
            let seat = meet.meeting().join(me).unwrap();
            meet.written[own].set(7);
            let action = || meet.by_the_last.set(8);
            let (index, is_last) = meet
                .meeting()
                .meet(me, seat, Deadline::Never, action)
                .unwrap();
            assert_eq!(is_last, index == 1);
            assert_eq!(meet.written[1 - own].read(), 7);
            assert_eq!(meet.by_the_last.read(), 8);
        });
    });
}

#[test]
fn the_next_round_begins_when_the_last_is_over() {
    explore(1, || {
        meanwhile(2, &Meet::new(), |meet, me| {
            let seat = meet.meeting().join(me).unwrap();
            for round in 0..2 {
                let count = || meet.by_the_last.set(meet.by_the_last.read() + 1);
                let met = meet.meeting().meet(me, seat, Deadline::Never, count);
                assert!(met.is_ok());
                if round == 1 {
                    assert_eq!(meet.by_the_last.read(), 2);
                }
            }
        });
    });
}

#[test]
fn who_aborts_or_leaves_keeps_nobody_waiting() {
    for cause in [BreakCause::Aborted, BreakCause::Left] {
        explore(2, move || {
            let meet = Meet::new();
            let seats = [1, 2].map(|tid| meet.meeting().join(&ThreadList { tid }).unwrap());
            meanwhile(2, &meet, move |meet, me| {
                if me.tid() == 2 {
                    let met = meet.meeting().meet(me, seats[1], Deadline::Never, || {});
                    let Err(NotMet::Broken(broken)) = met else {
                        unreachable!("{met:?}")
                    };
                    assert_eq!((broken.tid, broken.cause), (1, cause));
                } else if cause == BreakCause::Left {
                    meet.meeting().leave(me, seats[0], cause);
                } else {
                    meet.meeting().abort(me, cause).unwrap();
                }
            });
        });
    }
}

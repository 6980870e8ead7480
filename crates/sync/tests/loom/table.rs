//! The access table: exclusion by range, no lost wake-up, and no claimant left asleep.

use loom::cell::UnsafeCell;
use loom::model::Builder;
use loom::sync::Arc;
use loom::thread;

use crate::claim_protocol::{Slot, Table};
use crate::claim_rules::Mode;
use crate::deadline::Deadline;
use crate::primitive::{AtomicU32, Futex, ThreadList};
use crate::robust_word::RobustWord;

/// A table of two slots over two rows. loom reports two accesses to a row at once.
#[derive(Default)]
struct Rows {
    leaf: RobustWord,
    sequence: Futex<AtomicU32>,
    slots: [Slot; 2],
    rows: [UnsafeCell<u32>; 2],
}

impl Rows {
    fn table(&self) -> Table<'_> {
        Table {
            leaf: &self.leaf,
            sequence: &self.sequence,
            slots: &self.slots,
        }
    }

    /// Claims the rows, adds one to each, and releases them.
    fn write(&self, tid: u32, range: std::ops::Range<u64>) {
        let me = ThreadList { tid };
        let admission = self
            .table()
            .claim(&me, Mode::Write, &range, Deadline::Never)
            .unwrap();
        assert!(admission.torn.is_empty());
        for index in range {
            self.rows[index as usize].with_mut(|row| {
                // SAFETY: exclusive, as the range is claimed; loom checks it.
                unsafe { *row += 1 }
            });
        }
        assert!(self.table().release(&me, admission.slot));
    }

    fn read(&self, tid: u32, index: u64) -> u32 {
        let me = ThreadList { tid };
        let range = index..index + 1;
        let admission = self
            .table()
            .claim(&me, Mode::Read, &range, Deadline::Never)
            .unwrap();
        // SAFETY: nobody writes, as the range is claimed; loom checks it.
        let value = self.rows[index as usize].with(|row| unsafe { *row });
        assert!(self.table().release(&me, admission.slot));
        value
    }
}

fn explore(preemptions: usize, model: impl Fn() + Sync + Send + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(preemptions);
    builder.max_branches = 10_000;
    builder.check(model);
}

#[test]
fn writers_of_one_row_exclude_each_other_and_wake_each_other() {
    explore(2, || {
        let rows = Arc::new(Rows::default());
        let other = {
            let rows = rows.clone();
            thread::spawn(move || rows.write(1, 0..2))
        };
        rows.write(2, 1..2);
        other.join().unwrap();
        assert_eq!((rows.read(3, 0), rows.read(3, 1)), (1, 2));
    });
}

#[test]
fn readers_and_a_writer_exclude_each_other() {
    explore(2, || {
        let rows = Arc::new(Rows::default());
        let other = {
            let rows = rows.clone();
            thread::spawn(move || rows.write(1, 0..1))
        };
        let before = rows.read(2, 0);
        let after = rows.read(2, 0);
        other.join().unwrap();
        assert!(before <= after && rows.read(3, 0) == 1);
    });
}

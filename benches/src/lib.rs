//! What the benches share: how long each row is measured, and the machine's own limits to measure beside.
//!
//! A criterion group is a row of `cargo xtask bench`; its functions are named `ours`, `peer NAME` and `limit NAME`.
//! Rows, their units and goals stand in `xtask/src/bench/rows.rs`.

pub mod crowd;
pub mod futex_lock;
pub mod mailbox;
pub mod numpy;
pub mod pthread;
pub mod pthread_flag;
pub mod raw_memory;
pub mod raw_segment;
pub mod shared_page;
pub mod spinlock;

use std::time::Duration;

use criterion::Criterion;

/// Every row's settings: long enough for medians to settle, short enough that all rows are one run.
pub fn criterion() -> Criterion {
    Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(40)
        .configure_from_args()
}

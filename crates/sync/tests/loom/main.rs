//! The lock algorithms, as they ship, under every schedule and memory order that loom knows.
//!
//! ```text
//! RUSTFLAGS="--cfg loom" cargo test -p multiproc-sync --release --test loom
//! ```
#![cfg(loom)]
#![expect(
    dead_code,
    unreachable_pub,
    reason = "the shipped files have more in them than the models use"
)]
#![expect(unsafe_code, reason = "loom's cells, which check what is done to them")]
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail as the tests themselves do"
)]

#[path = "../../src/barrier_protocol.rs"]
mod barrier_protocol;
#[path = "../../src/bell.rs"]
mod bell;
#[path = "../../src/broken.rs"]
mod broken;
#[path = "../../src/claim_protocol.rs"]
mod claim_protocol;
#[path = "../../src/claim_rules.rs"]
mod claim_rules;
#[path = "../../src/count_word.rs"]
mod count_word;
#[path = "../../src/deadline.rs"]
mod deadline;
#[path = "../../src/event_word.rs"]
mod event_word;
#[path = "../../src/holder.rs"]
mod holder;
#[path = "../../src/once_word.rs"]
mod once_word;
#[path = "../../src/party_seat.rs"]
mod party_seat;
#[path = "../../src/permit_protocol.rs"]
mod permit_protocol;
mod primitive;
#[path = "../../src/robust_word.rs"]
mod robust_word;
#[path = "../../src/rw_protocol.rs"]
mod rw_protocol;
#[path = "../../src/seat.rs"]
mod seat;
#[path = "../../src/waitlist.rs"]
mod waitlist;
#[path = "../../src/watch.rs"]
mod watch;
#[path = "../../src/word.rs"]
mod word;

mod conditions;
mod lock;
mod meeting;
mod permits;
mod rw_lock;
mod table;

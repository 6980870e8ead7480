//! [`FillPlan`]: one array filled by many, with the very numbers of one sequential call.
//!
//! A stream's words can be had from any place on, but which word a value begins with depends on all
//! values before it, since some take more words than others. So a part begins at a guess, parses
//! its words as if a value began there, and keeps the values to itself. Where the part before it ended is
//! then told to it; it walks from there, value by value, until the walk stands where its own parse stood
//! too: from that word on both are the same. For ziggurats that takes one or two words
//! on average.

mod bits_walk;
mod method;
mod plan;
mod value;
mod worker;

pub use method::FillMethod;
pub use plan::{FillPlan, PartStart, Placed};
pub use value::FillValue;
pub use worker::FillWorker;

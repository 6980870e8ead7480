//! The pool, as its users have it: real processes, really killed.
#![expect(clippy::unwrap_used, reason = "a step that fails here fails its test")]

mod deaths;

mod exact_fills;
mod iterating;

mod jobs;

mod leaks;

mod limits;

mod lives;

mod lost_parts;

mod mistakes;

mod output;

mod parents;

mod pending;

mod process;

mod results;

mod sharing;

mod stages;

mod starting;

mod ways;

use multiproc_pool::Pool;

fn pool(n: usize) -> Pool {
    Pool::builder().processes(n).build().expect("a pool")
}

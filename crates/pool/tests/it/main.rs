//! The pool, as its users have it: real processes, really killed.

mod deaths;

mod jobs;

mod leaks;

mod mistakes;

mod output;

mod parents;

mod results;

mod sharing;

mod starting;

use multiproc_pool::Pool;

fn pool(n: usize) -> Pool {
    Pool::builder().processes(n).build().expect("a pool")
}

//! Items of another type than the task takes.

use multiproc::{Pool, task};

#[task]
fn double(x: u64) -> u64 {
    2 * x
}

fn main() -> multiproc::Result<()> {
    Pool::new()?.map(double, ["1", "2"]).run()?;
    Ok(())
}

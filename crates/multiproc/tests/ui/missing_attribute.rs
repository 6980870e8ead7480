//! A function without `#[task]`.

use multiproc::Pool;

fn double(x: u64) -> u64 {
    2 * x
}

fn main() -> multiproc::Result<()> {
    Pool::new()?.map(double, [1, 2]).run()?;
    Ok(())
}

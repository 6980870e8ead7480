//! A task over parts of an array given to `map`, and one over items to `fill`.

use multiproc::{PartMut, Pool, SharedArray, task};
use ndarray::Ix1;

#[task]
fn ones(part: &mut PartMut<f64>) {
    part.fill(1.0);
}

#[task]
fn double(x: u64) -> u64 {
    2 * x
}

fn main() -> multiproc::Result<()> {
    let array = SharedArray::<f64, Ix1>::zeros(10)?;
    Pool::new()?.map(ones, [1, 2]).run()?;
    Pool::new()?.fill(double, &array).run()?;
    Ok(())
}

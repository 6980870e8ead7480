//! A view that is left when its guard, or the array, is gone.

use multiproc::{Frozen, SharedArray};

fn main() -> multiproc::Result<()> {
    let array = SharedArray::<f64>::zeros(10)?;
    let guard = array.read()?;
    let view = guard.view();
    drop(guard);
    println!("{view}");

    let guard = array.read()?;
    drop(array);
    println!("{guard:?}");

    let frozen = SharedArray::<f64>::zeros(10)?.freeze().map_err(multiproc::array::ArrayError::from)?;
    let view = frozen.view();
    drop::<Frozen<f64>>(frozen);
    println!("{view}");
    Ok(())
}

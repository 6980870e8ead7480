//! Two views to write the same elements.

use multiproc::SharedArray;

fn main() -> multiproc::Result<()> {
    let array = SharedArray::<f64>::zeros(10)?;
    let mut guard = array.write()?;
    let (mut one, mut two) = (guard.view_mut(), guard.view_mut());
    one[0] = 1.0;
    two[0] = 2.0;
    Ok(())
}

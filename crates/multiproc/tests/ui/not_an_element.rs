//! Types that have no place in an array.

use multiproc::{Element, SharedArray};

#[derive(Clone, Copy, Element)]
#[repr(C)]
struct Sample {
    is_good: bool,
    weight: f64,
}

#[derive(Clone, Copy, Element)]
#[repr(C)]
struct Padded {
    kind: u8,
    weight: f64,
}

#[derive(Clone, Copy, Element)]
struct Unordered {
    kind: u8,
}

fn main() -> multiproc::Result<()> {
    SharedArray::<bool>::zeros(10)?;
    SharedArray::<String>::zeros(10)?;
    Ok(())
}

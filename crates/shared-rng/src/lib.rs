#![doc = include_str!("../README.md")]

mod split;
mod stream;

pub use split::Split;
pub use stream::Stream;

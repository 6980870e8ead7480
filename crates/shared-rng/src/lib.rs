//! One random stream among many processes: split by item, replicated, or shared.

mod split;
mod stream;

pub use split::Split;
pub use stream::Stream;

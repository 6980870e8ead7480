//! What must hold of whole jobs: the same bits whoever dies, and nobody left when everybody must go.

mod half_written;
mod killed_parent;
mod share_random_state;

#![doc = include_str!("../README.md")]

mod atomic;
mod bool;
mod element;

mod layout;
pub mod npy;
mod parting;

mod claimed;
mod view;

mod access;
mod copy;
mod dtype;
mod error;
mod file;
mod frozen;
mod guard;
mod handle;
mod locate;
mod shared;
mod torn;

pub mod reductions;

pub mod python;

pub use crate::bool::Bool;
pub use access::Parts;
pub use atomic::{Atomic, AtomicElement, AtomicF32, AtomicF64};
pub use element::Element;
pub use error::ArrayError;
pub use frozen::{Frozen, StillWritable};
pub use guard::{AtomicGuard, PartMut, ReadGuard, RowsMut, WriteGuard};
pub use handle::ArrayHandle;
pub use layout::LayoutError;
pub use parting::{RowRanges, chunk_rows, split_rows};
pub use shared::SharedArray;
pub use torn::{Access, AccessError, Guard, Torn, WritingGuard};

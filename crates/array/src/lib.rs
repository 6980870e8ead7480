#![doc = include_str!("../README.md")]

mod atomic;
mod bool;
mod dtype_text;
mod element;
mod fixed_text;

mod layout;
pub mod npy;
mod parting;

mod claimed;
mod view;

mod access;
mod argsort;
mod copy;
mod dtype;
mod error;
mod file;
mod file_backed;
mod frozen;
mod guard;
mod halo;
mod handle;
mod locate;
mod npy_file;
mod raw_parts;
mod shared;
mod torn;

pub mod reductions;

pub mod python;

pub use crate::bool::Bool;
pub use access::Parts;
pub use argsort::{argsort, argsort_by_threads};
pub use atomic::{Atomic, AtomicElement, AtomicF32, AtomicF64};
pub use element::Element;
pub use error::ArrayError;
pub use fixed_text::{FixedBytes, FixedText};
pub use frozen::{Frozen, StillWritable};
pub use guard::{AtomicGuard, PartMut, ReadGuard, RowsMut, WriteGuard};
pub use halo::Halo;
pub use handle::ArrayHandle;
pub use layout::LayoutError;
pub use parting::{RowRanges, chunk_rows, split_rows};
pub use raw_parts::RawParts;
pub use shared::SharedArray;
pub use torn::{Access, AccessError, Guard, Torn, WritingGuard};

#[cfg(feature = "derive")]
pub use multiproc_macros::Element;

/// What the expansion of `#[derive(Element)]` names. No part of the interface.
#[doc(hidden)]
pub mod __private {
    pub use crate::dtype_text::{DtypeText, Field, FieldText, Padding};
    pub use bytemuck::{Pod, Zeroable};
}

//! The .npy file format: its header, read from anyone's file and written as NumPy writes it.
//!
//! A .npy file is a magic string, a version, a length, a Python dict of that length with the keys
//! `descr`, `fortran_order` and `shape`, and then the elements. [`Header`] reads versions 1 to 3
//! from bytes that need not be trusted, and writes the version that NumPy would. [`NpyFile`] reads a
//! file's elements a part at a time.

mod error;
mod header;
mod literal;

pub use crate::npy_file::NpyFile;
pub use error::NpyError;
pub use header::Header;
pub(crate) use header::PREFIX_LEN;

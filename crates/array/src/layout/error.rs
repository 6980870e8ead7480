//! [`LayoutError`]: what a shape, strides or a range ask for that is not there.

use std::error::Error;
use std::fmt;
use std::ops::Range;

/// What a shape, strides or a range ask for that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LayoutError {
    /// The array would be larger than any memory.
    TooLarge {
        /// Its shape.
        shape: Vec<usize>,
        /// The size of an element in bytes.
        element_size: usize,
    },
    /// The array has another number of dimensions than was asked for.
    Dimensions {
        /// How many were asked for.
        asked: usize,
        /// The array's shape.
        shape: Vec<usize>,
    },
    /// The elements reach beyond what is there.
    OutOfBounds {
        /// How many bytes there must be, from the file's beginning.
        needed: usize,
        /// How many there are.
        available: usize,
    },
    /// The elements begin where the machine cannot read them as such.
    Misaligned {
        /// Where they begin, in bytes from the file's beginning.
        data_offset: usize,
        /// What that must be a multiple of.
        alignment: usize,
    },
    /// The first element is not where an element is.
    OffGrid {
        /// Where it would be, in bytes from the file's beginning.
        offset: usize,
        /// Where the elements begin.
        data_offset: usize,
        /// The size of an element in bytes.
        element_size: usize,
    },
    /// Several indices name the same element.
    Overlapping {
        /// The lengths of the axes.
        shape: Vec<usize>,
        /// Their strides, in elements.
        strides: Vec<isize>,
    },
    /// The rows asked for are not all there.
    Rows {
        /// Those asked for.
        range: Range<usize>,
        /// How many there are.
        n_rows: usize,
    },
    /// An index is not on its axis.
    Index {
        /// The axis.
        axis: usize,
        /// The index.
        index: isize,
        /// The length of the axis.
        len: usize,
    },
    /// There were to be no parts, or parts of no rows.
    NoParts,
    /// The array was to be parted along an axis that it does not have.
    NoAxis {
        /// The axis.
        axis: usize,
        /// The array's shape.
        shape: Vec<usize>,
    },
}

impl fmt::Display for LayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LayoutError::TooLarge {
                shape,
                element_size,
            } => write!(
                f,
                "an array of shape {shape:?} with elements of {element_size} bytes exceeds \
                 any address space"
            ),
            LayoutError::Dimensions { asked, shape } => write!(
                f,
                "asked for {asked} dimensions, but the array has {}, of shape {shape:?}",
                shape.len()
            ),
            LayoutError::OutOfBounds { needed, available } => write!(
                f,
                "the array takes {needed} bytes with its header, but there are {available}"
            ),
            LayoutError::Misaligned {
                data_offset,
                alignment,
            } => write!(
                f,
                "the elements begin at byte {data_offset}, which is no multiple of {alignment}"
            ),
            LayoutError::OffGrid {
                offset,
                data_offset,
                element_size,
            } => write!(
                f,
                "no element begins at byte {offset}: they begin at byte {data_offset} \
                 and take {element_size} bytes each"
            ),
            LayoutError::Overlapping { shape, strides } => write!(
                f,
                "shape {shape:?} with strides {strides:?} names some elements twice"
            ),
            LayoutError::Rows { range, n_rows } => {
                write!(f, "rows {range:?} are not among the {n_rows} there are")
            }
            LayoutError::Index { axis, index, len } => write!(
                f,
                "index {index} is not on axis {axis}, which has length {len}"
            ),
            LayoutError::NoParts => {
                write!(
                    f,
                    "asked for 0 parts or parts of 0 rows: ask for at least 1"
                )
            }
            LayoutError::NoAxis { axis, shape } => write!(
                f,
                "an array of shape {shape:?} has no axis {axis} to part: \
                 name one that it has, or use read() or write()"
            ),
        }
    }
}

impl Error for LayoutError {}

//! [`Values`]: what a call returned, as the cases write it down.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::Result;

/// The values of a call in C order, by dtype.
#[derive(Clone, Debug)]
pub(crate) enum Values {
    F64(Vec<f64>),
    F32(Vec<f32>),
    I64(Vec<i64>),
    U64(Vec<u64>),
    I32(Vec<i32>),
    U32(Vec<u32>),
    I16(Vec<i16>),
    U16(Vec<u16>),
    I8(Vec<i8>),
    U8(Vec<u8>),
    Bool(Vec<bool>),
}

/// Calls `$each` with the integers of any dtype.
macro_rules! integers {
    ($values:expr, $list:ident => $each:expr) => {
        match $values {
            Values::I64($list) => $each,
            Values::U64($list) => $each,
            Values::I32($list) => $each,
            Values::U32($list) => $each,
            Values::I16($list) => $each,
            Values::U16($list) => $each,
            Values::I8($list) => $each,
            Values::U8($list) => $each,
            Values::F64(_) | Values::F32(_) | Values::Bool(_) => unreachable!("not integers"),
        }
    };
}

impl Values {
    /// Bit patterns for reals, decimal digits for integers.
    fn text(&self, i: usize) -> Option<String> {
        match self {
            Values::F64(list) => list.get(i).map(|x| format!("{:016x}", x.to_bits())),
            Values::F32(list) => list.get(i).map(|x| format!("{:08x}", x.to_bits())),
            Values::Bool(list) => list.get(i).map(|&x| u8::from(x).to_string()),
            values => integers!(values, list => list.get(i).map(ToString::to_string)),
        }
    }

    fn len(&self) -> usize {
        match self {
            Values::F64(list) => list.len(),
            Values::F32(list) => list.len(),
            Values::Bool(list) => list.len(),
            values => integers!(values, list => list.len()),
        }
    }

    /// The hash of the little-endian bytes.
    pub(crate) fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        match self {
            Values::F64(list) => list.iter().for_each(|x| hash.update(x.to_le_bytes())),
            Values::F32(list) => list.iter().for_each(|x| hash.update(x.to_le_bytes())),
            Values::Bool(list) => list.iter().for_each(|&x| hash.update([u8::from(x)])),
            values => integers!(values, list => {
                list.iter().for_each(|x| hash.update(x.to_le_bytes()));
            }),
        }
        hex(&hash.finalize())
    }

    /// Compares with the values of a case: all of them, or the first where it says so.
    pub(crate) fn compare(&self, expected: &Value, n_total: usize, tolerance: f64) -> Result<()> {
        let expected = expected.as_array().ok_or("`out` is no list")?;
        if self.len() != n_total {
            return Err(format!("expected {n_total} values, found {}", self.len()).into());
        }
        for (i, expected) in expected.iter().enumerate() {
            let expected = expected.as_str().ok_or("`out` holds no text")?;
            let found = self
                .text(i)
                .ok_or_else(|| format!("value {i} is missing"))?;
            if found != expected && !self.is_close(i, expected, tolerance)? {
                return Err(format!("value {i}: expected {expected}, found {found}").into());
            }
        }
        Ok(())
    }

    fn is_close(&self, i: usize, expected: &str, tolerance: f64) -> Result<bool> {
        let Values::F64(list) = self else {
            return Ok(false);
        };
        let expected = f64::from_bits(u64::from_str_radix(expected, 16)?);
        Ok((list[i] - expected).abs() <= tolerance * expected.abs())
    }
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

//! [`check`]: whether an array's dtype is the one asked for, and if not, what it is instead.

use crate::{ArrayError, Element};

/// Whether `found`, a dtype as NumPy prints it, is that of `T`.
///
/// Byte order means nothing to single bytes, and `=` is this machine's.
pub(crate) fn check<T: Element>(found: &str) -> Result<(), ArrayError> {
    const { assert!(size_of::<T>() > 0, "an element takes at least one byte") };
    if found == T::DESCR || little_endian(found).as_deref() == Some(T::DESCR) {
        return Ok(());
    }
    let found = found.to_owned();
    if found.strip_prefix('>').is_some_and(is_scalar) {
        Err(ArrayError::OtherByteOrder { found })
    } else if found.starts_with(['[', '(']) || is_scalar(&found) {
        let asked = T::DESCR;
        Err(ArrayError::DtypeMismatch { asked, found })
    } else {
        Err(ArrayError::UnsupportedDtype { found })
    }
}

/// The way in which [`Element::DESCR`] writes a scalar that need not be swapped.
fn little_endian(found: &str) -> Option<String> {
    let scalar = found.strip_prefix(['<', '>', '=', '|']).unwrap_or(found);
    let is_byte = scalar.ends_with('1');
    match found.chars().next()? {
        '>' if !is_byte => None,
        _ if is_byte => Some(format!("|{scalar}")),
        _ => Some(format!("<{scalar}")),
    }
}

fn is_scalar(found: &str) -> bool {
    const SCALARS: [&str; 13] = [
        "|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8", "<f4", "<f8", "<c8", "<c16",
    ];
    little_endian(found).is_some_and(|found| SCALARS.contains(&&*found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Bool;

    #[test]
    fn every_way_to_write_a_type_is_that_type() {
        for found in ["<f8", "=f8", "f8"] {
            assert!(check::<f64>(found).is_ok(), "{found}");
        }
        for found in ["|u1", "u1", "<u1", ">u1", "=u1"] {
            assert!(check::<u8>(found).is_ok(), "{found}");
        }
        assert!(check::<Bool>("|b1").is_ok());
    }

    #[test]
    fn another_type_is_named() {
        let message = |found| check::<f32>(found).unwrap_err().to_string();
        assert_eq!(
            message("<f8"),
            "asked for elements of dtype <f4, but the array's are <f8: \
             ask for that type, or convert the array in NumPy"
        );
        assert!(message("[('a', '<i4')]").contains("are [('a', '<i4')]: "));
        assert_eq!(
            message(">f4"),
            "the array's dtype >f4 is big-endian: \
             save it with a.astype(a.dtype.newbyteorder('<')) in NumPy"
        );
        for found in [
            "|O", "<U5", "|S5", "<M8[ns]", "<f2", "<f16", "|V8", ">U5", "", "|",
        ] {
            let start = format!("the array's dtype {found} is none that can be shared: use bool, ");
            assert!(message(found).starts_with(&start), "{}", message(found));
        }
    }
}

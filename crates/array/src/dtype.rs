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
    let is_structure = found.starts_with(['[', '(']);
    if is_other_byte_order(&found) {
        Err(ArrayError::OtherByteOrder { found })
    } else if is_structure || is_scalar(&found) {
        let asked = T::DESCR;
        Err(ArrayError::DtypeMismatch { asked, found })
    } else {
        Err(ArrayError::UnsupportedDtype { found })
    }
}

/// Whether a scalar, or a field of a structure, is big-endian.
fn is_other_byte_order(found: &str) -> bool {
    match found.strip_prefix('>') {
        Some(_) => is_scalar(found),
        // A type string begins behind a quote; names that end in this are not worth a parser.
        None => found.starts_with('[') && found.contains(", '>"),
    }
}

/// The way in which [`Element::DESCR`] writes a scalar that need not be swapped.
fn little_endian(found: &str) -> Option<String> {
    let scalar = found.strip_prefix(['<', '>', '=', '|']).unwrap_or(found);
    let is_of_bytes = scalar.starts_with('S') || matches!(scalar, "b1" | "i1" | "u1");
    match found.chars().next()? {
        '>' if !is_of_bytes => None,
        _ if is_of_bytes => Some(format!("|{scalar}")),
        _ => Some(format!("<{scalar}")),
    }
}

/// Whether some element, of whatever byte order, has this dtype.
fn is_scalar(found: &str) -> bool {
    const SCALARS: [&str; 14] = [
        "b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16",
    ];
    let scalar = found.strip_prefix(['<', '>', '=', '|']).unwrap_or(found);
    let is_count = |count: &str| count.parse::<usize>().is_ok_and(|count| count > 0);
    SCALARS.contains(&scalar) || scalar.strip_prefix(['S', 'U']).is_some_and(is_count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Bool, FixedBytes, FixedText};

    #[test]
    fn every_way_to_write_a_type_is_that_type() {
        for found in ["<f8", "=f8", "f8"] {
            assert!(check::<f64>(found).is_ok(), "{found}");
        }
        for found in ["|u1", "u1", "<u1", ">u1", "=u1"] {
            assert!(check::<u8>(found).is_ok(), "{found}");
        }
        assert!(check::<Bool>("|b1").is_ok());
        for found in ["|S1", "S1", ">S1"] {
            assert!(check::<FixedBytes<1>>(found).is_ok(), "{found}");
        }
        for found in ["<U11", "=U11"] {
            assert!(check::<FixedText<11>>(found).is_ok(), "{found}");
        }
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
        for found in [">f2", ">c16", ">U5", "[('a', '<i4'), ('b', '>i2')]"] {
            assert!(
                message(found).starts_with(&format!("the array's dtype {found} is big-endian: "))
            );
        }
        for found in ["<f2", "<U5", "|S5", "|i1"] {
            assert!(message(found).contains(&format!("are {found}: ")));
        }
        for found in [
            "|O", "<M8[ns]", "<f16", "|V8", ">M8[ns]", "", "|", "|S0", "<U",
        ] {
            let start = format!("the array's dtype {found} is none that can be shared: use bool, ");
            assert!(message(found).starts_with(&start), "{}", message(found));
        }
    }
}

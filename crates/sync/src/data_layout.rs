//! [`DataLayout`]: what type of value a mutex guards, as far as bytes can tell.

use std::fmt;

/// The layout of the value in a mutex: enough to notice that it is another type's.
///
/// Two types are taken for the same if their size, alignment and name agree. The name is
/// `std::any::type_name` without module paths, so that two programs may each declare the type.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DataLayout {
    pub(crate) len: u64,
    pub(crate) align: u32,
    /// FNV-1a (64 bits) over the whole name.
    pub(crate) name_hash: u64,
    /// The first bytes of the name, zeros after it.
    pub(crate) name: [u8; DataLayout::NAME_LEN],
}

impl DataLayout {
    pub(crate) const NAME_LEN: usize = 48;

    /// The layout of `T` in this program.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_sync::DataLayout;
    ///
    /// assert_eq!(DataLayout::of::<[f64; 2]>().to_string(), "`[f64; 2]` (16 bytes, align 8)");
    /// ```
    #[must_use]
    pub fn of<T>() -> Self {
        let full = without_paths(std::any::type_name::<T>());
        let mut name = [0; Self::NAME_LEN];
        for (to, from) in name.iter_mut().zip(full.bytes()) {
            *to = from;
        }
        Self {
            len: size_of::<T>() as u64,
            // At most 2^29.
            align: align_of::<T>() as u32,
            name_hash: fnv1a(full.as_bytes()),
            name,
        }
    }
}

impl fmt::Display for DataLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let used = self.name.iter().position(|&byte| byte == 0);
        let name = String::from_utf8_lossy(&self.name[..used.unwrap_or(Self::NAME_LEN)]);
        let cut = if used.is_none() { ".." } else { "" };
        write!(
            f,
            "`{name}{cut}` ({} bytes, align {})",
            self.len, self.align
        )
    }
}

impl fmt::Debug for DataLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DataLayout({self})")
    }
}

/// A type's name with every path cut to its last part: `a::B<c::D>` becomes `B<D>`.
fn without_paths(name: &str) -> String {
    let mut short = String::with_capacity(name.len());
    let mut part_start = 0;
    let mut rest = name;
    while let Some(next) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("::") {
            short.truncate(part_start);
            rest = after;
            continue;
        }
        short.push(next);
        if !(next.is_alphanumeric() || next == '_') {
            part_start = short.len();
        }
        rest = &rest[next.len_utf8()..];
    }
    short
}

fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_loses_its_paths_and_nothing_else() {
        for (full, short) in [
            ("u64", "u64"),
            ("my_crate::stats::Counter", "Counter"),
            (
                "(a::b::C, [core::num::Wrapping<u8>; 4])",
                "(C, [Wrapping<u8>; 4])",
            ),
        ] {
            assert_eq!(without_paths(full), short);
        }
    }

    #[test]
    fn types_of_one_size_differ_and_long_names_too() {
        assert_ne!(DataLayout::of::<u64>(), DataLayout::of::<f64>());
        assert_ne!(DataLayout::of::<u64>(), DataLayout::of::<[u32; 2]>());
        type Long<T> = (
            [[[u64; 11111]; 22222]; 0],
            [[[u64; 11111]; 22222]; 0],
            [T; 0],
        );
        let (one, other) = (DataLayout::of::<Long<u64>>(), DataLayout::of::<Long<i64>>());
        assert_eq!(one.name, other.name);
        assert_ne!(one, other);
    }
}

//! [`Entropy`]: what a seed tree grows from.

use alloc::vec;
use alloc::vec::Vec;
use core::str::FromStr;

use crate::RngError;

/// The `entropy` of a [`SeedSequence`](crate::SeedSequence): 32-bit words, least significant first.
///
/// Everything that NumPy takes becomes such words: a non-negative integer of any size is split
/// into its words (zero is one word), the items of a sequence are split one by one and strung
/// together, and text is a decimal or `0x` number.
///
/// # Examples
///
/// ```
/// use multiproc_rng::Entropy;
///
/// assert_eq!(Entropy::from(1u64 << 32).words(), [0, 1]);
/// // As in NumPy, a small item of a sequence takes one word whatever its type.
/// assert_eq!(Entropy::from([7u64, 1 << 32]).words(), [7, 0, 1]);
/// let long: Entropy = "340282366920938463463374607431768211456".parse()?;
/// assert_eq!(long.words(), [0, 0, 0, 0, 1]);
/// # Ok::<(), multiproc_rng::RngError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entropy {
    words: Vec<u32>,
}

impl Entropy {
    /// Returns the 32-bit words, least significant first.
    pub fn words(&self) -> &[u32] {
        &self.words
    }

    /// Returns 128 bits from the operating system: NumPy's `SeedSequence()`.
    ///
    /// To repeat a run, keep the words and seed from them again.
    ///
    /// # Errors
    ///
    /// [`RngError::OsEntropy`] if the system has none to give.
    ///
    /// # Examples
    ///
    /// ```
    /// use multiproc_rng::{Entropy, SeedSequence};
    ///
    /// let entropy = Entropy::from_os()?;
    /// let again = SeedSequence::new(entropy.words());
    /// assert_eq!(SeedSequence::new(entropy).pool(), again.pool());
    /// # Ok::<(), multiproc_rng::RngError>(())
    /// ```
    #[cfg(feature = "os-entropy")]
    pub fn from_os() -> Result<Entropy, RngError> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|error| RngError::OsEntropy {
            code: error.raw_os_error(),
        })?;
        Ok(Entropy::from(u128::from_le_bytes(bytes)))
    }

    /// Strings the words of several integers together, as NumPy does for a sequence of seeds.
    ///
    /// This is the way to seed from items too large for `u64`:
    ///
    /// ```
    /// use multiproc_rng::Entropy;
    ///
    /// let items = ["0x1_0000_0000".replace('_', ""), "7".into()];
    /// let items: Vec<Entropy> = items.iter().map(|i| i.parse()).collect::<Result<_, _>>()?;
    /// assert_eq!(Entropy::concat(&items).words(), [0, 1, 7]);
    /// # Ok::<(), multiproc_rng::RngError>(())
    /// ```
    pub fn concat(items: &[Entropy]) -> Entropy {
        Entropy {
            words: items
                .iter()
                .flat_map(|item| item.words.iter().copied())
                .collect(),
        }
    }
}

/// Appends the words of `value`, least significant first; zero is one word.
pub(crate) fn push_integer(words: &mut Vec<u32>, mut value: u128) {
    loop {
        words.push(value as u32);
        value >>= 32;
        if value == 0 {
            return;
        }
    }
}

impl From<u32> for Entropy {
    fn from(value: u32) -> Entropy {
        Entropy { words: vec![value] }
    }
}

impl From<u64> for Entropy {
    fn from(value: u64) -> Entropy {
        Entropy::from(u128::from(value))
    }
}

impl From<u128> for Entropy {
    fn from(value: u128) -> Entropy {
        let mut words = Vec::new();
        push_integer(&mut words, value);
        Entropy { words }
    }
}

impl From<&[u32]> for Entropy {
    fn from(items: &[u32]) -> Entropy {
        Entropy {
            words: items.to_vec(),
        }
    }
}

impl From<&[u64]> for Entropy {
    fn from(items: &[u64]) -> Entropy {
        let mut words = Vec::with_capacity(items.len());
        for &item in items {
            push_integer(&mut words, u128::from(item));
        }
        Entropy { words }
    }
}

impl<const N: usize> From<[u64; N]> for Entropy {
    fn from(items: [u64; N]) -> Entropy {
        Entropy::from(items.as_slice())
    }
}

impl FromStr for Entropy {
    type Err = RngError;

    /// Reads a non-negative integer of any size: decimal digits, or `0x` and hexadecimal ones.
    fn from_str(text: &str) -> Result<Entropy, RngError> {
        let (radix, skipped) = match text.get(..2) {
            Some("0x" | "0X") => (16, 2),
            _ => (10, 0),
        };
        let digits = &text[skipped..];
        if digits.is_empty() {
            return Err(RngError::EntropyText {
                position: text.len(),
            });
        }
        let mut words = vec![0u32];
        for (i, digit) in digits.char_indices() {
            let digit = digit.to_digit(radix).ok_or(RngError::EntropyText {
                position: skipped + i,
            })?;
            let mut carry = u64::from(digit);
            for word in &mut words {
                let sum = u64::from(*word) * u64::from(radix) + carry;
                *word = sum as u32;
                carry = sum >> 32;
            }
            if carry != 0 {
                words.push(carry as u32);
            }
        }
        Ok(Entropy { words })
    }
}

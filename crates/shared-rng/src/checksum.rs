//! [`checksum`]: CRC-32C of words.
//!
//! The Castagnoli polynomial, reflected: by the processor's own instruction where it has one, else by
//! eight tables (M. E. Kounavis and F. L. Berry, 2005).

#[cfg(target_arch = "x86_64")]
use crate::checksum_instruction;

const POLYNOMIAL: u32 = 0x82f6_3b78;

/// `TABLES[k][byte]` is the remainder of `byte` followed by k zero bytes.
static TABLES: [[u32; 256]; 8] = tables();

const fn tables() -> [[u32; 256]; 8] {
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut remainder = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            remainder = remainder >> 1 ^ (remainder & 1).wrapping_neg() & POLYNOMIAL;
            bit += 1;
        }
        tables[0][byte] = remainder;
        byte += 1;
    }
    let mut k = 1;
    while k < 8 {
        byte = 0;
        while byte < 256 {
            let before = tables[k - 1][byte];
            tables[k][byte] = before >> 8 ^ tables[0][(before & 0xff) as usize];
            byte += 1;
        }
        k += 1;
    }
    tables
}

/// The checksum of `words`, as of their little-endian bytes.
pub(crate) fn checksum(words: &[u64]) -> u32 {
    #[cfg(target_arch = "x86_64")]
    if let Some(checksum) = checksum_instruction::of(words) {
        return !checksum;
    }
    !words.iter().copied().fold(u32::MAX, by_tables)
}

fn by_tables(checksum: u32, word: u64) -> u32 {
    let word = word ^ u64::from(checksum);
    let of = |k: usize| TABLES[7 - k][(word >> (8 * k) & 0xff) as usize];
    (of(0) ^ of(1) ^ of(2) ^ of(3)) ^ (of(4) ^ of(5) ^ of(6) ^ of(7))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_crc_32c() {
        // The test vectors of RFC 3720, B.4.
        let of = |bytes: [u8; 32]| {
            let words: Vec<u64> = (bytes.as_chunks().0.iter())
                .map(|bytes| u64::from_le_bytes(*bytes))
                .collect();
            let by_tables = !words.iter().copied().fold(u32::MAX, by_tables);
            assert_eq!(checksum(&words), by_tables);
            by_tables
        };
        assert_eq!(of([0; 32]), 0x8a91_36aa);
        assert_eq!(of([0xff; 32]), 0x62a8_ab43);
        assert_eq!(of(std::array::from_fn(|i| i as u8)), 0x46dd_794e);
    }
}

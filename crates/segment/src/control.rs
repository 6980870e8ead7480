//! The control page: the last 4096 bytes of every segment, as bytes and as [`ControlPage`].
//!
//! All numbers are little-endian. Offsets count from the start of the page.
//!
//! | offset | bytes | field | |
//! |---:|---:|---|---|
//! | 0 | 8 | magic | `mprocseg` |
//! | 8 | 4 | version | 1 |
//! | 12 | 4 | header_len | 120: bytes up to the end of the checksum |
//! | 16 | 16 | id | random |
//! | 32 | 8 | kind | the layout hash of the layer above |
//! | 40 | 8 | payload_len | bytes of payload, from offset 0 of the file |
//! | 48 | 8 | control_len | bytes of lock area, a multiple of 4096 |
//! | 56 | 4 | lifetime | 0 anonymous, 1 last user, 2 persistent |
//! | 60 | 4 | zero | |
//! | 64 | 8 | pid namespace, device | of the creator's `/proc/self/ns/pid` |
//! | 72 | 8 | pid namespace, inode | |
//! | 80 | 8 | device | of the segment's own file |
//! | 88 | 8 | inode | |
//! | 96 | 16 | boot id | zeros where the kernel has none |
//! | 112 | 8 | checksum | FNV-1a (64 bits) over the 112 bytes before it |
//! | 120 | 3976 | zero | never read |
//!
//! The page is written before anyone else can see the file and never again. A reader copies the
//! header once into private memory, then validates the copy, then uses it.

use std::fmt;

use crate::id::SegmentId;
use crate::layout::{Extents, PAGE};
use crate::origin::PidNamespace;
use crate::segment::Lifetime;

pub(crate) const VERSION: u32 = 1;
/// Bytes of the page that carry information.
pub(crate) const HEADER_LEN: usize = 120;
const MAGIC: [u8; 8] = *b"mprocseg";
const CHECKSUM_AT: usize = 112;

/// What a control page says, checked against the file it lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ControlPage {
    pub(crate) id: SegmentId,
    pub(crate) kind: u64,
    pub(crate) extents: Extents,
    /// `None` for an anonymous segment, which lives as long as any descriptor or mapping.
    pub(crate) lifetime: Option<Lifetime>,
    pub(crate) pid_namespace: PidNamespace,
    pub(crate) file: FileId,
    pub(crate) boot_id: [u8; 16],
}

/// A file, told from others by its device and inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileId {
    pub(crate) device: u64,
    pub(crate) inode: u64,
}

impl ControlPage {
    pub(crate) fn encode(&self) -> [u8; HEADER_LEN] {
        let mut header = Header([0; HEADER_LEN]);
        header.put(0, &MAGIC);
        header.put(8, &VERSION.to_le_bytes());
        header.put(12, &(HEADER_LEN as u32).to_le_bytes());
        header.put(16, &self.id.to_bytes());
        header.put(32, &self.kind.to_le_bytes());
        header.put(40, &self.extents.payload_len.to_le_bytes());
        header.put(48, &self.extents.control_len.to_le_bytes());
        header.put(56, &lifetime_code(self.lifetime).to_le_bytes());
        header.put(64, &self.pid_namespace.device.to_le_bytes());
        header.put(72, &self.pid_namespace.inode.to_le_bytes());
        header.put(80, &self.file.device.to_le_bytes());
        header.put(88, &self.file.inode.to_le_bytes());
        header.put(96, &self.boot_id);
        let checksum = fnv1a(&header.0[..CHECKSUM_AT]);
        header.put(CHECKSUM_AT, &checksum.to_le_bytes());
        header.0
    }

    /// Reads a header that was copied from the last page of a file of `file_len` bytes.
    ///
    /// Whether the file is the one that the page was written for is [`Self::file`]'s to tell.
    pub(crate) fn decode(bytes: &[u8; HEADER_LEN], file_len: u64) -> Result<Self, Corruption> {
        let header = Header(*bytes);
        if header.take::<8>(0) != MAGIC {
            return Err(Corruption::Magic);
        }
        let version = header.u32(8);
        if version != VERSION {
            return Err(Corruption::Version { found: version });
        }
        let header_len = header.u32(12);
        if header_len as usize != HEADER_LEN {
            return Err(Corruption::HeaderLen { found: header_len });
        }
        let recorded = header.u64(CHECKSUM_AT);
        let computed = fnv1a(&bytes[..CHECKSUM_AT]);
        if recorded != computed {
            return Err(Corruption::Checksum { recorded, computed });
        }
        let (payload_len, control_len) = (header.u64(40), header.u64(48));
        let extents = Extents::new(payload_len, control_len)
            .filter(|extents| extents.file_len == file_len && extents.control_len == control_len)
            .ok_or(Corruption::Extents {
                payload_len,
                control_len,
                file_len,
            })?;
        Ok(Self {
            id: SegmentId::from_bytes(header.take(16)),
            kind: header.u64(32),
            extents,
            lifetime: lifetime_of(header.u32(56))?,
            pid_namespace: PidNamespace {
                device: header.u64(64),
                inode: header.u64(72),
            },
            file: FileId {
                device: header.u64(80),
                inode: header.u64(88),
            },
            boot_id: header.take(96),
        })
    }
}

/// Where the header of a file of `file_len` bytes starts.
pub(crate) fn header_at(file_len: u64) -> Result<u64, Corruption> {
    if file_len == 0 || !file_len.is_multiple_of(PAGE) {
        return Err(Corruption::Length { file_len });
    }
    Ok(file_len - PAGE)
}

pub(crate) fn lifetime_code(lifetime: Option<Lifetime>) -> u32 {
    match lifetime {
        None => 0,
        Some(Lifetime::LastUser) => 1,
        Some(Lifetime::Persistent) => 2,
    }
}

fn lifetime_of(code: u32) -> Result<Option<Lifetime>, Corruption> {
    match code {
        0 => Ok(None),
        1 => Ok(Some(Lifetime::LastUser)),
        2 => Ok(Some(Lifetime::Persistent)),
        found => Err(Corruption::Lifetime { found }),
    }
}

/// Every step is a bijection of the state, so that one changed byte always changes the result.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

struct Header([u8; HEADER_LEN]);

impl Header {
    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.0[at..at + bytes.len()].copy_from_slice(bytes);
    }

    fn take<const N: usize>(&self, at: usize) -> [u8; N] {
        std::array::from_fn(|i| self.0[at + i])
    }

    fn u32(&self, at: usize) -> u32 {
        u32::from_le_bytes(self.take(at))
    }

    fn u64(&self, at: usize) -> u64 {
        u64::from_le_bytes(self.take(at))
    }
}

/// How a file differs from a whole segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Corruption {
    /// The file's length is not that of any segment.
    Length {
        /// The length in bytes.
        file_len: u64,
    },
    /// The last page does not begin as a control page does.
    Magic,
    /// The file is an array as `numpy.save` writes it, without a control page.
    PlainNpy,
    /// The control page is of another version of this library.
    Version {
        /// The version found.
        found: u32,
    },
    /// The control page's own length is not that of its version.
    HeaderLen {
        /// The length found.
        found: u32,
    },
    /// The control page does not have the checksum that it records.
    Checksum {
        /// The checksum recorded.
        recorded: u64,
        /// The checksum of what is there.
        computed: u64,
    },
    /// The lifetime is none that is known, or not one for this kind of file.
    Lifetime {
        /// The code found.
        found: u32,
    },
    /// The parts recorded do not make up the file.
    Extents {
        /// The payload length recorded.
        payload_len: u64,
        /// The lock area's length recorded.
        control_len: u64,
        /// The length of the file.
        file_len: u64,
    },
    /// The control page was written for another file: this one is a copy.
    Copied,
    /// Pages of the file are missing; touching them could kill the process.
    Sparse {
        /// Bytes that have memory behind them.
        allocated: u64,
        /// The length of the file.
        file_len: u64,
    },
}

impl fmt::Display for Corruption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { file_len } => {
                write!(f, "is damaged: {file_len} bytes is no length of a segment")
            }
            Self::Magic => f.write_str("has no control page: it is another program's file, or cut"),
            Self::PlainNpy => f.write_str(
                "is a .npy file without a control page, as numpy.save writes it, or cut: \
                 load it into a new segment instead of opening it",
            ),
            Self::Version { found } => write!(
                f,
                "has layout version {found}, but this build reads version {}: \
                 rebuild both programs with the same release",
                VERSION
            ),
            Self::HeaderLen { found } => {
                write!(
                    f,
                    "is damaged: its control page says that it is {found} bytes long"
                )
            }
            Self::Checksum { recorded, computed } => write!(
                f,
                "is damaged: its control page has checksum {computed:016x} and \
                 records {recorded:016x}"
            ),
            Self::Lifetime { found } => {
                write!(
                    f,
                    "is damaged: {found} is not the code of a lifetime that it can have"
                )
            }
            Self::Extents {
                payload_len,
                control_len,
                file_len,
            } => write!(
                f,
                "is damaged: {payload_len} bytes of payload and {control_len} of lock area \
                 do not make up its {file_len} bytes"
            ),
            Self::Copied => f.write_str("is a copy of another segment's bytes"),
            Self::Sparse {
                allocated,
                file_len,
            } => write!(
                f,
                "is damaged: {allocated} of its {file_len} bytes have memory behind them"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> ControlPage {
        ControlPage {
            id: SegmentId::from_bytes(std::array::from_fn(|i| i as u8)),
            kind: 0x0102_0304_0506_0708,
            extents: Extents::new(5000, 64).unwrap(),
            lifetime: Some(Lifetime::LastUser),
            pid_namespace: PidNamespace {
                device: 4,
                inode: 4_026_531_836,
            },
            file: FileId {
                device: 25,
                inode: 77,
            },
            boot_id: [9; 16],
        }
    }

    /// Other builds read these bytes: a change of them is a new version.
    #[test]
    fn the_bytes_of_version_1_stay_as_they_are() {
        let bytes = page().encode();
        assert_eq!(&bytes[..16], b"mprocseg\x01\0\0\0\x78\0\0\0");
        assert_eq!(bytes[32..40], [8, 7, 6, 5, 4, 3, 2, 1]);
        assert_eq!(
            bytes[40..64],
            *b"\x88\x13\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\x01\0\0\0\0\0\0\0"
        );
        assert_eq!(bytes[80..96], *b"\x19\0\0\0\0\0\0\0\x4d\0\0\0\0\0\0\0");
        assert_eq!(
            u64::from_le_bytes(bytes[112..].try_into().unwrap()),
            0xf281_6e85_cc55_b1b7
        );
    }

    #[test]
    fn a_page_is_read_back_as_it_was_written() {
        for lifetime in [None, Some(Lifetime::LastUser), Some(Lifetime::Persistent)] {
            let page = ControlPage { lifetime, ..page() };
            assert_eq!(ControlPage::decode(&page.encode(), 16384), Ok(page));
        }
    }

    #[test]
    fn a_changed_byte_is_refused_whatever_its_place_and_value() {
        let whole = page().encode();
        for at in 0..HEADER_LEN {
            for change in 1..=255 {
                let mut bytes = whole;
                bytes[at] ^= change;
                let refused = ControlPage::decode(&bytes, 16384).unwrap_err();
                let expected = match at {
                    0..8 => matches!(refused, Corruption::Magic),
                    8..12 => matches!(refused, Corruption::Version { .. }),
                    12..16 => matches!(refused, Corruption::HeaderLen { .. }),
                    _ => matches!(refused, Corruption::Checksum { .. }),
                };
                assert!(expected, "byte {at} ^ {change}: {refused:?}");
            }
        }
    }

    #[test]
    fn lengths_that_do_not_make_up_the_file_are_refused_though_the_checksum_is_right() {
        let refused = |change: &dyn Fn(&mut [u8; HEADER_LEN]), file_len| {
            let mut bytes = page().encode();
            change(&mut bytes);
            let checksum = fnv1a(&bytes[..CHECKSUM_AT]);
            bytes[CHECKSUM_AT..].copy_from_slice(&checksum.to_le_bytes());
            ControlPage::decode(&bytes, file_len).unwrap_err()
        };
        for file_len in [4096, 12288, 20480, u64::MAX - 4095] {
            let fault = refused(&|_| (), file_len);
            let expected = Corruption::Extents {
                payload_len: 5000,
                control_len: 4096,
                file_len,
            };
            assert_eq!(fault, expected);
        }
        let huge = |bytes: &mut [u8; HEADER_LEN]| bytes[40..56].fill(0xff);
        assert!(matches!(refused(&huge, 16384), Corruption::Extents { .. }));
        let unrounded = |bytes: &mut [u8; HEADER_LEN]| bytes[48] = 1;
        assert!(matches!(
            refused(&unrounded, 16384),
            Corruption::Extents { .. }
        ));
        let lifetime = |bytes: &mut [u8; HEADER_LEN]| bytes[56] = 3;
        assert_eq!(refused(&lifetime, 16384), Corruption::Lifetime { found: 3 });
    }

    #[test]
    fn a_file_that_ends_within_a_page_has_no_header() {
        assert_eq!(header_at(8192), Ok(4096));
        for file_len in [0, 1, 4095, 4097, 8191] {
            assert_eq!(header_at(file_len), Err(Corruption::Length { file_len }));
        }
    }
}

//! Frames as bytes: what travels over the socket, all numbers little-endian.
//!
//! | offset | bytes | |
//! |---:|---:|---|
//! | 0 | 3 | `mp` and the version, 1 |
//! | 3 | 1 | kind: 1 message, 2 forget, 3 release |
//! | 4 | 4 | length of the table |
//! | 8 | 4 | length of the message; 0 for the other kinds |
//! | 12 | | the table: an entry per segment; for the other kinds one id |
//! | | | the message |
//!
//! An entry is a tag and more: 1 the descriptor comes along, 2 it came earlier: the id; 3 found by
//! name or path: the length of the segment's handle (two bytes) and the handle. Descriptors come in
//! the order of the entries, with the first bytes of their frame and never with those of another.

use super::error::{Malformation, TransportError};
use crate::handle::{Handle, Location};
use crate::id::SegmentId;

pub(super) const HEADER_LEN: usize = 12;

/// How many segments one message may take along.
pub const MAX_SEGMENTS: usize = 1024;

/// The longest path that the kernel takes, and what a handle has besides.
const MAX_HANDLE_LEN: usize = 4096 + ID_LEN + 1;
const MAX_ENTRY_LEN: usize = 1 + 2 + MAX_HANDLE_LEN;
const MAX_TABLE_LEN: usize = MAX_SEGMENTS * MAX_ENTRY_LEN;
const ID_LEN: usize = 16;
const PROLOGUE: [u8; 3] = *b"mp\x01";
const MESSAGE: u8 = 1;
const FORGET: u8 = 2;
const RELEASE: u8 = 3;
const WITH_DESCRIPTOR: u8 = 1;
const KNOWN: u8 = 2;
const LINKED: u8 = 3;

/// How a frame goes on after its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    kind: u8,
    pub(super) table_len: usize,
    pub(super) bytes_len: usize,
}

/// What a frame says, apart from the bytes of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    Message(Vec<Entry>),
    Notice(Notice),
}

/// What one end tells the other about a segment, apart from messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// The end that says this will not refer to the segment by id any more.
    Forget(SegmentId),
    /// The end that says this does not want the segment referred to by id any more.
    Release(SegmentId),
}

/// How a segment travels with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    WithDescriptor(SegmentId),
    Known(SegmentId),
    /// The receiver opens it for itself.
    Linked(Handle),
}

impl Header {
    /// Reads a header, and refuses one that announces more than may come.
    pub(super) fn decode(bytes: [u8; HEADER_LEN], max_len: u32) -> Result<Self, TransportError> {
        let [m, p, version, kind, t0, t1, t2, t3, b0, b1, b2, b3] = bytes;
        let table_len = u32::from_le_bytes([t0, t1, t2, t3]) as usize;
        let bytes_len = u32::from_le_bytes([b0, b1, b2, b3]);
        let fits = match kind {
            MESSAGE => table_len <= MAX_TABLE_LEN,
            FORGET | RELEASE => table_len == ID_LEN && bytes_len == 0,
            _ => false,
        };
        if [m, p, version] != PROLOGUE || !fits {
            let found = [m, p, version, kind];
            return Err(TransportError::Malformed {
                fault: Malformation::Header { found },
            });
        }
        if bytes_len > max_len {
            return Err(TransportError::TooLong {
                len: bytes_len.into(),
                max: max_len.into(),
            });
        }
        Ok(Self {
            kind,
            table_len,
            bytes_len: bytes_len as usize,
        })
    }

    /// Reads the table that follows this header.
    pub(super) fn decode_table(&self, table: &[u8]) -> Result<Frame, TransportError> {
        let frame = if self.kind == MESSAGE {
            let mut rest = table;
            let mut entries = Vec::new();
            while !rest.is_empty() {
                entries.push(Entry::decode(&mut rest).ok_or_else(damaged_table)?);
            }
            check_count(entries.len())?;
            Frame::Message(entries)
        } else {
            let id = SegmentId::from_bytes(table.try_into().map_err(|_| damaged_table())?);
            let notice = if self.kind == FORGET {
                Notice::Forget
            } else {
                Notice::Release
            };
            Frame::Notice(notice(id))
        };
        Ok(frame)
    }
}

impl Frame {
    /// The header and the table. A message's `bytes_len` bytes follow them.
    pub(super) fn encode(&self, bytes_len: u32) -> Vec<u8> {
        let mut table = Vec::new();
        let kind = match self {
            Self::Message(entries) => {
                entries.iter().for_each(|entry| entry.encode(&mut table));
                MESSAGE
            }
            Self::Notice(Notice::Forget(id)) => {
                table.extend(id.to_bytes());
                FORGET
            }
            Self::Notice(Notice::Release(id)) => {
                table.extend(id.to_bytes());
                RELEASE
            }
        };
        let mut frame = Vec::with_capacity(HEADER_LEN + table.len());
        frame.extend(PROLOGUE);
        frame.push(kind);
        frame.extend((table.len() as u32).to_le_bytes());
        frame.extend(bytes_len.to_le_bytes());
        frame.extend(table);
        frame
    }

    pub(super) fn n_descriptors(&self) -> usize {
        match self {
            Self::Message(entries) => entries
                .iter()
                .filter(|entry| matches!(entry, Entry::WithDescriptor(_)))
                .count(),
            Self::Notice(_) => 0,
        }
    }
}

impl Entry {
    fn encode(&self, table: &mut Vec<u8>) {
        match self {
            Self::WithDescriptor(id) => {
                table.push(WITH_DESCRIPTOR);
                table.extend(id.to_bytes());
            }
            Self::Known(id) => {
                table.push(KNOWN);
                table.extend(id.to_bytes());
            }
            Self::Linked(handle) => {
                let handle = handle.to_bytes();
                table.push(LINKED);
                table.extend((handle.len() as u16).to_le_bytes());
                table.extend(handle);
            }
        }
    }

    /// Takes one entry off the front of `table`.
    fn decode(table: &mut &[u8]) -> Option<Self> {
        let (&tag, rest) = table.split_first()?;
        if tag == LINKED {
            let (&len, rest) = rest.split_first_chunk()?;
            let (handle, rest) = rest.split_at_checked(u16::from_le_bytes(len).into())?;
            let handle = Handle::from_bytes(handle).ok()?;
            *table = rest;
            // An anonymous segment cannot be found by its handle.
            return (handle.place != Location::Anonymous).then_some(Self::Linked(handle));
        }
        let (&id, rest) = rest.split_first_chunk()?;
        let id = SegmentId::from_bytes(id);
        *table = rest;
        match tag {
            WITH_DESCRIPTOR => Some(Self::WithDescriptor(id)),
            KNOWN => Some(Self::Known(id)),
            _ => None,
        }
    }
}

pub(super) fn check_count(count: usize) -> Result<(), TransportError> {
    if count > MAX_SEGMENTS {
        return Err(TransportError::TooManySegments { count });
    }
    Ok(())
}

fn damaged_table() -> TransportError {
    TransportError::Malformed {
        fault: Malformation::Table,
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use proptest::prelude::*;

    const MAX: u32 = 1000;

    fn read(frame: &[u8]) -> Result<(Frame, usize), TransportError> {
        let header = Header::decode(frame[..HEADER_LEN].try_into().unwrap(), MAX)?;
        Ok((header.decode_table(&frame[HEADER_LEN..])?, header.bytes_len))
    }

    fn entries() -> impl Strategy<Value = Vec<Entry>> {
        let entry = (any::<[u8; 16]>(), 0..4, "[a-z]{1,200}").prop_map(|(id, tag, name)| {
            let id = SegmentId::from_bytes(id);
            match tag {
                0 => Entry::WithDescriptor(id),
                1 => Entry::Known(id),
                2 => Entry::Linked(Handle {
                    id,
                    place: Location::Named(name.parse().unwrap()),
                }),
                _ => {
                    let place = Location::File(PathBuf::from("/").join(name));
                    Entry::Linked(Handle { id, place })
                }
            }
        });
        proptest::collection::vec(entry, 0..20)
    }

    proptest! {
        #[test]
        fn frames_are_read_back_as_they_were_written(entries in entries(), len in 0..=MAX) {
            let frame = Frame::Message(entries);
            prop_assert_eq!(read(&frame.encode(len)), Ok((frame, len as usize)));
        }

        #[test]
        fn any_bytes_are_a_frame_or_an_error(
            kind in 0_u8..5, table in proptest::collection::vec(0_u8..4, 0..60),
        ) {
            let mut bytes = Frame::Message(vec![]).encode(0);
            bytes[3] = kind;
            bytes[4] = table.len() as u8;
            bytes.extend(table);
            if let Ok((frame, _)) = read(&bytes) {
                prop_assert_eq!(frame.encode(0), bytes);
            }
        }
    }

    #[test]
    fn announced_lengths_are_refused_before_anything_is_read() {
        let mut header: [u8; HEADER_LEN] = Frame::Message(vec![]).encode(0).try_into().unwrap();
        header[8..].copy_from_slice(&(MAX + 1).to_le_bytes());
        let refused = Header::decode(header, MAX).unwrap_err();
        assert_eq!(
            refused,
            TransportError::TooLong {
                len: 1001,
                max: 1000
            }
        );
        header[4..8].fill(0xff);
        assert!(matches!(
            Header::decode(header, MAX),
            Err(TransportError::Malformed { .. })
        ));
        let too_many = Frame::Message(vec![Entry::Known(SegmentId::from_bytes([0; 16])); 1025]);
        assert_eq!(
            read(&too_many.encode(0)),
            Err(TransportError::TooManySegments { count: 1025 })
        );
    }
}

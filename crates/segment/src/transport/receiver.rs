//! [`Receiver`]: the incoming half of a transport.

use std::collections::BTreeMap;
use std::mem;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::error::{Malformation, TransportError};
use super::socket::{Arrived, recv_some};
use super::wire::{Entry, Frame, HEADER_LEN, Header, MAX_SEGMENTS, Notice};
use super::{Ledger, Message, lock};
use crate::id::SegmentId;
use crate::segment::Segment;

/// Memory is taken in pieces of this many bytes, as they come: a peer that announces much and
/// sends little costs little.
const PIECE: usize = 64 << 10;

/// The incoming half of a [`Transport`](super::Transport).
#[derive(Debug)]
pub struct Receiver {
    stream: Arc<UnixStream>,
    ledger: Arc<Mutex<Ledger>>,
    max_len: u32,
    /// The anonymous segments that the peer may refer to by id.
    known: BTreeMap<SegmentId, Segment>,
    /// What has come of the next frame.
    incoming: Incoming,
    /// A frame was cut or malformed.
    broken: bool,
}

#[derive(Debug, Default)]
struct Incoming {
    header: Vec<u8>,
    table: Vec<u8>,
    bytes: Vec<u8>,
    arrived: Arrived,
}

impl Receiver {
    pub(super) fn new(stream: Arc<UnixStream>, ledger: Arc<Mutex<Ledger>>, max_len: u32) -> Self {
        Self {
            stream,
            ledger,
            max_len,
            known: BTreeMap::new(),
            incoming: Incoming::default(),
            broken: false,
        }
    }

    /// As [`Transport::recv`](super::Transport::recv).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn recv(&mut self) -> Result<Option<Message>, TransportError> {
        self.recv_until(None)
    }

    /// As [`Transport::recv_timeout`](super::Transport::recv_timeout).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<Option<Message>, TransportError> {
        self.recv_until(Instant::now().checked_add(timeout))
    }

    /// Asks the peer, with the next message that this end sends, not to refer to the segment `id`
    /// any more. When the peer has confirmed that, with its own next message, the segment is let
    /// go here.
    pub fn forget(&mut self, id: SegmentId) {
        if self.known.contains_key(&id) {
            lock(&self.ledger).notices.push_back(Notice::Release(id));
        }
    }

    fn recv_until(&mut self, deadline: Option<Instant>) -> Result<Option<Message>, TransportError> {
        loop {
            let Some((frame, bytes, arrived)) = self.read_frame(deadline)? else {
                return Ok(None);
            };
            match frame {
                Frame::Message(entries) => {
                    let segments = self.attach(entries, arrived)?;
                    return Ok(Some(Message { bytes, segments }));
                }
                Frame::Notice(Notice::Forget(id)) => {
                    self.known.remove(&id);
                }
                Frame::Notice(Notice::Release(id)) => lock(&self.ledger).withdraw(id),
            }
        }
    }

    fn read_frame(
        &mut self,
        deadline: Option<Instant>,
    ) -> Result<Option<(Frame, Vec<u8>, Arrived)>, TransportError> {
        if self.broken {
            return Err(TransportError::Broken);
        }
        let read = self.incoming.read(&self.stream, self.max_len, deadline);
        self.broken = match &read {
            Ok(_) | Err(TransportError::TimedOut | TransportError::System { .. }) => false,
            Err(_) => true,
        };
        read
    }

    /// The segments of a message. What cannot be attached is asked for again.
    fn attach(
        &mut self,
        entries: Vec<Entry>,
        arrived: Arrived,
    ) -> Result<Vec<Segment>, TransportError> {
        let mut descriptors = arrived.descriptors.into_iter();
        let mut segments = Vec::with_capacity(entries.len());
        let mut failure = None;
        for entry in entries {
            let segment = match &entry {
                // Which of them were lost is not told, so that none can be relied on.
                Entry::WithDescriptor(_) if arrived.some_lost => {
                    Err(TransportError::DescriptorsLost)
                }
                Entry::WithDescriptor(id) => self.learn(*id, descriptors.next()),
                Entry::Known(id) => self
                    .known
                    .get(id)
                    .cloned()
                    .ok_or(TransportError::UnknownSegment { id: *id }),
                Entry::Linked(handle) => {
                    Segment::open_handle(handle).map_err(TransportError::Segment)
                }
            };
            match segment {
                Ok(segment) => segments.push(segment),
                Err(error) => {
                    if let Entry::WithDescriptor(id) | Entry::Known(id) = entry {
                        lock(&self.ledger).notices.push_back(Notice::Release(id));
                    }
                    failure = failure.or(Some(error));
                }
            }
        }
        failure.map_or(Ok(segments), Err)
    }

    fn learn(
        &mut self,
        id: SegmentId,
        descriptor: Option<OwnedFd>,
    ) -> Result<Segment, TransportError> {
        let descriptor = descriptor.expect("as many descriptors as the table says");
        let segment = Segment::from_fd(descriptor)?;
        if segment.id() != id {
            let fault = Malformation::OtherSegment {
                expected: id,
                found: segment.id(),
            };
            return Err(TransportError::Malformed { fault });
        }
        self.known.insert(id, segment.clone());
        Ok(segment)
    }
}

impl AsFd for Receiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

impl Incoming {
    /// Reads on until the frame is whole. `None` if the stream ends instead of beginning one.
    ///
    /// Never reads behind the frame, so that the socket stays readable while there is another.
    fn read(
        &mut self,
        socket: &UnixStream,
        max_len: u32,
        deadline: Option<Instant>,
    ) -> Result<Option<(Frame, Vec<u8>, Arrived)>, TransportError> {
        let arrived = &mut self.arrived;
        if !fill(&mut self.header, HEADER_LEN, socket, arrived, deadline)? {
            return if self.header.is_empty() {
                Ok(None)
            } else {
                Err(self.cut())
            };
        }
        let header = self.header[..]
            .try_into()
            .expect("HEADER_LEN bytes were filled");
        let header = Header::decode(header, max_len)?;
        if !fill(&mut self.table, header.table_len, socket, arrived, deadline)?
            || !fill(&mut self.bytes, header.bytes_len, socket, arrived, deadline)?
        {
            return Err(self.cut());
        }
        let Self {
            table,
            bytes,
            arrived,
            ..
        } = mem::take(self);
        let frame = header.decode_table(&table)?;
        let expected = frame.n_descriptors();
        let received = arrived.descriptors.len();
        if received != expected && !arrived.some_lost {
            let fault = Malformation::Descriptors { expected, received };
            return Err(TransportError::Malformed { fault });
        }
        Ok(Some((frame, bytes, arrived)))
    }

    fn cut(&self) -> TransportError {
        let received = self.header.len() + self.table.len() + self.bytes.len();
        TransportError::Cut { received }
    }
}

/// Appends to `buf` until it has `len` bytes. False if the stream ends before.
fn fill(
    buf: &mut Vec<u8>,
    len: usize,
    socket: &UnixStream,
    arrived: &mut Arrived,
    deadline: Option<Instant>,
) -> Result<bool, TransportError> {
    while buf.len() < len {
        let start = buf.len();
        buf.resize(len.min(start + PIECE), 0);
        let received = recv_some(socket, &mut buf[start..], arrived, deadline);
        buf.truncate(start + received.as_ref().copied().unwrap_or(0));
        if arrived.descriptors.len() > MAX_SEGMENTS {
            let received = arrived.descriptors.len();
            let fault = Malformation::Descriptors {
                expected: MAX_SEGMENTS,
                received,
            };
            return Err(TransportError::Malformed { fault });
        }
        if received? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

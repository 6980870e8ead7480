//! [`Transport`]: messages between two processes that take segments along.
//!
//! A [`Transport`] sends byte strings over a Unix stream socket, each with any number of segments.
//! Of an anonymous segment the descriptor is sent, once; from then on its id stands for it. Any
//! other travels as its name or path and its id, and the receiver opens it for itself.

mod error;
mod receiver;
mod sender;
mod socket;
mod wire;

use std::collections::{BTreeSet, VecDeque};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use error::{Malformation, TransportError};
pub use receiver::Receiver;
pub use sender::Sender;
pub use wire::MAX_SEGMENTS;

use self::wire::{Entry, Notice};
use crate::handle::Location;
use crate::id::SegmentId;
use crate::segment::Segment;

/// The longest message, in bytes, unless [`Transport::with_max_len`] says otherwise: 64 MiB.
pub const DEFAULT_MAX_LEN: usize = 64 << 20;

/// One end of a connection that carries messages and segments both ways.
///
/// Messages arrive whole, in order, or not at all. A message may be longer than the socket's
/// buffer; [`send`](Self::send) then waits for the peer to read.
///
/// An anonymous segment that has been sent once costs one descriptor on each side, however often it
/// is sent again. The receiver keeps it mapped for that until one side [forgets](Self::forget) it.
///
/// # Examples
///
/// ```
/// use std::os::unix::net::UnixStream;
/// use multiproc_segment::transport::Transport;
/// use multiproc_segment::{Layout, Segment};
///
/// let (one, other) = UnixStream::pair()?; // usually between two processes
/// let (mut one, mut other) = (Transport::new(one), Transport::new(other));
///
/// let segment = Segment::anonymous(Layout::payload(8))?;
/// one.send(b"look here", &[&segment])?;
///
/// let message = other.recv()?.expect("the sender is still there");
/// assert_eq!(message.bytes, b"look here");
/// message.segments[0].payload().write(0, b"I did it")?;
///
/// let mut seen = [0; 8];
/// segment.payload().read(0, &mut seen)?;
/// assert_eq!(&seen, b"I did it");
///
/// drop(one);
/// assert!(other.recv()?.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[doc(alias = "SCM_RIGHTS")]
#[doc(alias = "Connection")]
pub struct Transport {
    sender: Sender,
    receiver: Receiver,
}

/// What one [`Transport::send`] sent.
#[derive(Clone, Debug)]
pub struct Message {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The segments, in the order in which they were given.
    pub segments: Vec<Segment>,
}

impl Transport {
    /// A transport over `stream`, which nobody else may read or write from now on.
    #[must_use]
    pub fn new(stream: UnixStream) -> Self {
        Self::with_max_len(stream, DEFAULT_MAX_LEN)
    }

    /// A transport that neither sends nor accepts messages of more than `max_len` bytes, nor of
    /// more than 4 GiB.
    ///
    /// An announced length is checked against this before any memory is taken for it.
    #[must_use]
    pub fn with_max_len(stream: UnixStream, max_len: usize) -> Self {
        let max_len = u32::try_from(max_len).unwrap_or(u32::MAX);
        let stream = Arc::new(stream);
        let ledger = Arc::default();
        Self {
            sender: Sender::new(Arc::clone(&stream), Arc::clone(&ledger), max_len),
            receiver: Receiver::new(stream, ledger, max_len),
        }
    }

    /// Sends a message, and waits until the socket has taken all of it.
    ///
    /// # Errors
    ///
    /// - [`TransportError::TooLong`] or [`TransportError::TooManySegments`], before anything is sent.
    /// - [`TransportError::Closed`] if the peer is gone.
    /// - [`TransportError::Broken`] if an earlier message was cut.
    /// - [`TransportError::System`] if the kernel refuses, for instance because too many
    ///   descriptors are under way.
    pub fn send(&mut self, bytes: &[u8], segments: &[&Segment]) -> Result<(), TransportError> {
        self.sender.send(bytes, segments)
    }

    /// As [`send`](Self::send), for at most `timeout`.
    ///
    /// # Errors
    ///
    /// Also [`TransportError::TimedOut`]: the peer did not read in time. If part of the message had
    /// been sent by then, the transport can send no more ([`TransportError::Broken`]).
    pub fn send_timeout(
        &mut self,
        bytes: &[u8],
        segments: &[&Segment],
        timeout: Duration,
    ) -> Result<(), TransportError> {
        self.sender.send_timeout(bytes, segments, timeout)
    }

    /// Waits for the next message. `None` if the peer has closed its end after a whole message.
    ///
    /// # Errors
    ///
    /// - [`TransportError::Cut`] if the peer ended within a message.
    /// - [`TransportError::TooLong`], [`TransportError::TooManySegments`] or
    ///   [`TransportError::Malformed`] if the peer does not keep to the protocol. The transport is
    ///   [`Broken`](TransportError::Broken) from then on.
    /// - [`TransportError::Segment`], [`TransportError::UnknownSegment`] or
    ///   [`TransportError::DescriptorsLost`] if a segment could not be attached. That message is
    ///   lost; the next one can be received.
    pub fn recv(&mut self) -> Result<Option<Message>, TransportError> {
        self.receiver.recv()
    }

    /// As [`recv`](Self::recv), for at most `timeout`, which may be zero.
    ///
    /// # Errors
    ///
    /// Also [`TransportError::TimedOut`]: no whole message has come yet. What has come of it is
    /// kept for the next call.
    pub fn recv_timeout(&mut self, timeout: Duration) -> Result<Option<Message>, TransportError> {
        self.receiver.recv_timeout(timeout)
    }

    /// Forgets the segment `id` on both sides, so that its memory can go.
    ///
    /// The peer lets go when it next receives. What was received here is let go when the peer has
    /// answered with its next message, which may still refer to it. The segment can be sent again
    /// at any time, as if for the first.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn forget(&mut self, id: SegmentId) -> Result<(), TransportError> {
        self.receiver.forget(id);
        self.sender.forget(id)
    }

    /// The two directions by themselves, for a thread each.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::os::unix::net::UnixStream;
    /// use std::thread;
    /// use multiproc_segment::transport::Transport;
    ///
    /// let (one, mut echo) = UnixStream::pair()?;
    /// thread::spawn(move || std::io::copy(&mut echo.try_clone()?, &mut echo));
    /// let (mut sender, mut receiver) = Transport::new(one).into_split();
    /// let sending = thread::spawn(move || sender.send(&[7; 1 << 20], &[]));
    /// let message = receiver.recv()?.expect("what was sent comes back");
    /// assert_eq!(message.bytes, [7; 1 << 20]);
    /// assert_eq!(sending.join().expect("no panic"), Ok(()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn into_split(self) -> (Sender, Receiver) {
        (self.sender, self.receiver)
    }
}

/// The socket, to be polled. It is readable when [`Transport::recv`] has something to read:
/// nothing is read ahead.
impl AsFd for Transport {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.receiver.as_fd()
    }
}

/// What the two directions of one end know together.
#[derive(Debug, Default)]
struct Ledger {
    /// The segments that the peer can find by id, because this end has sent them.
    announced: BTreeSet<SegmentId>,
    /// What is to be told to the peer before the next message.
    notices: VecDeque<Notice>,
}

impl Ledger {
    /// How each of `segments` travels, and those among them whose descriptors must come along.
    fn announce<'a>(&mut self, segments: &[&'a Segment]) -> (Vec<Entry>, Vec<&'a Segment>) {
        let mut fresh = Vec::new();
        let entries = segments.iter().map(|&segment| {
            let id = segment.id();
            match segment.location() {
                Location::Anonymous if self.announced.insert(id) => {
                    fresh.push(segment);
                    Entry::WithDescriptor(id)
                }
                Location::Anonymous => Entry::Known(id),
                Location::Named(_) | Location::File(_) => Entry::Linked(segment.handle()),
            }
        });
        (entries.collect(), fresh)
    }

    /// Stops relying on the peer's having the segment `id`, and tells it so.
    fn withdraw(&mut self, id: SegmentId) {
        if self.announced.remove(&id) {
            self.notices.push_back(Notice::Forget(id));
        }
    }
}

/// A panic while the ledger is locked leaves it whole: every change to it is one insertion.
fn lock(ledger: &Mutex<Ledger>) -> MutexGuard<'_, Ledger> {
    ledger.lock().unwrap_or_else(PoisonError::into_inner)
}

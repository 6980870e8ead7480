//! [`Sender`]: the outgoing half of a transport.

use std::io::IoSlice;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::error::TransportError;
use super::socket::{MAX_DESCRIPTORS, send_some};
use super::wire::{self, Frame};
use super::{Ledger, lock};
use crate::id::SegmentId;
use crate::segment::Segment;

/// The outgoing half of a [`Transport`](super::Transport).
#[derive(Debug)]
pub struct Sender {
    stream: Arc<UnixStream>,
    ledger: Arc<Mutex<Ledger>>,
    max_len: u32,
    /// Part of a frame was sent and the rest was not.
    broken: bool,
}

impl Sender {
    pub(super) fn new(stream: Arc<UnixStream>, ledger: Arc<Mutex<Ledger>>, max_len: u32) -> Self {
        Self {
            stream,
            ledger,
            max_len,
            broken: false,
        }
    }

    /// As [`Transport::send`](super::Transport::send).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn send(&mut self, bytes: &[u8], segments: &[&Segment]) -> Result<(), TransportError> {
        self.send_until(bytes, segments, None)
    }

    /// As [`Transport::send_timeout`](super::Transport::send_timeout).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn send_timeout(
        &mut self,
        bytes: &[u8],
        segments: &[&Segment],
        timeout: Duration,
    ) -> Result<(), TransportError> {
        self.send_until(bytes, segments, Instant::now().checked_add(timeout))
    }

    /// Will not refer to the segment `id` as one that the peer has, and tells the peer.
    ///
    /// # Errors
    ///
    /// As [`send`](Self::send).
    pub fn forget(&mut self, id: SegmentId) -> Result<(), TransportError> {
        lock(&self.ledger).withdraw(id);
        self.send_notices(None)
    }

    fn send_until(
        &mut self,
        bytes: &[u8],
        segments: &[&Segment],
        deadline: Option<Instant>,
    ) -> Result<(), TransportError> {
        let (len, max) = (bytes.len() as u64, u64::from(self.max_len));
        if len > max {
            return Err(TransportError::TooLong { len, max });
        }
        wire::check_count(segments.len())?;
        self.send_notices(deadline)?;

        let (entries, fresh) = lock(&self.ledger).announce(segments);
        let descriptors: Vec<_> = fresh
            .iter()
            .map(|segment| segment.backing().as_fd())
            .collect();
        let sent = self.send_frame(&Frame::Message(entries), bytes, &descriptors, deadline);
        if sent.is_err() {
            // Either nothing was sent, or the connection is at its end: the peer has none of them.
            let mut ledger = lock(&self.ledger);
            for segment in &fresh {
                ledger.announced.remove(&segment.id());
            }
        }
        sent
    }

    fn send_notices(&mut self, deadline: Option<Instant>) -> Result<(), TransportError> {
        loop {
            let Some(notice) = lock(&self.ledger).notices.front().copied() else {
                return Ok(());
            };
            self.send_frame(&Frame::Notice(notice), &[], &[], deadline)?;
            lock(&self.ledger).notices.pop_front();
        }
    }

    fn send_frame(
        &mut self,
        frame: &Frame,
        bytes: &[u8],
        descriptors: &[BorrowedFd<'_>],
        deadline: Option<Instant>,
    ) -> Result<(), TransportError> {
        if self.broken {
            return Err(TransportError::Broken);
        }
        let head = frame.encode(bytes.len() as u32);
        let mut batches = descriptors.chunks(MAX_DESCRIPTORS);
        let mut sent = 0;
        while sent < head.len() + bytes.len() {
            let batch = batches.next().unwrap_or_default();
            let (head, bytes) = if sent < head.len() {
                (&head[sent..], bytes)
            } else {
                (&[][..], &bytes[sent - head.len()..])
            };
            // Descriptors need a byte to come with, and each batch one of its own. The table has
            // enough of them.
            let parts = match batches.len() {
                0 => [IoSlice::new(head), IoSlice::new(bytes)],
                _ => [IoSlice::new(&head[..1]), IoSlice::new(&[])],
            };
            match send_some(&self.stream, &parts, batch, deadline) {
                Ok(len) => sent += len,
                Err(error) => {
                    self.broken = sent > 0 && error != TransportError::Closed;
                    return Err(error);
                }
            }
        }
        Ok(())
    }
}

impl AsFd for Sender {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

//! The system calls of a transport: bytes and descriptors over a stream socket, until a deadline.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Instant;

use rustix::cmsg_space;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};

use super::error::TransportError;

/// The most descriptors that the kernel takes with one call (`SCM_MAX_FD`).
pub(super) const MAX_DESCRIPTORS: usize = 253;

/// Sends some of `parts`, and all of `descriptors`, of which there are at most [`MAX_DESCRIPTORS`].
pub(super) fn send_some(
    socket: &UnixStream,
    parts: &[IoSlice<'_>],
    descriptors: &[BorrowedFd<'_>],
    deadline: Option<Instant>,
) -> Result<usize, TransportError> {
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() {
        let fits = control.push(SendAncillaryMessage::ScmRights(descriptors));
        assert!(fits, "{} descriptors in one call", descriptors.len());
    }
    loop {
        // The call itself never waits, whatever the mode of the socket, so that the deadline counts.
        match sendmsg(
            socket,
            parts,
            &mut control,
            SendFlags::NOSIGNAL | SendFlags::DONTWAIT,
        ) {
            Ok(sent) => return Ok(sent),
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => wait(socket, PollFlags::OUT, deadline)?,
            Err(Errno::PIPE | Errno::CONNRESET) => return Err(TransportError::Closed),
            Err(errno) => return Err(TransportError::system("sendmsg", errno)),
        }
    }
}

/// Descriptors as they come in.
#[derive(Debug, Default)]
pub(super) struct Arrived {
    pub(super) descriptors: Vec<OwnedFd>,
    /// Whether the kernel could not give this process all that were sent.
    pub(super) some_lost: bool,
}

/// Receives into some of `buf`, which is not empty, and adds what comes with it to `arrived`.
///
/// 0 is the end of the stream.
pub(super) fn recv_some(
    socket: &UnixStream,
    buf: &mut [u8],
    arrived: &mut Arrived,
    deadline: Option<Instant>,
) -> Result<usize, TransportError> {
    let mut space = [MaybeUninit::uninit(); cmsg_space!(ScmRights(MAX_DESCRIPTORS))];
    loop {
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let flags = RecvFlags::CMSG_CLOEXEC | RecvFlags::DONTWAIT;
        match recvmsg(socket, &mut [IoSliceMut::new(buf)], &mut control, flags) {
            Ok(received) => {
                for message in control.drain() {
                    if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                        arrived.descriptors.extend(descriptors);
                    }
                }
                arrived.some_lost |= received.flags.contains(ReturnFlags::CTRUNC);
                return Ok(received.bytes);
            }
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => wait(socket, PollFlags::IN, deadline)?,
            // A peer that ends without having read everything resets the connection.
            Err(Errno::CONNRESET) => return Ok(0),
            Err(errno) => return Err(TransportError::system("recvmsg", errno)),
        }
    }
}

fn wait(
    socket: &UnixStream,
    events: PollFlags,
    deadline: Option<Instant>,
) -> Result<(), TransportError> {
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        // A time that the kernel cannot count is as good as none.
        let timeout = left.and_then(|left| Timespec::try_from(left).ok());
        match poll(
            &mut [PollFd::from_borrowed_fd(socket.as_fd(), events)],
            timeout.as_ref(),
        ) {
            Ok(0) => return Err(TransportError::TimedOut),
            Ok(_) => return Ok(()),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(TransportError::system("poll", errno)),
        }
    }
}

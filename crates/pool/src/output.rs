//! [`Output`]: what a worker prints, passed on by whole lines.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// How much of a worker's standard error is kept to explain its death.
const LAST_WORDS: usize = 4096;
/// A line longer than this is passed on in pieces, so that memory stays bounded.
const LINE: usize = 64 << 10;
/// How much one [`Output::pump`] reads at most, so that a worker that never stops printing does not stop its job.
const AT_ONCE: usize = 1 << 20;

/// One of a worker's two output streams.
#[derive(Debug)]
pub(crate) struct Output {
    /// Non-blocking; `None` after its end.
    pipe: Option<File>,
    to: To,
    line: Vec<u8>,
    last_words: VecDeque<u8>,
}

/// This process's stream of the same kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum To {
    Stdout,
    Stderr,
}

impl To {
    fn write(self, lines: &[u8]) {
        if lines.is_empty() {
            return;
        }
        // Whoever has closed this process's own output does not want what is written there.
        let _ = match self {
            To::Stdout => io::stdout().lock().write_all(lines),
            To::Stderr => io::stderr().lock().write_all(lines),
        };
    }
}

impl Output {
    pub(crate) fn new(pipe: OwnedFd, to: To) -> io::Result<Output> {
        rustix::io::ioctl_fionbio(&pipe, true)?;
        Ok(Output {
            pipe: Some(File::from(pipe)),
            to,
            line: Vec::new(),
            last_words: VecDeque::new(),
        })
    }

    /// Returns the descriptor to poll, until the stream has ended.
    pub(crate) fn pipe(&self) -> Option<BorrowedFd<'_>> {
        self.pipe.as_ref().map(AsFd::as_fd)
    }

    /// Passes on what the worker has printed so far, except for a line that it has not ended.
    pub(crate) fn pump(&mut self) {
        let lines = self.read_lines();
        self.to.write(&lines);
    }

    /// Passes on what a worker that is gone has left, its last line ended or not.
    pub(crate) fn finish(&mut self) {
        let mut lines = self.read_lines();
        if !self.line.is_empty() {
            lines.append(&mut self.line);
            lines.push(b'\n');
        }
        self.to.write(&lines);
        self.pipe = None;
    }

    /// Returns the end of what was printed, at most 4096 bytes.
    pub(crate) fn last_words(&self) -> String {
        let bytes: Vec<u8> = self.last_words.iter().copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn read_lines(&mut self) -> Vec<u8> {
        let mut lines = Vec::new();
        let mut buffer = [0; 8192];
        let mut total = 0;
        while let Some(pipe) = &mut self.pipe
            && total < AT_ONCE
        {
            match pipe.read(&mut buffer) {
                Ok(0) => self.pipe = None,
                Ok(n) => {
                    total += n;
                    self.take_in(&buffer[..n], &mut lines);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(_) => self.pipe = None,
            }
        }
        lines
    }

    /// Moves all lines that `bytes` complete to `lines`.
    fn take_in(&mut self, bytes: &[u8], lines: &mut Vec<u8>) {
        if self.to == To::Stderr {
            self.last_words.extend(bytes);
            let surplus = self.last_words.len().saturating_sub(LAST_WORDS);
            self.last_words.drain(..surplus);
        }
        match bytes.iter().rposition(|&byte| byte == b'\n') {
            Some(end) => {
                lines.append(&mut self.line);
                lines.extend(&bytes[..=end]);
                self.line.extend(&bytes[end + 1..]);
            }
            None => self.line.extend(bytes),
        }
        if self.line.len() > LINE {
            lines.append(&mut self.line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output() -> (Output, File) {
        let (reader, writer) = rustix::pipe::pipe().expect("a pipe");
        (
            Output::new(reader, To::Stderr).expect("an output"),
            File::from(writer),
        )
    }

    #[test]
    fn a_line_waits_for_its_end() {
        let (mut output, mut writer) = output();
        writer.write_all(b"one\ntwo\nthr").unwrap();
        assert_eq!(output.read_lines(), b"one\ntwo\n");
        writer.write_all(b"ee\n").unwrap();
        assert_eq!(output.read_lines(), b"three\n");
        assert_eq!(output.last_words(), "one\ntwo\nthree\n");
    }

    #[test]
    fn an_endless_line_does_not_fill_the_memory() {
        let (mut output, mut writer) = output();
        let mut passed_on = 0;
        for _ in 0..40 {
            writer.write_all(&[b'x'; 4096]).unwrap();
            passed_on += output.read_lines().len();
        }
        assert!(passed_on > LINE);
        assert!(output.line.len() <= LINE);
        assert_eq!(output.last_words().len(), LAST_WORDS);
    }

    #[test]
    fn a_closed_stream_is_polled_no_more() {
        let (mut output, writer) = output();
        assert!(output.pipe().is_some());
        drop(writer);
        assert_eq!(output.read_lines(), b"");
        assert!(output.pipe().is_none());
    }
}

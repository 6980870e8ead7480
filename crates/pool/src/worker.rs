//! What a worker's process does: greet its parent, run rounds of jobs, exit.

use std::os::unix::net::UnixStream;
use std::process;
use std::sync::OnceLock;

use multiproc_segment::Segment;
use multiproc_segment::transport::{Message, Transport, TransportError};

use crate::blocks::Blocks;
use crate::board::Board;
use crate::call::Argument;
use crate::coordinator::Round;
use crate::error::PoolError;
use crate::lifeline;
use crate::message::{Greeting, Refusal, Run, ToParent, ToWorker, Welcome, decode, encode};
use crate::panics;
use crate::registry;
use crate::work::{self, Work};
use crate::written::WrittenArray;

static WELCOME: OnceLock<Welcome> = OnceLock::new();

/// Returns what this process was told when it became a worker; `None` if it is none.
pub(crate) fn welcome() -> Option<Welcome> {
    WELCOME.get().copied()
}

/// Serves the parent at the other end of `socket` until told to stop, and exits.
pub(crate) fn serve(socket: UnixStream) -> ! {
    let served = lifeline::hold_on(&socket).and_then(|()| {
        let mut worker = Worker {
            link: Transport::new(socket),
            arrays: Vec::new(),
        };
        worker.greet()?;
        worker.answer()
    });
    match served {
        Ok(()) => process::exit(0),
        Err(error) => {
            // The parent keeps what is written here as the worker's last words.
            eprintln!("{error}");
            process::exit(1)
        }
    }
}

struct Worker {
    link: Transport,
    /// The arrays of the next round.
    arrays: Vec<Segment>,
}

impl Worker {
    fn greet(&mut self) -> Result<(), PoolError> {
        let Some(message) = self.receive()? else {
            return Ok(());
        };
        // The greeting goes out even to a stranger, who learns from it what is wrong.
        self.link.send(&Greeting::here(()).encode(), &[])?;
        let welcome = Greeting::check(&message.bytes)?;
        WELCOME.set(welcome).expect("a process is greeted once");
        Ok(())
    }

    fn answer(&mut self) -> Result<(), PoolError> {
        while let Some(message) = self.receive()? {
            match decode(&message.bytes)? {
                ToWorker::Arrays => {
                    lifeline::note(&message.segments);
                    self.arrays = message.segments;
                }
                ToWorker::Run(run) => {
                    let arrays = std::mem::take(&mut self.arrays);
                    let answer = match self.run(&run, message.segments, arrays) {
                        Ok(()) => ToParent::Done,
                        Err(reason) => ToParent::Refused(reason),
                    };
                    lifeline::note(&[]);
                    self.link.send(&encode(&answer), &[])?;
                }
                ToWorker::Stop => return Ok(()),
            }
        }
        Ok(())
    }

    fn receive(&mut self) -> Result<Option<Message>, PoolError> {
        match self.link.recv() {
            Ok(message) => Ok(message),
            // A parent that died while it wrote is as gone as one that died in between.
            Err(TransportError::Closed | TransportError::Cut { .. }) => Ok(None),
            Err(error) => {
                let reason = Refusal::NotReceived {
                    message: error.to_string(),
                };
                self.link.send(&encode(&ToParent::Refused(reason)), &[])?;
                Err(error.into())
            }
        }
    }

    /// Runs a round. Board and arrays are let go of before it returns.
    fn run(&mut self, run: &Run, board: Vec<Segment>, arrays: Vec<Segment>) -> Result<(), Refusal> {
        let slot = welcome().map_or(0, |welcome| welcome.slot);
        let entry = registry::find(&run.task).ok_or(Refusal::MissingTask)?;
        let [board] = <[Segment; 1]>::try_from(board).map_err(|_| Refusal::Corrupt)?;
        let board = Board::attach(board, run.board).map_err(|_| Refusal::Corrupt)?;
        let mut arrays = arrays.into_iter();
        let written = match &run.written {
            Some(written) => {
                let segment = arrays.next().ok_or(Refusal::Corrupt)?;
                Some(WrittenArray::new(segment, written.clone()))
            }
            None => None,
        };
        if slot >= run.board.slots || arrays.len() != run.arguments.len() {
            return Err(Refusal::Corrupt);
        }
        let arguments = Argument::list(&entry.needs, arrays.zip(run.arguments.iter().cloned()));

        let link = &mut self.link;
        let mut announce = |number, block: &Segment| {
            link.send(&encode(&ToParent::Block { number }), &[block])?;
            link.forget(block.id())?;
            Ok(())
        };
        panics::leave_texts_on(Some((board.clone(), slot)));
        let round = Round {
            ranges: run.ranges.iter().map(|&(start, end)| start..end).collect(),
            chunk: run.chunk,
        };
        let mut work = Work {
            board: &board,
            slot,
            round: &round,
            repeated: &run.repeated,
            split: run.seed.as_deref().map(work::split_of),
            arguments: &arguments,
            blocks: Blocks::new(run.order, &mut announce),
            after_chunk: &mut || {},
            encoded: Vec::new(),
        };
        let outcome = work.run(entry.run, written.as_ref());
        panics::leave_texts_on(None);
        outcome.map_err(|_| Refusal::Corrupt)
    }
}

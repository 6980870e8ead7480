//! What a worker's process does: greet its parent, run rounds of jobs, exit.

use std::mem;
use std::ops::ControlFlow;
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
use crate::message::{
    Greeting, Identity, Order, Refusal, Role, Run, ToParent, ToWorker, Welcome, decode, encode,
};
use crate::panics;
use crate::registry;
use crate::settings;
use crate::startup;
use crate::switchboard::{ParentIs, Switchboard};
use crate::task_error::{Cause, TaskError};
use crate::wear::{Wear, WearLimits};
use crate::work::{self, Work};
use crate::written::WrittenArray;

/// How deep pools and processes may be nested.
const DEPTH_LIMIT: u32 = 10;

static WELCOME: OnceLock<Welcome> = OnceLock::new();

/// Returns what this process was told when it became a worker; `None` if it is none.
pub(crate) fn welcome() -> Option<&'static Welcome> {
    WELCOME.get()
}

/// Returns who this process is if it runs one item only, and serves no pool.
pub(crate) fn identity() -> Option<&'static Identity> {
    match &welcome()?.role {
        Role::Worker => None,
        Role::Process(identity) => Some(identity),
    }
}

/// Returns how deep this process's own workers are, and how many processors all of them may use.
///
/// # Errors
///
/// [`PoolError::NotInitialised`] or [`PoolError::TooDeep`].
pub(crate) fn next_level() -> Result<(u32, usize), PoolError> {
    if startup::is_uninitialised_worker() {
        return Err(PoolError::NotInitialised);
    }
    let (depth, processors) = match welcome() {
        Some(welcome) => (welcome.depth, welcome.processors),
        None => (0, settings::available_processors()),
    };
    if depth >= DEPTH_LIMIT {
        return Err(PoolError::TooDeep { limit: DEPTH_LIMIT });
    }
    Ok((depth + 1, processors))
}

/// Serves the parent at the other end of `socket` until told to stop, and exits.
pub(crate) fn serve(socket: UnixStream) -> ! {
    let served = lifeline::hold_on(&socket).and_then(|()| {
        let mut worker = Worker {
            link: Transport::new(socket),
            board: None,
            arrays: Vec::new(),
            wear: Wear::new(WearLimits::default()),
        };
        match worker.greet()? {
            Some(switchboard) => worker.obey(&switchboard),
            None => Ok(0),
        }
    });
    match served {
        Ok(code) => process::exit(code),
        Err(error) => {
            // The parent keeps what is written here as the worker's last words.
            eprintln!("{error}");
            process::exit(1)
        }
    }
}

struct Worker {
    link: Transport,
    /// The board of the next round, if it is the last one's.
    board: Option<Segment>,
    /// The arrays of the next round.
    arrays: Vec<Segment>,
    wear: Wear,
}

impl Worker {
    /// Exchanges greetings; `None` if the parent is gone.
    fn greet(&mut self) -> Result<Option<Switchboard>, PoolError> {
        let Some(message) = self.receive()? else {
            return Ok(None);
        };
        // The greeting goes out even to a stranger, who learns from it what is wrong.
        self.link.send(&Greeting::here(()).encode(), &[])?;
        let welcome: Welcome = Greeting::check(&message.bytes)?;
        let slot = welcome.slot;
        self.wear = Wear::new(welcome.wear);
        WELCOME.set(welcome).expect("a process is greeted once");
        let segment = message.segments.into_iter().next();
        let segment = segment.ok_or(PoolError::Corrupt {
            what: "a worker was greeted without the pool's memory",
        })?;
        Switchboard::attach(segment, slot).map(Some)
    }

    /// Does what it is told until it is to exit, and returns the exit code.
    fn obey(&mut self, switchboard: &Switchboard) -> Result<i32, PoolError> {
        let slot = welcome().map_or(0, |welcome| welcome.slot);
        let process = identity();
        if process.is_some() {
            panics::print_too();
        }
        let mut number = 0;
        loop {
            let command;
            (number, command) = switchboard.await_command(slot, number)?;
            let mut sent = None;
            for _ in 0..command.n_messages {
                let Some(message) = self.receive()? else {
                    return Ok(0);
                };
                match decode(&message.bytes)? {
                    ToWorker::Board => self.board = message.segments.into_iter().next(),
                    ToWorker::Arrays => {
                        lifeline::note(&message.segments);
                        self.arrays = message.segments;
                    }
                    ToWorker::Run(run) => sent = Some(run),
                }
            }
            let run = match command.order {
                Order::Run(run) => Some(run),
                Order::RunAsSent => sent,
                Order::Stop => return Ok(0),
            };
            let outcome = run.ok_or(Refusal::Corrupt).and_then(|run| {
                let arrays = mem::take(&mut self.arrays);
                self.run(&run, slot, arrays, switchboard)
            });
            lifeline::note(&[]);
            if let Some(process) = process {
                return Ok(exit_code(process, outcome));
            }
            if let Err(reason) = outcome {
                self.link.send(&encode(&ToParent::Refused(reason)), &[])?;
                switchboard.count_sent(slot);
            }
            let leaves = self.wear.is_enough();
            if leaves {
                switchboard.wear_out(slot);
            }
            let parent = switchboard.finish(slot, number);
            if parent == ParentIs::Asleep {
                self.link.send(&encode(&ToParent::Done), &[])?;
            }
            if leaves {
                // From here on the slot's page is another worker's.
                return Ok(0);
            }
            if parent == ParentIs::Asleep {
                switchboard.count_sent(slot);
            }
        }
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

    /// Runs a round, and returns why the only item of a process has no result. The arrays are let go of before it
    /// returns, and a board that is not kept.
    fn run(
        &mut self,
        run: &Run,
        slot: usize,
        arrays: Vec<Segment>,
        switchboard: &Switchboard,
    ) -> Result<Option<TaskError>, Refusal> {
        let entry = registry::find(&run.task).ok_or(Refusal::MissingTask)?;
        let board = match run.board_is_kept {
            true => self.board.clone(),
            false => self.board.take(),
        };
        let board = board.ok_or(Refusal::Corrupt)?;
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

        let (link, wear) = (&mut self.link, &mut self.wear);
        let mut announce = |number, block: &Segment| {
            link.send(&encode(&ToParent::Block { number }), &[block])?;
            switchboard.count_sent(slot);
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
            first_item: run.first_item,
            split: run.seed.as_deref().map(work::split_of),
            arguments: &arguments,
            blocks: Blocks::new(run.order, &mut announce),
            after_chunk: &mut |n_items| {
                wear.count(n_items);
                match wear.is_enough() {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            },
            encoded: Vec::new(),
        };
        let outcome = work.run(entry.run, written.as_ref());
        panics::leave_texts_on(None);
        outcome.map_err(|_| Refusal::Corrupt)?;
        Ok(match identity() {
            Some(_) => work.failure(0),
            None => None,
        })
    }
}

/// Says on standard error what went wrong, if anything did and the panic hook has not, and returns the exit code for it.
fn exit_code(process: &Identity, outcome: Result<Option<TaskError>, Refusal>) -> i32 {
    let name = &process.name;
    match outcome {
        Ok(None) => return 0,
        Ok(Some(TaskError::Panicked { .. })) => {}
        Ok(Some(failure)) => eprintln!("process {name} {}", Cause(&failure)),
        Err(reason) => eprintln!("process {name} could not run: {reason}"),
    }
    1
}

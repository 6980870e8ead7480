//! [`run`]: checks a job, lays out its memory, has it done, and reads the results.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::arguments::Passed;
use crate::blocks::ReceivedBlocks;
use crate::board::{Board, Place, Slot};
use crate::board_layout::BoardLayout;
use crate::error::PoolError;
use crate::failed::Failed;
use crate::fault::Fault;
use crate::here::{self, Threads};
use crate::items::Items;
use crate::job::{Job, Options};
use crate::panics;
use crate::pending::{Pending, Results};
use crate::pool::{self, Pool};
use crate::prepared::{Ended, Prepared};
use crate::progress::Ticker;
use crate::registry;
use crate::spares::Room;
use crate::target::Target;
use crate::task::Entry;
use crate::task_error::TaskError;
use crate::ticket::Ticket;
use crate::written::Keep;

/// How often a part that can be tried again is, unless the job says otherwise.
const PART_RETRIES: u32 = 2;
/// Into how many chunks a worker's share of the items is cut, unless the job says otherwise: so uneven are the ends
/// of its workers at most.
const CHUNKS_PER_WORKER: usize = 256;
const LARGEST_CHUNK: usize = 1024;

/// What a job does with its task.
pub trait Verb: Sized {
    /// The type of the job's results.
    type Output: DeserializeOwned;

    #[doc(hidden)]
    fn entry() -> &'static Entry;

    #[doc(hidden)]
    fn plan(self, rows_per_item: usize) -> Result<Plan, PoolError>;
}

/// What a job's task is run over.
pub struct Plan(pub(crate) Over);

pub(crate) enum Over {
    Items(Items),
    Parts(Target),
}

/// The results and failures of a job that has begun.
pub(crate) struct Outcome<R> {
    pub(crate) results: Vec<Option<R>>,
    pub(crate) failures: BTreeMap<usize, TaskError>,
    pub(crate) stopped: Option<PoolError>,
}

impl<R> Outcome<R> {
    /// Returns the results, or what is missing.
    pub(crate) fn into_results(self) -> Results<R> {
        if self.failures.is_empty() && self.stopped.is_none() {
            return Ok(self.results.into_iter().flatten().collect());
        }
        Err(Failed {
            done: self.results,
            failures: self.failures.into_values().collect(),
            stopped: self.stopped.map(Box::new),
        })
    }
}

pub(crate) fn run<V: Verb>(job: Job<'_, V>) -> Result<Outcome<V::Output>, PoolError> {
    let Job {
        pool,
        verb,
        mut options,
    } = job;
    let entry = V::entry();
    let (over, layout) = plan(pool, verb, &options)?;
    let mut ticker = Ticker::new(options.progress.take(), layout.items);
    let outcome = match &pool.place {
        pool::Place::Here { threads, .. } => {
            let job = prepare(entry, over, options, Room::for_once(layout)?)?;
            let ended = here::run(&job, *threads, &AtomicBool::new(false), &mut ticker);
            collect(&Ticket::new(&job), ended)
        }
        pool::Place::Workers { rota, .. } => {
            rota.expect_other_driver()?;
            let room = rota.room(layout)?;
            let ticket = rota.submit(prepare(entry, over, options, room)?)?;
            rota.wait(&ticket, None, || {
                ticker.tick(|| ticket.n_ended());
                ticker.left()
            })?;
            let ended = ticket.take().expect("a job's end is taken once");
            let outcome = collect(&ticket, ended);
            rota.give_back(ticket.board.clone());
            outcome
        }
    };
    ticker.end(outcome.results.iter().flatten().count() + outcome.failures.len());
    Ok(outcome)
}

pub(crate) fn submit<V: Verb>(job: Job<'_, V>) -> Result<Pending<V::Output>, PoolError> {
    let Job {
        pool,
        verb,
        options,
    } = job;
    let options = options.without_progress()?;
    let entry = V::entry();
    let (over, layout) = plan(pool, verb, &options)?;
    match &pool.place {
        pool::Place::Here {
            threads: Threads::Calling,
            ..
        } => {
            let job = prepare(entry, over, options, Room::for_once(layout)?)?;
            let ticket = Arc::new(Ticket::new(&job));
            let mut ticker = Ticker::new(None, layout.items);
            ticket.close(here::run(
                &job,
                Threads::Calling,
                &ticket.is_cancelled,
                &mut ticker,
            ));
            Ok(Pending::new(None, ticket))
        }
        pool::Place::Here { jobs, .. } => {
            let job = prepare(entry, over, options, Room::for_once(layout)?)?;
            Ok(Pending::new(None, jobs.submit(job)?))
        }
        pool::Place::Workers { rota, .. } => {
            let job = prepare(entry, over, options, rota.room(layout)?)?;
            rota.drive_alone()?;
            let ticket = rota.submit(job)?;
            Ok(Pending::new(Some(Arc::clone(rota)), ticket))
        }
    }
}

/// Checks a job before anything starts, and tells what it runs over and what memory that takes.
fn plan<V: Verb>(
    pool: &Pool,
    verb: V,
    options: &Options<'_>,
) -> Result<(Over, BoardLayout), PoolError> {
    let entry = V::entry();
    pool.expect_open()?;
    check(entry, options)?;
    let Plan(over) = verb.plan(options.rows_per_item)?;
    over.check(entry, &options.arguments)?;
    let layout = over.layout(pool.processes());
    Ok((over, layout))
}

fn prepare(
    entry: &'static Entry,
    over: Over,
    options: Options<'_>,
    room: Room,
) -> Result<Prepared, PoolError> {
    let Room { board, is_kept } = room;
    let layout = board.layout();
    let share = layout.items / (CHUNKS_PER_WORKER * layout.slots);
    let retries = match &over {
        Over::Items(_) => options.retries.unwrap_or(0),
        Over::Parts(target) if target.written.keep == Keep::Remains => 0,
        Over::Parts(_) => options.retries.unwrap_or(PART_RETRIES),
    };
    let (written, unsent) = match over {
        Over::Items(items) => {
            board.write_arguments(&items.starts, &items.bytes)?;
            (None, items.unsent)
        }
        Over::Parts(target) => (Some(target), BTreeMap::new()),
    };
    Ok(Prepared {
        entry,
        board,
        board_is_kept: is_kept,
        chunk: options.chunk.unwrap_or(share.clamp(1, LARGEST_CHUNK)),
        attempts: retries.saturating_add(1),
        first_item: options.first_item,
        limits: options.limits,
        seed: options.seed.map(|entropy| entropy.words().to_vec()),
        written,
        arguments: options
            .arguments
            .into_iter()
            .map(Passed::into_parts)
            .collect(),
        unsent,
    })
}

/// Checks what a job says against what its task needs, before anything starts.
pub(crate) fn check(entry: &'static Entry, options: &Options<'_>) -> Result<(), PoolError> {
    registry::check(entry)?;
    let task = entry.name;
    if options.chunk == Some(0) {
        return Err(PoolError::Zero {
            option: "the chunk",
        });
    }
    if options.rows_per_item == 0 {
        return Err(PoolError::Zero {
            option: "the number of rows per item",
        });
    }
    if [options.limits.item, options.limits.job].contains(&Some(Duration::ZERO)) {
        return Err(PoolError::Zero {
            option: "the time limit",
        });
    }
    if entry.needs.seed && options.seed.is_none() {
        return Err(PoolError::NoSeed { task });
    }
    let (wanted, passed) = (entry.needs.arguments, &options.arguments);
    for (k, parameter) in wanted.iter().enumerate() {
        let (parameter, wanted) = (parameter.name, parameter.wanted);
        let Some(argument) = passed.get(k) else {
            return Err(PoolError::MissingArgument {
                task,
                parameter,
                wanted,
            });
        };
        if !wanted.takes(argument.kind) {
            return Err(PoolError::WrongArgument {
                task,
                parameter,
                wanted: Box::new(wanted),
                found: Box::new(argument.kind),
            });
        }
    }
    if passed.len() > wanted.len() {
        return Err(PoolError::SurplusArgument {
            task,
            wanted: wanted.len(),
            found: passed.len(),
        });
    }
    if passed.iter().any(|argument| argument.held_by_caller) {
        return Err(PoolError::WouldDeadlock { task });
    }
    Ok(())
}

impl Over {
    fn check(&self, entry: &'static Entry, arguments: &[Passed]) -> Result<(), PoolError> {
        let Over::Parts(target) = self else {
            return Ok(());
        };
        let task = entry.name;
        let written = target.segment.id();
        if let Some(argument) = arguments.iter().position(|a| a.segment.id() == written) {
            return Err(PoolError::WrittenArgument { task, argument });
        }
        if target.held_by_caller {
            return Err(PoolError::WouldDeadlock { task });
        }
        Ok(())
    }

    fn layout(&self, slots: usize) -> BoardLayout {
        match self {
            Over::Items(items) => BoardLayout {
                items: items.len(),
                slots,
                arguments_len: items.bytes.len(),
                scratch_len: 0,
            },
            Over::Parts(target) => BoardLayout {
                items: target.written.n_items(),
                slots,
                arguments_len: 0,
                scratch_len: match target.written.keep {
                    Keep::Snapshot => target.written.part_len(0),
                    Keep::Zeros | Keep::Remains => 0,
                },
            },
        }
    }
}

/// Reads the results of a job that has ended.
pub(crate) fn collect<R: DeserializeOwned>(ticket: &Ticket, ended: Ended) -> Outcome<R> {
    let board = &ticket.board;
    let Ended {
        blocks,
        mut failures,
        stopped,
    } = ended;
    let n_items = board.layout().items;
    let mut results = Vec::with_capacity(n_items);
    for item in 0..n_items {
        if failures.contains_key(&item) {
            results.push(None);
            continue;
        }
        match result(board, &blocks, item) {
            Ok(result) => results.push(Some(result)),
            Err(failure) => {
                results.push(None);
                failures.insert(item, failure);
            }
        }
    }
    for failure in failures.values_mut() {
        *failure.item_mut() += ticket.first_item;
    }
    Outcome {
        results,
        failures,
        stopped,
    }
}

pub(crate) fn result<R: DeserializeOwned>(
    board: &Board,
    blocks: &ReceivedBlocks,
    item: usize,
) -> Result<R, TaskError> {
    let unreadable = |message| TaskError::BadResult { item, message };
    match board
        .result(item)
        .map_err(|error| unreadable(error.to_string()))?
    {
        Slot::Unfinished => Err(TaskError::NotRun { item }),
        Slot::NoRoom { needed } => Err(TaskError::NoRoom { item, needed }),
        Slot::Value(place) => {
            let bytes = bytes_at(&place, blocks).map_err(unreadable)?;
            let decoded = panics::contain(|| postcard::from_bytes(bytes.as_ref()));
            let decoded = decoded.map_err(unreadable)?;
            decoded.map_err(|error| unreadable(error.to_string()))
        }
        Slot::Fault(place) => {
            let bytes = bytes_at(&place, blocks).map_err(unreadable)?;
            let fault: Fault = postcard::from_bytes(bytes.as_ref())
                .map_err(|error| unreadable(error.to_string()))?;
            Err(TaskError::of(item, fault))
        }
    }
}

/// Returns the bytes of a result: those in its slot, or a copy of those in a block.
fn bytes_at<'a>(place: &'a Place, blocks: &ReceivedBlocks) -> Result<Cow<'a, [u8]>, String> {
    match place {
        Place::Here { bytes, len } => Ok(Cow::Borrowed(&bytes[..*len])),
        Place::Block { number, offset } => blocks
            .read(*number, *offset)
            .map(Cow::Owned)
            .map_err(|error| error.to_string()),
    }
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").finish_non_exhaustive()
    }
}

//! [`ThreadJobs`]: the submitted jobs of a pool of threads.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crate::error::PoolError;
use crate::here::{self, Threads};
use crate::prepared::Prepared;
use crate::progress::Ticker;
use crate::ticket::Ticket;

/// The submitted jobs of a pool of threads, each with a thread that waits for the job's own.
#[derive(Debug, Default)]
pub(crate) struct ThreadJobs {
    running: Mutex<Vec<(Arc<Ticket>, JoinHandle<()>)>>,
}

impl ThreadJobs {
    fn running(&self) -> MutexGuard<'_, Vec<(Arc<Ticket>, JoinHandle<()>)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a job.
    ///
    /// # Errors
    ///
    /// [`PoolError::System`] if there is no thread to be had.
    pub(crate) fn submit(&self, job: Prepared) -> Result<Arc<Ticket>, PoolError> {
        let ticket = Arc::new(Ticket::new(&job));
        let theirs = Arc::clone(&ticket);
        let thread = thread::Builder::new()
            .name("multiproc job".to_owned())
            .spawn(move || {
                let mut ticker = Ticker::new(None, job.board.layout().items);
                let ended = here::run(&job, Threads::New, &theirs.is_cancelled, &mut ticker);
                theirs.close(ended);
            })
            .map_err(PoolError::system("clone"))?;
        let mut running = self.running();
        running.retain(|(ticket, _)| !ticket.is_over());
        running.push((Arc::clone(&ticket), thread));
        Ok(ticket)
    }

    /// Waits until all jobs are over.
    pub(crate) fn finish(&self) {
        let running = mem::take(&mut *self.running());
        for (_, thread) in running {
            // A panic in it has been told.
            let _ = thread.join();
        }
    }

    /// Lets all jobs end between two chunks.
    pub(crate) fn cancel(&self) {
        self.running()
            .iter()
            .for_each(|(ticket, _)| ticket.cancel());
    }
}

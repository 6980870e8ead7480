//! Killing children: at one point after the other, while others wait for what it was doing, and at random moments.

use std::time::{Duration, Instant};

use multiproc_testkit::step::{Step, Stepper};
use multiproc_testkit::{Child, PATIENCE, is_asleep, is_running, wait_until, watchdog};

use crate::ground::Ground;

/// Drives a child of `role` to about `n_points` kill points, spread evenly over its instructions from beginning
/// to end, each time with a fresh ground; returns how many there were.
///
/// `prepare` gets the ground when the child is stopped at its beginning, with the child's process id; what it
/// returns is handed to `check` when the child is dead. Every instruction is a point if
/// `MULTIPROC_EVERY_INSTRUCTION` is set.
pub(crate) fn kill_everywhere<S>(
    n_points: u64,
    role: &str,
    ground: impl Fn() -> Ground,
    mut prepare: impl FnMut(&Ground, u32) -> S,
    mut check: impl FnMut(u64, &Ground, S, Instant),
) -> u64 {
    let mut stopped = || {
        let ground = ground();
        let stepper = Stepper::attach(ground.spawn(role, &[]));
        let state = prepare(&ground, stepper.pid());
        (stepper, ground, state)
    };
    let mut n_instructions = 0;
    {
        let _watchdog = watchdog(PATIENCE);
        let (mut stepper, _ground, _state) = stopped();
        while stepper.run(1) == Step::Inside {
            n_instructions += 1;
        }
    }
    let stride = match std::env::var_os("MULTIPROC_EVERY_INSTRUCTION") {
        Some(_) => 1,
        None => (n_instructions / n_points).max(1),
    };
    for n_killed in 0.. {
        let _watchdog = watchdog(PATIENCE);
        let (mut stepper, ground, state) = stopped();
        let point = n_killed * stride;
        if stepper.run(point) == Step::AtEnd {
            return n_killed;
        }
        let killed = Instant::now();
        stepper.kill();
        check(point, &ground, state, killed);
    }
    unreachable!("a child reaches its end in less than 2^64 instructions")
}

/// Kills one worker after the other, at random moments that are the same in every run.
pub(crate) struct RandomKills {
    seed: u64,
    /// The longest time between two kills, in microseconds.
    longest_us: u64,
}

impl RandomKills {
    pub(crate) fn new(longest_us: u64) -> Self {
        Self {
            seed: 0x9e37_79b9_7f4a_7c15,
            longest_us,
        }
    }

    /// Waits for a while and kills one of `workers`; returns which. A worker that has ended by itself fails the test.
    pub(crate) fn kill_one(&mut self, workers: &mut [Child]) -> usize {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        let pause = Instant::now() + Duration::from_micros(self.seed % self.longest_us);
        while Instant::now() < pause {
            std::thread::yield_now();
        }
        let victim = (self.seed >> 32) as usize % workers.len();
        assert!(
            is_running(workers[victim].pid()),
            "a worker found something"
        );
        workers[victim].kill();
        victim
    }
}

/// Waits until the thread `tid` of another process sleeps, or is dead.
pub(crate) fn until_asleep_or_dead(tid: u32) {
    wait_until("the child sleeps, or is dead", || {
        is_asleep(tid) || !is_running(tid)
    });
}

/// How long those who waited took to go on, over many deaths.
#[derive(Default)]
pub(crate) struct Wakes {
    worst: Duration,
    /// Where they went on only by looking for themselves.
    pub(crate) at_back_stop: u64,
}

impl Wakes {
    /// Less than this is a wake-up; more, on however busy a machine, is the back-stop.
    const BACK_STOP: Duration = Duration::from_millis(800);

    /// Counts one that took until now.
    pub(crate) fn count(&mut self, since: Instant) {
        let took = since.elapsed();
        self.worst = self.worst.max(took);
        self.at_back_stop += u64::from(took >= Self::BACK_STOP);
    }

    pub(crate) fn worst_ms(&self) -> u128 {
        self.worst.as_millis()
    }
}

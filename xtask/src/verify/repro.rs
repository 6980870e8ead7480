//! Reproducibility: one job, cut in many ways, its workers killed, and still one digest, the one on record.

use std::thread;
use std::time::Duration;

use xshell::cmd;

use super::bootstrap::{Bootstrap, Running};
use super::step::{Ended, Failure, Setting, Verdict};

/// `bootstrap --seed 5`: 10,000 resamplings of the geyser's 272 waiting times. NumPy 2.4 prints the same.
const GOLDEN: &str = "1e923e8d64b730e6cbb937e6737873afc89ded3eff9c3abe1beeb39989e21188";

/// Enough replicates that a worker is at work for a while before it is killed.
const LONG: &str = "1000000";
/// A tenth of a second of processor time: the worker is past its start and inside the job.
const AT_WORK_TICKS: u64 = 10;

pub(super) fn check(setting: &Setting<'_>) -> Ended {
    let bootstrap = Bootstrap::build(setting)?;
    let mut n_runs = 0;
    let mut expect = |what: &str, digest: String, expected: &str| {
        n_runs += 1;
        if digest == expected {
            return Ok(());
        }
        Err(Failure::new(
            format!("{what}: another digest"),
            format!("expected {expected}\nfound    {digest}"),
        ))
    };

    let seed = ["--seed", "5"];
    for context in ["serial", "threads"] {
        expect(context, bootstrap.digest_in(context, &seed)?, GOLDEN)?;
    }
    for cut in [
        &["--workers", "1"][..],
        &["--workers", "2"],
        &["--workers", "3"],
        &["--workers", "7"],
        &["--workers", "2", "--chunk", "1"],
        &["--workers", "3", "--chunk", "7"],
        &["--workers", "2", "--chunk", "4999"],
        &["--workers", "7", "--chunk", "10001"],
    ] {
        let args = [&seed, cut].concat();
        expect(&args.join(" "), bootstrap.digest(&args)?, GOLDEN)?;
    }
    if bootstrap.digest(&["--seed", "6"])? == GOLDEN {
        return Err(Failure::new("seeds 5 and 6 give the same digest", ""));
    }

    let long = ["--seed", "5", "--replicates", LONG, "--workers", "3"];
    let undisturbed = bootstrap.digest(&long)?;
    let mut disturbed = bootstrap.start(&long)?;
    let killed = kill_a_worker_at_work(setting, &mut disturbed)?;
    expect(
        &format!("worker {killed} killed"),
        disturbed.digest()?,
        &undisturbed,
    )?;

    // Killed inside an item, between two writes: that takes a task that kills its own process. The whole
    // workspace is named because the tests were built for it, with its union of features.
    setting.run(cmd!(
        setting.sh,
        "cargo test --workspace --test it -- half_written"
    ))?;
    Verdict::passed(format!(
        "one digest in {n_runs} runs; a worker killed at work, and one inside a half-written part"
    ))
}

fn kill_a_worker_at_work(setting: &Setting<'_>, running: &mut Running) -> Result<u32, Failure> {
    while running.is_running() {
        let busiest = running
            .workers()?
            .into_iter()
            .max_by_key(|(_, ticks)| *ticks);
        if let Some((pid, ticks)) = busiest
            && ticks >= AT_WORK_TICKS
        {
            let kill = format!("kill -9 {pid}");
            setting.read(cmd!(setting.sh, "sh -c {kill}"))?;
            return Ok(pid);
        }
        thread::sleep(Duration::from_millis(1));
    }
    Err(Failure::new(
        format!(
            "`{}` ended before a worker could be killed",
            running.shown()
        ),
        "",
    ))
}

//! A bootstrap confidence interval for a mean: many resamplings of a data set, shared out to a pool of processes.
//!
//! `cargo run --release --example bootstrap -- --help` lists the options. The last line of the output is a digest of
//! the result's bytes. It is the same for any number of workers, also when some are killed, and `bootstrap.py`, which
//! is NumPy alone, prints it too.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use multiproc::array::Element;
use multiproc::array::npy::Header;
use multiproc::array::reductions::{Numeric, mean_of};
use multiproc::pool::{Fill, Job, PartTask};
use multiproc::{Frozen, PartMut, Pool, SegmentName, SharedArray, Stream, task};
use ndarray::{ArrayRef1, Ix1};
use sha2::{Digest, Sha256};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

mod flags {
    use std::path::PathBuf;

    xflags::xflags! {
        /// A bootstrap confidence interval for the mean of a data set.
        cmd bootstrap {
            /// A one-dimensional .npy file of integers or floats. [default: the waiting times of Old Faithful]
            optional data: PathBuf
            /// Worker processes. [default: one for each CPU]
            optional --workers workers: usize
            /// Resamplings. [default: 10000]
            optional --replicates replicates: usize
            /// Where all random numbers come from. [default: 42]
            optional --seed seed: u64
            /// Replicates that a worker claims at once; it has no effect on the result.
            optional --chunk chunk: usize
            /// Keep the means under this name in /dev/shm while the program runs.
            optional --name name: String
            /// Write the means to this .npy file.
            optional --out out: PathBuf
        }
    }
}

fn main() -> ExitCode {
    match run(&flags::Bootstrap::from_env_or_exit()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bootstrap: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(flags: &flags::Bootstrap) -> Result<()> {
    let old_faithful = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/old_faithful.npy");
    let data = flags.data.as_ref().unwrap_or(&old_faithful);
    let replicates = flags.replicates.unwrap_or(10_000);
    if replicates == 0 {
        return Err("0 replicates make no interval; ask for at least 1".into());
    }
    let pool = match flags.workers {
        Some(workers) => Pool::builder().processes(workers).build()?,
        None => Pool::new()?,
    };
    let means = match &flags.name {
        Some(name) => SharedArray::create(&SegmentName::new(name)?, replicates)?,
        None => SharedArray::zeros(replicates)?,
    };

    let start = Instant::now();
    let mean = resample(&pool, flags, data, &means)?;
    let time = start.elapsed();

    let values = means.read().map_err(multiproc::Error::from)?.to_vec();
    let mut sorted = values.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    println!("mean {mean}");
    println!(
        "95 % {} to {}",
        percentile(&sorted, 2.5),
        percentile(&sorted, 97.5)
    );
    println!(
        "time {:.3} s for {replicates} replicates by {} workers",
        time.as_secs_f64(),
        pool.processes()
    );
    if let Some(out) = &flags.out {
        means.save(out)?;
    }
    println!("digest {}", sha256(&values));
    Ok(())
}

/// Writes a task for each element type, as a task is found by its name and has no type parameters, and the function that runs the one that fits the file.
macro_rules! resample {
    ($($task:ident: $element:ty,)*) => {
        $(
            #[task]
            fn $task(rng: &mut Stream, mean: &mut PartMut<f64>, data: &Frozen<$element>) -> Result<()> {
                mean[0] = resampled_mean(rng, data)?.into();
                Ok(())
            }
        )*

        /// Fills `means`, one replicate an element, and returns the mean of the data themselves.
        fn resample(
            pool: &Pool,
            flags: &flags::Bootstrap,
            path: &Path,
            means: &SharedArray<f64, Ix1>,
        ) -> Result<f64> {
            match &*Header::read(path)?.descr {
                $(<$element as Element>::DESCR => {
                    let data = load::<$element>(path)?;
                    start(pool.fill($task, means).arg(&data), flags)?;
                    Ok(data.mean().into())
                })*
                other => Err(format!(
                    "{} has elements of type {other}; integers of 1 to 8 bytes and floats of 4 or 8 bytes will do, \
                     in this machine's byte order",
                    path.display()
                ).into()),
            }
        }
    };
}

resample! {
    resample_i8: i8,
    resample_i16: i16,
    resample_i32: i32,
    resample_i64: i64,
    resample_u8: u8,
    resample_u16: u16,
    resample_u32: u32,
    resample_u64: u64,
    resample_f32: f32,
    resample_f64: f64,
}

/// `data[rng.integers(0, n, n)].mean()`.
fn resampled_mean<T: Numeric>(rng: &mut Stream, data: &ArrayRef1<T>) -> Result<T::Mean> {
    let n = data.len();
    let mut indices = vec![0; n];
    rng.fill_integers(0..n as i64, &mut indices)?;
    Ok(mean_of(n, |i| data[indices[i] as usize]))
}

/// Loads the file into shared memory that nobody can write any more.
fn load<T: Element>(path: &Path) -> Result<Frozen<T>> {
    let data = SharedArray::<T, Ix1>::load(path)?;
    if data.is_empty() {
        return Err(format!(
            "{} is empty; a mean needs at least one element",
            path.display()
        )
        .into());
    }
    Ok(data.freeze().map_err(multiproc::Error::from)?)
}

/// Runs the job with the options of the command line and a progress bar, where there is a terminal.
fn start<T: PartTask>(job: Job<'_, Fill<'_, T>>, flags: &flags::Bootstrap) -> Result<()> {
    let bar = ProgressBar::new(0).with_style(ProgressStyle::with_template(
        "{bar:40} {pos}/{len} replicates, {per_sec}, {eta} left",
    )?);
    let mut job = job.seed(flags.seed.unwrap_or(42)).progress({
        let bar = bar.clone();
        move |progress| {
            bar.set_length(progress.total as u64);
            bar.set_position(progress.done as u64);
        }
    });
    if let Some(chunk) = flags.chunk {
        job = job.chunk(chunk);
    }
    job.run()?;
    bar.finish_and_clear();
    Ok(())
}

/// `numpy.percentile(values, percent)`, for values in ascending order.
fn percentile(sorted: &[f64], percent: f64) -> f64 {
    let position = (sorted.len() - 1) as f64 * percent / 100.0;
    let below = sorted[position.floor() as usize];
    let above = sorted[position.ceil() as usize];
    below + (above - below) * position.fract()
}

fn sha256(values: &[f64]) -> String {
    let bytes = values.iter().flat_map(|value| value.to_le_bytes());
    let digest = Sha256::digest(bytes.collect::<Vec<u8>>());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

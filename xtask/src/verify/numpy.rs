//! NumPy as the judge: its own program prints the same digests, and it opens a running job's array.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use xshell::cmd;

use super::bootstrap::Bootstrap;
use super::step::{Ended, Failure, Setting, Verdict};

/// Writes the data files: integers and floats, with lengths around the block sizes of pairwise sums and
/// above the 8192 elements of NumPy's buffers.
const WRITE_FILES: &str = r#"
import sys, numpy as np
rng = np.random.default_rng(2026)
for n in [1, 2, 7, 8, 9, 127, 128, 129, 272, 1000, 8191, 8192, 8193, 20011]:
    floats = rng.normal(size=n) * 10.0 ** rng.integers(-12, 12, n)
    for dtype in ["f8", "i8"] + (["f4", "i4", "u1", "i2", "u8"] if n in (272, 8193) else []):
        array = floats.astype(dtype) if dtype[0] == "f" else rng.integers(0, 120, n).astype(dtype)
        np.save(f"{sys.argv[1]}/{dtype}-{n}.npy", array)
        print(f"{dtype}-{n}.npy")
"#;
const SEED: &str = "11";
const REPLICATES: &str = "60";

/// Waits for a named array and prints what NumPy makes of it; imports first, for the job is short.
const LOOK: &str = r#"
import sys, time, numpy as np
print("ready", flush=True)
for _ in range(60_000):
    try:
        array = np.load(f"/dev/shm/{sys.argv[1]}", mmap_mode="r")
        break
    except FileNotFoundError:
        time.sleep(0.001)
else:
    sys.exit("it did not appear within a minute")
print(array.shape, array.dtype)
"#;
const WATCHED_REPLICATES: &str = "1000000";

pub(super) fn check(setting: &Setting<'_>) -> Ended {
    let python = match setting.python.or_skip() {
        Ok(python) => python,
        Err(ended) => return ended,
    };
    let bootstrap = Bootstrap::build(setting)?;
    let n_files = compare_digests(setting, &bootstrap, python)?;
    look_at_a_running_job(&bootstrap, python)?;
    let version = setting.read(cmd!(
        setting.sh,
        "{python} -c 'import numpy; print(numpy.__version__)'"
    ))?;
    Verdict::passed(format!(
        "NumPy {}: {n_files} files, equal digests; a running job's array opened",
        version.trim()
    ))
}

/// Needs no NumPy: its answers are kept as files.
pub(super) fn kept_cases(setting: &Setting<'_>) -> Ended {
    let output = setting.run(cmd!(
        setting.sh,
        "cargo run --quiet --package xtask -- numpy-cases"
    ))?;
    Verdict::passed(output.lines().last().unwrap_or_default())
}

fn compare_digests(
    setting: &Setting<'_>,
    bootstrap: &Bootstrap,
    python: &Path,
) -> Result<usize, Failure> {
    let folder = setting.scratch()?;
    let files = setting.read(cmd!(setting.sh, "{python} -c {WRITE_FILES} {folder}"))?;
    let program = setting
        .workspace
        .root
        .join("crates/examples/examples/bootstrap.py");
    for file in files.lines() {
        let path = folder.join(file).display().to_string();
        let theirs = setting.read(cmd!(
            setting.sh,
            "{python} {program} {path} {SEED} {REPLICATES}"
        ))?;
        let args = [
            &path,
            "--seed",
            SEED,
            "--replicates",
            REPLICATES,
            "--workers",
            "2",
        ];
        let ours = bootstrap.digest(&args)?;
        if theirs.trim() != format!("digest {ours}") {
            let details = format!("NumPy {}\nours  digest {ours}", theirs.trim());
            return Err(Failure::new(
                format!("{file}: NumPy's digest differs"),
                details,
            ));
        }
    }
    Ok(files.lines().count())
}

fn look_at_a_running_job(bootstrap: &Bootstrap, python: &Path) -> Result<(), Failure> {
    let name = format!("multiproc-verify-{}", std::process::id());
    let mut onlooker = Command::new(python)
        .args(["-c", LOOK, &name])
        .stdout(Stdio::piped())
        .spawn()?;
    let mut said = onlooker
        .stdout
        .take()
        .map(BufReader::new)
        .ok_or_else(|| Failure::new("no pipe", ""))?;
    let mut next_line = || -> Result<String, Failure> {
        let mut line = String::new();
        said.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    };
    if next_line()? != "ready" {
        return Err(Failure::new("NumPy's onlooker did not start", ""));
    }
    let mut running = bootstrap.start(&[
        "--name",
        &name,
        "--replicates",
        WATCHED_REPLICATES,
        "--workers",
        "2",
    ])?;
    let seen = next_line()?;
    onlooker.wait()?;
    let expected = format!("({WATCHED_REPLICATES},) float64");
    if seen != expected {
        return Err(Failure::new(
            "NumPy sees another array",
            format!("expected {expected}\nfound    {seen}"),
        ));
    }
    if !running.is_running() {
        return Err(Failure::new(
            format!("`{}` ended before NumPy had looked", running.shown()),
            "",
        ));
    }
    running.digest()?;
    let file = Path::new("/dev/shm").join(&name);
    for _ in 0..1_000 {
        if !file.exists() {
            return Ok(());
        }
        // The last worker may leave a moment after its parent.
        thread::sleep(Duration::from_millis(10));
    }
    Err(Failure::new(
        format!("{} is still there after the job", file.display()),
        "",
    ))
}

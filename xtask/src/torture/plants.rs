//! Plants: the code broken on purpose, in a copy of the work tree, to see that a row is able to fail.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use xshell::{Shell, cmd};

use super::binaries::Binaries;
use super::rows::{CaughtBy, Edit, Row};
use super::table::found;
use super::trial::{self, Scale, Start, Verdict};
use crate::watch::tail;
use crate::workspace::{Result, Workspace};

/// Ways to a mount namespace: as root, and as anybody where user namespaces are permitted.
const UNSHARE: &[&[&str]] = &[
    &["unshare", "--mount"],
    &["unshare", "--user", "--map-root-user", "--mount"],
];

/// Starts what follows with a `/dev/shm` of its own: a planted fault may remove the living names of others.
const APART: &[&str] = &[
    "sh",
    "-c",
    "mount -t tmpfs tmpfs /dev/shm && exec \"$@\"",
    "sh",
];

/// A row that with its fault takes so much, and so many times what it took without, hangs.
const LEAST_LIMIT: Duration = Duration::from_secs(15);
const MOST_SLOWDOWN: u32 = 10;

const TAIL_LINES: usize = 30;

/// Tries the plants of `rows` and prints what became of each; whether all were caught.
pub(super) fn run(
    workspace: &Workspace,
    scale: Scale,
    rows: &[&'static Row],
    requires_all: bool,
) -> Result<bool> {
    let bed = Bed::new(workspace, scale)?;
    println!("without faults, every row has to be green there:");
    let mut controls = Vec::new();
    for row in rows {
        let (control, time) = bed.control(row)?;
        println!("  row {:>2}  {control}", row.number);
        controls.push((control, time));
    }

    println!("with its fault, every row has to turn red:");
    let mut lines = Vec::new();
    let mut is_good = true;
    for (row, (control, time)) in rows.iter().zip(controls) {
        let end = match control {
            Judged::Green(_) => bed.plant(row, LEAST_LIMIT + MOST_SLOWDOWN * time)?,
            Judged::Skipped(why) => End::Skipped(why),
            Judged::Red { line, .. } => End::Useless(format!("red without its fault: {line}")),
        };
        is_good &= match end {
            End::Caught(_) => true,
            End::Skipped(_) => !requires_all,
            End::NotCaught(_) | End::Useless(_) => false,
        };
        let line = format!("row {:>2}  {}: {end}", row.number, row.plant.fault);
        println!("  {}", line.replace('\n', "\n    "));
        lines.push(line);
    }
    if lines.len() > 1 {
        println!("\n{}", "-".repeat(72));
        println!("{}", lines.join("\n"));
    }
    Ok(is_good)
}

/// What became of a plant.
enum End {
    /// Red as wanted, and how.
    Caught(String),
    /// The row stayed green: it cannot fail.
    NotCaught(String),
    /// The row cannot run here, and why.
    Skipped(String),
    /// Nothing was learned, and why.
    Useless(String),
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            End::Caught(how) => write!(f, "red as wanted: {how}"),
            End::NotCaught(found) => write!(f, "NOT CAUGHT, the row cannot fail: {found}"),
            End::Skipped(why) => write!(f, "skipped: {why}"),
            End::Useless(why) => write!(f, "NOT TRIED: {why}"),
        }
    }
}

/// A row's test, or the model that stands in for it, as it ended in the copy.
enum Judged {
    Green(String),
    Skipped(String),
    /// In one line, and what was printed.
    Red {
        line: String,
        output: String,
    },
}

impl fmt::Display for Judged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Judged::Green(line) => write!(f, "ok       {line}"),
            Judged::Skipped(why) => write!(f, "skipped  {why}"),
            Judged::Red { line, output } => {
                write!(f, "RED      {line}\n{}", tail(output, TAIL_LINES))
            }
        }
    }
}

/// What is built at once.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Layer(&'static str),
    Loom,
}

impl Part {
    fn of(row: &Row) -> Part {
        match row.plant.caught_by {
            CaughtBy::TheRow => Part::Layer(row.layer),
            CaughtBy::Loom(_) => Part::Loom,
        }
    }
}

/// A copy of the work tree, where faults are planted, and its builds.
struct Bed<'a> {
    workspace: &'a Workspace,
    sh: Shell,
    scale: Scale,
    /// Kept from run to run, as the dependencies are built in there.
    folder: PathBuf,
    /// What starts a test with a `/dev/shm` of its own.
    launcher: Vec<&'static str>,
    /// Held, as two runs would plant over each other.
    _lock: File,
}

impl Bed<'_> {
    fn new(workspace: &Workspace, scale: Scale) -> Result<Bed<'_>> {
        let unshare = UNSHARE.iter().find(|unshare| is_permitted(unshare)).ok_or(
            "a planted fault may remove segments of other programs, so it runs only with a /dev/shm of its own, \
             and this machine permits no mount namespace",
        )?;
        let folder = workspace.target.join("torture");
        fs::create_dir_all(&folder)?;
        let lock = File::create(folder.join("lock"))?;
        lock.lock()?;
        Ok(Bed {
            workspace,
            sh: workspace.shell()?,
            scale,
            folder,
            launcher: [unshare, APART].concat(),
            _lock: lock,
        })
    }

    fn root(&self) -> PathBuf {
        self.folder.join("planted")
    }

    fn start(&self) -> Start<'_> {
        Start {
            launcher: &self.launcher,
            ..Start::plain(self.scale)
        }
    }

    /// Runs `row` without its fault, and without the net below it.
    fn control(&self, row: &'static Row) -> Result<(Judged, Duration)> {
        self.write(&edited(&self.workspace.root, row.plant.net)?)?;
        let binaries = self.build(Part::of(row))?;
        let start = Instant::now();
        let judged = self.judge(row, &binaries, self.start())?;
        Ok((judged, start.elapsed()))
    }

    /// Plants the fault of `row` and sees whether it is noticed within `limit`.
    fn plant(&self, row: &'static Row, limit: Duration) -> Result<End> {
        let edits = row.plant.net.iter().chain(row.plant.edits);
        let faulty = match edited(&self.workspace.root, edits) {
            Ok(faulty) => faulty,
            Err(why) => return Ok(End::Useless(why)),
        };
        self.write(&faulty)?;
        let binaries = match self.build(Part::of(row)) {
            Ok(binaries) => binaries,
            Err(error) => return Ok(End::Useless(error.to_string())),
        };
        let start = Start {
            limit,
            ..self.start()
        };
        Ok(match self.judge(row, &binaries, start)? {
            Judged::Red { line, .. } => End::Caught(line),
            Judged::Green(line) => End::NotCaught(line),
            Judged::Skipped(why) => End::Skipped(why),
        })
    }

    /// Makes the copy equal to the work tree, but for the files in `faulty`.
    ///
    /// Only what differs is written, so that cargo builds only what it has to.
    fn write(&self, faulty: &BTreeMap<&str, String>) -> Result<()> {
        let files = work_tree(&self.sh)?;
        let root = self.root();
        for file in &files {
            let wanted = match faulty.get(file.as_str()) {
                Some(text) => text.clone().into_bytes(),
                None => fs::read(self.workspace.root.join(file))?,
            };
            let copy = root.join(file);
            if fs::read(&copy).ok().as_ref() != Some(&wanted) {
                fs::create_dir_all(copy.parent().unwrap_or(&root))?;
                fs::write(copy, wanted)?;
            }
        }
        remove_others(&root, &root, &files)
    }

    fn build(&self, part: Part) -> Result<Binaries> {
        let root = self.root();
        match part {
            Part::Layer(layer) => {
                let target = self.folder.join("target");
                Binaries::of_layers(
                    &root,
                    &BTreeSet::from([layer]),
                    &self.sh,
                    self.scale,
                    &target,
                )
            }
            Part::Loom => Binaries::of_loom(&root, &self.sh, &self.folder.join("target-loom")),
        }
    }

    fn judge(&self, row: &'static Row, binaries: &Binaries, start: Start<'_>) -> Result<Judged> {
        match row.plant.caught_by {
            CaughtBy::TheRow => {
                let binary = binaries.of(row.layer)?;
                let trial = trial::run(row, binary, start)?;
                let line = found(&trial);
                Ok(match trial.verdict {
                    Verdict::Green => Judged::Green(line),
                    Verdict::Skipped(why) => Judged::Skipped(why),
                    Verdict::Red(_) | Verdict::Hang => Judged::Red {
                        line: format!("{line}{}", complaint(&trial.output)),
                        output: trial.output,
                    },
                })
            }
            CaughtBy::Loom(model) => {
                let binary = binaries.of("sync")?;
                let ran = trial::run_test(row.number, model, binary, start)?;
                Ok(if trial::passed(&ran) {
                    Judged::Green(format!("the model `{model}` holds"))
                } else {
                    Judged::Red {
                        line: format!("the model `{model}` fails{}", complaint(&ran.output)),
                        output: ran.output,
                    }
                })
            }
        }
    }
}

fn is_permitted(unshare: &[&str]) -> bool {
    let [program, args @ ..] = unshare else {
        return false;
    };
    Command::new(program)
        .args(args)
        .args(APART)
        .arg("true")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// The files below `root` that `edits` change, as they leave them; an error if one no longer fits.
pub(crate) fn edited<'a>(
    root: &Path,
    edits: impl IntoIterator<Item = &'a Edit>,
) -> std::result::Result<BTreeMap<&'a str, String>, String> {
    let mut edited = BTreeMap::new();
    for edit in edits {
        let text = match edited.remove(edit.file) {
            Some(text) => text,
            None => fs::read_to_string(root.join(edit.file))
                .map_err(|error| format!("{}: {error}", edit.file))?,
        };
        edited.insert(edit.file, edit.apply(&text)?);
    }
    Ok(edited)
}

/// The files of the work tree, without what git ignores.
fn work_tree(sh: &Shell) -> Result<BTreeSet<String>> {
    let list = cmd!(sh, "git ls-files -z --cached --others --exclude-standard")
        .quiet()
        .read()?;
    let is_there = |file: &&str| !file.is_empty() && sh.current_dir().join(file).is_file();
    Ok(list
        .split('\0')
        .filter(is_there)
        .map(str::to_owned)
        .collect())
}

/// Removes from the copy what the work tree no longer has.
fn remove_others(root: &Path, folder: &Path, files: &BTreeSet<String>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            remove_others(root, &path, files)?;
        } else if let Ok(relative) = path.strip_prefix(root)
            && !files.contains(&*relative.to_string_lossy())
        {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

/// The first words of a panic in what a test printed.
fn complaint(output: &str) -> String {
    let mut lines = output
        .lines()
        .skip_while(|line| !line.contains("panicked at"));
    match (lines.next(), lines.next()) {
        (Some(_), Some(said)) => format!(": {}", said.chars().take(120).collect::<String>()),
        _ => String::new(),
    }
}

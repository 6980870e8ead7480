//! Running a command whose output is kept, while a live line shows that it is at work.

use std::io::{self, BufRead, BufReader, IsTerminal, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// Where nobody watches a terminal, a line per this time says that the command is still at work.
const HEARTBEAT: Duration = Duration::from_secs(30);
const LIVE_LINE_CHARS: usize = 72;

/// What a command printed, both streams as they came, and how it ended.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) success: bool,
    /// It was killed because its time was up.
    pub(crate) timed_out: bool,
    pub(crate) output: String,
}

/// Runs `command` to its end; `label` begins the live line.
///
/// A command that leaves a process behind has failed: whatever it started was to end with it.
pub(crate) fn watch(label: &str, command: Command) -> io::Result<Ran> {
    run(label, command, None)
}

/// Like [`watch`], in a process group of its own, which is killed when `limit` has passed.
pub(crate) fn watch_within(limit: Duration, label: &str, mut command: Command) -> io::Result<Ran> {
    command.process_group(0);
    run(label, command, Some(limit))
}

fn run(label: &str, mut command: Command, limit: Option<Duration>) -> io::Result<Ran> {
    let (reader, writer) = io::pipe()?;
    command
        .stdin(Stdio::null())
        .stdout(writer.try_clone()?)
        .stderr(writer);
    let mut child = command.spawn()?;
    // The command holds the pipe's writing end; the output ends when the child closes the last copy.
    drop(command);

    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(reader).split(b'\n') {
            let line = line.map(|line| String::from_utf8_lossy(&line).into_owned());
            if sender.send(line).is_err() {
                break;
            }
        }
    });

    let mut live = LiveLine::new(label);
    let mut output = String::new();
    let mut ended = None;
    let mut left_somebody_behind = false;
    let mut timed_out = false;
    loop {
        if limit.is_some_and(|limit| ended.is_none() && live.start.elapsed() > limit) {
            timed_out = true;
            break;
        }
        match receiver.recv_timeout(Duration::from_millis(500)) {
            Ok(line) => {
                let line = line?;
                live.show(&line);
                output.push_str(&line);
                output.push('\n');
            }
            Err(RecvTimeoutError::Disconnected) => break,
            // It has been gone for a while, and yet the pipe is open.
            Err(RecvTimeoutError::Timeout) if ended.is_some() => {
                output.push_str("it left a process behind, which still holds its output\n");
                left_somebody_behind = true;
                break;
            }
            Err(RecvTimeoutError::Timeout) => {
                ended = child.try_wait()?;
                live.tick();
            }
        }
    }
    live.clear();
    if timed_out {
        kill_group(child.id())?;
    }
    let status = child.wait()?;
    if limit.is_some() {
        // What it started was to end with it; what holds no output would go unseen.
        kill_group(child.id())?;
    }
    Ok(Ran {
        success: status.success() && !left_somebody_behind,
        timed_out,
        output,
    })
}

/// Kills all processes of a group; std can only kill single ones.
fn kill_group(leader: u32) -> io::Result<()> {
    let kill = format!("kill -s KILL -- -{leader}");
    // It fails only if they are all gone.
    Command::new("sh")
        .args(["-c", &kill])
        .stderr(Stdio::null())
        .status()?;
    Ok(())
}

/// One line, rewritten in place on a terminal and repeated now and then elsewhere.
struct LiveLine<'a> {
    label: &'a str,
    start: Instant,
    last_shown: Instant,
    last_line: String,
    is_terminal: bool,
}

impl<'a> LiveLine<'a> {
    fn new(label: &'a str) -> LiveLine<'a> {
        let now = Instant::now();
        LiveLine {
            label,
            start: now,
            last_shown: now,
            last_line: String::new(),
            is_terminal: io::stderr().is_terminal(),
        }
    }

    fn show(&mut self, line: &str) {
        if !line.trim().is_empty() {
            self.last_line = line.trim().to_owned();
        }
        self.tick();
    }

    fn tick(&mut self) {
        let pause = if self.is_terminal {
            Duration::from_millis(100)
        } else {
            HEARTBEAT
        };
        if self.last_shown.elapsed() < pause {
            return;
        }
        self.last_shown = Instant::now();
        let text = format!(
            "  {} {:.0?} {}",
            self.label,
            self.start.elapsed(),
            self.last_line
        );
        let text: String = text.chars().take(LIVE_LINE_CHARS).collect();
        if self.is_terminal {
            eprint!("\r\x1b[2K{text}");
            // A live line that cannot be shown is nothing to stop for.
            let _ = io::stderr().flush();
        } else {
            println!("{text}");
        }
    }

    fn clear(&self) {
        if self.is_terminal {
            eprint!("\r\x1b[2K");
        }
    }
}

/// The last `n` lines of `text`.
pub(crate) fn tail(text: &str, n: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(n)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Ran {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        watch("test", command).expect("a shell")
    }

    #[test]
    fn both_streams_are_kept_in_order() {
        let ran = sh("echo one; echo two >&2; printf three");
        assert!(ran.success);
        assert_eq!(ran.output, "one\ntwo\nthree\n");
    }

    #[test]
    fn a_failure_is_told() {
        assert!(!sh("exit 3").success);
    }

    #[test]
    fn a_process_left_behind_is_a_failure_and_holds_nobody_up() {
        let ran = sh("sleep 5 & echo started");
        assert!(!ran.success);
        assert_eq!(
            ran.output,
            "started\nit left a process behind, which still holds its output\n"
        );
    }

    #[test]
    fn a_command_whose_time_is_up_is_killed_with_all_that_it_started() {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 3600 & echo $!; wait"]);
        let ran = watch_within(Duration::from_millis(100), "test", command).expect("a shell");
        assert!(ran.timed_out && !ran.success);
        let sleeper = ran.output.lines().next().expect("a process id");
        // A killed process takes a moment to die, and perhaps nobody reaps it.
        let is_dead = || match std::fs::read_to_string(format!("/proc/{sleeper}/stat")) {
            Ok(stat) => stat.contains(") Z "),
            Err(_) => true,
        };
        let until = Instant::now() + Duration::from_secs(60);
        while !is_dead() {
            assert!(Instant::now() < until, "process {sleeper} lives");
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn the_tail_is_the_last_lines() {
        assert_eq!(tail("a\nb\nc", 2), "b\nc");
        assert_eq!(tail("a", 2), "a");
    }
}

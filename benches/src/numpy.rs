//! [`Numpy`]: a Python that times statements of NumPy, for rows to stand beside.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use multiproc_testkit::python_with_numpy;

/// Times with its own clock, so that neither the pipe nor the parsing counts.
const TIMER: &str = r#"
import sys, time
import numpy as np
from numpy.random import *
for line in sys.stdin:
    setup, statement, n = line.rstrip("\n").split("\t")
    if not int(n):
        scope = dict(globals())
        exec(f"{setup}\ndef repeat(times):\n    for _ in range(times): {statement}", scope)
        scope["repeat"](1)
    started = time.perf_counter_ns()
    scope["repeat"](int(n))
    print(time.perf_counter_ns() - started, flush=True)
"#;

/// A Python process with NumPy; ended on drop.
#[derive(Debug)]
pub struct Numpy {
    python: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Numpy {
    /// Starts the Python that `MULTIPROC_PYTHON` names, or `python3`; `None` if it has no NumPy.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start() -> Option<Numpy> {
        let mut python = Command::new(python_with_numpy()?)
            .args(["-c", TIMER])
            // Threads that wait for matrices would only disturb.
            .env("OPENBLAS_NUM_THREADS", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python to start");
        let questions = python.stdin.take().expect("a pipe");
        let answers = BufReader::new(python.stdout.take().expect("a pipe"));
        Some(Numpy {
            python,
            questions,
            answers,
        })
    }

    /// Runs `setup`, and `statement` once.
    pub fn prepare(&mut self, setup: &str, statement: &str) {
        self.ask(&format!("{setup}\t{statement}\t0"));
    }

    /// Runs the statement that was prepared `n` times.
    pub fn time(&mut self, n: u64) -> Duration {
        self.ask(&format!("\t\t{n}"))
    }

    fn ask(&mut self, question: &str) -> Duration {
        writeln!(self.questions, "{question}").expect("Python to listen");
        let mut answer = String::new();
        self.answers
            .read_line(&mut answer)
            .expect("Python to answer");
        let ns = answer
            .trim()
            .parse()
            .expect("nanoseconds; Python said above what went wrong");
        Duration::from_nanos(ns)
    }
}

impl Drop for Numpy {
    fn drop(&mut self) {
        // It may be gone already; there is nobody to tell.
        drop(self.python.kill());
        drop(self.python.wait());
    }
}

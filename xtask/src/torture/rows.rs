//! [`Row`]: a promise, the test that injects the fault against it, and the plant that proves the test able to fail.

mod array;
mod pool;
mod segment;
mod shared_rng;
mod sync;

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) number: u32,
    pub(crate) promise: &'static str,
    /// The folder of `crates/` whose `tests/it` holds the test.
    pub(crate) layer: &'static str,
    /// The test's path, as the harness prints it.
    pub(crate) test: &'static str,
    /// What the row's first figure counts, and below how much of it nothing was proven.
    pub(crate) counts: (&'static str, u64),
    pub(crate) plant: Plant,
}

/// A fault in the code that the row must notice.
#[derive(Debug)]
pub(crate) struct Plant {
    /// What the code then does wrong.
    pub(crate) fault: &'static str,
    /// A net that would catch the fault before the row sees it, such as a sleeper's own look each second: taken
    /// away first, which the row has to stand without the fault.
    pub(crate) net: &'static [Edit],
    pub(crate) edits: &'static [Edit],
    pub(crate) caught_by: CaughtBy,
}

/// A text that occurs once in a file, and what stands there instead.
#[derive(Debug)]
pub(crate) struct Edit {
    pub(crate) file: &'static str,
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
}

/// Which test turns red.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CaughtBy {
    /// The row's own.
    TheRow,
    /// This model of `sync`'s `tests/loom`, for orderings that no processor here ever shows.
    Loom(&'static str),
}

/// All rows, in the order of the layers.
pub(crate) fn rows() -> impl Iterator<Item = &'static Row> {
    [
        segment::ROWS,
        sync::ROWS,
        shared_rng::ROWS,
        array::ROWS,
        pool::ROWS,
    ]
    .into_iter()
    .flatten()
}

impl Edit {
    /// `text` with the fault in it; an error if the place is not there exactly once.
    pub(crate) fn apply(&self, text: &str) -> Result<String, String> {
        match text.matches(self.from).count() {
            1 => Ok(text.replacen(self.from, self.to, 1)),
            n => Err(format!(
                "{}: the plant no longer fits, the text to replace is there {n} times: `{}`",
                self.file, self.from
            )),
        }
    }
}

//! The command line, declared once.

use std::path::PathBuf;

xflags::xflags! {
    /// What crosses crates: checks, measurements, documentation.
    cmd xtask {
        /// Runs every check there is and prints a table; exit code 1 if one fails.
        cmd verify {
            /// Runs only this step; may be given several times.
            repeated --only name: String
            /// Lists the steps and runs none.
            optional --list
            /// The Python whose NumPy the results are compared with (otherwise MULTIPROC_PYTHON, .venv, python3).
            optional --python path: PathBuf
            /// Fails where a step would be skipped because there is no NumPy.
            optional --require-python
        }
        /// Runs reference cases of NumPy and prints what differs.
        cmd numpy-cases {
            /// A folder of case files; the project's own, crates/rng/tests/cases, without it.
            optional folder: PathBuf
        }
        /// Measures every layer beside its peers and the machine's limits, and prints a table.
        cmd bench {
            /// Measures only this row; may be given several times.
            repeated --only row: String
            /// Lists the rows and measures none.
            optional --list
            /// Prints one JSON object per row instead of the table.
            optional --json
        }
        /// Builds the API documentation of all crates with the guides, and says where it is.
        cmd docs {}
    }
}

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
        /// Injects the faults that the promises are about, row by row, and prints what was found.
        cmd torture {
            /// All rows in about a minute, from debug builds; so it is without `--full` too.
            optional --quick
            /// All rows in about ten minutes, from release builds.
            optional --full
            /// Runs only the row of this number; may be given several times.
            repeated --only row: u32
            /// Lists the rows as a table in Markdown and runs none.
            optional --list
            /// Prints one JSON object per row instead of the table.
            optional --json
            /// Fails where a row is skipped because this machine does not permit its fault.
            optional --require-all
            /// Breaks a copy of the code as this row's plant says, and fails unless the row turns red;
            /// `all` tries every row; may be given several times.
            repeated --plant row: String
        }
        /// Builds the API documentation of all crates with the guides, and says where it is.
        cmd docs {}
    }
}

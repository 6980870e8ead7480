//! [`Fault`]: how a worker says that an item failed.

use serde::{Deserialize, Serialize};

/// Why an item has no result, as it travels from the worker to the parent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// The task returned an error.
    Failed {
        /// The error's text.
        message: String,
    },
    /// The task panicked.
    Panicked {
        /// The panic's message.
        message: String,
        /// `file:line:column`, when it is known.
        place: Option<String>,
    },
    /// The item could not be decoded.
    Undecodable {
        /// What the decoder says.
        message: String,
    },
    /// The result could not be encoded.
    Unencodable {
        /// What the encoder says.
        message: String,
    },
    /// An array could not be attached.
    Unattached {
        /// The parameter it was for.
        parameter: String,
        /// Why not.
        message: String,
    },
    /// The part could not be claimed.
    Unclaimed {
        /// Why not.
        message: String,
    },
}

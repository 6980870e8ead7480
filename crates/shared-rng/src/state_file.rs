//! [`save_state`] and [`load_state`]: a generator's state in a file, in NumPy's form.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use multiproc_rng::JsonState;

use crate::error::SharedRngError;

/// Writes the state of `rng` to `path`, as the JSON that Python makes of NumPy's `state`.
///
/// The file is replaced as a whole: whoever reads it, also after a crash, finds the old state or the new one.
/// Python goes on from there with
///
/// ```python
/// rng.bit_generator.state = json.load(open(path))  # of a RandomState: rng.set_state(..)
/// ```
///
/// # Errors
///
/// [`SharedRngError::File`] if the system refuses.
///
/// # Examples
///
/// ```
/// use multiproc_rng::{Pcg64, RandomState};
/// use multiproc_shared_rng::{load_state, save_state};
///
/// let path = std::env::temp_dir().join(format!("doc-state-{}.json", std::process::id()));
/// let mut rng = RandomState::new(42);
/// rng.random_sample();
/// save_state(&path, &rng)?;
/// let mut back: RandomState = load_state(&path)?;
/// assert_eq!(back.random_sample(), rng.random_sample());
///
/// let refused = load_state::<Pcg64>(&path).unwrap_err();
/// assert!(refused.to_string().ends_with("state must be of PCG64, found one of MT19937"));
/// # std::fs::remove_file(&path).unwrap();
/// # Ok::<(), multiproc_shared_rng::SharedRngError>(())
/// ```
pub fn save_state(path: impl AsRef<Path>, rng: &impl JsonState) -> Result<(), SharedRngError> {
    let path = path.as_ref();
    let beside = beside(path);
    let written = write_through(&beside, rng.to_json().as_bytes())
        .and_then(|()| fs::rename(&beside, path))
        .and_then(|()| File::open(folder_of(path))?.sync_all());
    written.map_err(|source| {
        // It is not there if it could not be made.
        let _ = fs::remove_file(&beside);
        file_error(path, source)
    })
}

/// Reads a state that [`save_state`] or Python wrote.
///
/// # Errors
///
/// - [`SharedRngError::File`] if the file cannot be read.
/// - [`SharedRngError::StateFile`] if it holds no state of such a generator.
pub fn load_state<T: JsonState>(path: impl AsRef<Path>) -> Result<T, SharedRngError> {
    let path = path.as_ref();
    let text = fs::read_to_string(path).map_err(|source| file_error(path, source))?;
    T::from_json(&text).map_err(|source| SharedRngError::StateFile {
        path: path.to_owned(),
        source,
    })
}

/// A name in the same folder that no other thread or process uses.
fn beside(path: &Path) -> PathBuf {
    static N_SAVED: AtomicU64 = AtomicU64::new(0);
    let mut name = path.file_name().unwrap_or_default().to_owned();
    let (pid, n) = (process::id(), N_SAVED.fetch_add(1, Relaxed));
    name.push(format!(".{pid}-{n}.new"));
    path.with_file_name(name)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    }
}

fn write_through(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn file_error(path: &Path, source: io::Error) -> SharedRngError {
    SharedRngError::File {
        path: path.to_owned(),
        source,
    }
}

//! Python beside us, with nothing but NumPy or its own `multiprocessing`: each sees at once what the
//! other writes.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use multiproc_array::npy::NpyFile;
use multiproc_array::{ArrayError, SharedArray};
use multiproc_segment::{Corruption, SegmentError, SegmentName};
use multiproc_testkit::{
    PATIENCE, python_with_numpy, shm_names, skip, unique_name, wait_until, watchdog,
};
use ndarray::{Array2, ArrayD, Ix1, Ix2, IxDyn, ShapeBuilder};

/// A Python that runs `beside.py`, told what to do a line at a time.
struct Python {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Python {
    /// `None`, with a printed line, where there is no NumPy.
    fn start() -> Option<Python> {
        let Some(python) = python_with_numpy() else {
            skip("there is no Python with NumPy");
            return None;
        };
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/beside.py");
        let mut process = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Some(Python {
            input: process.stdin.take().unwrap(),
            output: BufReader::new(process.stdout.take().unwrap()),
            process,
        })
    }

    /// Has it run a statement, or evaluate an expression, and returns what that is.
    fn does(&mut self, code: &str) -> String {
        writeln!(self.input, "{}", code.replace('\n', "\\n")).unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    /// Lets it end as Python programs do, with all that they do at their end.
    fn ends(mut self) {
        drop(self.input);
        assert!(self.process.wait().unwrap().success());
    }
}

fn name() -> SegmentName {
    SegmentName::new(unique_name("beside")).unwrap()
}

/// A path that is removed with this.
struct Temporary(PathBuf);

impl Temporary {
    fn new() -> Temporary {
        Temporary(std::env::temp_dir().join(unique_name("beside") + ".npy"))
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // It may never have been written.
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn numpy_and_we_see_each_others_writes_at_once() {
    let _watchdog = watchdog(PATIENCE);
    let Some(mut python) = Python::start() else {
        return;
    };
    let name = name();
    let array = SharedArray::<f64, Ix2>::create(&name, (3, 4).f()).unwrap();
    assert_eq!(
        python.does(&format!("a = np.load('/dev/shm/{name}', mmap_mode='r+')")),
        ""
    );
    assert_eq!(
        python.does("a.shape, a.flags.f_contiguous"),
        "((3, 4), True)"
    );
    array.write().unwrap()[[1, 2]] = 0.5;
    assert_eq!(python.does("float(a[1, 2])"), "0.5");
    python.does("a[2] = [1, 2, 3, 4]");
    assert_eq!(
        array.read_copy().unwrap().row(2).to_vec(),
        [1.0, 2.0, 3.0, 4.0]
    );

    // A program that polls, while the other writes.
    python.does("import threading");
    python.does("def answer():\n    while a[0, 0] == 0: pass\n    a[0, 1] = a[0, 0] + 1");
    python.does("t = threading.Thread(target=answer); t.start()");
    array.write().unwrap()[[0, 0]] = 41.0;
    wait_until("Python has answered", || {
        array.read_copy().unwrap()[[0, 1]] == 42.0
    });
    python.does("t.join()");
    python.ends();
    assert_eq!(shm_names(name.as_str()).len(), 1);
}

/// Elements begin at byte 4096 of the segment, as `handle().offset` says.
#[test]
fn pythons_shared_memory_attaches_and_our_holders_survive_its_end() {
    let _watchdog = watchdog(PATIENCE);
    let Some(mut python) = Python::start() else {
        return;
    };
    let name = name();
    let array = SharedArray::<f64>::create(&name, 1000).unwrap();
    array.write().unwrap().fill(0.25);
    let has_track = python.does("sys.version_info >= (3, 13)") == "True";
    let track = if has_track { ", track=False" } else { "" };
    python.does("from multiprocessing.shared_memory import SharedMemory");
    python.does(&format!("m = SharedMemory(name='{name}'{track})"));
    python.does(&format!(
        "a = np.frombuffer(m.buf, 'f8', 1000, offset={})",
        array.handle().offset
    ));
    assert_eq!(array.handle().offset, 4096);
    assert_eq!(python.does("float(a.sum())"), "250.0");
    python.does("a[7] = 8.0");
    assert_eq!(array.read_copy().unwrap()[7], 8.0);
    python.does("del a");
    python.does("m.close()");
    python.ends();

    // Before 3.13 Python deletes the name of what it attached, whoever made it.
    if !has_track {
        wait_until("Python has deleted the name", || {
            shm_names(name.as_str()).is_empty()
        });
    }
    assert_eq!(shm_names(name.as_str()).is_empty(), !has_track);
    array.write().unwrap()[0] = 1.0;
    assert_eq!(array.read().unwrap().sum(), 1.0 + 8.0 + 0.25 * 998.0);
    let late = SharedArray::<f64>::open(&name);
    assert_eq!(late.is_ok(), has_track, "{late:?}");
    drop((late, array));
    assert_eq!(shm_names(name.as_str()), [""; 0]);
}

fn numpy_saves(python: &mut Python, path: &Path, array: &str) {
    let said = python.does(&format!("np.save({:?}, {array})", path.to_str().unwrap()));
    assert_eq!(said, "");
}

#[test]
fn a_file_that_numpy_saved_is_adopted_in_place_and_stays_numpys() {
    let _watchdog = watchdog(PATIENCE);
    let Some(mut python) = Python::start() else {
        return;
    };
    let file = Temporary::new();
    for order in ["C", "F"] {
        numpy_saves(
            &mut python,
            &file.0,
            &format!("np.arange(12.0).reshape(3, 4).copy({order:?})"),
        );
        let expected = Array2::from_shape_fn((3, 4), |(i, j)| (4 * i + j) as f64);
        let path = file.0.to_str().unwrap();

        // As it is, it can be read, a part at a time, and copied; not opened to be written.
        let read_only = NpyFile::<f64, Ix2>::open(path).unwrap();
        assert_eq!(read_only.read().unwrap(), expected);
        assert_eq!(
            read_only.read_part(1..3).unwrap(),
            expected.slice(ndarray::s![1..3, ..])
        );
        let error = SharedArray::<f64, Ix2>::open_file(path).unwrap_err();
        assert!(matches!(error, ArrayError::Segment(_)), "{error}");

        let array = SharedArray::<f64, Ix2>::adopt(path).unwrap();
        assert_eq!(*array.read().unwrap(), expected);
        python.does(&format!("a = np.load({path:?}, mmap_mode='r+')"));
        array.write().unwrap()[[2, 3]] = -1.0;
        assert_eq!(python.does("float(a[2, 3])"), "-1.0");
        python.does("a[0, 0] = 7.5");
        assert_eq!(array.read_copy().unwrap()[[0, 0]], 7.5);
        drop(array);
        let again = SharedArray::<f64, Ix2>::open_file(path).unwrap();
        let adopted = SharedArray::<f64, Ix2>::adopt(path).unwrap();
        assert_eq!(again.segment().id(), adopted.segment().id());
        assert_eq!(again.read().unwrap().sum(), 66.0 + 7.5 - 12.0);
        assert_eq!(
            python.does(&format!("float(np.load({path:?}).sum())")),
            "61.5"
        );
        fs::remove_file(path).unwrap();
    }
    python.ends();
}

/// Versions 1 to 3, the old alignment to 16 bytes, and packed structures.
#[test]
fn files_of_every_version_and_alignment_are_read_and_adopted() {
    let _watchdog = watchdog(PATIENCE);
    let elements: Vec<u8> = (0..6_i32).flat_map(i32::to_le_bytes).collect();
    let dict = "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3), }";
    for (version, alignment) in [(1, 16), (1, 64), (2, 16), (2, 64), (3, 64), (1, 4)] {
        let prefix_len = if version == 1 { 10 } else { 12 };
        let padded = (prefix_len + dict.len() + 1).next_multiple_of(alignment) - prefix_len;
        let mut bytes = vec![0x93, b'N', b'U', b'M', b'P', b'Y', version, 0];
        let len = (padded as u32).to_le_bytes();
        bytes.extend(&len[..prefix_len - 8]);
        bytes.extend(format!("{dict:<width$}\n", width = padded - 1).into_bytes());
        bytes.extend(&elements);
        let file = Temporary::new();
        fs::write(&file.0, &bytes).unwrap();
        let expected = Array2::from_shape_fn((2, 3), |(i, j)| (3 * i + j) as i32);

        let loaded = SharedArray::<i32, Ix2>::load(&file.0).unwrap();
        assert_eq!(*loaded.read().unwrap(), expected);
        let read = NpyFile::<i32, Ix2>::open(&file.0).unwrap();
        assert_eq!(
            read.read_part(1..2).unwrap(),
            expected.slice(ndarray::s![1..2, ..])
        );
        let adopted = SharedArray::<i32, Ix2>::adopt(&file.0).unwrap();
        assert_eq!(*adopted.read().unwrap(), expected, "{version} {alignment}");
        assert_eq!(fs::read(&file.0).unwrap()[..bytes.len()], bytes);
    }
}

#[test]
fn a_file_that_cannot_be_adopted_is_left_as_it_is() {
    let _watchdog = watchdog(PATIENCE);
    let file = Temporary::new();
    let whole = SharedArray::<f64>::full(10, 1.0).unwrap();
    whole.save(&file.0).unwrap();
    let saved = fs::read(&file.0).unwrap();
    assert!(matches!(
        SharedArray::<f32>::adopt(&file.0),
        Err(ArrayError::DtypeMismatch { .. })
    ));
    // Two arrays in one file, as several calls of `numpy.save` write them.
    let twice = [&saved[..], &saved].concat();
    fs::write(&file.0, &twice).unwrap();
    match SharedArray::<f64>::adopt(&file.0) {
        Err(ArrayError::Segment(SegmentError::Corrupt { fault, .. })) => {
            let file_len = twice.len() as u64;
            assert_eq!(fault, Corruption::Length { file_len });
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(fs::read(&file.0).unwrap(), twice);
    fs::write(&file.0, &saved[..saved.len() - 1]).unwrap();
    assert!(matches!(
        SharedArray::<f64>::adopt(&file.0),
        Err(ArrayError::NpyFile { .. })
    ));

    // Killed after it had made room, before it wrote the page: adopting it again completes it.
    fs::write(&file.0, &saved).unwrap();
    let adopted_len = {
        let copy = Temporary::new();
        fs::write(&copy.0, &saved).unwrap();
        drop(SharedArray::<f64>::adopt(&copy.0).unwrap());
        fs::metadata(&copy.0).unwrap().len()
    };
    let half_way = fs::OpenOptions::new().write(true).open(&file.0).unwrap();
    half_way.set_len(adopted_len).unwrap();
    let adopted = SharedArray::<f64>::adopt(&file.0).unwrap();
    assert_eq!(adopted.read().unwrap().sum(), 10.0);
}

#[test]
fn an_array_in_a_file_is_there_for_the_next_process() {
    let _watchdog = watchdog(PATIENCE);
    let file = Temporary::new();
    let array = SharedArray::<i64, Ix1>::create_file(&file.0, 1000).unwrap();
    array.write().unwrap()[999] = 5;
    let handle = array.handle();
    drop(array);
    let again = SharedArray::<i64>::open_file(&file.0).unwrap();
    assert_eq!(again.read().unwrap()[999], 5);
    let by_handle = SharedArray::<i64>::open_handle(&handle).unwrap();
    assert_eq!(by_handle.segment().id(), again.segment().id());

    let matrix = ArrayD::from_shape_fn(IxDyn(&[2, 3, 4]).f(), |index| index[2] as u8);
    let other = Temporary::new();
    let array = SharedArray::create_file_from_array(&other.0, &matrix).unwrap();
    assert_eq!(*array.read().unwrap(), matrix);
    assert_eq!(array.handle().strides, [1, 2, 6]);
    if let Some(mut python) = Python::start() {
        let path = other.0.to_str().unwrap();
        let seen = python.does(&format!(
            "np.load({path:?}, mmap_mode='r')[:, :, 3].tolist()"
        ));
        assert_eq!(seen, "[[3, 3, 3], [3, 3, 3]]");
        python.ends();
    }
}

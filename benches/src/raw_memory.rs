//! Segments by bare system calls: what creating and attaching cost before any library.
#![expect(unsafe_code, reason = "the bare system calls are what is measured")]

use std::ffi::CStr;
use std::ptr::null_mut;

/// Creates an anonymous file of `len_bytes`, maps it, writes a byte, and gives all back.
///
/// # Panics
///
/// If the kernel refuses.
pub fn create_anonymous(len_bytes: usize) {
    // SAFETY: the name is a C string; a descriptor or -1 comes back.
    let fd =
        unsafe { libc::memfd_create(c"raw".as_ptr(), libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING) };
    size_and_map(fd, len_bytes);
    close(fd);
}

/// Creates a named file of `len_bytes`, maps it, writes a byte, and removes all.
///
/// # Panics
///
/// If the kernel refuses.
pub fn create_named(name: &CStr, len_bytes: usize) {
    let flags = libc::O_RDWR | libc::O_CREAT | libc::O_EXCL;
    // SAFETY: the name is a C string; a descriptor or -1 comes back.
    let fd = unsafe { libc::shm_open(name.as_ptr(), flags, 0o600) };
    size_and_map(fd, len_bytes);
    remove(name);
    close(fd);
}

/// Creates a named file of `len_bytes` for [`attach_named`], to be [`remove`]d.
///
/// # Panics
///
/// If the kernel refuses.
pub fn leave_named(name: &CStr, len_bytes: usize) {
    let flags = libc::O_RDWR | libc::O_CREAT | libc::O_EXCL;
    // SAFETY: the name is a C string; a descriptor or -1 comes back.
    let fd = unsafe { libc::shm_open(name.as_ptr(), flags, 0o600) };
    size_and_map(fd, len_bytes);
    close(fd);
}

/// Opens a named file, asks for its size, maps it, reads a byte, and gives all back.
///
/// # Panics
///
/// If the kernel refuses.
pub fn attach_named(name: &CStr) {
    // SAFETY: the name is a C string; a descriptor or -1 comes back.
    let fd = unsafe { libc::shm_open(name.as_ptr(), libc::O_RDWR, 0) };
    // SAFETY: `stat` is a plain C struct, for which all zeros is a value.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: `stat` is a valid place for one such struct.
    let result = unsafe { libc::fstat(fd, &raw mut stat) };
    assert_eq!(result, 0, "fstat");
    let len_bytes = usize::try_from(stat.st_size).expect("a size");
    let bytes = map(fd, len_bytes);
    // SAFETY: the mapping is at least one byte long and readable.
    std::hint::black_box(unsafe { bytes.read_volatile() });
    unmap(bytes, len_bytes);
    close(fd);
}

/// Removes a name.
///
/// # Panics
///
/// If the kernel refuses.
pub fn remove(name: &CStr) {
    // SAFETY: the name is a C string.
    let result = unsafe { libc::shm_unlink(name.as_ptr()) };
    assert_eq!(result, 0, "shm_unlink");
}

fn size_and_map(fd: i32, len_bytes: usize) {
    let len = libc::off_t::try_from(len_bytes).expect("a length");
    // SAFETY: it takes numbers only; on a bad descriptor it fails.
    let result = unsafe { libc::ftruncate(fd, len) };
    assert_eq!(result, 0, "ftruncate");
    let bytes = map(fd, len_bytes);
    // SAFETY: the mapping is at least one byte long and writable.
    unsafe { bytes.write_volatile(1) };
    unmap(bytes, len_bytes);
}

fn map(fd: i32, len_bytes: usize) -> *mut u8 {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: with a null address the kernel chooses a free range, so nothing of ours is replaced.
    let bytes = unsafe { libc::mmap(null_mut(), len_bytes, protection, libc::MAP_SHARED, fd, 0) };
    assert_ne!(bytes, libc::MAP_FAILED, "mmap");
    bytes.cast()
}

fn unmap(bytes: *mut u8, len_bytes: usize) {
    // SAFETY: the range is one that `map` returned, unmapped once, and no reference into it exists.
    let result = unsafe { libc::munmap(bytes.cast(), len_bytes) };
    assert_eq!(result, 0, "munmap");
}

fn close(fd: i32) {
    // SAFETY: the descriptor is the caller's own and is not used afterwards.
    let result = unsafe { libc::close(fd) };
    assert_eq!(result, 0, "close");
}

/// A square matrix in memory that a fork would share, by rows.
#[derive(Debug)]
pub struct Matrix {
    elements: *mut f64,
    n: usize,
}

impl Matrix {
    /// An `n` by `n` matrix of zeros.
    ///
    /// # Panics
    ///
    /// If the kernel refuses.
    pub fn new(n: usize) -> Matrix {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_SHARED | libc::MAP_ANONYMOUS | libc::MAP_POPULATE;
        let len_bytes = n * n * size_of::<f64>();
        // SAFETY: with a null address the kernel chooses a free range, so nothing of ours is
        // replaced.
        let elements = unsafe { libc::mmap(null_mut(), len_bytes, protection, flags, -1, 0) };
        assert_ne!(elements, libc::MAP_FAILED, "mmap");
        Matrix {
            elements: elements.cast(),
            n,
        }
    }

    /// Sets each element to what `value` says of its row and column, the halves by two threads.
    pub fn fill_by_two(&mut self, value: impl Fn(usize, usize) -> f64 + Sync) {
        let n = self.n;
        // SAFETY: the mapping has `n * n` elements, is aligned to a page, zeroed at first, and
        // lives until `self` is dropped, which is borrowed exclusively.
        let elements = unsafe { std::slice::from_raw_parts_mut(self.elements, n * n) };
        std::thread::scope(|scope| {
            for (half, rows) in elements.chunks_mut(n.div_ceil(2) * n).enumerate() {
                let value = &value;
                scope.spawn(move || {
                    for (k, row) in rows.chunks_mut(n).enumerate() {
                        let i = half * n.div_ceil(2) + k;
                        for (j, element) in row.iter_mut().enumerate() {
                            *element = value(i, j);
                        }
                    }
                });
            }
        });
    }
}

impl Drop for Matrix {
    fn drop(&mut self) {
        unmap(self.elements.cast(), self.n * self.n * size_of::<f64>());
    }
}

//! The system calls of a segment by themselves: room reserved, sealed or locked, published whole.
#![expect(unsafe_code, reason = "the bare system calls are what is measured")]

use std::ffi::CStr;
use std::ptr::null_mut;

/// Of what a segment records about itself.
const HEADER_LEN: usize = 120;
const PAGE: usize = 4096;

/// Creates a sealed anonymous file with room for `len_bytes` and a page, maps it, writes a byte, and
/// gives all back.
///
/// # Panics
///
/// If the kernel refuses.
pub fn create_anonymous(len_bytes: usize) {
    let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING | libc::MFD_NOEXEC_SEAL;
    // SAFETY: the name is a C string; a descriptor or -1 comes back.
    let fd = unsafe { libc::memfd_create(c"raw".as_ptr(), flags) };
    let bytes = furnish(fd, len_bytes + PAGE);
    let seals = libc::F_SEAL_SHRINK | libc::F_SEAL_GROW;
    // SAFETY: it takes numbers only.
    check(unsafe { libc::fcntl(fd, libc::F_ADD_SEALS, seals) });
    touch(bytes);
    unmap(bytes, len_bytes + PAGE);
    close(fd);
}

/// Creates a file with room for `len_bytes` and a page, maps it, writes a byte, locks it and links it
/// to `path`, in the directory `directory`; then takes the name away again, and gives all back.
///
/// # Panics
///
/// If the kernel refuses.
pub fn create_named(directory: &CStr, path: &CStr) {
    let len_bytes = 2 * PAGE;
    let flags = libc::O_TMPFILE | libc::O_RDWR | libc::O_CLOEXEC;
    // SAFETY: the directory is a C string; a descriptor or -1 comes back.
    let fd = unsafe { libc::open(directory.as_ptr(), flags, 0o600) };
    // SAFETY: it takes numbers only.
    check(unsafe { libc::fchmod(fd, 0o600) });
    lock(fd, libc::LOCK_SH);
    let bytes = furnish(fd, len_bytes);
    touch(bytes);
    let own = std::ffi::CString::new(format!("/proc/self/fd/{fd}")).expect("no NUL");
    let (cwd, follow) = (libc::AT_FDCWD, libc::AT_SYMLINK_FOLLOW);
    // SAFETY: both paths are C strings.
    check(unsafe { libc::linkat(cwd, own.as_ptr(), cwd, path.as_ptr(), follow) });
    unmap(bytes, len_bytes);
    lock(fd, libc::LOCK_EX);
    look(path);
    // SAFETY: the path is a C string.
    check(unsafe { libc::unlink(path.as_ptr()) });
    close(fd);
}

/// Opens `path` as a user of a segment does: looks at it first, reads what it says of itself, sees
/// that it is alive, locks it, looks again; maps it, reads a byte, and leaves.
///
/// # Panics
///
/// If the kernel refuses.
pub fn attach_named(path: &CStr) {
    look(path);
    let flags = libc::O_RDWR | libc::O_CLOEXEC | libc::O_NOFOLLOW | libc::O_NONBLOCK;
    // SAFETY: the path is a C string; a descriptor or -1 comes back.
    let fd = unsafe { libc::open(path.as_ptr(), flags) };
    let mut found = std::mem::MaybeUninit::<libc::stat>::uninit();
    // SAFETY: `found` is a valid place for one such struct.
    check(unsafe { libc::fstat(fd, found.as_mut_ptr()) });
    let mut header = [0_u8; HEADER_LEN];
    let at = libc::off_t::try_from(PAGE).expect("an offset");
    // SAFETY: `header` has room for as many bytes.
    let read = unsafe { libc::pread(fd, header.as_mut_ptr().cast(), HEADER_LEN, at) };
    assert!(read > 0, "pread");
    try_lock_exclusive(fd);
    lock(fd, libc::LOCK_SH);
    look(path);
    let bytes = map(fd, 2 * PAGE);
    // SAFETY: the mapping is at least one byte long and readable.
    std::hint::black_box(unsafe { bytes.read_volatile() });
    unmap(bytes, 2 * PAGE);
    try_lock_exclusive(fd);
    close(fd);
}

/// Fills a fresh anonymous file with `data` by `write(2)`, maps it, populates the mapping, and gives
/// all back.
///
/// # Panics
///
/// If the kernel refuses.
pub fn fill_by_write(data: &[u8]) {
    let fd = memfd(data.len());
    let mut written = 0;
    while written < data.len() {
        let rest = &data[written..];
        // SAFETY: `rest` has as many bytes.
        let n = unsafe { libc::write(fd, rest.as_ptr().cast(), rest.len()) };
        written += usize::try_from(n).expect("no error");
    }
    let bytes = map(fd, data.len());
    populate(bytes, data.len());
    unmap(bytes, data.len());
    close(fd);
}

/// Maps a fresh anonymous file, populates the mapping, copies `data` there, and gives all back.
///
/// # Panics
///
/// If the kernel refuses.
pub fn fill_by_copy(data: &[u8]) {
    let fd = memfd(data.len());
    let bytes = map(fd, data.len());
    populate(bytes, data.len());
    // SAFETY: the mapping is as long as `data`, writable, this function's own, and lies elsewhere.
    unsafe { std::ptr::copy_nonoverlapping(data.as_ptr(), bytes, data.len()) };
    unmap(bytes, data.len());
    close(fd);
}

fn memfd(len_bytes: usize) -> i32 {
    // SAFETY: the name is a C string; a descriptor or -1 comes back.
    let fd = unsafe { libc::memfd_create(c"raw".as_ptr(), libc::MFD_CLOEXEC) };
    let len = libc::off_t::try_from(len_bytes).expect("a length");
    // SAFETY: it takes numbers only.
    check(unsafe { libc::ftruncate(fd, len) });
    fd
}

fn populate(bytes: *mut u8, len_bytes: usize) {
    // SAFETY: the range is a mapping of this file's own, and populating changes none of its bytes.
    check(unsafe { libc::madvise(bytes.cast(), len_bytes, libc::MADV_POPULATE_WRITE) });
}

/// Reserves room, writes a header with random bytes in it, and maps all out of core dumps.
fn furnish(fd: i32, len_bytes: usize) -> *mut u8 {
    let len = libc::off_t::try_from(len_bytes).expect("a length");
    // SAFETY: it takes numbers only.
    check(unsafe { libc::fallocate(fd, 0, 0, len) });
    let mut header = [0_u8; HEADER_LEN];
    // SAFETY: `header` has room for as many bytes.
    let drawn = unsafe { libc::getrandom(header.as_mut_ptr().cast(), 16, 0) };
    assert_eq!(drawn, 16, "getrandom");
    let at = len - libc::off_t::try_from(PAGE).expect("an offset");
    // SAFETY: `header` has as many bytes.
    let written = unsafe { libc::pwrite(fd, header.as_ptr().cast(), HEADER_LEN, at) };
    assert!(written > 0, "pwrite");
    let bytes = map(fd, len_bytes);
    // SAFETY: the range is a mapping of this file's own, and the advice changes none of its bytes.
    check(unsafe { libc::madvise(bytes.cast(), len_bytes, libc::MADV_DONTDUMP) });
    bytes
}

fn lock(fd: i32, how: i32) {
    // SAFETY: it takes numbers only.
    check(unsafe { libc::flock(fd, how | libc::LOCK_NB) });
}

/// Fails, as somebody else uses the file.
fn try_lock_exclusive(fd: i32) {
    // SAFETY: it takes numbers only.
    let result = unsafe { libc::flock(fd, libc::LOCK_EX | libc::LOCK_NB) };
    assert_eq!(result, -1, "a file that nobody else uses");
}

fn look(path: &CStr) {
    let mut found = std::mem::MaybeUninit::<libc::stat>::uninit();
    // SAFETY: the path is a C string, and `found` a valid place for one such struct.
    check(unsafe { libc::lstat(path.as_ptr(), found.as_mut_ptr()) });
}

fn touch(bytes: *mut u8) {
    // SAFETY: the mapping is at least one byte long and writable.
    unsafe { bytes.write_volatile(1) };
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
    check(unsafe { libc::munmap(bytes.cast(), len_bytes) });
}

fn close(fd: i32) {
    // SAFETY: the descriptor is the caller's own and is not used afterwards.
    check(unsafe { libc::close(fd) });
}

#[track_caller]
fn check(result: i32) {
    assert!(result >= 0, "{}", std::io::Error::last_os_error());
}

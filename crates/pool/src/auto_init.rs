//! The start-up hook: a process that was started as a worker becomes one before `main`.
#![expect(
    unsafe_code,
    reason = "runs before main, among the C libraries' initialisers, which it reads from the executable"
)]

use std::ffi::{c_char, c_int};

use crate::startup::{become_worker, take_socket};

type Initialiser = extern "C" fn(c_int, *const *const c_char, *const *const c_char);

/// Makes the loader call [`hook`] before `main`.
#[used]
// SAFETY: `.init_array` holds pointers to functions of this type, which the loader calls once.
#[unsafe(link_section = ".init_array")]
static HOOK: Initialiser = hook;

extern "C" fn hook(argc: c_int, argv: *const *const c_char, envp: *const *const c_char) {
    if let Some(socket) = take_socket() {
        // C libraries that are linked in statically may have initialisers behind this one, which the
        // tasks count on.
        for initialiser in initialisers_behind(hook) {
            initialiser(argc, argv, envp);
        }
        become_worker(socket);
    }
}

/// Returns the executable's initialisers that the loader would call after `own`.
///
/// They are found as the loader finds them, through the program headers. Linker symbols such as
/// `__init_array_start` would be shorter, but a shared library that names them does not load.
fn initialisers_behind(own: Initialiser) -> &'static [Initialiser] {
    let array = executable_initialisers().unwrap_or(&[]);
    let position = array
        .iter()
        .position(|&entry| std::ptr::fn_addr_eq(entry, own));
    position.map_or(&[], |position| &array[position + 1..])
}

fn executable_initialisers() -> Option<&'static [Initialiser]> {
    const DT_NULL: u64 = 0;
    const DT_INIT_ARRAY: u64 = 25;
    const DT_INIT_ARRAYSZ: u64 = 27;

    // SAFETY: `getauxval` has no preconditions.
    let headers_at = unsafe { libc::getauxval(libc::AT_PHDR) } as usize;
    // SAFETY: as above.
    let n_headers = unsafe { libc::getauxval(libc::AT_PHNUM) } as usize;
    if headers_at == 0 {
        return None;
    }
    let headers_start = std::ptr::with_exposed_provenance::<libc::Elf64_Phdr>(headers_at);
    // SAFETY: `from_raw_parts` requires `n_headers` aligned, initialised headers that nobody writes and that live
    // as long as the process: the kernel says with these two values that the executable's own are there.
    let headers = unsafe { std::slice::from_raw_parts(headers_start, n_headers) };
    let find = |kind| headers.iter().find(|header| header.p_type == kind);
    // The executable is loaded at the address that its headers name plus this.
    let base = headers_at.wrapping_sub(find(libc::PT_PHDR)?.p_vaddr as usize);

    let dynamic = find(libc::PT_DYNAMIC)?;
    let dynamic_at = base.wrapping_add(dynamic.p_vaddr as usize);
    let entries_start = std::ptr::with_exposed_provenance::<[u64; 2]>(dynamic_at);
    // SAFETY: as above; the header names a loaded segment of pairs of numbers, which the loader wrote before any
    // initialiser runs.
    let entries =
        unsafe { std::slice::from_raw_parts(entries_start, dynamic.p_memsz as usize / 16) };
    let value = |tag| {
        let mut known = entries.iter().take_while(|[tag, _]| *tag != DT_NULL);
        known
            .find(|entry| entry[0] == tag)
            .map(|entry| entry[1] as usize)
    };
    let start = base.wrapping_add(value(DT_INIT_ARRAY)?);
    let len = value(DT_INIT_ARRAYSZ)? / size_of::<Initialiser>();
    let array_start = std::ptr::with_exposed_provenance::<Initialiser>(start);
    // SAFETY: as above; the loader calls these very functions, so that they are non-null and relocated.
    Some(unsafe { std::slice::from_raw_parts(array_start, len) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hook_is_among_the_executables_initialisers() {
        let array = executable_initialisers().expect("a dynamic executable");
        let own: Initialiser = hook;
        assert!(array.iter().any(|&entry| std::ptr::fn_addr_eq(entry, own)));
        assert!(initialisers_behind(own).len() < array.len());
    }
}

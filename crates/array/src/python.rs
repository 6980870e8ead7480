//! Python's `multiprocessing.sharedctypes` and `ShareableList`, for programs that are translated line by line.
//!
//! They are thin: a [`Value`] is a [`SharedArray`](crate::SharedArray) without axes, an [`Array`] one with a single
//! axis, and [`get_obj`](Array::get_obj) gives it. New programs use that directly.
//!
//! | Python | here |
//! |---|---|
//! | `Value('i', 0)` | [`Value::new(0i32)`](Value::new) |
//! | `v.value`, `v.value = x` | [`v.value()`](Value::value), [`v.set_value(x)`](Value::set_value) |
//! | `with v.get_lock(): v.value += 1` | `*v.get_lock()? += 1`, see [`Value::get_lock`] |
//! | `Array('d', n)`, `Array('d', [1, 2])` | [`Array::<f64>::new(n)`](Array::new), [`Array::from_slice(&[1.0, 2.0])`](Array::from_slice) |
//! | `a[i]`, `a[i] = x`, `len(a)` | [`a.get(i)`](Array::get), [`a.set(i, x)`](Array::set), [`a.len()`](Array::len) |
//! | `a[2:5]`, `a[2:5] = [..]` | [`a.slice(2..5)`](Array::slice), [`a.set_slice(2..5, &[..])`](Array::set_slice) |
//! | `with a.get_lock(): ..` | `let mut held = a.get_lock()?; held[3] += 1.0;` |
//! | `np.frombuffer(a.get_obj())` | [`a.get_obj()`](Array::get_obj), whose guards are ndarray views |
//! | `RawValue`, `RawArray` | [`RawValue`], [`RawArray`]: the same without `get_lock` |
//! | `synchronized(raw)` | [`Value::synchronized`], [`Array::synchronized`] |
//! | `ShareableList([..])` | [`ShareableList::new`] |
//!
//! The type codes are Rust's types: `b B h H i I q Q f d` are `i8 u8 i16 u16 i32 u32 i64 u64 f32 f64`, and `l L` are
//! `i64 u64`, as C has them on Linux.
//!
//! What differs, because Python's way loses data or hangs: `value += 1` cannot be written by mistake, as there is no
//! assignment that reads first; numbers do not wrap silently; a process that dies with the lock blocks nobody, the next is
//! told [`ArrayError::Torn`](crate::ArrayError::Torn), and [`set_value`](Value::set_value) or
//! [`set_slice`](Array::set_slice) of everything makes it whole. The lock is not reentrant, since its guard is the access:
//! a thread that asks for it again gets [`ArrayError::WouldDeadlock`](crate::ArrayError::WouldDeadlock).

mod array;
mod shareable_item;
mod shareable_list;
mod value;

pub use array::{Array, RawArray};
pub use shareable_item::ShareableItem;
pub use shareable_list::ShareableList;
pub use value::{RawValue, Value, ValueGuard};

//! [`MakesNewArray`]: what the compiler says to `matrix = 2.0 * matrix`.
//!
//! In Python that line takes the shared array away from the name, and later changes go to a private
//! one. Here it does not compile, and these operators, which nobody can call, are there to say what
//! to write instead.

use std::convert::Infallible;
use std::ops::{Add, Div, Mul, Sub};

use crate::{PartMut, WriteGuard};

/// Implemented by nothing.
#[diagnostic::on_unimplemented(
    message = "an operator makes a new array beside the shared one, which stays as it is",
    label = "a new array, not the shared elements",
    note = "write to the shared elements in place: `*matrix *= 2.0`, `*matrix += &other`",
    note = "or copy the new array's elements into them: `matrix.assign(&(2.0 * &*matrix))`"
)]
pub trait MakesNewArray {
    #[doc(hidden)]
    fn never(self) -> Infallible;
}

macro_rules! refused {
    ($($operator:ident $method:ident,)*) => {$(
        refused!(@of $operator, $method, ['a] WriteGuard<'a, T, D>);
        refused!(@of $operator, $method, ['r 'a] &'r WriteGuard<'a, T, D>);
        refused!(@of $operator, $method, ['a] PartMut<'a, T, D>);
        refused!(@of $operator, $method, ['r 'a] &'r PartMut<'a, T, D>);
    )*};
    (@of $operator:ident, $method:ident, $lives:tt $array:ty) => {
        refused!(@right $operator, $method, $lives $array);
        refused!(@left i8, $operator, $method, $lives $array);
        refused!(@left i16, $operator, $method, $lives $array);
        refused!(@left i32, $operator, $method, $lives $array);
        refused!(@left i64, $operator, $method, $lives $array);
        refused!(@left u8, $operator, $method, $lives $array);
        refused!(@left u16, $operator, $method, $lives $array);
        refused!(@left u32, $operator, $method, $lives $array);
        refused!(@left u64, $operator, $method, $lives $array);
        refused!(@left f32, $operator, $method, $lives $array);
        refused!(@left f64, $operator, $method, $lives $array);
    };
    (@right $operator:ident, $method:ident, [$($life:lifetime)*] $array:ty) => {
        #[doc(hidden)]
        impl<$($life,)* T, D, R> $operator<R> for $array
        where
            $array: MakesNewArray,
        {
            type Output = Infallible;

            fn $method(self, _: R) -> Infallible {
                self.never()
            }
        }
    };
    (@left $scalar:ty, $operator:ident, $method:ident, [$($life:lifetime)*] $array:ty) => {
        #[doc(hidden)]
        impl<$($life,)* T, D> $operator<$array> for $scalar
        where
            $array: MakesNewArray,
        {
            type Output = Infallible;

            fn $method(self, array: $array) -> Infallible {
                array.never()
            }
        }
    };
}

refused! {
    Add add,
    Sub sub,
    Mul mul,
    Div div,
}

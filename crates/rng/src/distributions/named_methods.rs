//! [`named_methods`] and [`named_row_methods`]: the methods that NumPy's classes have under the
//! name of a distribution, as one draw and as a fill.

macro_rules! named_methods {
    ($($(#[$doc:meta])* $name:ident, $fill:ident($this:ident $(, $p:ident: $t:ty)*)
        -> $value:ty = $new:expr;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        ///
        /// If a parameter is out of its domain; the error names it.
        pub fn $name(&mut $this $(, $p: $t)*) -> Result<$value, RngError> {
            let distribution = $new?;
            Ok($this.sample(&distribution))
        }

        #[doc = concat!("Fills `out` as repeated [`", stringify!($name), "`](Self::",
            stringify!($name), ") would.\n\n# Errors\n\nAs for one draw; nothing is drawn then.")]
        pub fn $fill(&mut $this $(, $p: $t)*, out: &mut [$value]) -> Result<(), RngError> {
            let distribution = $new?;
            $this.fill(&distribution, out);
            Ok(())
        }
    )*};
}

macro_rules! named_row_methods {
    ($($(#[$doc:meta])* $name:ident, $fill:ident($this:ident $(, $p:ident: $t:ty)*)
        -> [$value:ty] = $new:expr;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        ///
        /// If a parameter is out of its domain; the error names it.
        pub fn $name(&mut $this $(, $p: $t)*) -> Result<Vec<$value>, RngError> {
            let distribution = $new?;
            let mut row = vec![Default::default(); distribution.row_len()];
            $this.fill_rows(&distribution, &mut row)?;
            Ok(row)
        }

        #[doc = concat!("Fills `out` with draws of [`", stringify!($name), "`](Self::",
            stringify!($name), "), one row after the other.\n\n# Errors\n\n",
            "As for one draw, and if the length of `out` is no multiple of that of a draw.")]
        pub fn $fill(&mut $this $(, $p: $t)*, out: &mut [$value]) -> Result<(), RngError> {
            $this.fill_rows(&$new?, out)
        }
    )*};
}

pub(crate) use {named_methods, named_row_methods};

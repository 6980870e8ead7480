//! [`DtypeText`]: a dtype's text as NumPy writes it, put together while the program is compiled.

/// How many axes a field may have.
const MOST_AXES: usize = 8;

/// A text of at most `CAPACITY` bytes, made in a constant.
#[derive(Debug)]
pub struct DtypeText<const CAPACITY: usize> {
    bytes: [u8; CAPACITY],
    len: usize,
}

impl<const CAPACITY: usize> DtypeText<CAPACITY> {
    const EMPTY: Self = DtypeText {
        bytes: [0; CAPACITY],
        len: 0,
    };

    /// A type string such as `|S12`.
    pub(crate) const fn counted(kind: &str, count: usize) -> Self {
        Self::EMPTY.with(kind).with_number(count)
    }

    /// A structure's list, such as `[('id', '<i8'), ('position', '<f8', (3,))]`.
    #[must_use]
    pub const fn of_structure(fields: &[FieldText]) -> Self {
        let mut text = Self::EMPTY.with("[");
        let mut i = 0;
        while i < fields.len() {
            text = text.with(if i == 0 { "(" } else { ", (" });
            text = fields[i].append_to(text).with(")");
            i += 1;
        }
        text.with("]")
    }

    /// The text.
    ///
    /// # Panics
    ///
    /// Never: texts are made of texts.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        let (text, _) = self.bytes.split_at(self.len);
        match str::from_utf8(text) {
            Ok(text) => text,
            Err(_) => panic!("a text is made of texts"),
        }
    }

    const fn with(mut self, text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut i = 0;
        while i < bytes.len() {
            self.bytes[self.len] = bytes[i];
            self.len += 1;
            i += 1;
        }
        self
    }

    const fn with_number(self, number: usize) -> Self {
        let text = if number > 9 {
            self.with_number(number / 10)
        } else {
            self
        };
        let digits = "0123456789".as_bytes();
        let (_, digit) = digits.split_at(number % 10);
        let (digit, _) = digit.split_at(1);
        match str::from_utf8(digit) {
            Ok(digit) => text.with(digit),
            Err(_) => panic!("a digit is a text"),
        }
    }
}

/// What a structure's dtype says of one field.
#[derive(Clone, Copy, Debug)]
pub struct FieldText {
    name: &'static str,
    descr: &'static str,
    lens: FieldShape,
}

impl FieldText {
    /// A field of type `F`.
    #[must_use]
    pub const fn of<F: Field>(name: &'static str) -> FieldText {
        FieldText {
            name,
            descr: <F::Element as crate::Element>::DESCR,
            lens: F::SHAPE,
        }
    }

    /// Padding of the type `F`, bytes that NumPy calls void and has no name for.
    #[must_use]
    pub const fn padding<F: Padding>() -> FieldText {
        FieldText {
            name: "",
            descr: F::DESCR,
            lens: FieldShape::NONE,
        }
    }

    /// How many bytes the text of all fields takes at most.
    #[must_use]
    pub const fn capacity(fields: &[FieldText]) -> usize {
        let mut capacity = "[]".len();
        let mut i = 0;
        while i < fields.len() {
            let punctuation = ", ('', '', ())".len();
            // A length has at most 20 digits, and a comma and a space behind it.
            let shape = 22 * MOST_AXES;
            capacity += fields[i].name.len() + fields[i].descr.len() + punctuation + shape;
            i += 1;
        }
        capacity
    }

    const fn append_to<const N: usize>(&self, text: DtypeText<N>) -> DtypeText<N> {
        let quote = match self.descr.as_bytes().first() {
            Some(b'[') => "",
            _ => "'",
        };
        let text = text.with("'").with(self.name).with("', ");
        let mut text = text.with(quote).with(self.descr).with(quote);
        let n_axes = self.lens.n_axes;
        if n_axes == 0 {
            return text;
        }
        text = text.with(", (");
        let mut axis = 0;
        while axis < n_axes {
            text = text.with(if axis == 0 { "" } else { ", " });
            text = text.with_number(self.lens.lens[axis]);
            axis += 1;
        }
        text.with(if n_axes == 1 { ",)" } else { ")" })
    }
}

/// The lengths of a field's axes.
#[derive(Clone, Copy, Debug)]
pub struct FieldShape {
    lens: [usize; MOST_AXES],
    n_axes: usize,
}

impl FieldShape {
    const NONE: FieldShape = FieldShape {
        lens: [0; MOST_AXES],
        n_axes: 0,
    };

    const fn within(self, len: usize) -> FieldShape {
        assert!(self.n_axes < MOST_AXES, "a field has at most 8 axes");
        let mut lens = [len; MOST_AXES];
        let mut axis = 0;
        while axis < self.n_axes {
            lens[axis + 1] = self.lens[axis];
            axis += 1;
        }
        FieldShape {
            lens,
            n_axes: self.n_axes + 1,
        }
    }
}

/// What a field of a structure may be: an [`Element`](crate::Element), or an array of fields.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a field of an array's element",
    label = "no type of NumPy's",
    note = "a field is an `Element` (`Bool` for `bool`, `FixedBytes` or `FixedText` for text) or an array `[F; N]` of fields",
    note = "give a structure of your own `#[derive(Clone, Copy, Element)]`"
)]
pub trait Field {
    /// What it is made of.
    type Element: crate::Element;
    /// Its own axes.
    const SHAPE: FieldShape;
}

impl<T: crate::Element> Field for T {
    type Element = T;
    const SHAPE: FieldShape = FieldShape::NONE;
}

impl<F: Field, const N: usize> Field for [F; N] {
    type Element = F::Element;
    const SHAPE: FieldShape = F::SHAPE.within(N);
}

/// What may be padding: an array of bytes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be padding",
    label = "padding is a field of type `[u8; N]`"
)]
pub trait Padding {
    /// NumPy's void of the same size.
    const DESCR: &'static str;
}

impl<const N: usize> Padding for [u8; N] {
    const DESCR: &'static str = {
        let text: &'static DtypeText<24> = &DtypeText::counted("|V", N);
        text.as_str()
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FixedBytes;

    #[test]
    fn a_structure_is_written_as_numpy_does() {
        const FIELDS: &[FieldText] = &[
            FieldText::of::<u8>("kind"),
            FieldText::padding::<[u8; 7]>(),
            FieldText::of::<[[f64; 12]; 3]>("matrix"),
            FieldText::of::<[FixedBytes<10>; 1]>("name"),
        ];
        const CAPACITY: usize = FieldText::capacity(FIELDS);
        let text = DtypeText::<CAPACITY>::of_structure(FIELDS);
        assert_eq!(
            text.as_str(),
            "[('kind', '|u1'), ('', '|V7'), ('matrix', '<f8', (3, 12)), ('name', '|S10', (1,))]"
        );
    }
}

//! [`ShareableItem`]: what a [`ShareableList`](super::ShareableList) can hold.

/// One item of a [`ShareableList`](super::ShareableList).
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ShareableItem {
    /// Python's `None`.
    #[default]
    None,
    /// An integer of 64 bits.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// Python's `bool`.
    Bool(bool),
    /// Text, NUL characters included.
    Str(String),
    /// Any bytes, zeros at the end included.
    Bytes(Vec<u8>),
}

macro_rules! from {
    ($($type:ty => $variant:ident,)*) => {$(
        impl From<$type> for ShareableItem {
            fn from(value: $type) -> Self {
                Self::$variant(value.into())
            }
        }
    )*};
}

from! {
    i8 => Int,
    i16 => Int,
    i32 => Int,
    i64 => Int,
    u8 => Int,
    u16 => Int,
    u32 => Int,
    f32 => Float,
    f64 => Float,
    bool => Bool,
    &str => Str,
    String => Str,
    &[u8] => Bytes,
    Vec<u8> => Bytes,
}

impl From<()> for ShareableItem {
    fn from((): ()) -> Self {
        Self::None
    }
}

impl ShareableItem {
    /// The number of its type in shared memory, and its bytes there.
    pub(super) fn encode(&self) -> (u64, Vec<u8>) {
        match self {
            Self::None => (0, Vec::new()),
            Self::Int(value) => (1, value.to_le_bytes().to_vec()),
            Self::Float(value) => (2, value.to_le_bytes().to_vec()),
            Self::Bool(value) => (3, vec![u8::from(*value)]),
            Self::Str(text) => (4, text.clone().into_bytes()),
            Self::Bytes(bytes) => (5, bytes.clone()),
        }
    }

    /// What [`encode`](Self::encode) gave; `None` for anything else.
    pub(super) fn decode(kind: u64, bytes: Vec<u8>) -> Option<Self> {
        let word = |bytes: &[u8]| bytes.try_into().ok();
        Some(match kind {
            0 if bytes.is_empty() => Self::None,
            1 => Self::Int(i64::from_le_bytes(word(&bytes)?)),
            2 => Self::Float(f64::from_le_bytes(word(&bytes)?)),
            3 if bytes.len() == 1 => Self::Bool(bytes[0] != 0),
            4 => Self::Str(String::from_utf8(bytes).ok()?),
            5 => Self::Bytes(bytes),
            _ => return None,
        })
    }
}

//! [`Items`]: the items of a job, encoded one after the other.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::task_error::TaskError;

/// The encoded items of a job.
#[derive(Clone, Debug)]
pub(crate) struct Items {
    /// Where each item's bytes start, and after the last where they end.
    pub(crate) starts: Vec<u64>,
    pub(crate) bytes: Vec<u8>,
    /// The items that cannot be encoded.
    pub(crate) unsent: BTreeMap<usize, TaskError>,
}

impl Items {
    pub(crate) fn encode(items: impl IntoIterator<Item = impl Serialize>) -> Items {
        let items = items.into_iter();
        let mut encoded = Items {
            starts: Vec::with_capacity(items.size_hint().0.saturating_add(1)),
            bytes: Vec::new(),
            unsent: BTreeMap::new(),
        };
        for (item, value) in items.enumerate() {
            let start = encoded.bytes.len();
            encoded.starts.push(start as u64);
            if let Err(error) = postcard::serialize_with_flavor(&value, Tail(&mut encoded.bytes)) {
                encoded.bytes.truncate(start);
                let message = error.to_string();
                encoded
                    .unsent
                    .insert(item, TaskError::BadItem { item, message });
            }
        }
        encoded.starts.push(encoded.bytes.len() as u64);
        encoded
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }
}

/// Lets postcard append to a vector that stays ours when it fails.
struct Tail<'a>(&'a mut Vec<u8>);

impl postcard::ser_flavors::Flavor for Tail<'_> {
    type Output = ();

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Refuses(bool);

    impl Serialize for Refuses {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            use serde::ser::{Error, SerializeTuple};
            let mut pair = serializer.serialize_tuple(2)?;
            pair.serialize_element(&7u8)?;
            if self.0 {
                return Err(S::Error::custom("no"));
            }
            pair.serialize_element(&8u8)?;
            pair.end()
        }
    }

    #[test]
    fn an_item_that_cannot_be_encoded_leaves_nothing_behind() {
        let items = Items::encode([Refuses(false), Refuses(true), Refuses(false)]);
        assert_eq!(items.len(), 3);
        assert_eq!(items.starts, [0, 2, 2, 4]);
        assert_eq!(items.bytes, [7, 8, 7, 8]);
        assert_eq!(items.unsent.keys().collect::<Vec<_>>(), [&1]);
    }
}

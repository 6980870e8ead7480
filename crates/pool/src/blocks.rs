//! [`Blocks`]: where results go that are too long for their slot.

use std::collections::BTreeMap;

use multiproc_segment::{Layout, Segment};

use crate::board::Place;
use crate::error::PoolError;

/// "mprblk" and the version of the layout: results one after the other, each a length of 8 bytes, the bytes, and
/// padding to a multiple of 8.
const KIND: u64 = u64::from_le_bytes(*b"mprblk01");

const FIRST_LEN: usize = 64 << 10;
/// Blocks double up to this length, so that a job with many long results needs few descriptors.
const LONGEST_LEN: usize = 64 << 20;

/// The blocks that one worker fills in one round.
pub(crate) struct Blocks<'a> {
    /// The number of the next block; all numbers of a job differ.
    next: u64,
    current: Option<Segment>,
    used: usize,
    next_len: usize,
    /// Gives a new block to the parent, before any result in it is published.
    announce: &'a mut dyn FnMut(u64, &Segment) -> Result<(), PoolError>,
}

impl<'a> Blocks<'a> {
    /// Numbers the blocks of the `order`-th order of a job.
    pub(crate) fn new(
        order: u32,
        announce: &'a mut dyn FnMut(u64, &Segment) -> Result<(), PoolError>,
    ) -> Blocks<'a> {
        // A result's slot keeps 48 bits of the number.
        let next = u64::from(order & 0x00ff_ffff) << 24;
        Blocks {
            next,
            current: None,
            used: 0,
            next_len: FIRST_LEN,
            announce,
        }
    }

    /// Stores a result; `None` if there is no memory for it.
    pub(crate) fn store(&mut self, result: &[u8]) -> Option<Place> {
        let needed = (8 + result.len()).next_multiple_of(8);
        let fits = |block: &Segment| needed <= block.len() - self.used;
        if !self.current.as_ref().is_some_and(fits) {
            self.begin_block(needed)?;
        }
        let bytes = self.current.as_ref()?.payload();
        bytes
            .write(self.used, &(result.len() as u64).to_ne_bytes())
            .ok()?;
        bytes.write(self.used + 8, result).ok()?;
        let place = Place::Block {
            number: self.next - 1,
            offset: self.used as u64,
        };
        self.used += needed;
        Some(place)
    }

    fn begin_block(&mut self, needed: usize) -> Option<()> {
        let payload_len = needed.max(self.next_len);
        let layout = |payload_len| Layout {
            payload_len,
            control_len: 0,
            kind: KIND,
        };
        // Short of memory, a block for this one result may still be had.
        let block = Segment::anonymous(layout(payload_len))
            .or_else(|_| Segment::anonymous(layout(needed)))
            .ok()?;
        (self.announce)(self.next, &block).ok()?;
        self.next += 1;
        self.next_len = (2 * self.next_len).min(LONGEST_LEN);
        self.used = 0;
        self.current = Some(block);
        Some(())
    }
}

/// The blocks that a job's parent has been given.
#[derive(Debug, Default)]
pub(crate) struct ReceivedBlocks(BTreeMap<u64, Segment>);

impl ReceivedBlocks {
    pub(crate) fn insert(&mut self, number: u64, block: Segment) {
        self.0.insert(number, block);
    }

    /// Copies a result out of the shared memory.
    pub(crate) fn read(&self, number: u64, offset: u64) -> Result<Vec<u8>, PoolError> {
        let corrupt = || PoolError::Corrupt {
            what: "an item's result slot names no result",
        };
        let block = self
            .0
            .get(&number)
            .filter(|block| block.kind() == KIND)
            .ok_or_else(corrupt)?;
        let bytes = block.payload();
        let mut len = [0; 8];
        bytes
            .read(offset as usize, &mut len)
            .map_err(|_| corrupt())?;
        let start = (offset as usize).checked_add(8).ok_or_else(corrupt)?;
        let result = bytes
            .slice(start, u64::from_ne_bytes(len) as usize)
            .map_err(|_| corrupt())?;
        let mut copy = vec![0; result.len()];
        result.read(0, &mut copy).map_err(|_| corrupt())?;
        Ok(copy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_of_all_lengths_are_found_again() {
        let mut received = ReceivedBlocks::default();
        let mut announce = |number, block: &Segment| {
            received.insert(number, block.clone());
            Ok(())
        };
        let mut blocks = Blocks::new(7, &mut announce);
        let results: Vec<Vec<u8>> = [15, 16, 70_000, 1, 300_000, 0, 64 << 10]
            .iter()
            .enumerate()
            .map(|(k, &len)| vec![k as u8; len])
            .collect();
        let places: Vec<Place> = results
            .iter()
            .map(|result| blocks.store(result).expect("memory"))
            .collect();
        for (place, result) in places.iter().zip(&results) {
            let Place::Block { number, offset } = *place else {
                panic!("{place:?}")
            };
            assert_eq!(&received.read(number, offset).unwrap(), result);
        }
        for (number, offset) in [(0, 0), (7 << 24, u64::MAX), (7 << 24, 1 << 30)] {
            assert!(received.read(number, offset).is_err());
        }
    }
}

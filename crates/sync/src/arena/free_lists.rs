//! [`FreeLists`]: where the free blocks of each size are, as hints that are checked before they are believed.
//!
//! A list is doubly linked through the headers of its blocks. Every link that is followed must lead
//! to a free block of the list's sizes that links back, so that a walk comes to an end and no live
//! block is taken for a free one, whatever a hostile process writes.

use std::ops::ControlFlow;

use super::demand::Demand;
use super::header::{Area, Head, Header, Links, NONE, payload_len};
use super::size_class::{N_CLASSES, class_of, class_that_fits};
use super::trouble::Trouble;
use super::words::ArenaWords;

/// The lists of one arena. Only the holder of the arena's lock may use them.
#[derive(Clone, Copy, Debug)]
pub(super) struct FreeLists<'a> {
    pub(super) words: &'a ArenaWords,
    pub(super) area: Area<'a>,
}

impl<'a> FreeLists<'a> {
    /// Adds the free block of `size` granules at granule `at`.
    #[inline]
    pub(super) fn add(self, at: u32, size: u32) -> Result<(), Trouble> {
        let class = class_of(size);
        let first = self.words.list(class);
        if let Some(first) = first {
            let (header, _) = self.member(first, class)?;
            let links = header.links();
            header.set_links(Links {
                previous: at,
                ..links
            });
        }
        let header = self.area.header(at).ok_or(Trouble::Hints { at })?;
        header.set_links(Links {
            next: first.unwrap_or(NONE),
            previous: NONE,
        });
        self.words.set_list(class, Some(at));
        self.words.count_free(1);
        Ok(())
    }

    /// Removes the free block of `size` granules at granule `at`.
    #[inline]
    pub(super) fn remove(self, at: u32, size: u32) -> Result<(), Trouble> {
        let class = class_of(size);
        let (header, _) = self.member(at, class)?;
        let links = header.links();
        let previous = self.neighbour(links.previous)?;
        let next = self.neighbour(links.next)?;
        let is_linked = match previous {
            Some(previous) => previous.links().next == at,
            None => self.words.list(class) == Some(at),
        };
        if !is_linked || next.is_some_and(|next| next.links().previous != at) {
            return Err(Trouble::Hints { at });
        }
        if let Some(next) = next {
            next.set_links(Links {
                previous: links.previous,
                ..next.links()
            });
        }
        match previous {
            Some(previous) => previous.set_links(Links {
                next: links.next,
                ..previous.links()
            }),
            None => self.words.set_list(class, next.map(|_| links.next)),
        }
        self.words.count_free(-1);
        Ok(())
    }

    /// A block with room for `demand`, as place and size; `None` if there is none.
    #[inline]
    pub(super) fn find(self, demand: &Demand) -> Result<Option<(u32, u32)>, Trouble> {
        let sure = class_that_fits(demand.sure_size());
        if let Some(class) = self.words.occupied_from(sure)
            && let Some(at) = self.words.list(class)
        {
            let (_, size) = self.member(at, class)?;
            return Ok(Some((at, size)));
        }
        self.search(demand)
    }

    /// As [`find`](Self::find), by a look at every block that may be large enough.
    #[cold]
    fn search(self, demand: &Demand) -> Result<Option<(u32, u32)>, Trouble> {
        for class in class_of(demand.size)..N_CLASSES {
            let found = self.walk(class, |at, size| match demand.front_in(at, size) {
                Some(_) => ControlFlow::Break((at, size)),
                None => ControlFlow::Continue(()),
            })?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// The payload of the largest block, in bytes; 0 if there is no block.
    pub(super) fn largest(self) -> Result<usize, Trouble> {
        let mut largest = 0;
        let occupied = (0..N_CLASSES).rfind(|&class| self.words.list(class).is_some());
        if let Some(class) = occupied {
            self.walk(class, |_, size| {
                largest = largest.max(payload_len(size));
                ControlFlow::<()>::Continue(())
            })?;
        }
        Ok(largest)
    }

    /// Shows `visit` the place and size of each block in a list, until it breaks off.
    pub(super) fn walk<A>(
        self,
        class: usize,
        mut visit: impl FnMut(u32, u32) -> ControlFlow<A>,
    ) -> Result<Option<A>, Trouble> {
        let mut came_from = NONE;
        let mut next = self.words.list(class).unwrap_or(NONE);
        // In memory that nobody else changes the back links make an end; this makes one in any case.
        for _ in 0..self.area.len() {
            if next == NONE {
                return Ok(None);
            }
            let at = next;
            let (header, size) = self.member(at, class)?;
            let links = header.links();
            if links.previous != came_from {
                return Err(Trouble::Hints { at });
            }
            if let ControlFlow::Break(answer) = visit(at, size) {
                return Ok(Some(answer));
            }
            came_from = at;
            next = links.next;
        }
        Err(Trouble::Hints { at: next })
    }

    /// The free block at `at` and its size, if it belongs into the list.
    #[inline]
    fn member(self, at: u32, class: usize) -> Result<(Header<'a>, u32), Trouble> {
        match self.area.block(at) {
            Ok((header, head)) if head.is_free() && class_of(head.size) == class => {
                Ok((header, head.size))
            }
            _ => Err(Trouble::Hints { at }),
        }
    }

    /// The free block that a link leads to, which must link back; `None` for a link that leads nowhere.
    #[inline]
    fn neighbour(self, link: u32) -> Result<Option<Header<'a>>, Trouble> {
        match (link, self.area.header(link)) {
            (NONE, _) => Ok(None),
            (_, Some(header)) if header.head().is_some_and(Head::is_free) => Ok(Some(header)),
            (at, _) => Err(Trouble::Hints { at }),
        }
    }
}

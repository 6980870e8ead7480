//! [`SeedSequence`]: the tree of seeds, after NumPy's class of that name.
//!
//! The hash is M. E. O'Neill's `seed_seq_fe` (<https://www.pcg-random.org/posts/developing-a-seed_seq-alternative.html>)
//! as `numpy/random/bit_generator.pyx` has it.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use crate::{Entropy, RngError};

const INIT_A: u32 = 0x43b0_d7e5;
const MULT_A: u32 = 0x931e_8875;
const INIT_B: u32 = 0x8b51_f9dd;
const MULT_B: u32 = 0x58f3_8ded;
const MIX_L: u32 = 0xca01_f9dd;
const MIX_R: u32 = 0x4973_f715;
const SHIFT: u32 = 16;

/// The words in the pool of every sequence that does not ask for more: 128 bits.
const DEFAULT_POOL_SIZE: usize = 4;

/// A node in a tree of seeds: entropy, and the path from the root to this node.
///
/// Different nodes give independent streams (two of n collide with probability n²·2⁻¹²⁸), and a
/// node depends on nothing but entropy and path: [`child`](Self::child) is a pure function, takes
/// the same time for any index, and equals what NumPy's `spawn` would have returned at that
/// position.
///
/// # Examples
///
/// ```
/// use multiproc_rng::SeedSequence;
///
/// // numpy.random.SeedSequence(42).spawn(8)[7].generate_state(2)
/// let root = SeedSequence::new(42u64);
/// assert_eq!(root.child(7).generate_state_u32(2), [3479688010, 3766494414]);
/// assert_eq!(root.child([7, 1]).spawn_key(), [7, 1]);
/// ```
#[derive(Clone, Debug)]
pub struct SeedSequence {
    entropy: Arc<[u32]>,
    spawn_key: Vec<u64>,
    pool: Pool,
    n_children_spawned: u64,
}

/// The mixed words of entropy and path.
///
/// Mixing is sequential, one path word after another, so a child's pool continues its parent's.
#[derive(Clone, Debug)]
struct Pool {
    words: PoolWords,
    /// The multiplier that the next word is hashed with.
    hash_const: u32,
}

#[derive(Clone, Debug)]
enum PoolWords {
    Default([u32; DEFAULT_POOL_SIZE]),
    Larger(Vec<u32>),
}

impl PoolWords {
    fn as_slice(&self) -> &[u32] {
        match self {
            PoolWords::Default(words) => words,
            PoolWords::Larger(words) => words,
        }
    }

    fn as_mut_slice(&mut self) -> &mut [u32] {
        match self {
            PoolWords::Default(words) => words,
            PoolWords::Larger(words) => words,
        }
    }
}

#[inline]
fn hash(value: u32, hash_const: &mut u32) -> u32 {
    let value = value ^ *hash_const;
    *hash_const = hash_const.wrapping_mul(MULT_A);
    let value = value.wrapping_mul(*hash_const);
    value ^ (value >> SHIFT)
}

#[inline]
fn mix(x: u32, y: u32) -> u32 {
    let mixed = MIX_L.wrapping_mul(x).wrapping_sub(MIX_R.wrapping_mul(y));
    mixed ^ (mixed >> SHIFT)
}

impl Pool {
    /// Missing words count as zeros, so a path may follow entropy of any length.
    fn new(entropy: &[u32], pool_size: usize) -> Pool {
        let mut words = if pool_size == DEFAULT_POOL_SIZE {
            PoolWords::Default([0; DEFAULT_POOL_SIZE])
        } else {
            PoolWords::Larger(vec![0; pool_size])
        };
        let mut hash_const = INIT_A;
        let pool = words.as_mut_slice();
        for (i, word) in pool.iter_mut().enumerate() {
            *word = hash(entropy.get(i).copied().unwrap_or(0), &mut hash_const);
        }
        for source in 0..pool_size {
            for target in 0..pool_size {
                if source != target {
                    pool[target] = mix(pool[target], hash(pool[source], &mut hash_const));
                }
            }
        }
        let mut pool = Pool { words, hash_const };
        for &word in entropy.iter().skip(pool_size) {
            pool.absorb(word);
        }
        pool
    }

    #[inline]
    fn absorb(&mut self, word: u32) {
        for target in self.words.as_mut_slice() {
            *target = mix(*target, hash(word, &mut self.hash_const));
        }
    }

    fn absorb_key(&mut self, key: u64) {
        self.absorb(key as u32);
        if key > u64::from(u32::MAX) {
            self.absorb((key >> 32) as u32);
        }
    }

    #[inline]
    fn states(&self) -> impl Iterator<Item = u32> {
        let mut hash_const = INIT_B;
        self.words.as_slice().iter().cycle().map(move |&word| {
            let value = word ^ hash_const;
            hash_const = hash_const.wrapping_mul(MULT_B);
            let value = value.wrapping_mul(hash_const);
            value ^ (value >> SHIFT)
        })
    }
}

impl SeedSequence {
    /// Returns the root of the tree that `entropy` names: NumPy's `SeedSequence(entropy)`.
    pub fn new(entropy: impl Into<Entropy>) -> SeedSequence {
        let entropy = entropy.into();
        SeedSequence::root(entropy.words(), DEFAULT_POOL_SIZE)
    }

    /// Returns a root that is another in every call: NumPy's `SeedSequence()`.
    ///
    /// # Errors
    ///
    /// [`RngError::OsEntropy`] if the operating system has no random bits to give.
    #[cfg(feature = "os-entropy")]
    pub fn from_os() -> Result<SeedSequence, RngError> {
        Ok(SeedSequence::new(Entropy::from_os()?))
    }

    fn root(entropy: &[u32], pool_size: usize) -> SeedSequence {
        SeedSequence {
            pool: Pool::new(entropy, pool_size),
            entropy: entropy.into(),
            spawn_key: Vec::new(),
            n_children_spawned: 0,
        }
    }

    /// Returns NumPy's `SeedSequence(entropy, spawn_key=spawn_key, pool_size=pool_size)`.
    ///
    /// A pool of more than four words holds more than 128 bits of the entropy.
    ///
    /// # Errors
    ///
    /// [`RngError::Length`] if `pool_size` is less than 4.
    pub fn with_pool_size(
        entropy: impl Into<Entropy>,
        spawn_key: &[u64],
        pool_size: usize,
    ) -> Result<SeedSequence, RngError> {
        if pool_size < DEFAULT_POOL_SIZE {
            return Err(RngError::Length {
                name: "pool",
                found: pool_size,
                requires: "must be at least the default",
                expected: DEFAULT_POOL_SIZE,
            });
        }
        Ok(SeedSequence::root(entropy.into().words(), pool_size).child(spawn_key))
    }

    /// Returns the node that `path` leads to from here.
    ///
    /// `child(k)` is `spawn(k + 1)[k]` of NumPy's fresh sequence, without making the others;
    /// `child([i, k])` is `child(i).child(k)`.
    #[doc(alias = "spawn_key")]
    pub fn child(&self, path: impl SpawnPath) -> SeedSequence {
        let path = path.keys();
        let mut pool = self.pool.clone();
        let mut spawn_key = Vec::with_capacity(self.spawn_key.len() + path.len());
        spawn_key.extend_from_slice(&self.spawn_key);
        for &key in path {
            pool.absorb_key(key);
            spawn_key.push(key);
        }
        SeedSequence {
            entropy: self.entropy.clone(),
            spawn_key,
            pool,
            n_children_spawned: 0,
        }
    }

    /// Returns the next `n` children, counting on from those spawned before, as NumPy's `spawn`.
    ///
    /// The counter is the only state of a sequence; [`child`](Self::child) needs none.
    pub fn spawn(&mut self, n: usize) -> Vec<SeedSequence> {
        let first = self.n_children_spawned;
        self.n_children_spawned += n as u64;
        (first..self.n_children_spawned)
            .map(|key| self.child(key))
            .collect()
    }

    /// Returns the 32-bit words of the entropy, least significant first.
    pub fn entropy(&self) -> &[u32] {
        &self.entropy
    }

    /// Returns the path from the root to this node.
    pub fn spawn_key(&self) -> &[u64] {
        &self.spawn_key
    }

    /// Returns how many children [`spawn`](Self::spawn) has returned.
    pub fn n_children_spawned(&self) -> u64 {
        self.n_children_spawned
    }

    /// Returns the mixed words that [`generate_state_u32`](Self::generate_state_u32) expands.
    pub fn pool(&self) -> &[u32] {
        self.pool.words.as_slice()
    }

    /// Returns `n` words to seed a generator with: NumPy's `generate_state(n, uint32)`.
    #[doc(alias = "generate_state")]
    pub fn generate_state_u32(&self, n: usize) -> Vec<u32> {
        self.pool.states().take(n).collect()
    }

    /// Returns `n` words to seed a generator with: NumPy's `generate_state(n, uint64)`.
    #[doc(alias = "generate_state")]
    pub fn generate_state_u64(&self, n: usize) -> Vec<u64> {
        let mut words = vec![0; n];
        self.fill_state_u64(&mut words);
        words
    }

    pub(crate) fn fill_state_u32(&self, out: &mut [u32]) {
        for (slot, word) in out.iter_mut().zip(self.pool.states()) {
            *slot = word;
        }
    }

    pub(crate) fn fill_state_u64(&self, out: &mut [u64]) {
        let mut words = self.pool.states();
        out.fill_with(|| {
            let low = words.next().expect("a cycle has no end");
            let high = words.next().expect("a cycle has no end");
            u64::from(low) | u64::from(high) << 32
        });
    }
}

/// A path down the tree of seeds: one child index, or several from the top down.
pub trait SpawnPath {
    /// Returns the child indices, outermost first.
    fn keys(&self) -> &[u64];
}

impl SpawnPath for u64 {
    fn keys(&self) -> &[u64] {
        core::slice::from_ref(self)
    }
}

impl<const N: usize> SpawnPath for [u64; N] {
    fn keys(&self) -> &[u64] {
        self
    }
}

impl SpawnPath for &[u64] {
    fn keys(&self) -> &[u64] {
        self
    }
}

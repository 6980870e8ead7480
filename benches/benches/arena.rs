//! Freeing a block and allocating another of any size, among a thousand live ones: beside malloc, by one process and by two.

use std::hint::black_box;
use std::process::{Child, Command, Stdio};

use criterion::{Criterion, criterion_group};
use multiproc_segment::{Layout, Lifetime, Segment, SegmentName};
use multiproc_sync::{Arena, BlockId, Place};

/// The variable that makes this program the second process: what it shall do until it is killed.
const PARTNER: &str = "MULTIPROC_BENCH_ARENA";
const MALLOC: &str = "malloc";
const LEN: usize = 8 << 20;
const N_LIVE: usize = 1000;

/// A random index of a live block and a random length of its successor, up to 512 bytes.
#[derive(Debug)]
struct Choices(u64);

impl Choices {
    fn next(&mut self) -> (usize, usize) {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let index = (self.0 >> 32) as usize % N_LIVE;
        (index, self.0 as usize % 512 + 1)
    }
}

/// One block freed and another one made, in the arena.
fn in_arena(arena: &Arena) -> impl FnMut() {
    let mut choices = Choices(0x9e37_79b9_7f4a_7c15);
    let alloc = move |choices: &mut Choices| {
        let (index, len) = choices.next();
        (index, arena.alloc(len, 16).expect("room"))
    };
    let mut live: Vec<BlockId> = (0..N_LIVE).map(|_| alloc(&mut choices).1).collect();
    move || {
        let (index, id) = alloc(&mut choices);
        let old = std::mem::replace(&mut live[index], id);
        arena.free(old).expect("a live block");
    }
}

/// The same by malloc.
fn by_malloc() -> impl FnMut() {
    let mut choices = Choices(0x9e37_79b9_7f4a_7c15);
    let mut live: Vec<Vec<u8>> = (0..N_LIVE)
        .map(|_| Vec::with_capacity(choices.next().1))
        .collect();
    move || {
        let (index, len) = choices.next();
        live[index] = black_box(Vec::with_capacity(len));
    }
}

/// A second process that does what is measured, all the time; killed on drop.
#[derive(Debug)]
struct Partner(Child);

impl Partner {
    fn start(what: &str) -> Self {
        let mut command = Command::new("/proc/self/exe");
        command.env(PARTNER, what).stdout(Stdio::piped());
        let mut child = command.spawn().expect("this program, started again");
        let mut ready = [0];
        let stdout = child.stdout.as_mut().expect("a pipe");
        std::io::Read::read_exact(stdout, &mut ready).expect("a partner that begins");
        Self(child)
    }
}

impl Drop for Partner {
    fn drop(&mut self) {
        // Both fail only if it is gone already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn be_partner(what: &str) -> ! {
    let work = |mut step: Box<dyn FnMut()>| -> ! {
        // A whole line, which is sent at once.
        println!();
        loop {
            step();
        }
    };
    if what == MALLOC {
        work(Box::new(by_malloc()));
    }
    let name = SegmentName::new(what).expect("a valid name");
    let segment = Segment::open(&name).expect("the parent's segment");
    let arena = Box::leak(Box::new(attach(&segment)));
    work(Box::new(in_arena(arena)))
}

fn attach(segment: &Segment) -> Arena {
    Arena::attach(segment, Place::Payload(0)).expect("an arena")
}

fn alloc_and_free(criterion: &mut Criterion) {
    let name = format!("multiproc-bench-arena-{}", std::process::id());
    let name = SegmentName::new(&name).expect("a valid name");
    let create = || {
        Segment::create(&name, Layout::payload(LEN), Lifetime::LastUser, |segment| {
            Arena::init(segment, Place::Payload(0), LEN).map(drop)
        })
        .expect("room and a free name")
    };
    for (row, n_partners) in [("arena", 0), ("arena-2", 1)] {
        let segment = create();
        let arena = attach(&segment);
        let mut row = criterion.benchmark_group(row);
        let partner = |what: &str| (n_partners > 0).then(|| Partner::start(what));
        let both = partner(name.as_str());
        let mut step = in_arena(&arena);
        row.bench_function("ours", |bencher| bencher.iter(&mut step));
        drop(both);
        let both = partner(MALLOC);
        let mut step = by_malloc();
        row.bench_function("peer malloc", |bencher| bencher.iter(&mut step));
        drop(both);
    }
}

criterion_group! {
    name = rows;
    config = multiproc_benches::criterion();
    targets = alloc_and_free
}

fn main() {
    if let Ok(what) = std::env::var(PARTNER) {
        be_partner(&what);
    }
    rows();
    Criterion::default().configure_from_args().final_summary();
}

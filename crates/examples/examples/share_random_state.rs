//! "How to share NumPy random state between processes": its techniques, and the three wishes that it mixes.
//!
//! Each section checks what it prints against the numbers that NumPy gives one process alone.

use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use multiproc::rng::{AnySource, RandomState};
use multiproc::shared_rng::Split;
use multiproc::{Context, FillMethod, Pool, Replicated, Shared, SharedArray, fill_parallel, task};
use ndarray::Ix1;

/// `numpy.random.RandomState(42).random_sample(8)`, with six decimals.
const FIRST_EIGHT: &str = "0.37454 0.950714 0.731994 0.598658 0.156019 0.155995 0.058084 0.866176";
const N_WORKERS: usize = 4;

/// Two of the producer's numbers, by the item's place.
#[task]
fn receive(numbers: &SharedArray<f64, Ix1>, item: usize) -> Result<Vec<f64>, multiproc::Error> {
    Ok(numbers.read_part(2 * item..2 * item + 2)?.to_vec())
}

/// So many numbers of the one stream, at most ten at a time.
#[task]
fn draw(stream: &Shared<RandomState>, n: usize) -> Result<Vec<f64>, multiproc::Error> {
    let mut numbers = vec![0.0; n];
    for ten in numbers.chunks_mut(10) {
        stream.draw(|rng| rng.fill_random_sample(ten))?;
    }
    Ok(numbers)
}

/// What came through the queue, and which worker took it.
#[task]
fn consume(context: &mut Context, numbers: Vec<f64>) -> (usize, Vec<f64>) {
    (context.worker(), numbers)
}

/// So many numbers of the server's stream, or why there are none.
#[task]
fn request(server: SocketAddr, key: u64, n: u64) -> Result<Vec<f64>, io::Error> {
    let mut link = TcpStream::connect(server)?;
    link.write_all(&[key.to_le_bytes(), n.to_le_bytes()].concat())?;
    let mut bytes = vec![0; 8 * n as usize];
    link.read_exact(&mut bytes)?;
    let numbers = bytes.as_chunks().0.iter();
    Ok(numbers.map(|&bytes| f64::from_le_bytes(bytes)).collect())
}

/// Sends half a request and is gone.
#[task]
fn die_in_a_request(server: SocketAddr, key: u64) {
    let mut link = TcpStream::connect(server).expect("the server listens");
    link.write_all(&key.to_le_bytes()).expect("it reads");
    std::process::abort();
}

/// The first numbers of a copy of its own.
#[task]
fn repeat(state: &Replicated<RandomState>, n: usize) -> Vec<f64> {
    let mut rng = RandomState::clone(state);
    (0..n).map(|_| rng.random_sample()).collect()
}

/// The first number of the item's own stream.
#[task]
fn own(rng: &mut multiproc::Stream, context: &mut Context, seed: u64) -> f64 {
    let number = rng.random();
    assert_eq!(
        number,
        Split::new(seed).stream(context.item() as u64).random()
    );
    number
}

/// One process draws, the others receive: through an array, so that many numbers cost no copies.
fn single_process_generation(pool: &Pool) -> multiproc::Result<()> {
    let numbers = SharedArray::<f64, Ix1>::zeros(2 * N_WORKERS)?;
    let mut rng = RandomState::new(42);
    rng.fill_random_sample(numbers.write()?.as_slice_mut().expect("one axis"));
    let received = pool.map(receive, 0..N_WORKERS).arg(&numbers).run()?;
    let together = words(&received.concat());
    println!("one draws, four receive: {together}");
    assert_eq!(together, FIRST_EIGHT);
    Ok(())
}

/// The state lies in shared memory: who gets which number is open, all together get the first ones.
fn shared_memory(pool: &Pool) -> multiproc::Result<()> {
    let stream = Shared::new(RandomState::new(42))?;
    let drawn = pool.map(draw, [2; N_WORKERS]).chunk(1).arg(&stream).run()?;
    let together = words(&sorted(drawn.concat()));
    println!("all draw from one:       {together} (sorted)");
    assert_eq!(together, words(&sorted(first(8))));

    let stream = Shared::new(RandomState::new(42))?;
    let job = pool.map(draw, [100_000; N_WORKERS]).chunk(1).arg(&stream);
    let drawn = sorted(job.run()?.concat());
    assert_eq!(drawn, sorted(first(400_000)));
    println!(
        "                         4 x 100000 draws are the first {} of the stream",
        drawn.len()
    );
    Ok(())
}

/// One process draws and puts the numbers into a queue, which the pool's items are; each is taken once.
fn pipes_and_queues() -> multiproc::Result<()> {
    for n_consumers in [1, 3] {
        let pool = Pool::builder().processes(n_consumers).build()?;
        let mut rng = RandomState::new(42);
        let produced = (0..900).map(move |_| (0..10).map(|_| rng.random_sample()).collect());
        let mut shares = vec![0; n_consumers];
        let mut taken = Vec::new();
        for item in pool.map(consume, produced).iter()? {
            let (worker, numbers) = item?;
            shares[worker] += numbers.len();
            taken.extend(numbers);
        }
        assert_eq!(taken, first(9_000));
        let sum: f64 = taken.iter().sum();
        println!("through a queue:         {n_consumers} took {shares:?}, their sum is {sum:.6}");
    }
    Ok(())
}

/// A server owns the state and sends numbers to those who know the key.
fn over_the_network(pool: &Pool) -> Result<(), Box<dyn Error>> {
    const KEY: u64 = 0x5eed;
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let server = listener.local_addr()?;
    thread::spawn(move || {
        let mut rng = RandomState::new(42);
        for client in listener.incoming().flatten() {
            // A client that asks wrongly, dies or says nothing has no numbers; the others go on.
            let _ = answer(client, KEY, &mut rng);
        }
    });

    let refused = pool.map(request, [(server, KEY + 1, 2)]).each()?;
    assert!(refused[0].is_err());
    let died = pool.map(die_in_a_request, [(server, KEY)]).each()?;
    assert!(died[0].is_err());
    let drawn = pool
        .map(request, [(server, KEY, 2); N_WORKERS])
        .chunk(1)
        .run()?;
    let together = words(&sorted(drawn.concat()));
    println!("all ask a server:        {together} (sorted)");
    assert_eq!(together, words(&sorted(first(8))));
    Ok(())
}

/// Reads a request, a key and a number, and sends so many numbers.
fn answer(mut client: TcpStream, key: u64, rng: &mut RandomState) -> io::Result<()> {
    client.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut asked = [0; 16];
    client.read_exact(&mut asked)?;
    let [found, n] = [0, 8].map(|at| {
        let word = asked[at..at + 8].try_into();
        u64::from_le_bytes(word.expect("8 bytes"))
    });
    if found != key || n > 1_000_000 {
        return Ok(());
    }
    let numbers = (0..n).flat_map(|_| rng.random_sample().to_le_bytes());
    client.write_all(&numbers.collect::<Vec<u8>>())
}

/// Every process has the same numbers.
fn replicated(pool: &Pool) -> multiproc::Result<()> {
    let state = Replicated::new(RandomState::new(42))?;
    for numbers in pool.map(repeat, [3; N_WORKERS]).arg(&state).run()? {
        println!("each draws the same:     {}", words(&numbers));
        assert_eq!(words(&numbers), "0.37454 0.950714 0.731994");
    }
    Ok(())
}

/// Every item has numbers of its own: those of `SeedSequence(42).spawn(4)`.
fn split(pool: &Pool) -> multiproc::Result<()> {
    let numbers = pool.map(own, [42; N_WORKERS]).seed(42).run()?;
    println!("each draws its own:      {numbers:?}");
    let numpys = [
        0.9167441575549085,
        0.4674907799518424,
        0.07123920291270869,
        0.7639328676507445,
    ];
    assert_eq!(numbers, numpys);
    Ok(())
}

/// One array, filled by all with what one call would have filled it with.
fn exact_fill(pool: &Pool) -> multiproc::Result<()> {
    let n = 1_000_000;
    let (mut rng, mut alone) = (RandomState::new(42), RandomState::new(42));
    let array = SharedArray::<f64, Ix1>::zeros(n)?;
    fill_parallel(pool, FillMethod::standard_normal(), &mut rng, &array)?;
    let mut expected = vec![0.0; n];
    alone.fill_standard_normal(&mut expected);
    assert_eq!(array.read()?.as_slice(), Some(&expected[..]));
    assert_eq!(
        AnySource::from(rng).to_words(),
        AnySource::from(alone).to_words()
    );
    println!("all fill one array:      {n} normals and the state are those of one call");
    Ok(())
}

pub(crate) fn main() -> Result<(), Box<dyn Error>> {
    let pool = Pool::builder().processes(N_WORKERS).build()?;
    single_process_generation(&pool)?;
    shared_memory(&pool)?;
    pipes_and_queues()?;
    over_the_network(&pool)?;
    replicated(&pool)?;
    split(&pool)?;
    exact_fill(&pool)?;
    Ok(())
}

/// The first numbers of the stream, drawn by one process alone.
fn first(n: usize) -> Vec<f64> {
    let mut alone = RandomState::new(42);
    (0..n).map(|_| alone.random_sample()).collect()
}

fn sorted(mut numbers: Vec<f64>) -> Vec<f64> {
    numbers.sort_by(f64::total_cmp);
    numbers
}

/// Numbers with six decimals, without zeros at the end.
fn words(numbers: &[f64]) -> String {
    let words = numbers.iter().map(|x| format!("{x:.6}"));
    let words: Vec<String> = words
        .map(|word| word.trim_end_matches('0').to_owned())
        .collect();
    words.join(" ")
}

//! Two things, measured in turns, so that what else the machine does meets both.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

/// Turns of each side. Odd, so that one is in the middle.
const ROUNDS: usize = 31;

/// About how long one turn takes.
const TURN: Duration = Duration::from_millis(60);

/// What came out.
#[derive(Debug, Clone, Copy)]
pub struct Compared {
    /// Median time of one operation of the first side.
    pub first: Duration,
    /// Median time of one operation of the second side.
    pub second: Duration,
    /// Median, over the rounds, of first ÷ second.
    pub ratio: f64,
    /// Half of the rounds had a ratio between this
    pub low: f64,
    /// and this.
    pub high: f64,
}

/// Measures two sides. Each is asked for so many operations and does them.
pub fn compare(first: impl FnMut(u64), second: impl FnMut(u64)) -> Compared {
    compare_in(ROUNDS, first, second)
}

/// The same in fewer turns, for operations that take seconds. The number is odd, so that one is in the middle.
pub fn compare_in(turns: usize, mut first: impl FnMut(u64), mut second: impl FnMut(u64)) -> Compared {
    let (many_first, many_second) = (calibrate(&mut first), calibrate(&mut second));
    let mut rounds = Vec::with_capacity(turns);
    for _ in 0..turns {
        rounds.push((time(&mut first, many_first), time(&mut second, many_second)));
    }
    let mut ratios: Vec<_> = rounds.iter().map(|(first, second)| first / second).collect();
    ratios.sort_by(f64::total_cmp);
    let [low, ratio, high] = [1, 2, 3].map(|quarter| ratios[turns * quarter / 4]);
    let of = |side: fn(&(f64, f64)) -> f64| Duration::from_secs_f64(median(rounds.iter().map(side).collect()));
    Compared { first: of(|round| round.0), second: of(|round| round.1), ratio, low, high }
}

/// Pages that one operation faults in, by the kernel's count for this process.
pub fn faults(mut side: impl FnMut(u64)) -> Result<u64> {
    const TIMES: u64 = 1_000;
    side(TIMES);
    let before = faults_so_far()?;
    side(TIMES);
    Ok((faults_so_far()? - before) / TIMES)
}

/// Faults of this process that needed no disk: the tenth value of its line, the eighth behind its name.
fn faults_so_far() -> Result<u64> {
    let line = std::fs::read_to_string("/proc/self/stat")?;
    let (_, values) = line.rsplit_once(") ").context("the name ends")?;
    Ok(values.split(' ').nth(7).context("there are faults")?.parse()?)
}

/// How many operations take about one turn; warms up on the way.
fn calibrate(side: &mut impl FnMut(u64)) -> u64 {
    let mut many = 1;
    loop {
        let start = Instant::now();
        side(many);
        if start.elapsed() >= TURN / 2 {
            return many;
        }
        many *= 2;
    }
}

fn time(side: &mut impl FnMut(u64), many: u64) -> f64 {
    let start = Instant::now();
    side(many);
    start.elapsed().as_secs_f64() / many as f64
}

/// The value in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

//! What is printed: one line for each figure.

use std::fmt::Write as _;
use std::time::Duration;

use crate::measure::Compared;

/// The lines of the table.
#[derive(Debug, Default)]
pub struct Table(Vec<[String; 4]>);

impl Table {
    /// A ratio of two times.
    pub fn times(&mut self, what: &str, compared: Compared, note: &str) {
        let Compared { first, second, ratio, low, high } = compared;
        let sides = format!("{} ÷ {}", short(first), short(second));
        self.line(what, format!("{ratio:.2} ({low:.2}–{high:.2})"), sides, note);
    }

    /// A ratio of two rates, from the times that so many things take on either side. The first side is below the line.
    pub fn rates(&mut self, what: &str, compared: Compared, things: u64, note: &str) {
        let Compared { first, second, ratio, low, high } = compared;
        let rate = |time: Duration| format!("{:.0}/s", things as f64 / time.as_secs_f64());
        let sides = format!("{} ÷ {}", rate(second), rate(first));
        self.line(what, format!("{ratio:.2} ({low:.2}–{high:.2})"), sides, note);
    }

    /// A line of any kind.
    pub fn line(&mut self, what: &str, ratio: String, sides: String, note: &str) {
        eprintln!("{what}: {ratio} ({sides})");
        self.0.push([what.to_owned(), ratio, sides, note.to_owned()]);
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        let mut text = "| what | ratio | measured | |\n| --- | ---: | --- | --- |\n".to_owned();
        for [what, ratio, sides, note] in &self.0 {
            // Writing to memory does not fail.
            let _ = writeln!(text, "| {what} | {ratio} | {sides} | {note} |");
        }
        text
    }
}

/// A time with three digits.
pub fn short(time: Duration) -> String {
    let ns = time.as_nanos() as f64;
    match ns {
        ..1e3 => format!("{ns:.0} ns"),
        ..1e4 => format!("{:.2} µs", ns / 1e3),
        ..1e6 => format!("{:.1} µs", ns / 1e3),
        ..1e9 => format!("{:.2} ms", ns / 1e6),
        _ => format!("{:.2} s", ns / 1e9),
    }
}

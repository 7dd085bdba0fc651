//! What a component may look like: everything that is decided before anything is compiled.
//!
//! A component of 1.5 kB can cost a compiler twenty seconds and gigabytes. So its shape is read first, in
//! one pass over its bytes, without recursion on anything that its author controls.

mod contract;
mod cost;
mod inspect;
mod limits;
mod modules;
mod types;

pub(crate) use inspect::{Inspection, inspect, too_many_bytes, too_much_memory};
pub use limits::AdmissionLimits;

use signalsync_core::Refusal;

/// Longest part of a component's own text that a refusal repeats.
const SHOWN_CHARS_MAX: usize = 100;

/// A text out of a component, for a person: escaped and cut.
pub(crate) fn shown(text: &str) -> String {
    let cut: String = text.chars().take(SHOWN_CHARS_MAX).collect();
    let dots = if cut.len() < text.len() { "…" } else { "" };
    format!("`{}{dots}`", cut.escape_debug())
}

/// One figure is over its limit.
fn over(what: &str, found: u64, limit: u64, advice: &str) -> Refusal {
    Refusal::new("too-complex", format!("{what}: {found}, and at most {limit} are allowed; {advice}"))
}

/// Checks one figure against its limit.
fn within(what: &str, found: u64, limit: u64, advice: &str) -> Result<(), Refusal> {
    if found <= limit { Ok(()) } else { Err(over(what, found, limit, advice)) }
}

/// The bytes do not follow the format.
fn malformed(why: impl std::fmt::Display, offset: usize) -> Refusal {
    let why = shown(&why.to_string());
    Refusal::new(
        "malformed",
        format!(
            "the component is damaged or cut off at byte {offset}: {why}; build it again and upload the whole file"
        ),
    )
}

/// Valid WebAssembly that this host has switched off.
fn unsupported(what: &str, advice: &str) -> Refusal {
    Refusal::new("unsupported-feature", format!("the component uses {what}, which is switched off here; {advice}"))
}

/// How the parser's errors reach the developer.
fn broken(error: wasmparser::BinaryReaderError) -> Refusal {
    malformed(error.message(), error.offset())
}

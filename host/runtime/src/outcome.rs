//! How a call ended, in words that its developer understands.

use signalsync_core::{CallLimits, Failure};
use wasmtime::{Trap, WasmBacktrace};

/// Longest text about a trap.
const MESSAGE_BYTES_MAX: usize = 1 << 10;

/// Explains an error of wasmtime. `memory_denied`: the call was refused memory before.
pub(crate) fn explain(error: &wasmtime::Error, limits: &CallLimits, memory_denied: bool) -> Failure {
    match error.downcast_ref::<Trap>() {
        Some(Trap::OutOfFuel) => Failure::OutOfFuel { limit: limits.fuel },
        Some(Trap::Interrupt) => out_of_time(limits),
        _ if memory_denied => Failure::OutOfMemory { limit_bytes: limits.memory_bytes },
        Some(trap) => Failure::Trap { message: words(*trap), frames: frames(error) },
        None => Failure::Trap { message: bounded(&format!("{:#}", error.root_cause())), frames: frames(error) },
    }
}

/// The call's time was over.
pub(crate) fn out_of_time(limits: &CallLimits) -> Failure {
    Failure::OutOfTime { limit_ms: limits.wall_ms }
}

fn words(trap: Trap) -> String {
    match trap {
        Trap::StackOverflow => "the stack is full: a recursion is too deep or never ends".to_owned(),
        Trap::MemoryOutOfBounds => "an access outside of the memory".to_owned(),
        Trap::TableOutOfBounds => "an access outside of a table".to_owned(),
        Trap::IndirectCallToNull => "a call of a function pointer that is null".to_owned(),
        Trap::BadSignature => "a call of a function pointer of another type".to_owned(),
        Trap::IntegerOverflow => "an integer overflow".to_owned(),
        Trap::IntegerDivisionByZero => "a division by zero".to_owned(),
        Trap::BadConversionToInteger => "a conversion of a number that is no integer or too large".to_owned(),
        Trap::UnreachableCodeReached => {
            "the code gave up (an `unreachable` instruction): usually a panic, an abort or a failed assertion"
                .to_owned()
        }
        other => bounded(&other.to_string()),
    }
}

fn frames(error: &wasmtime::Error) -> Vec<String> {
    let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() else { return Vec::new() };
    backtrace
        .frames()
        .iter()
        .map(|frame| match frame.func_name() {
            Some(name) => bounded(&format!("{:#}", rustc_demangle::demangle(name))),
            None => format!("function {}", frame.func_index()),
        })
        .collect()
}

/// Guest-made text, without control characters and not longer than it is worth.
fn bounded(text: &str) -> String {
    let mut end = text.len().min(MESSAGE_BYTES_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

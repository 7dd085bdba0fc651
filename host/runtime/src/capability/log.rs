//! `log`: lines for the component's developer, bounded and harmless.

use std::fmt::Write as _;

use signalsync_core::LogLine;
use signalsync_core::execution::LogLevel;
use wasmtime::component::HasData;

use super::{Host, enter};
use crate::generated::log::{self, Level};
use crate::meter::CHEAP_CALL_FUEL;
use crate::state::CallState;

/// Lines that one call can leave.
pub(crate) const LINES_MAX: usize = 1_000;
/// Bytes of one line, escaped.
pub(crate) const LINE_BYTES_MAX: usize = 4 << 10;
/// Bytes of all lines of a call, escaped.
pub(crate) const LOG_BYTES_MAX: usize = 64 << 10;

/// The lines of one call.
#[derive(Debug, Default)]
pub(crate) struct LogBuffer {
    lines: Vec<LogLine>,
    bytes: usize,
    truncated: bool,
}

impl LogBuffer {
    /// Appends a line, or notes that one was dropped. A line that is cut counts as truncation too.
    pub(crate) fn push(&mut self, level: LogLevel, text: &str) {
        if self.truncated && (self.lines.len() >= LINES_MAX || self.bytes >= LOG_BYTES_MAX) {
            return;
        }
        let (message, whole) = escape(text, LINE_BYTES_MAX);
        self.truncated |= !whole;
        if self.lines.len() == LINES_MAX || self.bytes + message.len() > LOG_BYTES_MAX {
            self.truncated = true;
            return;
        }
        self.bytes += message.len();
        self.lines.push(LogLine { level, message });
    }

    /// The lines, and whether something is missing.
    pub(crate) fn finish(self) -> (Vec<LogLine>, bool) {
        (self.lines, self.truncated)
    }
}

/// The text with control characters written as escapes, at most `max` bytes, and whether it is whole.
/// A line can then neither colour a terminal nor pretend to be another record.
fn escape(text: &str, max: usize) -> (String, bool) {
    let mut line = String::with_capacity(text.len().min(max));
    for character in text.chars() {
        let before = line.len();
        if character == '\t' || !is_unsafe(character) {
            line.push(character);
        } else {
            let _ = write!(line, "{}", character.escape_unicode());
        }
        if line.len() > max {
            line.truncate(before);
            return (line, false);
        }
    }
    (line, true)
}

/// Control characters, and those that reorder or break the text around them.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

pub(crate) struct Log;

impl HasData for Log {
    type Data<'a> = &'a mut CallState;
}

impl log::Host for &mut CallState {}

impl log::HostWithStore<CallState> for Log {
    fn write(mut host: Host<'_, Self>, level: Level, message: String) -> wasmtime::Result<()> {
        enter(&mut host, CHEAP_CALL_FUEL, message.len())?;
        let level = match level {
            Level::Debug => LogLevel::Debug,
            Level::Info => LogLevel::Info,
            Level::Warn => LogLevel::Warn,
            Level::Error => LogLevel::Error,
        };
        host.get().log.push(level, &message);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_written_out() {
        assert_eq!(escape("a\u{1b}[31m\r\n\0b\tü", 100).0, "a\\u{1b}[31m\\u{d}\\u{a}\\u{0}b\tü");
        assert_eq!(escape("\u{202e}x", 100).0, "\\u{202e}x");
    }

    #[test]
    fn a_line_is_cut_between_characters() {
        assert_eq!(escape("üü", 3), ("ü".to_owned(), false));
        assert_eq!(escape("üü", 4), ("üü".to_owned(), true));
    }

    #[test]
    fn lines_and_bytes_are_bounded() {
        let mut log = LogBuffer::default();
        (0..=LINES_MAX).for_each(|_| log.push(LogLevel::Info, "x"));
        assert_eq!((log.lines.len(), log.truncated), (LINES_MAX, true));

        let mut log = LogBuffer::default();
        (0..16).for_each(|_| log.push(LogLevel::Info, &"x".repeat(LINE_BYTES_MAX)));
        assert_eq!((log.bytes, log.truncated), (LOG_BYTES_MAX, false));
        log.push(LogLevel::Info, "x");
        assert!(log.truncated);
    }
}

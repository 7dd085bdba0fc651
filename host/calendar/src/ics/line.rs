//! Content lines (RFC 5545, 3.1): unfolded, and taken apart into name, parameters and value.

use super::InvalidIcs;

/// Bytes of a name in the report.
const NAME_BYTES_MAX: usize = 60;

/// A line of a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Counted from 1.
    pub(super) number: usize,
    /// In capitals.
    pub(super) name: String,
    /// Names in capitals, values without quotes.
    parameters: Vec<(String, String)>,
    pub(super) value: String,
}

impl Line {
    /// The value of a parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn wrong(&self, what: impl Into<String>) -> InvalidIcs {
        InvalidIcs::new(self.number, what)
    }

    fn parse(number: usize, bytes: Vec<u8>) -> Result<Self, InvalidIcs> {
        let wrong = |what: &str| InvalidIcs::new(number, what);
        let text = String::from_utf8(bytes).map_err(|_| wrong("this is not UTF-8"))?;
        let mut parts = split(&text).ok_or_else(|| wrong("there is no `:` behind a name"))?.into_iter();
        let (name, value) = (parts.next().unwrap_or_default(), parts.next_back().unwrap_or_default());
        let is_name = |name: &str| {
            let bytes = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            (1..=NAME_BYTES_MAX).contains(&name.len()) && bytes
        };
        if !is_name(name) {
            return Err(wrong("a line begins with the name of a property"));
        }
        let parameters = parts.map(|part| {
            let (name, value) = part.split_once('=').filter(|(name, _)| is_name(name))?;
            Some((name.to_ascii_uppercase(), value.trim_matches('"').to_owned()))
        });
        let parameters = parameters.collect::<Option<Vec<_>>>().ok_or_else(|| wrong("a parameter is `NAME=value`"))?;
        Ok(Self { number, name: name.to_ascii_uppercase(), parameters, value: value.to_owned() })
    }
}

/// The name, the parameters and the value; quotes hide what separates them.
fn split(text: &str) -> Option<Vec<&str>> {
    let (mut parts, mut begin, mut quoted) = (Vec::new(), 0, false);
    for (place, byte) in text.bytes().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b';' | b':' if !quoted => {
                parts.push(&text[begin..place]);
                begin = place + 1;
                if byte == b':' {
                    parts.push(&text[begin..]);
                    return Some(parts);
                }
            }
            _ => {}
        }
    }
    None
}

/// The lines of a file. A line that begins with a space or a tab goes on with the one before it, even in the middle of a
/// character.
pub(super) struct Lines<'a> {
    rest: std::iter::Peekable<std::iter::Enumerate<std::slice::Split<'a, u8, fn(&u8) -> bool>>>,
}

impl<'a> Lines<'a> {
    pub(super) fn new(file: &'a [u8]) -> Self {
        let file = file.strip_prefix("\u{feff}".as_bytes()).unwrap_or(file);
        let is_end: fn(&u8) -> bool = |byte| *byte == b'\n';
        Self { rest: file.split(is_end).enumerate().peekable() }
    }
}

impl Iterator for Lines<'_> {
    type Item = Result<Line, InvalidIcs>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (index, first) = self.rest.next()?;
            let mut bytes = first.strip_suffix(b"\r").unwrap_or(first).to_vec();
            while let Some((_, [b' ' | b'\t', more @ ..])) =
                self.rest.next_if(|(_, next)| next.starts_with(b" ") || next.starts_with(b"\t"))
            {
                bytes.extend_from_slice(more.strip_suffix(b"\r").unwrap_or(more));
            }
            if !bytes.trim_ascii().is_empty() {
                return Some(Line::parse(index + 1, bytes));
            }
        }
    }
}

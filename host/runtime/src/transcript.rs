//! What a call observed, in order, so that it can be run again elsewhere.

use serde::Serialize;
use signalsync_core::execution::Observed;

/// Most bytes of answers that an execution record keeps. Behind it the record says that it is truncated.
pub(crate) const TRANSCRIPT_BYTES_MAX: usize = 256 << 10;

/// Answers of the host, bounded.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    observed: Vec<Observed>,
    bytes: usize,
    truncated: bool,
}

impl Transcript {
    /// Notes an answer that is a document.
    pub(crate) fn answer(&mut self, function: &str, answer: &impl Serialize) {
        if self.truncated {
            return;
        }
        match serde_json::to_string(answer) {
            Ok(answer) if self.has_room(answer.len()) => {
                self.observed.push(Observed::Answer { function: function.to_owned(), answer });
            }
            Ok(_) => {}
            Err(_) => self.truncated = true,
        }
    }

    /// Notes an answer that is bytes.
    pub(crate) fn bytes(&mut self, function: &str, answer: &[u8]) {
        if self.has_room(answer.len()) {
            self.observed.push(Observed::Bytes { function: function.to_owned(), answer: answer.to_vec() });
        }
    }

    /// The answers, and whether some are missing at the end.
    pub(crate) fn finish(self) -> (Vec<Observed>, bool) {
        (self.observed, self.truncated)
    }

    /// Makes room for an answer; behind one that does not fit there is room for none.
    fn has_room(&mut self, bytes: usize) -> bool {
        // 32 bytes stand for the name and the frame of an entry, so that empty answers are bounded too.
        self.bytes += bytes + 32;
        self.truncated |= self.bytes > TRANSCRIPT_BYTES_MAX;
        !self.truncated
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_keeps_its_order_and_its_bound() {
        let mut transcript = Transcript::default();
        transcript.answer("storage.get", &"a");
        transcript.bytes("files.read", &vec![0; TRANSCRIPT_BYTES_MAX - 35 - 32]);
        assert!(!transcript.truncated);
        transcript.answer("storage.get", &"b");
        transcript.answer("storage.get", &"c");
        let (observed, truncated) = transcript.finish();
        assert_eq!((observed.len(), truncated), (2, true));
    }
}

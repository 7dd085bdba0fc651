//! What a call observed, in order, so that it can be run again elsewhere; and the other way round, what a call is answered
//! that runs again.
//!
//! Every answer that depends on more than the call itself passes by here: what was answered is noted,
//! or, in a replay, found when the same is asked.

use serde::Serialize;
use serde::de::DeserializeOwned;
use signalsync_core::Digest;
use signalsync_core::execution::{Denial, Observed};

use crate::generated::types::Denied;

/// Most bytes of answers that an execution record keeps. Behind it the record says that it is truncated.
pub(crate) const TRANSCRIPT_BYTES_MAX: usize = 256 << 10;

/// Stands for the names and the frame of an entry, so that empty answers are bounded too.
const FRAME_BYTES: usize = 64;

/// Functions whose calls change something.
const CHANGING: [&str; 5] = ["storage.put", "storage.delete", "files.write", "files.delete", "http.send"];

/// A question to the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    function: &'static str,
    /// Stands for what the function was given.
    asked: String,
    /// The first thing that it was given, for people.
    about: String,
}

impl Question {
    /// With all that the function was given, in order.
    pub(crate) fn new(function: &'static str, given: &[&[u8]]) -> Self {
        let mut bytes = Vec::with_capacity(given.iter().map(|part| part.len() + 8).sum());
        for part in given {
            bytes.extend((part.len() as u64).to_le_bytes());
            bytes.extend(*part);
        }
        // Eight bytes: a mix-up within one call is not to be feared.
        let digest = Digest::of(&bytes).as_bytes().first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        let about = given.iter().take(2).map(|part| String::from_utf8_lossy(&part[..part.len().min(100)]).into_owned());
        let about = about.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/");
        Self { function, asked: format!("{digest:016x}"), about }
    }
}

/// Answers of the host, bounded.
#[derive(Debug, Default)]
pub(crate) struct Transcript {
    observed: Vec<Observed>,
    bytes: usize,
    truncated: bool,
    script: Option<Script>,
}

/// What a replay is answered.
#[derive(Debug)]
struct Script {
    /// What was not asked yet.
    left: Vec<Observed>,
    strayed: Option<String>,
}

/// How a replay went.
#[derive(Debug, Default)]
pub(crate) struct Played {
    pub(crate) strayed: Option<String>,
    pub(crate) left_out: Vec<String>,
}

/// Answers of one form, as they are kept.
pub(crate) trait Kept: Sized {
    fn keep(&self, question: Question) -> Option<Observed>;
    fn again(observed: Observed) -> Option<Self>;
}

/// Bytes, which are kept as they are.
pub(crate) struct Raw(pub(crate) Vec<u8>);

impl Kept for Raw {
    fn keep(&self, Question { function, asked, .. }: Question) -> Option<Observed> {
        Some(Observed::Bytes { function: function.to_owned(), asked, answer: self.0.clone() })
    }

    fn again(observed: Observed) -> Option<Self> {
        match observed {
            Observed::Bytes { answer, .. } => Some(Self(answer)),
            Observed::Answer { .. } | Observed::Refused { .. } => None,
        }
    }
}

impl<T: Serialize + DeserializeOwned> Kept for T {
    fn keep(&self, Question { function, asked, .. }: Question) -> Option<Observed> {
        let answer = serde_json::to_string(self).ok()?;
        Some(Observed::Answer { function: function.to_owned(), asked, answer })
    }

    fn again(observed: Observed) -> Option<Self> {
        match observed {
            Observed::Answer { answer, .. } => serde_json::from_str(&answer).ok(),
            Observed::Bytes { .. } | Observed::Refused { .. } => None,
        }
    }
}

impl Transcript {
    /// Of a replay: with what was observed at first.
    pub(crate) fn replaying(observed: Vec<Observed>) -> Self {
        Self { script: Some(Script { left: observed, strayed: None }), ..Self::default() }
    }

    /// In a replay, what was answered at first; none when the host has to be asked.
    ///
    /// # Errors
    /// The same was not asked at first. The call ends with it.
    pub(crate) fn played<T: Kept>(&mut self, question: &Question) -> wasmtime::Result<Option<Result<T, Denied>>> {
        self.script.as_mut().map(|script| script.answer(question)).transpose()
    }

    /// Notes what the host answered.
    pub(crate) fn note<T: Kept>(&mut self, question: Question, answer: &Result<T, Denied>) {
        if self.truncated {
            return;
        }
        let observed = match answer {
            Ok(answer) => answer.keep(question),
            Err(denied) => {
                let Question { function, asked, .. } = question;
                Some(Observed::Refused { function: function.to_owned(), asked, denial: kept(denied) })
            }
        };
        match observed {
            Some(observed) if self.has_room(size(&observed)) => self.observed.push(observed),
            Some(_) => {}
            None => self.truncated = true,
        }
    }

    /// The answers, and whether some are missing at the end.
    pub(crate) fn finish(self) -> (Vec<Observed>, bool) {
        (self.observed, self.truncated)
    }

    /// How a replay went.
    pub(crate) fn end(self) -> Played {
        let Some(Script { left, strayed }) = self.script else { return Played::default() };
        let functions = left.iter().map(|observed| observed.question().0);
        let left_out = functions.filter(|function| CHANGING.contains(function)).map(str::to_owned).collect();
        Played { strayed, left_out }
    }

    /// Makes room for an answer; behind one that does not fit there is room for none.
    fn has_room(&mut self, bytes: usize) -> bool {
        self.bytes += bytes + FRAME_BYTES;
        self.truncated |= self.bytes > TRANSCRIPT_BYTES_MAX;
        !self.truncated
    }
}

impl Script {
    /// The first answer to this question that was not given yet. Another order of questions is no difference: within one
    /// call, the same answers to the same.
    fn answer<T: Kept>(&mut self, question: &Question) -> wasmtime::Result<Result<T, Denied>> {
        let is_asked = |observed: &Observed| {
            let (function, asked) = observed.question();
            function == question.function && (asked.is_empty() || asked == question.asked)
        };
        let Some(at) = self.left.iter().position(is_asked) else { return Err(self.stray(question)) };
        match self.left.remove(at) {
            Observed::Refused { denial, .. } => Ok(Err(again(denial))),
            observed => T::again(observed).map(Ok).ok_or_else(|| self.stray(question)),
        }
    }

    fn stray(&mut self, question: &Question) -> wasmtime::Error {
        let Question { function, about, .. } = question;
        let strayed = format!("it calls `{function}` for `{about}`, which was not called like this at first");
        self.strayed = Some(strayed.clone());
        wasmtime::Error::msg(strayed)
    }
}

fn size(observed: &Observed) -> usize {
    match observed {
        Observed::Answer { answer, .. } => answer.len(),
        Observed::Bytes { answer, .. } => answer.len(),
        Observed::Refused { denial, .. } => match denial {
            Denial::NotGranted => 0,
            Denial::Invalid(text) | Denial::OverLimit(text) | Denial::Unavailable(text) => text.len(),
        },
    }
}

fn kept(denied: &Denied) -> Denial {
    match denied {
        Denied::NotGranted => Denial::NotGranted,
        Denied::Invalid(text) => Denial::Invalid(text.clone()),
        Denied::OverLimit(text) => Denial::OverLimit(text.clone()),
        Denied::Unavailable(text) => Denial::Unavailable(text.clone()),
    }
}

fn again(denial: Denial) -> Denied {
    match denial {
        Denial::NotGranted => Denied::NotGranted,
        Denial::Invalid(text) => Denied::Invalid(text),
        Denial::OverLimit(text) => Denied::OverLimit(text),
        Denial::Unavailable(text) => Denied::Unavailable(text),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn get(id: &str) -> Question {
        Question::new("storage.get", &[b"orders", id.as_bytes()])
    }

    #[test]
    fn a_transcript_keeps_its_order_and_its_bound() {
        let mut transcript = Transcript::default();
        let room = TRANSCRIPT_BYTES_MAX - "\"a\"".len() - 2 * FRAME_BYTES;
        transcript.note(get("1"), &Ok("a".to_owned()));
        transcript.note(Question::new("files.read", &[]), &Ok(Raw(vec![0; room])));
        assert!(!transcript.truncated);
        transcript.note(get("2"), &Ok("b".to_owned()));
        transcript.note(get("3"), &Ok("c".to_owned()));
        let (observed, truncated) = transcript.finish();
        assert_eq!((observed.len(), truncated), (2, true));
    }

    #[test]
    fn a_replay_is_answered_what_was_answered_to_the_same_question() {
        let mut first = Transcript::default();
        let put = || Question::new("storage.put", &[b"orders", b"1", b"{}"]);
        first.note(get("1"), &Ok(Some(("1".to_owned(), 7))));
        first.note(get("2"), &Ok(None::<(String, u64)>));
        first.note(get("1"), &Err::<Option<(String, u64)>, _>(Denied::Unavailable("later".to_owned())));
        first.note(put(), &Ok(()));
        let mut again = Transcript::replaying(first.finish().0);
        let mut ask = |id| again.played::<Option<(String, u64)>>(&get(id)).unwrap().unwrap();
        assert!(matches!(ask("2"), Ok(None)), "in another order");
        assert!(matches!(ask("1"), Ok(Some((id, 7))) if id == "1"));
        assert!(matches!(ask("1"), Err(Denied::Unavailable(_))), "the second time, what it was the second time");
        assert!(again.played::<Option<(String, u64)>>(&get("3")).is_err());
        let Played { strayed, left_out } = again.end();
        assert!(strayed.unwrap().contains("orders/3"));
        assert_eq!(left_out, ["storage.put"]);
    }

    #[test]
    fn what_runs_for_the_first_time_asks_the_host() {
        assert!(Transcript::default().played::<()>(&get("1")).unwrap().is_none());
    }
}

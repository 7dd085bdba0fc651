//! Effects in a row, of which those that were carried out are undone, last first, when one fails.

use serde::{Deserialize, Serialize};

use super::{Action, Event, RunMapping};
use crate::{Error, Json, document};

/// How far a saga has come.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// The next effect, forward or back.
    Next(Action),
    /// All is done.
    Done,
    /// What was done is undone.
    Undone {
        /// Why.
        reason: String,
        /// Ids of the steps that could not be undone: somebody has to look at them.
        left: Vec<String>,
    },
}

/// Effects in a row; part of a workflow's state. What has no way back is not undone.
///
/// ```
/// use signalsync_sdk::workflow::{Action, EffectDone, EffectFailed, Event, Progress, Saga};
///
/// let mut saga = Saga::new()
///     .step("reserve", "reserve-stock", &7).unwrap().undo("release-stock", &7).unwrap()
///     .step("charge", "charge-card", &7).unwrap();
/// let id = |progress| match progress {
///     Progress::Next(Action::RunMapping(effect)) => (effect.id, effect.mapping),
///     other => panic!("{other:?}"),
/// };
/// assert_eq!(id(saga.begin()), ("reserve".into(), "reserve-stock".into()));
/// let reserved = Event::EffectDone(EffectDone { id: "reserve".into(), data: "null".into() });
/// assert_eq!(id(saga.heard(&reserved).unwrap()), ("charge".into(), "charge-card".into()));
/// let failed = Event::EffectFailed(EffectFailed { id: "charge".into(), reason: "no money".into() });
/// assert_eq!(id(saga.heard(&failed).unwrap()), ("undo-reserve".into(), "release-stock".into()));
/// let released = Event::EffectDone(EffectDone { id: "undo-reserve".into(), data: "null".into() });
/// assert_eq!(saga.heard(&released), Some(Progress::Undone { reason: "no money".into(), left: vec![] }));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Saga {
    steps: Vec<Part>,
    /// How many were begun.
    begun: usize,
    /// Those that are done and not undone, in order.
    done: Vec<usize>,
    /// The id of the effect that goes on.
    waits_for: Option<String>,
    /// Why it goes back.
    reason: Option<String>,
    left: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Part {
    id: String,
    mapping: String,
    input: Json,
    undo: Option<(String, Json)>,
}

impl Saga {
    /// Nothing to do.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Progress, Saga};
    /// assert_eq!(Saga::new().begin(), Progress::Done);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an effect: its id (at most 58 bytes), and the mapping that carries it out.
    ///
    /// # Errors
    /// [`Error::Document`] when `input` cannot be written as JSON.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Saga;
    /// assert!(Saga::new().step("charge", "charge-card", &7).is_ok());
    /// ```
    pub fn step<T: Serialize + ?Sized>(mut self, id: &str, mapping: &str, input: &T) -> Result<Self, Error> {
        let input = document::write(input)?;
        self.steps.push(Part { id: id.to_owned(), mapping: mapping.to_owned(), input, undo: None });
        Ok(self)
    }

    /// The mapping that undoes the effect added last; its id is that of the effect behind `undo-`.
    ///
    /// # Errors
    /// [`Error::Document`] when `input` cannot be written as JSON.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Saga;
    /// assert!(Saga::new().step("charge", "charge-card", &7).unwrap().undo("refund-card", &7).is_ok());
    /// ```
    pub fn undo<T: Serialize + ?Sized>(mut self, mapping: &str, input: &T) -> Result<Self, Error> {
        let undo = (mapping.to_owned(), document::write(input)?);
        if let Some(step) = self.steps.last_mut() {
            step.undo = Some(undo);
        }
        Ok(self)
    }

    /// Begins with the first effect.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Progress, Saga};
    /// let mut saga = Saga::new().step("charge", "charge-card", &7).unwrap();
    /// assert!(matches!(saga.begin(), Progress::Next(_)));
    /// ```
    pub fn begin(&mut self) -> Progress {
        self.forward()
    }

    /// What the event means for the saga, and what to do next; none when it is about something else.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Event, Saga};
    /// assert_eq!(Saga::new().heard(&Event::Timer("t".into())), None);
    /// ```
    pub fn heard(&mut self, event: &Event) -> Option<Progress> {
        let (id, failed) = match event {
            Event::EffectDone(done) => (&done.id, None),
            Event::EffectFailed(failed) => (&failed.id, Some(&failed.reason)),
            _ => return None,
        };
        if self.waits_for.as_ref() != Some(id) {
            return None;
        }
        self.waits_for = None;
        match id.strip_prefix(UNDO) {
            Some(step) if self.reason.is_some() => self.left.extend(failed.map(|_| step.to_owned())),
            _ if failed.is_none() => self.done.push(self.begun - 1),
            _ => self.reason = self.reason.take().or_else(|| failed.cloned()),
        }
        Some(if self.reason.is_some() { self.back() } else { self.forward() })
    }

    /// Goes back, for example because the run is cancelled. None while an effect goes on: its end is waited for.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Progress, Saga};
    /// let undone = Progress::Undone { reason: "cancelled".into(), left: vec![] };
    /// assert_eq!(Saga::new().give_up("cancelled"), Some(undone));
    /// ```
    pub fn give_up(&mut self, reason: impl Into<String>) -> Option<Progress> {
        self.reason.get_or_insert_with(|| reason.into());
        if self.waits_for.is_some() { None } else { Some(self.back()) }
    }

    fn forward(&mut self) -> Progress {
        let Some(step) = self.steps.get(self.begun) else { return Progress::Done };
        let effect = RunMapping { id: step.id.clone(), mapping: step.mapping.clone(), input: step.input.clone() };
        self.begun += 1;
        self.next(effect)
    }

    fn back(&mut self) -> Progress {
        while let Some(step) = self.done.pop().and_then(|index| self.steps.get(index)) {
            if let Some((mapping, input)) = step.undo.clone() {
                let id = format!("{UNDO}{}", step.id);
                return self.next(RunMapping { id, mapping, input });
            }
        }
        Progress::Undone { reason: self.reason.clone().unwrap_or_default(), left: self.left.clone() }
    }

    fn next(&mut self, effect: RunMapping) -> Progress {
        self.waits_for = Some(effect.id.clone());
        Progress::Next(Action::RunMapping(effect))
    }
}

/// Stands before the id of an effect that undoes another one.
const UNDO: &str = "undo-";

//! A wait that ends: first somebody is reminded of it, or others are told, and at last it is over.

use serde::{Deserialize, Serialize};

use super::{Action, Event, Moment, Timer, Who};

/// What it means that a time has passed.
#[derive(Debug, Clone, PartialEq)]
pub enum Late {
    /// These people are to be told or asked; the action is the timer of the time that they have.
    Escalate(Who, Action),
    /// Nobody is left.
    Over,
}

/// A deadline with escalation; part of a workflow's state.
///
/// ```
/// use signalsync_sdk::workflow::{Action, Deadline, Event, Late, Moment, Timer, Who};
///
/// let mut deadline = Deadline::new("answer", Moment::days(2)).then(Who::Role("head".into()), Moment::days(1));
/// let timer = |at| Action::SetTimer(Timer { id: "answer".into(), at });
/// assert_eq!(deadline.begin(), timer(Moment::days(2)));
/// let due = Event::Timer("answer".into());
/// assert_eq!(deadline.heard(&due), Some(Late::Escalate(Who::Role("head".into()), timer(Moment::days(1)))));
/// assert_eq!(deadline.heard(&due), Some(Late::Over));
/// assert_eq!(deadline.heard(&Event::Timer("another".into())), None);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deadline {
    id: String,
    within: Moment,
    stages: Vec<(Who, Moment)>,
    passed: usize,
}

impl Deadline {
    /// A wait that is late after this time. The id is its timer's.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Deadline, Event, Late, Moment};
    /// let mut deadline = Deadline::new("answer", Moment::days(2));
    /// assert_eq!(deadline.heard(&Event::Timer("answer".into())), Some(Late::Over));
    /// ```
    pub fn new(id: &str, within: Moment) -> Self {
        Self { id: id.to_owned(), within, stages: Vec::new(), passed: 0 }
    }

    /// Goes to these people when the time before has passed, and gives them this long.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Deadline, Moment, Who};
    /// let deadline = Deadline::new("answer", Moment::days(2)).then(Who::Starter, Moment::hours(4));
    /// assert_ne!(deadline, Deadline::new("answer", Moment::days(2)));
    /// ```
    pub fn then(mut self, who: Who, within: Moment) -> Self {
        self.stages.push((who, within));
        self
    }

    /// Sets its first timer.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Action, Deadline, Moment};
    /// assert!(matches!(Deadline::new("answer", Moment::days(2)).begin(), Action::SetTimer(_)));
    /// ```
    pub fn begin(&self) -> Action {
        self.timer(self.within)
    }

    /// What the event means for the deadline; none when it is about something else.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Deadline, Event, Moment};
    /// assert_eq!(Deadline::new("answer", Moment::days(2)).heard(&Event::Cancel("enough".into())), None);
    /// ```
    pub fn heard(&mut self, event: &Event) -> Option<Late> {
        match event {
            Event::Timer(id) if *id == self.id => Some(self.pass()),
            _ => None,
        }
    }

    /// What was waited for has come: takes the timer back.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Action, Deadline, Moment};
    /// assert_eq!(Deadline::new("answer", Moment::days(2)).met(), Action::ClearTimer("answer".into()));
    /// ```
    pub fn met(&self) -> Action {
        Action::ClearTimer(self.id.clone())
    }

    fn pass(&mut self) -> Late {
        let Some((who, within)) = self.stages.get(self.passed).cloned() else { return Late::Over };
        self.passed += 1;
        Late::Escalate(who, self.timer(within))
    }

    fn timer(&self, at: Moment) -> Action {
        Action::SetTimer(Timer { id: self.id.clone(), at })
    }
}

//! Approval in levels: who has to say yes depends on an amount, and each is asked after the one before.

use serde::{Deserialize, Serialize};

use super::{Event, OpenTask, Who};

/// Who has to approve, by amount.
///
/// ```
/// use signalsync_sdk::workflow::{Levels, Who};
///
/// let (lead, board) = (Who::Role("lead".into()), Who::Role("board".into()));
/// let levels = Levels::new().above(100, lead.clone()).above(10_000, board.clone());
/// assert_eq!(levels.of(100), []);
/// assert_eq!(levels.of(101), [lead.clone()]);
/// assert_eq!(levels.of(10_001), [lead, board]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Levels(Vec<(u64, Who)>);

impl Levels {
    /// Nobody has to approve anything.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Levels;
    /// assert_eq!(Levels::new().of(u64::MAX), []);
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Amounts above this one need these people's approval too, after that of those before.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Levels, Who};
    /// assert_eq!(Levels::new().above(0, Who::Starter).of(1).len(), 1);
    /// ```
    pub fn above(mut self, amount: u64, who: Who) -> Self {
        self.0.push((amount, who));
        self
    }

    /// Who has to approve this amount, in order.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Levels, Who};
    /// assert_eq!(Levels::new().above(5, Who::Starter).of(5), []);
    /// ```
    pub fn of(&self, amount: u64) -> Vec<Who> {
        self.0.iter().filter(|(above, _)| amount > *above).map(|(_, who)| who.clone()).collect()
    }
}

/// What an approval has come to.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Those of the next level are to be asked.
    Next(OpenTask),
    /// All have approved.
    Approved,
    /// Somebody has not.
    Rejected,
}

/// An approval that goes on; part of a workflow's state.
///
/// ```
/// use signalsync_sdk::workflow::{Approval, Event, Levels, TaskDone, Verdict, Who};
///
/// let levels = Levels::new().above(0, Who::Role("lead".into())).above(10_000, Who::Role("board".into()));
/// let mut approval = Approval::new("approve", "yes", levels.of(20_000));
/// let first = approval.task().unwrap();
/// assert_eq!((first.id.as_str(), &first.people[..]), ("approve-1", &[Who::Role("lead".into())][..]));
///
/// let chosen = |id: &str, choice: &str| Event::TaskDone(TaskDone {
///     id: id.into(), step: "approve".into(), choice: choice.into(), data: "null".into(), by: "usr_1".into(), votes: vec![],
/// });
/// let Some(Verdict::Next(second)) = approval.heard(&chosen("approve-1", "yes")) else { panic!() };
/// assert_eq!(second.id, "approve-2");
/// assert_eq!(approval.heard(&chosen("approve-2", "yes")), Some(Verdict::Approved));
/// assert_eq!(approval.heard(&Event::Timer("approve-2".into())), None);
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Approval {
    step: String,
    /// Steps of the levels behind the first; the last one stands for all further levels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    behind: Vec<String>,
    yes: String,
    people: Vec<Who>,
    given: usize,
}

impl Approval {
    /// An approval by these people, each in a task of this step, of which one choice is the yes.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Approval;
    /// assert!(Approval::new("approve", "yes", vec![]).task().is_none());
    /// ```
    pub fn new(step: &str, yes: &str, people: Vec<Who>) -> Self {
        Self { step: step.to_owned(), behind: Vec::new(), yes: yes.to_owned(), people, given: 0 }
    }

    /// Gives the levels behind the first steps of their own; the last one is for all further levels. So each level can
    /// name those before it in [`Step::not_by`](super::Step::not_by) without naming itself, and who is asked at a level
    /// for the second time may answer.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Approval, Who};
    /// let approval = Approval::new("approve", "yes", vec![Who::Starter]).then(&["approve-finally"]);
    /// assert_eq!(approval.task().unwrap().step, "approve");
    /// ```
    pub fn then(mut self, steps: &[&str]) -> Self {
        self.behind.extend(steps.iter().map(|step| (*step).to_owned()));
        self
    }

    /// The task to open; none when nobody has to approve (any more). Its id is the step's with the number of the level.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Approval, Who};
    /// assert_eq!(Approval::new("approve", "yes", vec![Who::Starter]).task().unwrap().id, "approve-1");
    /// ```
    pub fn task(&self) -> Option<OpenTask> {
        let who = self.people.get(self.given)?;
        Some(OpenTask::new(self.step()).called(self.id()).ask(who.clone()))
    }

    /// What the event means for the approval; none when it is about something else.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Approval, Event};
    /// assert_eq!(Approval::new("approve", "yes", vec![]).heard(&Event::Timer("t".into())), None);
    /// ```
    pub fn heard(&mut self, event: &Event) -> Option<Verdict> {
        match event {
            Event::TaskDone(done) if done.id == self.id() && done.choice == self.yes => {
                self.given += 1;
                Some(self.task().map_or(Verdict::Approved, Verdict::Next))
            }
            Event::TaskDone(done) if done.id == self.id() => Some(Verdict::Rejected),
            _ => None,
        }
    }

    /// The step of the level that is asked now.
    fn step(&self) -> &str {
        let behind = self.given.checked_sub(1).map(|level| level.min(self.behind.len().saturating_sub(1)));
        behind.and_then(|level| self.behind.get(level)).unwrap_or(&self.step)
    }

    fn id(&self) -> String {
        format!("{}-{}", self.step(), self.given + 1)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::workflow::TaskDone;

    #[test]
    fn levels_have_the_steps_that_they_were_given() {
        let people = vec![Who::Starter, Who::Starter, Who::Starter, Who::Starter];
        let mut approval = Approval::new("lead", "yes", people).then(&["head", "board"]);
        let mut steps = Vec::new();
        while let Some(task) = approval.task() {
            steps.push((task.step.clone(), task.id.clone()));
            let (choice, data, by) = ("yes".to_owned(), "null".to_owned(), "usr_1".to_owned());
            let done = TaskDone { id: task.id, step: task.step, choice, data, by, votes: vec![] };
            approval.heard(&Event::TaskDone(done)).unwrap();
        }
        let steps: Vec<_> = steps.iter().map(|(step, id)| (step.as_str(), id.as_str())).collect();
        assert_eq!(steps, [("lead", "lead-1"), ("head", "head-2"), ("board", "board-3"), ("board", "board-4")]);
    }
}

//! What follows from an event.

use serde::Serialize;

use super::{Action, Child, Moment, Notify, OpenTask, Priority, RunMapping, SendSignal, Timer, Who};
use crate::{Error, document};

/// What a workflow decided: the state to remember, the status that people see, and what the host is to do.
///
/// At most 1,000 actions; an end is the last of them.
///
/// ```
/// use signalsync_sdk::workflow::Decision;
///
/// let decision = Decision::new("nothing to remember", "done").complete(&"All is well.").unwrap();
/// assert_eq!(decision.actions.len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Decision<S> {
    /// What the run remembers.
    pub state: S,
    /// Name of one of the definition's statuses: the one before, or one that a transition leads to.
    pub status: String,
    /// What the host is to do, in this order.
    pub actions: Vec<Action>,
}

impl<S> Decision<S> {
    /// A decision that asks for nothing.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Decision;
    /// assert!(Decision::new((), "waiting").actions.is_empty());
    /// ```
    pub fn new(state: S, status: impl Into<String>) -> Self {
        Self { state, status: status.into(), actions: Vec::new() }
    }

    /// Adds an action.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Action, Decision};
    /// let decision = Decision::new((), "waiting").with(Action::CloseTask("approve".into()));
    /// assert_eq!(decision.actions.len(), 1);
    /// ```
    pub fn with(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    /// Adds actions.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Action, Decision};
    /// let closed = ["a", "b"].map(|id| Action::CloseTask(id.into()));
    /// assert_eq!(Decision::new((), "waiting").with_all(closed).actions.len(), 2);
    /// ```
    pub fn with_all(mut self, actions: impl IntoIterator<Item = Action>) -> Self {
        self.actions.extend(actions);
        self
    }

    /// The same with another state: for a version of a workflow that remembers more than the one before.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Decision;
    /// assert_eq!(Decision::new(1, "waiting").map(Some), Decision::new(Some(1), "waiting"));
    /// ```
    pub fn map<T>(self, with: impl FnOnce(S) -> T) -> Decision<T> {
        Decision { state: with(self.state), status: self.status, actions: self.actions }
    }

    /// Asks people.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Decision, OpenTask};
    /// assert_eq!(Decision::new((), "waiting").open(OpenTask::new("approve")).actions.len(), 1);
    /// ```
    pub fn open(self, task: OpenTask) -> Self {
        self.with(Action::OpenTask(task))
    }

    /// Closes the open task with this id; nothing when there is none.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Decision;
    /// assert_eq!(Decision::new((), "waiting").close("approve").actions.len(), 1);
    /// ```
    pub fn close(self, id: impl Into<String>) -> Self {
        self.with(Action::CloseTask(id.into()))
    }

    /// Wakes the run later, with [`Event::Timer`](super::Event::Timer); a timer with the same id is replaced.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Decision, Moment};
    /// assert_eq!(Decision::new((), "waiting").timer("reminder", Moment::days(1)).actions.len(), 1);
    /// ```
    pub fn timer(self, id: impl Into<String>, at: Moment) -> Self {
        self.with(Action::SetTimer(Timer { id: id.into(), at }))
    }

    /// Lets a timer not come.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Decision;
    /// assert_eq!(Decision::new((), "waiting").clear_timer("reminder").actions.len(), 1);
    /// ```
    pub fn clear_timer(self, id: impl Into<String>) -> Self {
        self.with(Action::ClearTimer(id.into()))
    }

    /// Tells people, by a template of the definition.
    ///
    /// # Errors
    /// [`Error::Document`] when `data` cannot be written as JSON.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Decision, Who};
    /// assert!(Decision::new((), "waiting").notify(vec![Who::Starter], "please-approve", &250).is_ok());
    /// ```
    pub fn notify<T: Serialize + ?Sized>(
        self,
        to: Vec<Who>,
        template: impl Into<String>,
        data: &T,
    ) -> Result<Self, Error> {
        let notify = Notify { to, template: template.into(), data: document::write(data)? };
        Ok(self.with(Action::Notify(notify)))
    }

    /// Runs a mapping of the definition; its end arrives as [`Event::EffectDone`](super::Event::EffectDone) or
    /// [`Event::EffectFailed`](super::Event::EffectFailed) with this id.
    ///
    /// # Errors
    /// [`Error::Document`] when `input` cannot be written as JSON.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Decision;
    /// assert!(Decision::new((), "waiting").run_mapping("order", "erp-order", &7).is_ok());
    /// ```
    pub fn run_mapping<T: Serialize + ?Sized>(
        self,
        id: impl Into<String>,
        mapping: impl Into<String>,
        input: &T,
    ) -> Result<Self, Error> {
        let effect = RunMapping { id: id.into(), mapping: mapping.into(), input: document::write(input)? };
        Ok(self.with(Action::RunMapping(effect)))
    }

    /// Starts a run of another workflow; its end arrives as [`Event::ChildEnded`](super::Event::ChildEnded) with this id.
    ///
    /// # Errors
    /// [`Error::Document`] when `input` cannot be written as JSON.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Decision;
    /// assert!(Decision::new((), "waiting").start_child("first", "delivery", Some("d-1"), &7).is_ok());
    /// ```
    pub fn start_child<T: Serialize + ?Sized>(
        self,
        id: impl Into<String>,
        workflow: impl Into<String>,
        key: Option<&str>,
        input: &T,
    ) -> Result<Self, Error> {
        let (key, input) = (key.map(str::to_owned), document::write(input)?);
        Ok(self.with(Action::StartChild(Child { id: id.into(), workflow: workflow.into(), key, input })))
    }

    /// Asks a child to end; nothing when there is none with this id.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Decision;
    /// assert_eq!(Decision::new((), "waiting").cancel_child("first").actions.len(), 1);
    /// ```
    pub fn cancel_child(self, id: impl Into<String>) -> Self {
        self.with(Action::CancelChild(id.into()))
    }

    /// Tells the run of a workflow that has this business key; kept for 30 days for one that begins later.
    ///
    /// # Errors
    /// [`Error::Document`] when `data` cannot be written as JSON.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Decision;
    /// assert!(Decision::new((), "waiting").signal("delivery", "d-1", "paid", &()).is_ok());
    /// ```
    pub fn signal<T: Serialize + ?Sized>(
        self,
        workflow: impl Into<String>,
        key: impl Into<String>,
        name: impl Into<String>,
        data: &T,
    ) -> Result<Self, Error> {
        let (workflow, key, name) = (workflow.into(), key.into(), name.into());
        Ok(self.with(Action::SendSignal(SendSignal { workflow, key, name, data: document::write(data)? })))
    }

    /// Ends the run well, with this result.
    ///
    /// # Errors
    /// [`Error::Document`] when `result` cannot be written as JSON.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Decision;
    /// assert_eq!(Decision::new((), "done").complete(&"Approved.").unwrap().actions.len(), 1);
    /// ```
    pub fn complete<T: Serialize + ?Sized>(self, result: &T) -> Result<Self, Error> {
        let result = document::write(result)?;
        Ok(self.with(Action::Complete(result)))
    }

    /// Ends the run badly; the text is the reason, at most 4 KiB.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Decision;
    /// assert_eq!(Decision::new((), "failed").fail("The order is gone.").actions.len(), 1);
    /// ```
    pub fn fail(self, reason: impl Into<String>) -> Self {
        self.with(Action::Fail(reason.into()))
    }
}

impl OpenTask {
    /// A task of this step, called as the step, for the step's role, with nothing to show.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::OpenTask;
    /// assert_eq!(OpenTask::new("approve").id, "approve");
    /// ```
    pub fn new(step: &str) -> Self {
        Self {
            id: step.to_owned(),
            step: step.to_owned(),
            people: Vec::new(),
            due: None,
            priority: Priority::Normal,
            data: "null".to_owned(),
        }
    }

    /// A name of its own, for several open tasks of one step.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::OpenTask;
    /// assert_eq!(OpenTask::new("approve").called("approve-2").id, "approve-2");
    /// ```
    pub fn called(self, id: impl Into<String>) -> Self {
        Self { id: id.into(), ..self }
    }

    /// Asks these people instead of the step's role; call it again for more, at most 100.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{OpenTask, Who};
    /// assert_eq!(OpenTask::new("approve").ask(Who::Starter).people, [Who::Starter]);
    /// ```
    pub fn ask(mut self, who: Who) -> Self {
        self.people.push(who);
        self
    }

    /// When it is due, instead of the step's.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Moment, OpenTask};
    /// assert!(OpenTask::new("approve").due(Moment::hours(4)).due.is_some());
    /// ```
    pub fn due(self, due: Moment) -> Self {
        Self { due: Some(due), ..self }
    }

    /// How urgent it is.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{OpenTask, Priority};
    /// assert_eq!(OpenTask::new("approve").priority(Priority::High).priority, Priority::High);
    /// ```
    pub fn priority(self, priority: Priority) -> Self {
        Self { priority, ..self }
    }

    /// What is shown, and what the form begins with.
    ///
    /// # Errors
    /// [`Error::Document`] when `data` cannot be written as JSON.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::OpenTask;
    /// assert_eq!(OpenTask::new("approve").data(&250).unwrap().data, "250");
    /// ```
    pub fn data<T: Serialize + ?Sized>(self, data: &T) -> Result<Self, Error> {
        Ok(Self { data: document::write(data)?, ..self })
    }
}

//! What happens next?

use std::fmt::Display;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bindings::workflow as wit;
pub use crate::bindings::workflow::{
    Action, Child, Choice, Definition, EffectDone, EffectFailed, Event, Notify, OpenTask, Role, RunMapping, Signalled,
    Status, Step, TaskDone, Timer, Transition,
};
use crate::host::{Current, Host};
use crate::{Error, Timestamp, document};

/// A process with people in it: a picture of itself, and what to do about each event.
///
/// ```
/// use signalsync_sdk::workflow::{Action, Decision, Definition, Event, Workflow};
/// use signalsync_sdk::{testing::Run, workflow};
///
/// struct Approval;
///
/// impl Workflow for Approval {
///     type State = u64;
///     type Error = String;
///
///     fn definition() -> Definition {
///         Definition::new("approval", "Approval of an order")
///             .status("waiting", "Waiting", "yellow")
///             .status("approved", "Approved", "green")
///             .role("manager", "Manager")
///             .step("approve", "Approve the order", "manager", &[("yes", "Approve"), ("no", "Reject")])
///             .transition("waiting", "approved", "Approve")
///     }
///
///     fn advance(state: Option<u64>, event: Event) -> Result<Decision<u64>, String> {
///         Ok(match event {
///             Event::Started(_) => {
///                 let amount = event.data()?;
///                 Decision::new(amount, "waiting").open_task("approve", &amount)?
///             }
///             Event::TaskDone(task) if task.choice == "yes" => {
///                 Decision::new(state.unwrap_or(0), "approved").complete("approved")
///             }
///             _ => Decision::new(state.unwrap_or(0), "waiting"),
///         })
///     }
/// }
///
/// workflow!(Approval);
///
/// # fn main() {
/// let mut run = Run::<Approval>::new();
/// assert_eq!(run.start(&250).unwrap().status, "waiting");
/// let decision = run.finish_task("approve", "yes", &()).unwrap();
/// assert_eq!(decision.actions, [Action::Complete("approved".into())]);
/// # }
/// ```
pub trait Workflow {
    /// What a run remembers between its events; stored as JSON.
    type State: Serialize + DeserializeOwned;

    /// Why an event could not be dealt with, for the developer; the run keeps its state.
    type Error: Display;

    /// The picture of the process, asked for once at upload, with empty settings and no grants.
    fn definition() -> Definition;

    /// What follows from one event of a run. `state` is what the last decision held; none for the first event.
    ///
    /// # Errors
    /// For the developer; the run keeps its state.
    fn advance(state: Option<Self::State>, event: Event) -> Result<Decision<Self::State>, Self::Error>;
}

/// What a workflow decided: the state to remember, the status that people see, and what the host is to do.
///
/// At most 1,000 actions.
///
/// ```
/// use signalsync_sdk::workflow::Decision;
///
/// let decision = Decision::new("nothing to remember", "done").complete("All is well.");
/// assert_eq!(decision.actions.len(), 1);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Decision<S> {
    /// What the run remembers.
    pub state: S,
    /// Name of one of the definition's statuses.
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
    /// let decision = Decision::new((), "waiting").with(Action::CloseTasks("approve".into()));
    /// assert_eq!(decision.actions.len(), 1);
    /// ```
    pub fn with(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    /// Asks anybody in the step's role to do it. Use [`Decision::with`] to name a person or a date.
    ///
    /// # Errors
    /// [`Error::Document`] when `data` cannot be written as JSON.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Decision;
    /// assert!(Decision::new((), "waiting").open_task("approve", &250).is_ok());
    /// ```
    pub fn open_task<T: Serialize + ?Sized>(self, step: impl Into<String>, data: &T) -> Result<Self, Error> {
        let task = OpenTask { step: step.into(), assignee: None, due: None, data: document::write(data)? };
        Ok(self.with(Action::OpenTask(task)))
    }

    /// Wakes the run at a time; a timer with the same id is replaced.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Decision;
    /// assert_eq!(Decision::new((), "waiting").set_timer("reminder", 1_700_000_000_000).actions.len(), 1);
    /// ```
    pub fn set_timer(self, id: impl Into<String>, at: Timestamp) -> Self {
        self.with(Action::SetTimer(Timer { id: id.into(), at }))
    }

    /// Tells everybody in a role, by a template.
    ///
    /// # Errors
    /// [`Error::Document`] when `data` cannot be written as JSON.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Decision;
    /// assert!(Decision::new((), "waiting").notify("manager", "please-approve", &250).is_ok());
    /// ```
    pub fn notify<T: Serialize + ?Sized>(
        self,
        role: impl Into<String>,
        template: impl Into<String>,
        data: &T,
    ) -> Result<Self, Error> {
        let notify = Notify { role: role.into(), template: template.into(), data: document::write(data)? };
        Ok(self.with(Action::Notify(notify)))
    }

    /// Runs a mapping; its end arrives as [`Event::EffectDone`] or [`Event::EffectFailed`] with this id.
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

    /// Ends the run well; the text is its result for people.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Decision;
    /// assert_eq!(Decision::new((), "done").complete("Approved.").actions.len(), 1);
    /// ```
    pub fn complete(self, result: impl Into<String>) -> Self {
        self.with(Action::Complete(result.into()))
    }

    /// Ends the run badly; the text is the reason.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Decision;
    /// assert_eq!(Decision::new((), "failed").fail("The order is gone.").actions.len(), 1);
    /// ```
    pub fn fail(self, reason: impl Into<String>) -> Self {
        self.with(Action::Fail(reason.into()))
    }
}

impl Definition {
    /// A process without statuses, roles and steps. Names and ids are `[a-z][a-z0-9-]{0,62}`, labels 1 to
    /// 200 bytes; each list holds at most 200.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Definition;
    /// assert_eq!(Definition::new("approval", "Approval").name, "approval");
    /// ```
    pub fn new(name: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            label: label.into(),
            input_form: None,
            statuses: Vec::new(),
            roles: Vec::new(),
            steps: Vec::new(),
            transitions: Vec::new(),
        }
    }

    /// Names the form that starts a run.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Definition;
    /// assert!(Definition::new("approval", "Approval").input_form("order").input_form.is_some());
    /// ```
    pub fn input_form(self, form: impl Into<String>) -> Self {
        Self { input_form: Some(form.into()), ..self }
    }

    /// Adds a status; `color` is one of `gray`, `blue`, `green`, `yellow`, `orange`, `red`.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Definition;
    /// assert_eq!(Definition::new("approval", "Approval").status("open", "Open", "blue").statuses.len(), 1);
    /// ```
    pub fn status(mut self, name: &str, label: &str, color: &str) -> Self {
        self.statuses.push(Status { name: name.into(), label: label.into(), color: color.into() });
        self
    }

    /// Adds somebody who can be asked, by a name that the tenant binds to people.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Definition;
    /// assert_eq!(Definition::new("approval", "Approval").role("manager", "Manager").roles.len(), 1);
    /// ```
    pub fn role(mut self, name: &str, label: &str) -> Self {
        self.roles.push(Role { name: name.into(), label: label.into() });
        self
    }

    /// Adds work for a person in `role`, with the ways out of it as id and label.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Definition;
    /// let definition = Definition::new("approval", "Approval").step("approve", "Approve", "manager", &[("yes", "Yes")]);
    /// assert_eq!(definition.steps[0].choices[0].id, "yes");
    /// ```
    pub fn step(mut self, id: &str, label: &str, role: &str, choices: &[(&str, &str)]) -> Self {
        let choices = choices.iter().map(|(id, label)| Choice { id: (*id).into(), label: (*label).into() }).collect();
        self.steps.push(Step { id: id.into(), label: label.into(), role: role.into(), form: None, choices });
        self
    }

    /// Adds a way that a run can take between two statuses or steps.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Definition;
    /// assert_eq!(Definition::new("approval", "Approval").transition("a", "b", "On").transitions.len(), 1);
    /// ```
    pub fn transition(mut self, from: &str, to: &str, label: &str) -> Self {
        self.transitions.push(Transition { from: from.into(), to: to.into(), label: label.into() });
        self
    }
}

impl Event {
    /// The document that the event brings: a run's input, a task's or effect's result, a signal's data.
    ///
    /// # Errors
    /// [`Error::Document`] when it does not fit `T`; an event without a document reads as `null`.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::Event;
    /// assert_eq!(Event::Started("7".into()).data::<u8>(), Ok(7));
    /// ```
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, Error> {
        document::parse(match self {
            Self::Started(data) => data,
            Self::TaskDone(done) => &done.data,
            Self::EffectDone(done) => &done.data,
            Self::Signal(signal) => &signal.data,
            Self::Timer(_) | Self::EffectFailed(_) | Self::Cancelled(_) => "null",
        })
    }
}

/// The body of the export `describe`.
#[doc(hidden)]
pub fn describe(definition: impl FnOnce() -> Definition) -> Definition {
    Current::enter();
    definition()
}

/// The body of the export `advance`.
#[doc(hidden)]
pub fn advance<S: Serialize + DeserializeOwned, E: Display>(
    advance: impl FnOnce(Option<S>, Event) -> Result<Decision<S>, E>,
    state: Option<String>,
    event: Event,
) -> Result<wit::Decision, String> {
    Current::enter();
    let state = state.map(|state| document::parse(&state)).transpose()?;
    let Decision { state, status, actions } = advance(state, event).map_err(|error| error.to_string())?;
    Ok(wit::Decision { state: document::write(&state)?, status, actions })
}

/// Makes the crate a workflow component of this type, or of two functions.
///
/// Give it a type that implements [`Workflow`](crate::workflow::Workflow), or the two functions alone:
///
/// ```
/// use signalsync_sdk::workflow;
/// use signalsync_sdk::workflow::{Decision, Definition, Event};
///
/// workflow!(describe = picture, advance = step);
///
/// fn picture() -> Definition {
///     Definition::new("counter", "Counts its events").status("counting", "Counting", "blue")
/// }
///
/// fn step(count: Option<u32>, _: Event) -> Result<Decision<u32>, String> {
///     Ok(Decision::new(count.unwrap_or(0) + 1, "counting"))
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! workflow {
    (describe = $describe:expr, advance = $advance:expr $(,)?) => {
        const _: () = {
            struct Component;
            impl $crate::__private::workflow::Guest for Component {
                fn describe() -> $crate::workflow::Definition {
                    $crate::__private::describe($describe)
                }
                fn advance(
                    state: ::core::option::Option<$crate::Json>,
                    event: $crate::workflow::Event,
                ) -> ::core::result::Result<$crate::__private::workflow::Decision, ::std::string::String> {
                    $crate::__private::advance($advance, state, event)
                }
            }
    $crate::__private::workflow::export!(Component with_types_in $crate::__private::workflow);
        };
    };
    ($workflow:ty) => {
        $crate::workflow! {
            describe = <$workflow as $crate::workflow::Workflow>::definition,
            advance = <$workflow as $crate::workflow::Workflow>::advance
        }
    };
}

//! What happens next?
//!
//! A workflow is a type with three answers ([`Workflow`]): what it is, what follows from its start, and what follows from
//! everything after that. Its state is a type of your own, usually an enum; what happens is an [`Event`], what the host is to
//! do an [`Action`], and both together make a [`Decision`].
//!
//! Shapes that many processes need are small types that are part of the state: [`Approval`] in levels, [`Deadline`] with
//! escalation, [`Join`] of parallel branches, [`Saga`] with compensation, [`Rounds`] that end. Four eyes are said in the
//! definition ([`Step::not_by`]), because the host holds people to it.
//!
//! `testing::Run` plays a whole run natively, with a clock that stands still until it is told to move.

mod approval;
mod deadline;
mod decision;
mod definition;
mod event;
mod join;
mod rounds;
mod saga;

use std::fmt::Display;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bindings::workflow as wit;
pub use crate::bindings::workflow::signalsync::workflow::types::{
    Action, Child, ChildEnded, Choice, Definition, EffectDone, EffectFailed, Event, Leaning, Moment, Notify, OpenTask,
    Priority, Role, RunMapping, SendSignal, ServiceLevel, ServiceLevelReached, Signalled, Signing, Started, Status,
    Step, TaskDone, TaskDue, Timer, Transition, Turn, Vote, Who,
};
use crate::document;
use crate::host::{Current, Host};
pub use approval::{Approval, Levels, Verdict};
pub use deadline::{Deadline, Late};
pub use decision::Decision;
pub use definition::Color;
pub use join::Join;
pub use rounds::{Exhausted, Rounds};
pub use saga::{Progress, Saga};

/// A process with people in it: a picture of itself, and what to do about each event.
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use signalsync_sdk::workflow::{Color, Decision, Definition, Event, OpenTask, Started, Step, Workflow};
/// use signalsync_sdk::{Error, testing::Run, workflow};
///
/// struct Approval;
///
/// #[derive(Serialize, Deserialize)]
/// enum State {
///     Waiting { amount: u64 },
///     Approved,
/// }
///
/// impl Workflow for Approval {
///     type State = State;
///     type Error = Error;
///
///     fn definition() -> Definition {
///         Definition::new("approval", "Approval of an order")
///             .status("waiting", "Waiting", Color::Yellow)
///             .status("approved", "Approved", Color::Green)
///             .role("manager", "Manager")
///             .step(Step::new("approve", "Approve the order", "manager").positive("yes", "Approve"))
///             .transition("waiting", "approved", "Approve")
///     }
///
///     fn start(started: Started) -> Result<Decision<State>, Error> {
///         let amount = started.data()?;
///         let task = OpenTask::new("approve").data(&amount)?;
///         Ok(Decision::new(State::Waiting { amount }, "waiting").open(task))
///     }
///
///     fn advance(state: State, event: Event) -> Result<Decision<State>, Error> {
///         match (state, event) {
///             (State::Waiting { amount }, Event::TaskDone(_)) => {
///                 Decision::new(State::Approved, "approved").complete(&amount)
///             }
///             (state, Event::Cancel(reason)) => Ok(Decision::new(state, "waiting").fail(reason)),
///             (state, _) => Ok(Decision::new(state, "waiting")),
///         }
///     }
/// }
///
/// workflow!(Approval);
///
/// # fn main() {
/// let mut run = Run::<Approval>::new();
/// run.start(&250).unwrap();
/// assert_eq!((run.status(), run.tasks()), ("waiting", vec!["approve"]));
/// run.finish("approve", "yes", &()).unwrap();
/// assert_eq!(run.result::<u64>(), Some(250));
/// # }
/// ```
pub trait Workflow {
    /// What a run remembers between its events; stored as JSON, at most 256 KiB.
    type State: Serialize + DeserializeOwned;

    /// Why an event could not be dealt with, for the developer; the run keeps its state, and becomes an incident.
    type Error: Display;

    /// The picture of the process, asked for once at upload, with empty settings and no grants.
    fn definition() -> Definition;

    /// What follows from the start of a run.
    ///
    /// # Errors
    /// For the developer; the run becomes an incident.
    fn start(started: Started) -> Result<Decision<Self::State>, Self::Error>;

    /// What follows from an event of a run. `state` is what the last decision held. The same state and event must lead to
    /// the same decision, whenever it is asked for.
    ///
    /// # Errors
    /// For the developer; the run keeps its state, and becomes an incident.
    fn advance(state: Self::State, event: Event) -> Result<Decision<Self::State>, Self::Error>;
}

/// The body of the export `describe`.
#[doc(hidden)]
pub fn describe<W: Workflow>() -> Definition {
    Current::enter();
    W::definition()
}

/// The body of the export `advance`.
#[doc(hidden)]
pub fn advance<W: Workflow>(state: Option<String>, event: Event) -> Result<wit::Decision, String> {
    Current::enter();
    let decision = match (state, event) {
        (None, Event::Started(started)) => W::start(started),
        (None, _) => return Err("the first event of a run is its start".to_owned()),
        (Some(state), event) => W::advance(document::parse(&state)?, event),
    };
    let Decision { state, status, actions } = decision.map_err(|error| error.to_string())?;
    Ok(wit::Decision { state: document::write(&state)?, status, actions })
}

/// Makes the crate a workflow component of a type that implements [`Workflow`](crate::workflow::Workflow).
///
/// ```
/// use signalsync_sdk::workflow;
/// use signalsync_sdk::workflow::{Color, Decision, Definition, Event, Started, Workflow};
///
/// struct Counter;
///
/// workflow!(Counter);
///
/// impl Workflow for Counter {
///     type State = u32;
///     type Error = String;
///
///     fn definition() -> Definition {
///         Definition::new("counter", "Counts its events").status("counting", "Counting", Color::Blue)
///     }
///
///     fn start(_: Started) -> Result<Decision<u32>, String> {
///         Ok(Decision::new(1, "counting"))
///     }
///
///     fn advance(count: u32, _: Event) -> Result<Decision<u32>, String> {
///         Ok(Decision::new(count + 1, "counting"))
///     }
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! workflow {
    ($workflow:ty) => {
        const _: () = {
            struct Component;
            impl $crate::__private::workflow::Guest for Component {
                fn describe() -> $crate::workflow::Definition {
                    $crate::__private::describe::<$workflow>()
                }
                fn advance(
                    state: ::core::option::Option<$crate::Json>,
                    event: $crate::workflow::Event,
                ) -> ::core::result::Result<$crate::__private::workflow::Decision, ::std::string::String> {
                    $crate::__private::advance::<$workflow>(state, event)
                }
            }
    $crate::__private::workflow::export!(Component with_types_in $crate::__private::workflow);
        };
    };
}

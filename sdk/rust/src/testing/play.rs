//! Calls a component's functions as the host does: through their JSON.

use std::fmt::Display;
use std::marker::PhantomData;

use serde::Serialize;

use crate::bindings::validation as wit;
use crate::validation::{FromSubject, Verdict};
use crate::workflow::{Decision, Event, TaskDone, Workflow};
use crate::{Message, Outcome, Violation, document, mapping, validation, workflow};

/// What a validation says about a new record with this document.
///
/// # Errors
/// What the function returned as an error, or that `document` cannot be written as JSON.
///
/// ```
/// use signalsync_sdk::{Violation, testing};
///
/// fn check(quantity: u32) -> Vec<Violation> {
///     if quantity > 0 { vec![] } else { vec![Violation::error("", "QUANTITY", "Order at least one.")] }
/// }
///
/// assert_eq!(testing::validate(check, &1), Ok(vec![]));
/// assert_eq!(testing::validate(check, &"one").unwrap()[0].code, "invalid-document");
/// ```
pub fn validate<T: FromSubject, V: Verdict, D: Serialize + ?Sized>(
    check: impl FnOnce(T) -> V,
    document: &D,
) -> Result<Vec<Violation>, String> {
    let after = document::write(document)?;
    let (collection, id) = ("documents".to_owned(), "new".to_owned());
    validation::run(check, wit::Subject { collection, id, before: None, after })
}

/// What a mapping makes of a message.
///
/// # Errors
/// What the function returned as an error.
///
/// ```
/// use signalsync_sdk::{Message, Outcome, testing};
///
/// fn transform(message: Message) -> Result<Outcome, signalsync_sdk::Error> {
///     Outcome::new().reply(message.text()?)
/// }
///
/// let outcome = testing::transform(transform, Message::new("shop", "text/plain", "hi")).unwrap();
/// assert_eq!(outcome.reply.as_deref(), Some("\"hi\""));
/// ```
pub fn transform<E: Display>(
    transform: impl FnOnce(Message) -> Result<Outcome, E>,
    message: Message,
) -> Result<Outcome, String> {
    mapping::run(transform, message)
}

/// A run of a workflow: keeps its state, as JSON, from one event to the next.
///
/// ```
/// use signalsync_sdk::testing::Run;
/// use signalsync_sdk::workflow::{Decision, Definition, Event, Workflow};
///
/// struct Counter;
///
/// impl Workflow for Counter {
///     type State = u8;
///     type Error = String;
///
///     fn definition() -> Definition {
///         Definition::new("counter", "Counts its events").status("counting", "Counting", "blue")
///     }
///
///     fn advance(count: Option<u8>, _: Event) -> Result<Decision<u8>, String> {
///         Ok(Decision::new(count.map_or(0, |count| count + 1), "counting"))
///     }
/// }
///
/// let mut run = Run::<Counter>::new();
/// assert_eq!(run.start(&()).unwrap().state, 0);
/// assert_eq!(run.happen(Event::Timer("reminder".into())).unwrap().state, 1);
/// assert_eq!(run.finish_task("approve", "yes", &()).unwrap().state, 2);
/// ```
pub struct Run<W> {
    state: Option<String>,
    workflow: PhantomData<W>,
}

impl<W> Default for Run<W> {
    fn default() -> Self {
        Self { state: None, workflow: PhantomData }
    }
}

impl<W: Workflow> Run<W> {
    /// A run that nothing has happened to.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts the run with this input.
    ///
    /// # Errors
    /// What the workflow returned as an error, or that `input` cannot be written as JSON.
    pub fn start<T: Serialize + ?Sized>(&mut self, input: &T) -> Result<Decision<W::State>, String> {
        self.happen(Event::Started(document::write(input)?))
    }

    /// Lets something happen to the run. After an error the run keeps its state.
    ///
    /// # Errors
    /// What the workflow returned as an error.
    pub fn happen(&mut self, event: Event) -> Result<Decision<W::State>, String> {
        let decision = workflow::advance(W::advance, self.state.clone(), event)?;
        let state = document::parse(&decision.state)?;
        self.state = Some(decision.state);
        Ok(Decision { state, status: decision.status, actions: decision.actions })
    }

    /// Lets a person finish a task.
    ///
    /// # Errors
    /// As [`Run::happen`], or that `data` cannot be written as JSON.
    pub fn finish_task<T: Serialize + ?Sized>(
        &mut self,
        step: &str,
        choice: &str,
        data: &T,
    ) -> Result<Decision<W::State>, String> {
        self.happen(Event::TaskDone(TaskDone {
            task: format!("task-{step}"),
            step: step.to_owned(),
            choice: choice.to_owned(),
            data: document::write(data)?,
            by: "usr_test".to_owned(),
        }))
    }
}

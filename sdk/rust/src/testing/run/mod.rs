//! Plays a run of a workflow: people, clocks and other systems are what the test says they are.

mod meter;
mod model;

use std::collections::BTreeMap;
use std::marker::PhantomData;

use serde::Serialize;
use serde::de::DeserializeOwned;
use signalsync_core::contract::workflow as plain;

use self::model::{Model, Task};
use super::installed::ask;
use crate::bindings::workflow as wit;
use crate::workflow::{
    Child, ChildEnded, Decision, EffectDone, EffectFailed, Event, Moment, Notify, OpenTask, RunMapping, SendSignal,
    Signalled, Started, Workflow,
};
use crate::{Timestamp, document, workflow};

/// Events of one [`Run::wait`]: a workflow that sets a timer again and again without end must not keep a test waiting.
const EVENTS_MAX: usize = 10_000;

/// The id of a person, for tests: another one for each number.
///
/// ```
/// # use signalsync_sdk::testing;
/// assert_ne!(testing::user(1), testing::user(2));
/// ```
pub fn user(number: u32) -> String {
    format!("usr_{number:032x}")
}

/// Something that happened to a run, and what was decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Happened {
    /// When.
    pub at: Timestamp,
    /// What.
    pub event: Event,
    /// The run's status after it.
    pub status: String,
    /// What the workflow wanted then.
    pub actions: Vec<workflow::Action>,
}

/// A run of a workflow, from its start to its end, under a clock that stands still until it is told to move.
///
/// It holds the workflow to the rules of the host: what a decision names has to be in the definition and must not be in
/// use, a status is reached by a transition, four eyes are four eyes, and what is called again decides the same. An event
/// after which a rule is broken is an error, and leaves the run as it was.
///
/// The clock is the one of the thread's [`MockHost`](super::MockHost), which the workflow sees as `context::now`. Working
/// time runs like the clock on the wall: there is no calendar here. Effects and children do what the test says.
///
/// ```
/// use signalsync_sdk::testing::Run;
/// use signalsync_sdk::workflow::{Color, Decision, Definition, Event, Moment, Started, Workflow};
///
/// struct Reminder;
///
/// impl Workflow for Reminder {
///     type State = u8;
///     type Error = signalsync_sdk::Error;
///
///     fn definition() -> Definition {
///         Definition::new("reminder", "Reminds three times").status("waiting", "Waiting", Color::Blue)
///     }
///
///     fn start(_: Started) -> Result<Decision<u8>, Self::Error> {
///         Ok(Decision::new(0, "waiting").timer("next", Moment::days(1)))
///     }
///
///     fn advance(count: u8, _: Event) -> Result<Decision<u8>, Self::Error> {
///         let decision = Decision::new(count + 1, "waiting");
///         if count == 2 { decision.complete(&"enough") } else { Ok(decision.timer("next", Moment::days(1))) }
///     }
/// }
///
/// let mut run = Run::<Reminder>::new();
/// run.start(&()).unwrap();
/// assert_eq!(run.wait(Moment::hours(23)), Ok(0));
/// assert_eq!(run.wait(Moment::hours(1)), Ok(1));
/// assert_eq!(run.timers(), ["next"]);
/// assert_eq!(run.wait(Moment::days(9)), Ok(2));
/// assert_eq!(run.result::<String>().as_deref(), Some("enough"));
/// ```
#[derive(Debug, Clone)]
pub struct Run<W> {
    definition: plain::Definition,
    people: BTreeMap<String, usize>,
    model: Model,
    workflow: PhantomData<W>,
}

impl<W: Workflow> Default for Run<W> {
    fn default() -> Self {
        Self::new()
    }
}

impl<W: Workflow> Run<W> {
    /// A run that nothing has happened to. Each role, team and department has one person.
    pub fn new() -> Self {
        let definition = plain::Definition::from(workflow::describe::<W>());
        let model = Model::new(&definition);
        Self { definition, people: BTreeMap::new(), model, workflow: PhantomData }
    }

    /// So many people have this role, or are in this team or department.
    pub fn with_people(mut self, name: &str, count: usize) -> Self {
        self.people.insert(name.to_owned(), count);
        self
    }

    /// Starts the run with this input, by [`user(1)`](user).
    ///
    /// # Errors
    /// All flaws of the definition, what the workflow returned as an error, the rule that its decision breaks, or that
    /// `input` cannot be written as JSON.
    pub fn start<T: Serialize + ?Sized>(&mut self, input: &T) -> Result<Decision<W::State>, String> {
        self.start_by(&user(1), input)
    }

    /// Starts the run by this person.
    ///
    /// # Errors
    /// As [`Run::start`].
    pub fn start_by<T: Serialize + ?Sized>(&mut self, by: &str, input: &T) -> Result<Decision<W::State>, String> {
        let (input, run) = (document::write(input)?, format!("run_{:032x}", 1));
        self.start_with(Started { input, by: Some(by.to_owned()), key: None, run })
    }

    /// Starts the run as a timer, a message or another run does.
    ///
    /// # Errors
    /// As [`Run::start`].
    pub fn start_with(&mut self, started: Started) -> Result<Decision<W::State>, String> {
        let flaws = self.definition.flaws();
        if !flaws.is_empty() {
            let flaws: Vec<_> = flaws.iter().map(|flaw| format!("{}: {}", flaw.path, flaw.message)).collect();
            return Err(format!("the definition is not acceptable: {}", flaws.join("; ")));
        }
        self.happen(Event::Started(started))
    }

    /// Lets as many different people as it takes make this choice in an open task.
    ///
    /// # Errors
    /// There is no such task or choice, nobody may make it, or as [`Run::start`].
    pub fn finish<T: Serialize + ?Sized>(
        &mut self,
        task: &str,
        choice: &str,
        data: &T,
    ) -> Result<Decision<W::State>, String> {
        let data = document::write(data)?;
        loop {
            let by = self.model.next_person(&self.definition, task)?;
            if let Some(decision) = self.vote(task, &by, choice, data.clone())? {
                return Ok(decision);
            }
        }
    }

    /// Lets one person make a choice in an open task; whether that decided it.
    ///
    /// # Errors
    /// There is no such task or choice, this person may not make it, or as [`Run::start`].
    pub fn choose<T: Serialize + ?Sized>(
        &mut self,
        task: &str,
        by: &str,
        choice: &str,
        data: &T,
    ) -> Result<bool, String> {
        Ok(self.vote(task, by, choice, document::write(data)?)?.is_some())
    }

    fn vote(&mut self, task: &str, by: &str, choice: &str, data: String) -> Result<Option<Decision<W::State>>, String> {
        let mut model = self.model.clone();
        match model.vote(
            &self.definition,
            &self.people,
            task,
            plain::Vote {
                by: by.to_owned(),
                choice: choice.to_owned(),
                data,
                at: signalsync_core::Timestamp(self.now()),
            },
        )? {
            Some(done) => self.happen_to(model, Event::TaskDone(done)).map(Some),
            None => {
                self.model = model;
                Ok(None)
            }
        }
    }

    /// Lets time pass: timers, tasks and service levels that are due meanwhile happen in order, each at its time; how many
    /// that were.
    ///
    /// # Errors
    /// As [`Run::start`], or more than 10,000 of them happened.
    pub fn wait(&mut self, time: Moment) -> Result<usize, String> {
        let until = model::time_of(&plain::Moment::from(time), self.now());
        for events in 0..EVENTS_MAX {
            let Some((at, event)) = self.model.next_due().filter(|(at, _)| *at <= until) else {
                set_now(until);
                return Ok(events);
            };
            set_now(at.max(self.now()));
            self.happen(event)?;
        }
        Err(format!("more than {EVENTS_MAX} events until then: does a timer set itself again without end?"))
    }

    /// An effect was carried out.
    ///
    /// # Errors
    /// No such effect is under way, or as [`Run::start`].
    pub fn effect_done<T: Serialize + ?Sized>(&mut self, id: &str, data: &T) -> Result<Decision<W::State>, String> {
        self.happen(Event::EffectDone(EffectDone { id: id.to_owned(), data: document::write(data)? }))
    }

    /// An effect was given up.
    ///
    /// # Errors
    /// No such effect is under way, or as [`Run::start`].
    pub fn effect_failed(&mut self, id: &str, reason: &str) -> Result<Decision<W::State>, String> {
        self.happen(Event::EffectFailed(EffectFailed { id: id.to_owned(), reason: reason.to_owned() }))
    }

    /// A child ended well.
    ///
    /// # Errors
    /// There is no such child, or as [`Run::start`].
    pub fn child_done<T: Serialize + ?Sized>(&mut self, id: &str, result: &T) -> Result<Decision<W::State>, String> {
        let outcome = Ok(document::write(result)?);
        self.happen(Event::ChildEnded(ChildEnded { id: id.to_owned(), outcome }))
    }

    /// A child ended badly.
    ///
    /// # Errors
    /// There is no such child, or as [`Run::start`].
    pub fn child_failed(&mut self, id: &str, reason: &str) -> Result<Decision<W::State>, String> {
        self.happen(Event::ChildEnded(ChildEnded { id: id.to_owned(), outcome: Err(reason.to_owned()) }))
    }

    /// A signal reaches the run.
    ///
    /// # Errors
    /// The definition does not have it, or as [`Run::start`].
    pub fn signal<T: Serialize + ?Sized>(&mut self, name: &str, data: &T) -> Result<Decision<W::State>, String> {
        if !self.definition.signals.iter().any(|known| known == name) {
            return Err(format!("the definition has no signal `{name}`"));
        }
        self.happen(Event::Signal(Signalled { name: name.to_owned(), data: document::write(data)? }))
    }

    /// Somebody wants the run to end.
    ///
    /// # Errors
    /// As [`Run::start`].
    pub fn cancel(&mut self, reason: &str) -> Result<Decision<W::State>, String> {
        self.happen(Event::Cancel(reason.to_owned()))
    }

    fn happen(&mut self, event: Event) -> Result<Decision<W::State>, String> {
        self.happen_to(self.model.clone(), event)
    }

    /// One step: the event is taken, the workflow asked, its decision checked and carried out; or nothing at all.
    fn happen_to(&mut self, mut model: Model, event: Event) -> Result<Decision<W::State>, String> {
        model.hear(&event)?;
        let wit::Decision { state, status, actions } = decide::<W>(model.state.clone(), event.clone())?;
        let decision = plain::Decision::from(wit::Decision {
            state: state.clone(),
            status: status.clone(),
            actions: actions.clone(),
        });
        decision.check().map_err(|broken| broken.to_string())?;
        decision.fits(&self.definition, &model.standing()).map_err(|broken| broken.to_string())?;
        let now = self.now();
        model.follow(&self.definition, &self.people, now, &status, &actions)?;
        model.state = Some(state.clone());
        model.history.push(Happened { at: now, event, status: status.clone(), actions: actions.clone() });
        self.model = model;
        Ok(Decision { state: document::parse(&state)?, status, actions })
    }
}

/// What a test looks at.
impl<W: Workflow> Run<W> {
    /// The time.
    pub fn now(&self) -> Timestamp {
        ask(|host| host.now)
    }

    /// The status.
    pub fn status(&self) -> &str {
        &self.model.status
    }

    /// What the run remembers; none before its start.
    pub fn state(&self) -> Option<W::State> {
        self.model.state.as_deref().and_then(|state| document::parse(state).ok())
    }

    /// Ids of the open tasks, in the order in which they were opened.
    pub fn tasks(&self) -> Vec<&str> {
        self.model.tasks.iter().map(|task| task.open.id.as_str()).collect()
    }

    /// An open task.
    pub fn task(&self, id: &str) -> Option<&OpenTask> {
        self.model.task(id).map(|task| &task.open)
    }

    /// When an open task is due.
    pub fn due(&self, id: &str) -> Option<Timestamp> {
        self.model.task(id).and_then(Task::due)
    }

    /// Ids of the timers that are set, in the order in which they were set.
    pub fn timers(&self) -> Vec<&str> {
        self.model.timers.iter().map(|timer| timer.id.as_str()).collect()
    }

    /// Ids of the effects that have not ended.
    pub fn effects(&self) -> Vec<&str> {
        self.model.effects.iter().map(|effect| effect.id.as_str()).collect()
    }

    /// An effect that has not ended.
    pub fn effect(&self, id: &str) -> Option<&RunMapping> {
        self.model.effects.iter().find(|effect| effect.id == id)
    }

    /// Ids of the children that have not ended.
    pub fn children(&self) -> Vec<&str> {
        self.model.children.iter().map(|child| child.id.as_str()).collect()
    }

    /// A child that has not ended.
    pub fn child(&self, id: &str) -> Option<&Child> {
        self.model.children.iter().find(|child| child.id == id)
    }

    /// Children that were asked to end, in order.
    pub fn cancelled(&self) -> &[String] {
        &self.model.cancelled
    }

    /// What people were told, in order.
    pub fn notified(&self) -> &[Notify] {
        &self.model.notified
    }

    /// Signals to other runs, in order.
    pub fn signalled(&self) -> &[SendSignal] {
        &self.model.signalled
    }

    /// Whether the run has ended, well or badly.
    pub fn has_ended(&self) -> bool {
        self.model.ending.is_some()
    }

    /// The result of a run that ended well; none otherwise, or when it does not fit `T`.
    pub fn result<T: DeserializeOwned>(&self) -> Option<T> {
        match &self.model.ending {
            Some(Ok(result)) => document::parse(result).ok(),
            _ => None,
        }
    }

    /// The reason of a run that ended badly.
    pub fn failure(&self) -> Option<&str> {
        match &self.model.ending {
            Some(Err(reason)) => Some(reason),
            _ => None,
        }
    }

    /// All that happened.
    pub fn history(&self) -> &[Happened] {
        &self.model.history
    }
}

fn set_now(now: Timestamp) {
    ask(|host| host.now = now);
}

/// Asks the workflow twice, as a replay does.
fn decide<W: Workflow>(state: Option<String>, event: Event) -> Result<wit::Decision, String> {
    let before = ask(|host| host.clone());
    let first = workflow::advance::<W>(state.clone(), event.clone());
    let after = ask(|host| std::mem::replace(host, before));
    let second = workflow::advance::<W>(state, event);
    ask(|host| *host = after);
    if first != second {
        return Err(
            "asked again with the same state and event, the workflow decides otherwise: it depends on something \
                    that the host does not know"
                .to_owned(),
        );
    }
    first
}

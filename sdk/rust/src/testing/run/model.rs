//! What a run has: the host's side of it, as a value.

use std::collections::{BTreeMap, BTreeSet};

use signalsync_core::contract::workflow as plain;

use super::meter::Meter;
use super::{Happened, user};
use crate::bindings::workflow::signalsync::workflow::types as w;
use crate::workflow::{
    Action, Child, Event, Notify, OpenTask, RunMapping, SendSignal, ServiceLevelReached, TaskDone, TaskDue, Vote, Who,
};
use crate::{Json, Timestamp};

signalsync_core::workflow_from_wit!(w);

/// People that a task is tried with before it is said that nobody may do it.
const PEOPLE_TRIED: u32 = 1_000;

#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) state: Option<Json>,
    pub(super) status: String,
    pub(super) tasks: Vec<Task>,
    pub(super) timers: Vec<Alarm>,
    pub(super) effects: Vec<RunMapping>,
    pub(super) children: Vec<Child>,
    pub(super) cancelled: Vec<String>,
    pub(super) notified: Vec<Notify>,
    pub(super) signalled: Vec<SendSignal>,
    pub(super) ending: Option<Result<Json, String>>,
    pub(super) history: Vec<Happened>,
    meters: Vec<Meter>,
    starter: Option<String>,
    /// Who did which step.
    doers: BTreeMap<String, BTreeSet<String>>,
    /// How many tasks and timers there were: what is due at the same time comes in the order in which it was set.
    count: u64,
}

#[derive(Debug, Clone)]
pub(super) struct Task {
    pub(super) open: OpenTask,
    due: Option<Timestamp>,
    told: bool,
    votes: Vec<plain::Vote>,
    number: u64,
}

impl Task {
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.due
    }
}

#[derive(Debug, Clone)]
pub(super) struct Alarm {
    pub(super) id: String,
    at: Timestamp,
    number: u64,
}

/// When a moment is.
pub(super) fn time_of(moment: &plain::Moment, now: Timestamp) -> Timestamp {
    match moment {
        plain::Moment::At(at) => at.0,
        plain::Moment::After(ms) => now.saturating_add(*ms),
        plain::Moment::Working(minutes) => now.saturating_add(u64::from(*minutes) * 60_000),
    }
}

impl Model {
    pub(super) fn new(definition: &plain::Definition) -> Self {
        Self {
            state: None,
            status: plain::Standing::start(definition).status,
            tasks: Vec::new(),
            timers: Vec::new(),
            effects: Vec::new(),
            children: Vec::new(),
            cancelled: Vec::new(),
            notified: Vec::new(),
            signalled: Vec::new(),
            ending: None,
            history: Vec::new(),
            meters: definition.service_levels.iter().cloned().map(Meter::new).collect(),
            starter: None,
            doers: BTreeMap::new(),
            count: 0,
        }
    }

    pub(super) fn task(&self, id: &str) -> Option<&Task> {
        self.tasks.iter().find(|task| task.open.id == id)
    }

    pub(super) fn standing(&self) -> plain::Standing {
        plain::Standing {
            status: self.status.clone(),
            tasks: self.tasks.iter().map(|task| task.open.id.clone()).collect(),
            effects: self.effects.iter().map(|effect| effect.id.clone()).collect(),
            children: self.children.iter().map(|child| child.id.clone()).collect(),
        }
    }

    /// Takes an event: what has ended is not open any more.
    pub(super) fn hear(&mut self, event: &Event) -> Result<(), String> {
        if self.ending.is_some() {
            return Err("the run has ended".to_owned());
        }
        match event {
            Event::Started(_) if self.state.is_some() => return Err("the run was started before".to_owned()),
            Event::Started(started) => self.starter.clone_from(&started.by),
            _ if self.state.is_none() => return Err("the run was not started".to_owned()),
            Event::TaskDone(done) => {
                let by = done.votes.iter().map(|vote| vote.by.clone());
                self.doers.entry(done.step.clone()).or_default().extend(by);
                self.tasks.retain(|task| task.open.id != done.id);
            }
            Event::TaskDue(due) => {
                self.tasks.iter_mut().filter(|task| task.open.id == due.id).for_each(|task| task.told = true);
            }
            Event::Timer(id) => self.timers.retain(|timer| timer.id != *id),
            Event::EffectDone(w::EffectDone { id, .. }) | Event::EffectFailed(w::EffectFailed { id, .. }) => {
                remove("effect", id, &mut self.effects, |effect| &effect.id)?;
            }
            Event::ChildEnded(ended) => remove("child", &ended.id, &mut self.children, |child| &child.id)?,
            Event::ServiceLevel(reached) => {
                self.meters.iter_mut().for_each(|meter| meter.tell(&reached.id, reached.percent));
            }
            Event::Signal(_) | Event::Cancel(_) => {}
        }
        Ok(())
    }

    /// Carries out a decision that was checked.
    pub(super) fn follow(
        &mut self,
        definition: &plain::Definition,
        people: &BTreeMap<String, usize>,
        now: Timestamp,
        status: &str,
        actions: &[Action],
    ) -> Result<(), String> {
        // Before the first event no time counts anywhere.
        if self.state.is_none() || self.status != status {
            self.meters.iter_mut().for_each(|meter| meter.stand(status, now));
        }
        status.clone_into(&mut self.status);
        actions.iter().try_for_each(|action| self.act(definition, people, now, action))
    }

    fn act(
        &mut self,
        definition: &plain::Definition,
        people: &BTreeMap<String, usize>,
        now: Timestamp,
        action: &Action,
    ) -> Result<(), String> {
        match action {
            Action::OpenTask(open) => return self.open(definition, people, now, open),
            Action::CloseTask(id) => self.tasks.retain(|task| task.open.id != *id),
            Action::SetTimer(timer) => {
                self.timers.retain(|other| other.id != timer.id);
                let (id, at, number) = (timer.id.clone(), time_of(&timer.at.into(), now), self.number());
                self.timers.push(Alarm { id, at, number });
            }
            Action::ClearTimer(id) => self.timers.retain(|timer| timer.id != *id),
            Action::Notify(notify) => self.notified.push(notify.clone()),
            Action::RunMapping(effect) => self.effects.push(effect.clone()),
            Action::StartChild(child) => self.children.push(child.clone()),
            Action::CancelChild(id) => {
                self.cancelled.extend(self.children.iter().find(|child| child.id == *id).map(|child| child.id.clone()));
            }
            Action::SendSignal(signal) => self.signalled.push(signal.clone()),
            Action::Complete(result) => self.end(Ok(result.clone()), now),
            Action::Fail(reason) => self.end(Err(reason.clone()), now),
        }
        Ok(())
    }

    fn open(
        &mut self,
        definition: &plain::Definition,
        people: &BTreeMap<String, usize>,
        now: Timestamp,
        open: &OpenTask,
    ) -> Result<(), String> {
        let step = step(definition, &open.step)?;
        let asked = signers(step, open, people);
        match step.signing {
            plain::Signing::Votes(votes) if (votes as usize) > asked => {
                return Err(format!(
                    "`{}` needs {votes} votes, and {asked} people are asked: see `with_people`",
                    step.id
                ));
            }
            _ => {}
        }
        let due = open.due.map(Into::into).or(step.due).map(|moment| time_of(&moment, now));
        let number = self.number();
        self.tasks.push(Task { open: open.clone(), due, told: false, votes: Vec::new(), number });
        Ok(())
    }

    fn end(&mut self, ending: Result<Json, String>, now: Timestamp) {
        self.tasks.clear();
        self.timers.clear();
        self.cancelled.extend(self.children.drain(..).map(|child| child.id));
        self.meters.iter_mut().for_each(|meter| meter.stop(now));
        self.ending = Some(ending);
    }

    fn number(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// What is due first, and when.
    pub(super) fn next_due(&self) -> Option<(Timestamp, Event)> {
        let timers = self.timers.iter().map(|timer| (timer.at, timer.number, Event::Timer(timer.id.clone())));
        let tasks = self.tasks.iter().filter(|task| !task.told).filter_map(|task| {
            let due = TaskDue { id: task.open.id.clone(), step: task.open.step.clone() };
            Some((task.due?, task.number, Event::TaskDue(due)))
        });
        let levels = self.meters.iter().filter_map(Meter::next).map(|(at, id, percent)| {
            (at, u64::MAX, Event::ServiceLevel(ServiceLevelReached { id: id.to_owned(), percent }))
        });
        let first = timers.chain(tasks).chain(levels).min_by_key(|(at, number, _)| (*at, *number));
        first.map(|(at, _, event)| (at, event))
    }

    /// Somebody who may choose in a task and has not.
    pub(super) fn next_person(&self, definition: &plain::Definition, id: &str) -> Result<String, String> {
        let task = self.task(id).ok_or_else(|| format!("there is no open task `{id}`"))?;
        let step = step(definition, &task.open.step)?;
        let named = task.open.people.iter().filter_map(|who| self.named(who));
        let mut people = named.chain((1..=PEOPLE_TRIED).map(user));
        let found = people.find(|by| self.may(step, task, by).is_ok());
        found.ok_or_else(|| format!("nobody may do the task `{id}`"))
    }

    /// Takes one person's choice in a task; what was decided, if all is.
    pub(super) fn vote(
        &mut self,
        definition: &plain::Definition,
        people: &BTreeMap<String, usize>,
        id: &str,
        vote: plain::Vote,
    ) -> Result<Option<TaskDone>, String> {
        let task = self.task(id).ok_or_else(|| format!("there is no open task `{id}`"))?;
        let step = step(definition, &task.open.step)?;
        if step.choice(&vote.choice).is_none() {
            return Err(format!("the step `{}` has no choice `{}`", step.id, vote.choice));
        }
        self.may(step, task, &vote.by)?;
        let (by, data) = (vote.by.clone(), vote.data.clone());
        let task = self.tasks.iter_mut().find(|task| task.open.id == id).ok_or("it was there before")?;
        task.votes.push(vote);
        let Some(choice) = step.decided(signers(step, &task.open, people), &task.votes) else { return Ok(None) };
        let (id, step, choice) = (id.to_owned(), step.id.clone(), choice.id.clone());
        let votes = task.votes.iter().map(shown).collect();
        Ok(Some(TaskDone { id, step, choice, data, by, votes }))
    }

    /// Whether somebody may choose in a task.
    fn may(&self, step: &plain::Step, task: &Task, by: &str) -> Result<(), String> {
        let did = |other: &String| match other.as_str() {
            plain::Step::START => self.starter.as_deref() == Some(by),
            other => self.doers.get(other).is_some_and(|doers| doers.contains(by)),
        };
        if let Some(other) = step.not_by.iter().find(|other| did(other)) {
            return Err(format!("{by} did `{other}`, and may not do this one"));
        }
        let named: Option<Vec<_>> = task.open.people.iter().map(|who| self.named(who)).collect();
        if named.is_some_and(|named| !named.is_empty() && !named.iter().any(|name| name == by)) {
            return Err(format!("{by} is not asked"));
        }
        if task.votes.iter().any(|vote| vote.by == by) { Err(format!("{by} has chosen before")) } else { Ok(()) }
    }

    /// The one person that somebody is; none for a role, a team, a department and a manager, who can be anybody here.
    fn named(&self, who: &Who) -> Option<String> {
        match who {
            Who::User(id) => Some(id.clone()),
            Who::Starter => self.starter.clone(),
            Who::Role(_) | Who::TenantRole(_) | Who::Team(_) | Who::Department(_) | Who::ManagerOf(_) => None,
        }
    }
}

fn shown(vote: &plain::Vote) -> Vote {
    Vote { by: vote.by.clone(), choice: vote.choice.clone(), data: vote.data.clone(), at: vote.at.0 }
}

fn step<'a>(definition: &'a plain::Definition, id: &str) -> Result<&'a plain::Step, String> {
    let step = definition.steps.iter().find(|step| step.id == id);
    step.ok_or_else(|| format!("the definition has no step `{id}`"))
}

/// How many people are asked.
fn signers(step: &plain::Step, open: &OpenTask, people: &BTreeMap<String, usize>) -> usize {
    let count = |name: &String| people.get(name).copied().unwrap_or(1);
    let of = |who: &Who| match who {
        Who::Role(name) | Who::TenantRole(name) | Who::Team(name) | Who::Department(name) => count(name),
        Who::User(_) | Who::ManagerOf(_) | Who::Starter => 1,
    };
    if open.people.is_empty() { count(&step.role) } else { open.people.iter().map(of).sum() }
}

/// Takes out what has this id.
fn remove<T>(what: &str, id: &str, list: &mut Vec<T>, name: fn(&T) -> &String) -> Result<(), String> {
    let before = list.len();
    list.retain(|item| name(item) != id);
    if list.len() < before { Ok(()) } else { Err(format!("the run has no {what} `{id}`")) }
}

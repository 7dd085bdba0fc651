//! What people do with tasks.

use serde_json::json;
use signalsync_audit::{Action, Event as Audited, record};
use signalsync_core::contract::workflow::{Event, Signing, TaskDone};
use signalsync_core::{TaskId, TenantScope, Timestamp, UserId};
use signalsync_people::circle;
use signalsync_records::Judging;
use signalsync_store::Transaction;

use super::visible;
use crate::absence::person;
use crate::apply::barred;
use crate::error::WorkflowError;
use crate::inbox::{self, Waiting};
use crate::machine::{Cast, Cause, Holder, PEOPLE_MAX, Seat, Task, TaskEnd, Unable};
use crate::{rows, timers, who};

use super::Answer;

/// What is to be done with a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskAct {
    /// It is the caller's alone.
    Claim,
    /// It is everybody's again who is asked.
    Release,
    /// Somebody else does it in the caller's place.
    Delegate(UserId),
    /// One more has to choose.
    AddSigner(UserId),
}

/// Chooses, once what was entered is acceptable.
pub(super) async fn complete(
    judging: &Judging<'_>,
    mut tx: Transaction,
    scope: &TenantScope,
    id: TaskId,
    answer: &Answer,
    now: Timestamp,
) -> Result<Transaction, WorkflowError> {
    let (before, seat) = seated(&mut tx, scope, id, now)?;
    if before.step.choice(&answer.choice).is_none() {
        let choices: Vec<_> = before.step.choices.iter().map(|choice| choice.id.as_str()).collect();
        return Err(WorkflowError::Invalid(format!("the choices are: {}", choices.join(", "))));
    }
    let form = before.step.form.as_ref().and_then(|form| form.parse().ok());
    let (mut tx, data) = match form {
        Some(form) => judging.try_form(tx, &form, &answer.data()).await?,
        None => (tx, answer.data()),
    };
    let mut task = before.clone();
    let Seat { by, seat } = seat;
    let cast = Cast { by, seat, choice: answer.choice.clone(), data: data.clone(), at: now };
    let decided = task.choose(cast);
    rows::note_did(&mut tx, task.run, &task.step.id, by);
    if let Some(choice) = decided {
        timers::unwatch(&mut tx, &mut task)?;
        let done = done(&task, choice, data, by);
        inbox::post(&mut tx, task.run, &Waiting::new(done, now).because_of(Cause::Task(id)).by(Some(by)))?;
    }
    rows::save_task(&mut tx, Some(&before), &task)?;
    let event = Audited::new(Action::TaskCompleted, format!("task/{id}"));
    let what = json!({"run": task.run, "step": task.step.id, "choice": answer.choice, "for": seat});
    record(&mut tx, scope.caller(), now, event.after(&what)?)?;
    Ok(tx)
}

fn done(task: &Task, choice: String, data: String, by: UserId) -> Event {
    Event::TaskDone(TaskDone {
        id: task.name.clone(),
        step: task.step.id.clone(),
        choice,
        data,
        by: by.to_string(),
        votes: task.seen_votes(),
    })
}

/// A task on which the caller may act now, and by what.
fn seated(
    tx: &mut Transaction,
    scope: &TenantScope,
    id: TaskId,
    now: Timestamp,
) -> Result<(Task, Seat), WorkflowError> {
    let me = person(scope)?;
    let mut task = visible(tx, scope, id, now)?;
    let starter = rows::run(tx, task.run)?.and_then(|run| run.starter);
    task.barred.extend(barred(tx, task.run, starter, &task.step)?);
    let mine = who::mine(tx, me, now)?;
    match task.seat(me, &mine) {
        Ok(seat) => Ok((task, seat)),
        Err(Unable::Ended) => Err(WorkflowError::TaskEnded(ended(&task, now))),
        Err(Unable::Claimed(by)) => Err(WorkflowError::Claimed(by)),
        Err(unable) => Err(WorkflowError::Unable(unable)),
    }
}

fn ended(task: &Task, now: Timestamp) -> TaskEnd {
    task.end.clone().unwrap_or(TaskEnd { at: now, choice: None, by: None })
}

pub(super) fn apply(
    tx: &mut Transaction,
    scope: &TenantScope,
    id: TaskId,
    act: TaskAct,
    now: Timestamp,
) -> Result<(), WorkflowError> {
    let (before, Seat { by, seat }) = seated(tx, scope, id, now)?;
    let mut task = before.clone();
    let what = match act {
        TaskAct::Claim => {
            require_for_one(&task, "only a task that one alone decides is claimed")?;
            task.claimed_by = Some(seat);
            json!({"claimed-by": seat})
        }
        TaskAct::Release => {
            if task.claimed_by.is_none() {
                return Err(WorkflowError::Invalid("nobody has claimed the task".to_owned()));
            }
            task.claimed_by = None;
            json!({"claimed-by": null})
        }
        TaskAct::Delegate(to) => {
            require_able(tx, &task, to)?;
            delegate(&mut task, seat, to)?;
            json!({"from": seat, "to": to})
        }
        TaskAct::AddSigner(user) => {
            require_able(tx, &task, user)?;
            add_signer(&mut task, user)?;
            json!({"signer": user})
        }
    };
    if let TaskAct::Delegate(user) | TaskAct::AddSigner(user) = act {
        rows::note_person(tx, task.run, user);
    }
    rows::note_person(tx, task.run, by);
    rows::save_task(tx, Some(&before), &task)?;
    let event = Audited::new(Action::TaskChanged, format!("task/{id}"));
    Ok(record(tx, scope.caller(), now, event.after(&what)?)?)
}

fn require_for_one(task: &Task, rule: &str) -> Result<(), WorkflowError> {
    if task.is_for_one() { Ok(()) } else { Err(WorkflowError::Invalid(rule.to_owned())) }
}

/// Somebody who may be given the task.
fn require_able(tx: &mut Transaction, task: &Task, user: UserId) -> Result<(), WorkflowError> {
    if !circle::is_active(tx, user)? {
        return Err(WorkflowError::NoSuchPerson(user));
    }
    if task.barred.contains(&user) {
        return Err(WorkflowError::Invalid(format!(
            "`{user}` did a step of this run after which somebody else has to do this one"
        )));
    }
    Ok(())
}

fn delegate(task: &mut Task, from: UserId, to: UserId) -> Result<(), WorkflowError> {
    if task.is_for_one() {
        if !task.asked.contains(&Holder::User(to)) {
            task.asked.push(Holder::User(to));
        }
        task.claimed_by = Some(to);
        return Ok(());
    }
    require_new(task, to)?;
    for signer in task.signers.iter_mut().filter(|signer| **signer == from) {
        *signer = to;
    }
    Ok(())
}

fn add_signer(task: &mut Task, user: UserId) -> Result<(), WorkflowError> {
    if task.step.signing == Signing::Any {
        return Err(WorkflowError::Invalid("one alone decides this task; delegate it instead".to_owned()));
    }
    require_new(task, user)?;
    if task.signers.len() >= PEOPLE_MAX {
        return Err(WorkflowError::TooMany { what: "signers of a task", limit: PEOPLE_MAX });
    }
    task.signers.push(user);
    Ok(())
}

fn require_new(task: &Task, user: UserId) -> Result<(), WorkflowError> {
    let signs = task.signers.contains(&user) || task.votes.iter().any(|vote| vote.by == user);
    if signs { Err(WorkflowError::Invalid(format!("`{user}` signs this task already"))) } else { Ok(()) }
}

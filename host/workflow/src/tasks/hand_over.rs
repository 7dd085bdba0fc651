//! What becomes of somebody's tasks when they cannot come in any more.

use std::collections::BTreeSet;

use signalsync_core::contract::workflow::Who;
use signalsync_core::{TaskId, UserId};
use signalsync_people::circle;
use signalsync_store::{Table, Transaction};

use crate::error::WorkflowError;
use crate::machine::{Holder, Task};
use crate::rows::{self, at_place, damaged, signs};
use crate::who;

/// Tasks that go to others at once.
const HANDED_MAX: usize = 500;

/// Gives the open tasks of somebody to somebody else, or back to those who are asked beside them. Call it when they are
/// not active any more. Answers how many there were.
///
/// # Errors
/// `NoSuchPerson`, `TooMany`, `Invalid` for a task that would be nobody's, or the store failed.
pub fn hand_over(tx: &mut Transaction, from: UserId, to: Option<UserId>) -> Result<usize, WorkflowError> {
    if let Some(to) = to
        && !circle::is_active(tx, to)?
    {
        return Err(WorkflowError::NoSuchPerson(to));
    }
    let tasks = tasks_of(tx, from)?;
    for id in &tasks {
        let task = rows::task(tx, *id)?.ok_or_else(|| damaged("a place in an inbox"))?;
        hand(tx, &task, from, to)?;
    }
    Ok(tasks.len())
}

fn tasks_of(tx: &mut Transaction, user: UserId) -> Result<BTreeSet<TaskId>, WorkflowError> {
    let mut found = BTreeSet::new();
    for list in [Holder::User(user).to_string(), signs(user)] {
        let page = tx.scan(Table::Inboxes, &[&list], "", None, HANDED_MAX, usize::MAX)?;
        if page.next.is_some() {
            return Err(WorkflowError::TooMany { what: "tasks that are handed over at once", limit: HANDED_MAX });
        }
        found.extend(page.entries.iter().filter_map(|(place, _)| at_place(place)));
    }
    Ok(found)
}

fn hand(tx: &mut Transaction, before: &Task, from: UserId, to: Option<UserId>) -> Result<(), WorkflowError> {
    let mut task = before.clone();
    match to {
        Some(to) => put_in_place(&mut task, from, to)?,
        None => take_out(tx, &mut task, from)?,
    }
    if task.is_for_one() && who::people(tx, &task.asked)?.is_empty() {
        return Err(nobodys(&task));
    }
    if let Some(to) = to {
        rows::note_person(tx, task.run, to);
    }
    Ok(rows::save_task(tx, Some(before), &task)?)
}

fn put_in_place(task: &mut Task, from: UserId, to: UserId) -> Result<(), WorkflowError> {
    if task.barred.contains(&to) || (task.signers.contains(&from) && task.signers.contains(&to)) {
        let why = format!("`{to}` may not do the task `{}` in the place of `{from}`; name somebody else", task.id);
        return Err(WorkflowError::Invalid(why));
    }
    let stands_in = |user: &mut UserId| {
        if *user == from {
            *user = to;
        }
    };
    task.signers.iter_mut().for_each(stands_in);
    task.claimed_by.iter_mut().for_each(stands_in);
    task.asked.iter_mut().filter(|holder| **holder == Holder::User(from)).for_each(|holder| *holder = Holder::User(to));
    Ok(())
}

/// Others are asked too, or those for whom the step's role stands.
fn take_out(tx: &mut Transaction, task: &mut Task, from: UserId) -> Result<(), WorkflowError> {
    if task.signers.contains(&from) {
        return Err(nobodys(task));
    }
    task.claimed_by = task.claimed_by.filter(|user| *user != from);
    task.asked.retain(|holder| *holder != Holder::User(from));
    if task.asked.is_empty() {
        let run = rows::run(tx, task.run)?.ok_or_else(|| damaged("a task's run"))?;
        task.asked = who::holders(tx, &run, &[Who::Role(task.step.role.clone())])?;
        task.asked.retain(|holder| *holder != Holder::User(from));
    }
    Ok(())
}

fn nobodys(task: &Task) -> WorkflowError {
    WorkflowError::Invalid(format!("the task `{}` would be nobody's; name somebody who gets it", task.id))
}

//! What can happen to a piece of work: a pure function from a row and an event to the row after it.
//!
//! Time comes with the event. Nothing here reads or writes; `rows.rs` puts the answer into a transaction.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use signalsync_core::{Timestamp, WorkId};

use crate::handler::Policy;

/// Bytes of a reason that are kept.
pub(crate) const WHY_BYTES_MAX: usize = 500;

/// A piece of work, as its row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct Row {
    /// Which handler does it.
    pub(crate) kind: String,
    /// There is one at a time with this kind and name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// What its handler is told.
    pub(crate) payload: Value,
    /// Where it stands.
    pub(crate) state: State,
    /// How often it was begun since it last went well.
    pub(crate) attempts: u32,
    /// How often it was claimed. Whoever ends it must name the number that it was given.
    pub(crate) epoch: u64,
    /// Why it did not work the last time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) problem: Option<String>,
    /// When it was due, if it is held since then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) held_from: Option<Timestamp>,
}

/// Where a piece of work stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "WorkState")]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is to be done then.
    Waiting {
        /// When.
        due: Timestamp,
    },
    /// Somebody is at it, and has until then.
    Claimed {
        /// Behind this, somebody else may claim it.
        until: Timestamp,
    },
    /// It was given up.
    Dead {
        /// When.
        at: Timestamp,
    },
}

impl State {
    /// When somebody has to look at it next; never at a dead letter.
    pub(crate) fn look_at(self) -> Option<Timestamp> {
        match self {
            Self::Waiting { due } => Some(due),
            Self::Claimed { until } => Some(until),
            Self::Dead { .. } => None,
        }
    }
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event<'a> {
    /// Somebody takes it.
    Claimed { now: Timestamp, lease_ms: u64 },
    /// It is due, and not to be done where it is; somebody looks again then.
    Held { until: Timestamp },
    /// A process began, and whoever claimed it before that is gone.
    Released { now: Timestamp },
    /// It is at its end.
    Done { epoch: u64 },
    /// A part of it went well, and the rest is due then.
    WentOn { epoch: u64, at: Timestamp },
    /// A part of it went well, and whoever is at it goes on at once.
    Kept { epoch: u64, now: Timestamp, lease_ms: u64 },
    /// It did not work this time.
    SetBack { epoch: u64, now: Timestamp, not_before: Option<Timestamp>, why: &'a str },
    /// It will never work.
    GivenUp { epoch: u64, now: Timestamp, why: &'a str },
    /// Somebody wants a dead letter to be tried again.
    Revived { now: Timestamp },
}

/// What it is then.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Next {
    Row(Row),
    Gone,
}

/// Why nothing happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// It is not due, or somebody is at it.
    NotDue,
    /// Somebody else has claimed it since, or nobody has.
    Stale,
    /// It is not given up.
    NotDead,
}

/// What a piece of work is after an event.
pub(crate) fn step(id: WorkId, row: Row, event: Event<'_>, policy: &Policy) -> Result<Next, Refused> {
    match event {
        Event::Claimed { now, lease_ms } => claimed(row, now, lease_ms),
        Event::Held { until } => held(row, until),
        Event::Released { now } => released(row, now),
        Event::Revived { now } => revived(row, now),
        Event::Done { epoch } => owned(row, epoch).map(|_| Next::Gone),
        Event::WentOn { epoch, at } => owned(row, epoch).map(|row| went_on(row, at)),
        Event::Kept { epoch, now, lease_ms } => owned(row, epoch).map(|row| kept(row, now, lease_ms)),
        Event::GivenUp { epoch, now, why } => owned(row, epoch).map(|row| dead(row, now, why)),
        Event::SetBack { epoch, now, not_before, why } => {
            owned(row, epoch).map(|row| set_back(id, row, now, not_before, why, policy))
        }
    }
}

fn claimed(row: Row, now: Timestamp, lease_ms: u64) -> Result<Next, Refused> {
    if row.state.look_at().is_none_or(|at| at > now) {
        return Err(Refused::NotDue);
    }
    let (attempts, epoch) = (row.attempts.saturating_add(1), row.epoch + 1);
    Ok(Next::Row(Row { state: leased(now, lease_ms), attempts, epoch, held_from: None, ..row }))
}

fn leased(now: Timestamp, lease_ms: u64) -> State {
    State::Claimed { until: Timestamp(now.0.saturating_add(lease_ms.max(1))) }
}

/// An owner whose lease has ended can end nothing any more, as if somebody else had claimed it.
fn held(row: Row, until: Timestamp) -> Result<Next, Refused> {
    let Some(due) = row.state.look_at() else { return Err(Refused::NotDue) };
    let (state, held_from) = (State::Waiting { due: until }, row.held_from.or(Some(due)));
    Ok(Next::Row(Row { state, held_from, ..row }))
}

/// The attempt counts: what ends its process each time is given up some day.
fn released(row: Row, now: Timestamp) -> Result<Next, Refused> {
    match row.state {
        State::Claimed { .. } => Ok(Next::Row(Row { state: State::Waiting { due: now }, ..row })),
        State::Waiting { .. } | State::Dead { .. } => Err(Refused::Stale),
    }
}

fn revived(row: Row, now: Timestamp) -> Result<Next, Refused> {
    match row.state {
        State::Dead { .. } => Ok(Next::Row(Row { state: State::Waiting { due: now }, attempts: 0, ..row })),
        State::Waiting { .. } | State::Claimed { .. } => Err(Refused::NotDead),
    }
}

/// The row, for the one who claimed it last.
fn owned(row: Row, epoch: u64) -> Result<Row, Refused> {
    let is_owned = matches!(row.state, State::Claimed { .. }) && row.epoch == epoch;
    if is_owned { Ok(row) } else { Err(Refused::Stale) }
}

fn went_on(row: Row, at: Timestamp) -> Next {
    Next::Row(Row { state: State::Waiting { due: at }, attempts: 0, problem: None, ..row })
}

/// As if it had gone on and been claimed again.
fn kept(row: Row, now: Timestamp, lease_ms: u64) -> Next {
    Next::Row(Row { state: leased(now, lease_ms), attempts: 1, epoch: row.epoch + 1, problem: None, ..row })
}

fn set_back(id: WorkId, row: Row, now: Timestamp, not_before: Option<Timestamp>, why: &str, policy: &Policy) -> Next {
    if row.attempts >= policy.attempts_max {
        return dead(row, now, why);
    }
    let after_pause = Timestamp(now.0.saturating_add(pause_ms(id, row.attempts, policy)));
    let due = not_before.map_or(after_pause, |at| at.max(after_pause));
    Next::Row(Row { state: State::Waiting { due }, problem: Some(shortened(why)), ..row })
}

fn dead(row: Row, at: Timestamp, why: &str) -> Next {
    Next::Row(Row { state: State::Dead { at }, problem: Some(shortened(why)), ..row })
}

/// How long to wait after so many attempts: twice as long each time, up to a limit, and between half and all of it, so
/// that what failed together is not tried again together. The same piece of work always waits the same.
fn pause_ms(id: WorkId, attempts: u32, policy: &Policy) -> u64 {
    let doublings = attempts.saturating_sub(1).min(40);
    let whole = policy.pause_first_ms.saturating_mul(1 << doublings).min(policy.pause_max_ms);
    let half = whole / 2;
    half + spread(id, attempts) % (whole - half + 1)
}

/// A number that looks like chance: the random end of the id, stirred with the number of the attempt.
fn spread(id: WorkId, attempts: u32) -> u64 {
    let [.., a, b, c, d, e, f, g, h] = *id.as_bytes();
    let seed = u64::from_be_bytes([a, b, c, d, e, f, g, h]) ^ u64::from(attempts);
    seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 17
}

/// Reasons come from outside, and are as long as somebody out there likes.
pub(crate) fn shortened(why: &str) -> String {
    let end = (0..=WHY_BYTES_MAX.min(why.len())).rev().find(|end| why.is_char_boundary(*end)).unwrap_or(0);
    why[..end].to_owned()
}

#[cfg(test)]
mod tests;

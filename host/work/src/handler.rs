//! Who does the work: handlers, and what they say at the end.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use serde::de::DeserializeOwned;
use serde_json::Value;
use signalsync_core::{TenantScope, Timestamp, WorkId};
use signalsync_store::{StoreError, Transaction};

/// How work of one kind is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// How long one attempt may take. Behind it the attempt is ended, and what it wrote is dropped.
    pub lease_ms: u64,
    /// How often it is tried before it is given up.
    pub attempts_max: u32,
    /// The pause after the first attempt; twice as long after each further one.
    pub pause_first_ms: u64,
    /// The longest pause.
    pub pause_max_ms: u64,
    /// Whether it is something that happens by itself: on the clock, or outside. It is held in a tenant that reaches
    /// nothing outside, and done when the tenant does again, an hour later at most.
    pub by_itself: bool,
}

impl Default for Policy {
    /// About eleven hours until the last attempt.
    fn default() -> Self {
        Self {
            lease_ms: 60_000,
            attempts_max: 12,
            pause_first_ms: 10_000,
            pause_max_ms: 3 * 60 * 60 * 1_000,
            by_itself: false,
        }
    }
}

/// A piece of work in the hands of the one who does it.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Its id.
    pub id: WorkId,
    /// Its kind.
    pub kind: String,
    /// Its name, if it was given one.
    pub name: Option<String>,
    /// Counted from 1, since it last went well.
    pub attempt: u32,
    /// Ending it takes this number.
    pub epoch: u64,
    /// When the lease ends.
    pub until: Timestamp,
    pub(crate) payload: Value,
}

impl Claimed {
    /// What it was scheduled with.
    ///
    /// # Errors
    /// It is something else.
    pub fn payload<T: DeserializeOwned>(&self) -> Result<T, Setback> {
        T::deserialize(&self.payload)
            .map_err(|error| Setback::Never { why: format!("the payload is damaged: {error}") })
    }

    /// The same at every attempt: a receiver outside can tell by it what it has seen before.
    pub fn key(&self) -> String {
        self.id.to_string()
    }
}

/// It went well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is at its end.
    Done,
    /// A part of it is done, and the rest is due then. Attempts are counted anew.
    GoesOn {
        /// When.
        at: Timestamp,
    },
}

/// It did not go well. What the attempt wrote is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setback {
    /// It may work later.
    Again {
        /// For the operator.
        why: String,
        /// When the other side says when; else the policy decides alone.
        not_before: Option<Timestamp>,
    },
    /// It will never work as it is.
    Never {
        /// For the operator.
        why: String,
    },
}

impl Setback {
    /// It may work later.
    pub fn again(why: impl fmt::Display) -> Self {
        Self::Again { why: why.to_string(), not_before: None }
    }

    /// It will never work as it is.
    pub fn never(why: impl fmt::Display) -> Self {
        Self::Never { why: why.to_string() }
    }
}

impl From<StoreError> for Setback {
    fn from(error: StoreError) -> Self {
        Self::again(error)
    }
}

/// Work that is done wholly in one transaction: its writes and its end commit together, so it happens exactly once.
pub trait Within: Send + Sync + 'static {
    /// How it is tried.
    fn policy(&self) -> Policy {
        Policy::default()
    }

    /// Does it. Runs again on a new transaction when what it read has changed.
    fn run<'a>(
        &'a self,
        scope: &'a TenantScope,
        claimed: &'a Claimed,
        tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Outcome), Setback>>;

    /// Takes note, in the transaction that makes it a dead letter.
    ///
    /// # Errors
    /// The store failed.
    fn given_up(&self, claimed: &Claimed, why: &str, tx: &mut Transaction) -> Result<(), StoreError> {
        let _ = (claimed, why, tx);
        Ok(())
    }
}

/// What is written in the transaction that ends a piece of work. It may be called again on another transaction.
pub type Write = Box<dyn Fn(&mut Transaction) -> Result<(), StoreError> + Send + Sync>;

/// The end of work with an effect outside.
pub struct Ended {
    pub(crate) outcome: Outcome,
    pub(crate) write: Option<Write>,
}

impl Ended {
    /// Nothing is left to do.
    pub fn done() -> Self {
        Self { outcome: Outcome::Done, write: None }
    }

    /// The rest is due then.
    pub fn goes_on(at: Timestamp) -> Self {
        Self { outcome: Outcome::GoesOn { at }, write: None }
    }

    /// And this is written with its end.
    pub fn writing(self, write: impl Fn(&mut Transaction) -> Result<(), StoreError> + Send + Sync + 'static) -> Self {
        Self { write: Some(Box::new(write)), ..self }
    }
}

/// Work with an effect outside. It happens at least once: a crash between the effect and its note makes it happen
/// again, under the same [key](Claimed::key).
pub trait Outside: Send + Sync + 'static {
    /// How it is tried.
    fn policy(&self) -> Policy {
        Policy::default()
    }

    /// Does it.
    fn run<'a>(&'a self, scope: &'a TenantScope, claimed: &'a Claimed) -> BoxFuture<'a, Result<Ended, Setback>>;

    /// Takes note, in the transaction that makes it a dead letter.
    ///
    /// # Errors
    /// The store failed.
    fn given_up(&self, claimed: &Claimed, why: &str, tx: &mut Transaction) -> Result<(), StoreError> {
        let _ = (claimed, why, tx);
        Ok(())
    }
}

#[derive(Clone)]
pub(crate) enum Handler {
    Within(Arc<dyn Within>),
    Outside(Arc<dyn Outside>),
}

impl Handler {
    pub(crate) fn policy(&self) -> Policy {
        match self {
            Self::Within(handler) => handler.policy(),
            Self::Outside(handler) => handler.policy(),
        }
    }

    pub(crate) fn given_up(&self, claimed: &Claimed, why: &str, tx: &mut Transaction) -> Result<(), StoreError> {
        match self {
            Self::Within(handler) => handler.given_up(claimed, why, tx),
            Self::Outside(handler) => handler.given_up(claimed, why, tx),
        }
    }
}

/// All handlers of a process, by the kind of work that they do.
#[derive(Clone, Default)]
pub struct Handlers(BTreeMap<&'static str, Handler>);

impl Handlers {
    /// Work of this kind is done by this one, in one transaction.
    #[must_use]
    pub fn within(mut self, kind: &'static str, handler: impl Within) -> Self {
        self.0.insert(kind, Handler::Within(Arc::new(handler)));
        self
    }

    /// Work of this kind is done by this one, outside.
    #[must_use]
    pub fn outside(mut self, kind: &'static str, handler: impl Outside) -> Self {
        self.0.insert(kind, Handler::Outside(Arc::new(handler)));
        self
    }

    pub(crate) fn get(&self, kind: &str) -> Option<&Handler> {
        self.0.get(kind)
    }

    pub(crate) fn policy(&self, kind: &str) -> Policy {
        self.get(kind).map_or_else(Policy::default, Handler::policy)
    }
}

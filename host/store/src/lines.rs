//! Things of one kind on their way out of a store and into another one: one JSON document on each line.
//!
//! Whoever owns a table says what of it goes along, and reads again what comes in: a line may come from anybody, so it is
//! parsed and checked like input. What follows from other rows is not carried along but made anew.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::engine::Direction;
use crate::error::StoreError;
use crate::key::{Key, Table, Versioned, behind, prefix};
use crate::row;
use crate::transaction::Transaction;

/// Where lines go.
pub type Sink<'a> = &'a mut dyn FnMut(&[u8]) -> Result<(), StoreError>;

/// Things of one kind.
pub trait Lines: Send + Sync {
    /// All of them, in one order that follows from what they are: the same things are the same lines, in every store.
    ///
    /// # Errors
    /// The store cannot be read, or what the sink answers.
    fn out(&self, tx: &Transaction, to: Sink<'_>) -> Result<(), StoreError>;

    /// Puts what a line says into a store in which nothing of this kind was before.
    ///
    /// # Errors
    /// See [`Unfit`].
    fn take(&self, tx: &mut Transaction, line: &[u8]) -> Result<(), Unfit>;
}

/// A line cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// It says nothing that could be there, for this reason.
    #[error("{0}")]
    Line(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Unfit {
    /// For this reason.
    pub fn because(reason: impl ToString) -> Self {
        Self::Line(reason.to_string())
    }
}

/// Reads a line.
///
/// # Errors
/// `Line`: it is no such document.
pub fn parse<'a, T: serde::Deserialize<'a>>(line: &'a [u8]) -> Result<T, Unfit> {
    serde_json::from_slice(line).map_err(Unfit::because)
}

/// Writes a line.
///
/// # Errors
/// `Corrupt`: it cannot be written as JSON. Or what the sink answers.
pub fn put(to: Sink<'_>, value: &impl Serialize) -> Result<(), StoreError> {
    to(&row::write(value)?)
}

/// Rows of which each says itself where it belongs.
pub struct Rows<T> {
    /// Where they are.
    pub table: Table,
    /// What their keys begin with.
    pub parents: &'static [&'static str],
    /// Checks one and puts it there.
    pub take: fn(&mut Transaction, T) -> Result<(), Unfit>,
}

impl<T: Serialize + DeserializeOwned> Lines for Rows<T> {
    fn out(&self, tx: &Transaction, to: Sink<'_>) -> Result<(), StoreError> {
        tx.each(self.table, self.parents, &mut |_, found| put(to, &row::read::<T>(&found.body)?))
    }

    fn take(&self, tx: &mut Transaction, line: &[u8]) -> Result<(), Unfit> {
        (self.take)(tx, parse(line)?)
    }
}

impl Transaction {
    /// One row as it was when the transaction began. Nothing is expected of it, so it is for reading alone.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn peek(&self, key: &Key) -> Result<Option<Versioned>, StoreError> {
        self.snapshot().get(key.as_bytes())
    }

    /// Every row below `parents` with the parts of its key behind them, in the order of the keys, as they were when the
    /// transaction began. Nothing is expected of them, so it is for reading alone: memory stays the same however many
    /// there are.
    ///
    /// # Errors
    /// The store cannot be read, or what `visit` answers.
    pub fn each(
        &self,
        table: Table,
        parents: &[&str],
        visit: &mut dyn FnMut(&Key, &Versioned) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let start = prefix(table, parents);
        let end = behind(start.clone());
        let mut visited = Ok(());
        self.snapshot().range(&start, end.as_deref(), Direction::Forth, &mut |key, row| {
            visited = visit(&Key::from_bytes(key.to_vec()), &row);
            visited.is_ok()
        })?;
        visited
    }
}

/// The text of a JSON document on one line: where a line ends inside of it, only whitespace is.
pub fn on_one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

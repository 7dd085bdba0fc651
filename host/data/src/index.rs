//! Indexes: rows that lead from values to records, kept in the transaction that writes the record.
//!
//! A row's last part is the values in their order, each ended by a byte 0, and the id. A field that is empty has a place of
//! its own before all others.

use std::collections::BTreeSet;

use serde_json::Value;
use signalsync_core::{CollectionName, Digest, RecordId};
use signalsync_store::{Key, StoreError, Table, Transaction};

use crate::compiled::Compiled;
use crate::encode::Order;
use crate::kind::Kind;
use crate::row::About;
use crate::text;

/// By owner, by department, and deleted records by when; these are always there.
pub(crate) const OWNER: &str = "@owner";
pub(crate) const DEPARTMENT: &str = "@department";
pub(crate) const BIN: &str = "@bin";

/// An empty value, and what stands before one that is not.
pub(crate) const ABSENT: &str = "0";
pub(crate) const PRESENT: &str = "1";

/// A field of an index.
#[derive(Debug, Clone)]
pub(crate) struct IndexField {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) order: Order,
}

/// An index of a definition.
#[derive(Debug, Clone)]
pub(crate) struct Index {
    /// Follows from what is indexed and how, so that a change of either is another index.
    pub(crate) name: String,
    pub(crate) fields: Vec<IndexField>,
    pub(crate) unique: bool,
    /// Whether it leads from the words of the fields.
    pub(crate) words: bool,
}

impl Index {
    pub(crate) fn over(fields: Vec<(String, Kind, Order)>, unique: bool) -> Self {
        let fields: Vec<_> = fields.into_iter().map(|(name, kind, order)| IndexField { name, kind, order }).collect();
        let what: Vec<_> =
            fields.iter().map(|field| format!("{} {:?} {:?}", field.name, field.kind, field.order)).collect();
        Self { name: name('i', &what.join("\n")), fields, unique, words: false }
    }

    pub(crate) fn words(names: &[String]) -> Self {
        let field = |name: &String| IndexField { name: name.clone(), kind: Kind::Text, order: Order::Text };
        let fields = names.iter().map(field).collect();
        Self { name: name('s', &names.join("\n")), fields, unique: false, words: true }
    }

    /// What a record's rows begin with: its values, each ended. Several for a multi-select and for words.
    pub(crate) fn values(&self, body: &Value) -> Vec<String> {
        if self.words {
            let words = words_of(self.fields.iter().map(|field| field.name.as_str()), body);
            return words.into_iter().map(|word| format!("{word}\0")).collect();
        }
        let mut found = vec![String::new()];
        for field in &self.fields {
            let values = field.encoded(body);
            found = found.iter().flat_map(|head| values.iter().map(move |value| format!("{head}{value}\0"))).collect();
        }
        found
    }

    /// The names of its fields, for people.
    pub(crate) fn title(&self) -> String {
        let names: Vec<_> = self.fields.iter().map(|field| format!("`{}`", field.name)).collect();
        names.join(", ")
    }

    /// Whether a record leaves none of the fields empty.
    pub(crate) fn is_full(&self, body: &Value) -> bool {
        self.fields.iter().all(|field| field.encoded(body).iter().all(|value| value != ABSENT))
    }
}

impl IndexField {
    /// The text that stands for a value in this field.
    pub(crate) fn encode(&self, value: &Value) -> Option<String> {
        self.order.encode(value).map(|text| format!("{PRESENT}{text}"))
    }

    fn encoded(&self, body: &Value) -> Vec<String> {
        let values: BTreeSet<String> = match body.get(&self.name) {
            Some(Value::Array(items)) if self.kind == Kind::MultiSelect => {
                items.iter().filter_map(|item| self.encode(item)).collect()
            }
            Some(value) => self.encode(value).into_iter().collect(),
            None => BTreeSet::new(),
        };
        if values.is_empty() { vec![ABSENT.to_owned()] } else { values.into_iter().collect() }
    }
}

/// The words of these fields of a record.
pub(crate) fn words_of<'a>(fields: impl Iterator<Item = &'a str>, body: &Value) -> BTreeSet<String> {
    text::words(fields.filter_map(|field| body.get(field)?.as_str()))
}

fn name(letter: char, what: &str) -> String {
    format!("{letter}{}", &Digest::of(what.as_bytes()).to_string()[..16])
}

pub(crate) fn key(collection: &CollectionName, index: &str, head: &str, id: &str) -> Key {
    Key::new(Table::Index, &[collection.as_str(), index, &format!("{head}{id}")])
}

/// A state of a record, as far as its index rows follow from it.
#[derive(Clone, Copy)]
pub(crate) struct Indexed<'a> {
    pub(crate) about: &'a About,
    pub(crate) body: &'a Value,
}

/// Every row of one record: the index's name and what the row begins with.
fn rows(compiled: &Compiled, record: Option<Indexed<'_>>) -> BTreeSet<(String, String)> {
    let Some(Indexed { about, body }) = record else { return BTreeSet::new() };
    let mut rows = BTreeSet::new();
    rows.extend(about.owner.map(|owner| (OWNER.to_owned(), format!("{owner}\0"))));
    rows.extend(about.department.map(|department| (DEPARTMENT.to_owned(), format!("{department}\0"))));
    for index in compiled.indexes.iter().chain(&compiled.search) {
        rows.extend(index.values(body).into_iter().map(|head| (index.name.clone(), head)));
    }
    rows
}

/// Changes the index rows of a record from one state to another.
pub(crate) fn maintain(
    tx: &mut Transaction,
    compiled: &Compiled,
    collection: &CollectionName,
    id: &RecordId,
    (before, after): (Option<Indexed<'_>>, Option<Indexed<'_>>),
) {
    let (before, after) = (rows(compiled, before), rows(compiled, after));
    for (index, head) in before.difference(&after) {
        tx.erase(key(collection, index, head, id.as_str()));
    }
    for (index, head) in after.difference(&before) {
        tx.put(key(collection, index, head, id.as_str()), "");
    }
}

/// The unique index that the record would break, because another record has the same values.
pub(crate) fn broken_unique<'a>(
    tx: &mut Transaction,
    compiled: &'a Compiled,
    collection: &CollectionName,
    id: &RecordId,
    body: &Value,
) -> Result<Option<&'a Index>, StoreError> {
    for index in compiled.indexes.iter().filter(|index| index.unique) {
        for head in index.values(body) {
            if broken(tx, index, collection, id, body, &head)? {
                return Ok(Some(index));
            }
        }
    }
    Ok(None)
}

/// Whether another record has the values that a row of this one begins with. Records that leave a field empty agree with
/// no other.
pub(crate) fn broken(
    tx: &mut Transaction,
    index: &Index,
    collection: &CollectionName,
    id: &RecordId,
    body: &Value,
    head: &str,
) -> Result<bool, StoreError> {
    if !index.is_full(body) {
        return Ok(false);
    }
    let page = tx.scan(Table::Index, &[collection.as_str(), &index.name], head, None, 2, usize::MAX)?;
    Ok(page.entries.iter().any(|(last, _)| last.strip_prefix(head) != Some(id.as_str())))
}

//! What is looked at to answer a question: the narrowest range of an index that has the right order.

use std::collections::BTreeSet;

use serde_json::Value;
use signalsync_core::Digest;
use signalsync_core::rights::Reach;
use signalsync_store::Transaction;

use super::filter::{Condition, Filter, Op};
use super::{Query, Sort};
use crate::encode::Order;
use crate::error::DataError;
use crate::gate::{Gate, Open};
use crate::index::{DEPARTMENT, Index, IndexField, OWNER, PRESENT};
use crate::text;
use crate::upkeep;

/// Ranges of an index that are walked side by side.
const RANGES_MAX: usize = 32;

/// Words of a search.
const WORDS_MAX: usize = 5;

/// How a question is answered.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) drive: Drive,
    pub(super) filter: Option<Filter>,
    /// What records have to have, and the fields that are searched for it.
    pub(super) words: Option<(BTreeSet<String>, Vec<String>)>,
}

/// What is walked along.
#[derive(Debug)]
pub(super) enum Drive {
    /// The records themselves, by id.
    Ids { prefix: String, backwards: bool },
    /// Ranges of indexes, side by side: what comes behind their beginnings is in one order.
    Ranges {
        ranges: BTreeSet<(String, String)>,
        /// Places before and behind which nothing can fit.
        low: Option<String>,
        high: Option<String>,
        backwards: bool,
        /// Whether the places are words, so that a record can stand at several.
        words: bool,
    },
}

impl Plan {
    /// Stands for the question: a cursor belongs to one.
    pub(super) fn context(&self) -> String {
        Digest::of(format!("{self:?}").as_bytes()).to_string()
    }
}

pub(super) fn of(gate: &Gate, tx: &mut Transaction, open: &Open, query: &Query) -> Result<Plan, DataError> {
    let rights = gate.rights().on(open.name());
    let is_defined = open.compiled.is_defined();
    // A field that may be hidden is as good as one that does not exist.
    let is_known = |field: &str| !rights.may_hide(field) && (!is_defined || open.compiled.fields.contains_key(field));
    if let Some(filter) = &query.filter {
        filter.check(&is_known)?;
    }
    let conditions = query.filter.as_ref().map(Filter::certain).unwrap_or_default();
    let mut planner = Planner { gate, tx, open, conditions };
    let words = query.search.as_deref().map(|search| planner.words(search)).transpose()?;
    let drive = match (&query.sort, &words) {
        (Some(Sort { field: Some(field), backwards }), _) => {
            if !is_known(field) {
                return Err(no_order(field));
            }
            planner.in_order(field, *backwards)?
        }
        (Some(Sort { field: None, backwards }), _) => planner.by_id(*backwards)?,
        (None, Some(words)) => planner.by_words(words)?,
        (None, None) => planner.narrowest()?,
    };
    Ok(Plan { drive, filter: query.filter.clone(), words })
}

fn no_order(field: &str) -> DataError {
    DataError::BadQuery(format!(
        "there is no index that begins with `{field}`, so records cannot be put in order by it"
    ))
}

struct Planner<'a> {
    gate: &'a Gate,
    tx: &'a mut Transaction,
    open: &'a Open,
    conditions: Vec<&'a Condition>,
}

/// How much of an index the conditions fix.
struct Fixed<'a> {
    index: &'a Index,
    /// Beginnings of the ranges.
    heads: Vec<String>,
    /// Fields that they fix.
    count: usize,
}

impl<'a> Planner<'a> {
    fn words(&self, search: &str) -> Result<(BTreeSet<String>, Vec<String>), DataError> {
        let bad = |what: String| Err(DataError::BadQuery(what));
        let Some(index) = &self.open.compiled.search else {
            return bad("this collection's definition names no fields to search".to_owned());
        };
        let words = text::words(std::iter::once(search));
        if words.is_empty() || words.len() > WORDS_MAX {
            return bad(format!("a search has 1 to {WORDS_MAX} words"));
        }
        Ok((words, index.fields.iter().map(|field| field.name.clone()).collect()))
    }

    fn by_words(&mut self, (words, _): &(BTreeSet<String>, Vec<String>)) -> Result<Drive, DataError> {
        let index = self.open.compiled.search.as_ref().map(|index| index.name.clone()).unwrap_or_default();
        self.ready(&index, "the search")?;
        // The longest word is in the fewest records.
        let word = words.iter().max_by_key(|word| word.len()).cloned().unwrap_or_default();
        Ok(Drive::Ranges {
            ranges: BTreeSet::from([(index, word)]),
            low: None,
            high: None,
            backwards: false,
            words: true,
        })
    }

    fn in_order(&mut self, field: &str, backwards: bool) -> Result<Drive, DataError> {
        let open = self.open;
        let fits = |fixed: &Fixed<'_>| fixed.index.fields.get(fixed.count).is_some_and(|next| next.name == field);
        // One that has the field at its beginning serves, too: then nothing is fixed.
        let best = open
            .compiled
            .indexes
            .iter()
            .flat_map(|index| self.fixed(index))
            .filter(fits)
            .max_by_key(|fixed| fixed.count);
        let Some(fixed) = best else { return Err(no_order(field)) };
        if fixed.index.fields[fixed.count].kind == crate::kind::Kind::MultiSelect {
            return Err(no_order(field));
        }
        self.ready(&fixed.index.name, &fixed.index.title())?;
        Ok(self.ranges(&fixed, backwards))
    }

    fn by_id(&mut self, backwards: bool) -> Result<Drive, DataError> {
        Ok(match self.whole()? {
            Some(fixed) => self.ranges(&fixed, backwards),
            None => match self.reachable()? {
                Some(ranges) => Drive::Ranges { ranges, low: None, high: None, backwards, words: false },
                None => Drive::Ids { prefix: String::new(), backwards },
            },
        })
    }

    fn narrowest(&mut self) -> Result<Drive, DataError> {
        let open = self.open;
        let mut found = Vec::new();
        for index in &open.compiled.indexes {
            if upkeep::is_ready(self.tx, open.name(), &index.name)? {
                found.extend(self.fixed(index));
            }
        }
        let bounded = |fixed: &Fixed<'_>| {
            let (low, high) = self.bounds(fixed.index.fields.get(fixed.count));
            2 * fixed.count + usize::from(low.is_some() || high.is_some())
        };
        match found.iter().max_by_key(|fixed| bounded(fixed)).filter(|fixed| bounded(fixed) > 0) {
            Some(fixed) => Ok(self.ranges(fixed, false)),
            None => self.by_id(false),
        }
    }

    /// An index all of whose fields are fixed, so that what is left is in the order of ids.
    fn whole(&mut self) -> Result<Option<Fixed<'a>>, DataError> {
        let open = self.open;
        for index in &open.compiled.indexes {
            let whole = self.fixed(index).into_iter().find(|fixed| fixed.count == index.fields.len());
            if let Some(fixed) = whole
                && upkeep::is_ready(self.tx, open.name(), &index.name)?
            {
                return Ok(Some(fixed));
            }
        }
        Ok(None)
    }

    /// Ranges that hold all that the caller can see; none when they would have to be everything.
    fn reachable(&mut self) -> Result<Option<BTreeSet<(String, String)>>, DataError> {
        let rights = self.gate.rights().on(self.open.name());
        if rights.unlimited() {
            return Ok(None);
        }
        let mut ranges = BTreeSet::new();
        for (_, rule) in rights.rules() {
            match &rule.see {
                Reach::None => {}
                Reach::All => return Ok(None),
                Reach::Own => ranges.extend(rights.person().user.map(|user| (OWNER.to_owned(), format!("{user}\0")))),
                Reach::Department => {
                    let departments = rights.person().departments.iter();
                    ranges.extend(departments.map(|department| (DEPARTMENT.to_owned(), format!("{department}\0"))));
                }
                Reach::Where { field, equals } => match self.where_range(field, equals)? {
                    Some(range) => {
                        ranges.insert(range);
                    }
                    None => return Ok(None),
                },
            }
        }
        Ok(Some(ranges).filter(|ranges| ranges.len() <= RANGES_MAX))
    }

    fn where_range(&mut self, field: &str, equals: &Value) -> Result<Option<(String, String)>, DataError> {
        let open = self.open;
        let index =
            open.compiled.indexes.iter().find(|index| matches!(&index.fields[..], [only] if only.name == *field));
        let Some(index) = index else { return Ok(None) };
        let head = index.fields[0].encode(equals).map(|value| (index.name.clone(), format!("{value}\0")));
        // A rule compares JSON values, and would not find `"1.0"` by `"1"`: then the index shows more, never less.
        Ok(head.filter(|_| upkeep::is_ready(self.tx, open.name(), &index.name).unwrap_or(false)))
    }

    fn ready(&mut self, index: &str, what: &str) -> Result<(), DataError> {
        if upkeep::is_ready(self.tx, self.open.name(), index)? {
            return Ok(());
        }
        Err(DataError::IndexNotReady(what.to_owned()))
    }

    /// The ways to use an index: with as many leading fields fixed as there are conditions for, down to none.
    fn fixed(&self, index: &'a Index) -> Vec<Fixed<'a>> {
        let mut ways = vec![Fixed { index, heads: vec![String::new()], count: 0 }];
        for field in &index.fields {
            let Some(values) = self.values(field) else { break };
            let before = &ways[ways.len() - 1];
            let heads = before.heads.iter().flat_map(|head| values.iter().map(move |value| format!("{head}{value}\0")));
            let heads: Vec<_> = heads.collect();
            if heads.len() > RANGES_MAX {
                break;
            }
            ways.push(Fixed { index, heads, count: before.count + 1 });
        }
        ways
    }

    /// The values that the conditions allow a field; none when they do not fix it.
    fn values(&self, field: &IndexField) -> Option<BTreeSet<String>> {
        let of_field = self.conditions.iter().filter(|condition| condition.field == field.name);
        let mut fixing = of_field.filter_map(|condition| match condition.op {
            Op::Eq => Some(field.encode(&condition.value).into_iter().collect()),
            Op::In => Some(condition.value.as_array()?.iter().filter_map(|value| field.encode(value)).collect()),
            Op::Empty if condition.value == true && field.kind != crate::kind::Kind::MultiSelect => {
                Some(BTreeSet::from([crate::index::ABSENT.to_owned()]))
            }
            _ => None,
        });
        fixing.next()
    }

    fn ranges(&self, fixed: &Fixed<'_>, backwards: bool) -> Drive {
        let (low, high) = self.bounds(fixed.index.fields.get(fixed.count));
        let ranges = fixed.heads.iter().map(|head| (fixed.index.name.clone(), head.clone())).collect();
        Drive::Ranges { ranges, low, high, backwards, words: false }
    }

    /// The part of a field's values that the conditions leave. What lies at its edge is decided on the record.
    fn bounds(&self, field: Option<&IndexField>) -> (Option<String>, Option<String>) {
        let Some(field) = field else { return (None, None) };
        let (mut low, mut high): (Option<String>, Option<String>) = (None, None);
        for condition in self.conditions.iter().filter(|condition| condition.field == field.name) {
            let (from, to) = edges(field, condition);
            low = low.max(from);
            high = match (high, to) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        (low, high)
    }
}

/// Behind which place, and before which one, records can fulfil a condition.
fn edges(field: &IndexField, condition: &Condition) -> (Option<String>, Option<String>) {
    let behind = |value: String| format!("{value}\u{10ffff}");
    let present = || PRESENT.to_owned();
    match condition.op {
        Op::Gt | Op::Ge => (field.encode(&condition.value), Some(behind(present()))),
        Op::Lt | Op::Le => (Some(present()), field.encode(&condition.value).map(|value| format!("{value}\u{2}"))),
        Op::Starts if field.order == Order::Text => {
            let start =
                condition.value.as_str().map(|start| format!("{PRESENT}{}", text::cut(&text::folded(start), 60)));
            (start.clone(), start.map(behind))
        }
        Op::Eq | Op::Ne | Op::In | Op::Empty | Op::Starts => (None, None),
    }
}

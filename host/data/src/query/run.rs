//! Walking along what a plan says, and showing what fits.

use std::collections::BTreeMap;

use signalsync_core::RecordId;
use signalsync_core::rights::CollectionRights;
use signalsync_store::{StoreError, Table, Transaction};

use super::plan::{Drive, Plan};
use crate::access;
use crate::error::DataError;
use crate::gate::{Gate, Open};
use crate::index::words_of;
use crate::row::{Record, Stored};

/// Rows that are fetched at a time.
const CHUNK: usize = 100;

/// How far one answer goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) limit: usize,
    pub(super) looks: usize,
    pub(super) bytes: usize,
}

/// A walk along a plan.
pub(super) struct Walk<'a> {
    open: &'a Open,
    rights: CollectionRights<'a>,
    plan: &'a Plan,
    /// The last place that was looked at.
    at: Option<String>,
    /// Whether there is nothing behind it.
    ended: bool,
}

/// Something that was found: its place in the order, and the record, if it is at hand.
type Step = (String, RecordId, Option<Stored>);

impl<'a> Walk<'a> {
    pub(super) fn new(gate: &'a Gate, open: &'a Open, plan: &'a Plan, after: Option<String>) -> Self {
        Self { open, rights: gate.rights().on(open.name()), plan, at: after, ended: false }
    }

    /// Where it stopped; none when it came to the end.
    pub(super) fn rest(self) -> Option<String> {
        self.at.filter(|_| !self.ended)
    }

    /// Records that fit.
    pub(super) fn collect(&mut self, tx: &mut Transaction, bounds: Bounds) -> Result<Vec<Record>, DataError> {
        let mut found = Vec::new();
        self.walk(tx, bounds, &mut |record| found.push(record))?;
        Ok(found)
    }

    /// How many records fit.
    pub(super) fn count(&mut self, tx: &mut Transaction, bounds: Bounds) -> Result<usize, DataError> {
        let mut count = 0;
        self.walk(tx, bounds, &mut |_| count += 1)?;
        Ok(count)
    }

    fn walk(&mut self, tx: &mut Transaction, bounds: Bounds, show: &mut dyn FnMut(Record)) -> Result<(), DataError> {
        let (mut shown, mut looks, mut bytes) = (0, bounds.looks, 0);
        if !self.rights.sees_any() {
            self.ended = true;
        }
        while !self.ended {
            let wanted = bounds.limit.saturating_sub(shown).saturating_add(1).min(CHUNK).min(looks);
            let (steps, ended) = self.steps(tx, wanted.max(1), bounds.bytes.saturating_sub(bytes))?;
            let total = steps.len();
            for (number, (place, id, stored)) in steps.into_iter().enumerate() {
                if shown == bounds.limit || looks == 0 || (bytes >= bounds.bytes && shown > 0) {
                    return Ok(());
                }
                looks -= 1;
                if let Some((record, size)) = self.look(tx, &place, id, stored)? {
                    // A page is full before the record that would make it too long.
                    if bytes + size > bounds.bytes && shown > 0 {
                        return Ok(());
                    }
                    bytes += size;
                    shown += 1;
                    show(record);
                }
                self.at = Some(place);
                self.ended = ended && number + 1 == total;
            }
            self.ended |= ended && total == 0;
        }
        Ok(())
    }

    /// The record as far as the caller sees it, if it fits.
    fn look(
        &self,
        tx: &mut Transaction,
        place: &str,
        id: RecordId,
        stored: Option<Stored>,
    ) -> Result<Option<(Record, usize)>, DataError> {
        let stored = match stored {
            Some(stored) => Some(stored),
            None => Gate::stored(tx, self.open.name(), &id)?,
        };
        // An index can be ahead of what this transaction may rely on, but not of the record: it is simply not there.
        let Some(stored) = stored else { return Ok(None) };
        let Some(veil) = access::seen(&self.rights, &stored) else { return Ok(None) };
        let visible = access::without(&stored.value, &veil.hidden);
        let body = visible.as_ref().unwrap_or(&stored.value);
        let fits = self.plan.filter.as_ref().is_none_or(|filter| filter.holds(&self.open.compiled, body));
        if !fits || !self.has_words(place, body) {
            return Ok(None);
        }
        let Stored { version, about, text, .. } = stored;
        let body = visible.map_or(text, |value| value.to_string());
        let size = body.len();
        Ok(Some((Record { id, version, about, body }, size)))
    }

    /// Whether a record has all words that are searched, and whether this is the first place where it stands.
    fn has_words(&self, place: &str, body: &serde_json::Value) -> bool {
        let Some((wanted, fields)) = &self.plan.words else { return true };
        let words = words_of(fields.iter().map(String::as_str), body);
        let has = |word: &String| words.range(word.clone()..).next().is_some_and(|found| found.starts_with(word));
        if !wanted.iter().all(has) {
            return false;
        }
        let Drive::Ranges { ranges, words: true, .. } = &self.plan.drive else { return true };
        let head = ranges.first().map_or("", |(_, head)| head);
        let here = place.split('\0').next().map(|rest| format!("{head}{rest}"));
        let first = words.range(head.to_owned()..).next();
        first.is_some_and(|first| Some(first) == here.as_ref())
    }

    /// What comes next, at most so much, and whether there is nothing behind it.
    fn steps(&self, tx: &mut Transaction, limit: usize, bytes: usize) -> Result<(Vec<Step>, bool), DataError> {
        match &self.plan.drive {
            Drive::Ids { prefix, backwards } => self.records(tx, prefix, *backwards, limit, bytes),
            Drive::Ranges { ranges, low, high, backwards, .. } => {
                self.places(tx, ranges.iter(), (low.as_deref(), high.as_deref()), *backwards, limit)
            }
        }
    }

    fn records(
        &self,
        tx: &mut Transaction,
        prefix: &str,
        backwards: bool,
        limit: usize,
        bytes: usize,
    ) -> Result<(Vec<Step>, bool), DataError> {
        let (parents, at) = ([self.open.name().as_str()], self.at.as_deref());
        let page = if backwards {
            tx.scan_back(Table::Records, &parents, prefix, at, limit, bytes)?
        } else {
            tx.scan(Table::Records, &parents, prefix, at, limit, bytes)?
        };
        let step = |(id, found): (String, _)| Ok((id.clone(), parsed(&id)?, Some(Stored::read(&found)?)));
        let steps = page.entries.into_iter().map(step).collect::<Result<_, StoreError>>()?;
        Ok((steps, page.next.is_none()))
    }

    /// The next places of all ranges together, each once.
    fn places<'r>(
        &self,
        tx: &mut Transaction,
        ranges: impl Iterator<Item = &'r (String, String)>,
        (low, high): (Option<&str>, Option<&str>),
        backwards: bool,
        limit: usize,
    ) -> Result<(Vec<Step>, bool), DataError> {
        let (mut places, mut cut): (BTreeMap<String, ()>, Option<String>) = (BTreeMap::new(), None);
        for (index, head) in ranges {
            let parents = [self.open.name().as_str(), index.as_str()];
            let from = self.at.as_deref().or(if backwards { high } else { low });
            let from = from.map(|from| format!("{head}{from}"));
            let scan = if backwards { Transaction::scan_back } else { Transaction::scan };
            let page = scan(tx, Table::Index, &parents, head, from.as_deref(), limit, usize::MAX)?;
            let rest = page.entries.into_iter().map(|(last, _)| last[head.len()..].to_owned()).collect::<Vec<_>>();
            if page.next.is_some()
                && let Some(last) = rest.last()
            {
                // Behind the last place of a range that goes on, others may not be complete.
                let is_nearer = |cut: &String| if backwards { last > cut } else { last < cut };
                if cut.as_ref().is_none_or(is_nearer) {
                    cut = Some(last.clone());
                }
            }
            places.extend(rest.into_iter().map(|place| (place, ())));
        }
        let within = |place: &String| match (&cut, backwards) {
            (None, _) => true,
            (Some(cut), false) => place <= cut,
            (Some(cut), true) => place >= cut,
        };
        let mut kept: Vec<String> = places.into_keys().filter(within).collect();
        if backwards {
            kept.reverse();
        }
        let reached = |place: &String| {
            if backwards {
                low.is_some_and(|low| place.as_str() <= low)
            } else {
                high.is_some_and(|high| place.as_str() >= high)
            }
        };
        let end = kept.iter().position(reached);
        let more = end.map_or(cut.is_some() || kept.len() > limit, |end| end > limit);
        kept.truncate(end.unwrap_or(kept.len()).min(limit));
        let step = |place: String| {
            let id = place.rsplit('\0').next().map(parsed).transpose()?;
            Ok((place, id.ok_or_else(|| StoreError::Corrupt("a place without an id".to_owned()))?, None))
        };
        let steps = kept.into_iter().map(step).collect::<Result<_, StoreError>>()?;
        Ok((steps, !more))
    }
}

fn parsed(id: &str) -> Result<RecordId, StoreError> {
    id.parse().map_err(|_| StoreError::Corrupt("an id of a record is not what was written".to_owned()))
}

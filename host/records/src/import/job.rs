//! An import's chunks: first a look at the whole file, then each row is tried, then each row is written.

use std::collections::BTreeMap;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use signalsync_audit::{Action, Event};
use signalsync_components::Receipts;
use signalsync_core::grants::Acting;
use signalsync_core::{JobId, RecordId, TenantScope};
use signalsync_data::{Change, DataError, Definition, Gate};
use signalsync_store::{Precondition, Transaction};
use signalsync_work::jobs::{Chunk, Job, JobKind, Jobs, Problem};
use signalsync_work::{Policy, Setback};

use super::plan::{self, Content, Unlike, Wanted};
use super::{Imports, Input, KIND, Row, definition, reasons, window};
use crate::error::RecordError;
use crate::judge::Judging;
use crate::record::new_record_id;

/// Rows of one chunk.
const ROWS_PER_CHUNK: usize = 200;

/// A chunk ends when it has taken so long, well within the lease of its work.
const CHUNK_MS: u64 = 5_000;

/// One row more than a chunk's time, with all of its validations.
const LEASE_MS: u64 = 20_000;

/// Bytes of what is noted for undoing, in one chunk.
const DID_BYTES_MAX: usize = 1 << 20;

/// Where an import stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "phase", rename_all = "kebab-case")]
enum Cursor {
    /// Rows behind this place of the file are tried.
    Trying {
        at: u64,
        created: u64,
        changed: u64,
        /// Whether some rows are known to be bad, because they have in common what no two records may.
        some_bad: bool,
    },
    /// All rows are good, and those behind this place are written.
    Writing { at: u64, created: u64, changed: u64 },
}

/// What was done to one record.
#[derive(Debug, Serialize, Deserialize)]
struct Did {
    id: RecordId,
    /// Its number in the history afterwards.
    number: u32,
    /// What it was before; none when it is new.
    before: Option<String>,
}

/// Does imports.
pub struct ImportJob(Imports);

impl Imports {
    /// Makes a driver do them.
    #[must_use]
    pub fn register(self, jobs: Jobs) -> Jobs {
        jobs.with(KIND, ImportJob(self))
    }
}

/// One chunk at work.
struct Work<'a> {
    imports: &'a Imports,
    scope: &'a TenantScope,
    input: &'a Input,
    definition: Option<Definition>,
    judging: Judging<'a>,
    gate: Gate,
    /// Sees everything: for what is noted for undoing.
    host: Gate,
}

impl JobKind for ImportJob {
    fn policy(&self) -> Policy {
        Policy { lease_ms: LEASE_MS, attempts_max: 5, ..Policy::default() }
    }

    fn step<'a>(
        &'a self,
        scope: &'a TenantScope,
        id: JobId,
        job: &'a Job,
        tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Chunk), Setback>> {
        async move { self.0.chunk(scope, id, job, tx).await }.boxed()
    }

    fn undo<'a>(
        &'a self,
        scope: &'a TenantScope,
        job: &'a Job,
        did: Vec<Value>,
        tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Vec<Problem>), Setback>> {
        async move { self.0.take_back(scope, job, did, tx) }.boxed()
    }
}

impl Imports {
    async fn chunk(
        &self,
        scope: &TenantScope,
        id: JobId,
        job: &Job,
        mut tx: Transaction,
    ) -> Result<(Transaction, Chunk), Setback> {
        let input: Input = serde_json::from_value(job.input.clone()).map_err(Setback::never)?;
        let cursor: Option<Cursor> = serde_json::from_value(job.cursor.clone()).map_err(Setback::never)?;
        let (now, receipts) = (self.clock.now(), Receipts::default());
        let gate = self.judge.gate(scope, now);
        let definition = definition(&gate, &mut tx, &input.order.collection).map_err(|error| match error {
            DataError::NoCollection => Setback::never(error),
            other => Setback::again(other),
        })?;
        let judging = self.judge.on(scope, now, &receipts);
        let host = gate.acting(Acting::Deployment);
        let work = Work { imports: self, scope, input: &input, definition, judging, gate, host };
        let (mut tx, chunk) = match cursor {
            None => work.look(id, tx)?,
            Some(Cursor::Trying { at, created, changed, some_bad }) => {
                let known = if some_bad { reasons(&mut tx, id).map_err(Setback::again)? } else { BTreeMap::new() };
                work.try_rows(id, (at, created, changed), (&known, job.failed), tx).await?
            }
            Some(Cursor::Writing { at, created, changed }) => work.write_rows(id, (at, created, changed), tx).await?,
        };
        drop(work);
        receipts.append(scope, &mut tx)?;
        Ok((tx, chunk))
    }

    /// Puts records back as they were, if nobody has changed them since. What is put back was judged when it was written.
    fn take_back(
        &self,
        scope: &TenantScope,
        job: &Job,
        did: Vec<Value>,
        mut tx: Transaction,
    ) -> Result<(Transaction, Vec<Problem>), Setback> {
        let input: Input = serde_json::from_value(job.input.clone()).map_err(Setback::never)?;
        let (collection, now) = (&input.order.collection, self.clock.now());
        let gate = self.judge.gate(scope, now).acting(Acting::Deployment);
        let (mut problems, count) = (Vec::new(), did.len());
        for did in did {
            let Did { id, number, before } = serde_json::from_value(did).map_err(Setback::never)?;
            let stays =
                |why: &str| Problem { row: None, column: None, reason: format!("the record `{id}` stays: {why}") };
            let taken = match gate.get(&mut tx, collection, &id) {
                Ok(found) if found.about.number != number => {
                    problems.push(stays("it was changed after the import"));
                    continue;
                }
                Ok(_) => match before {
                    None => gate.delete(&mut tx, collection, &id, Precondition::None),
                    Some(body) => {
                        let change = Change {
                            collection: collection.clone(),
                            id: id.clone(),
                            body,
                            precondition: Precondition::None,
                        };
                        gate.put(&mut tx, &change).map(drop)
                    }
                },
                // Somebody has deleted it.
                Err(DataError::NotFound | DataError::NoCollection) => continue,
                Err(error) => Err(error),
            };
            match taken {
                Ok(()) => {}
                Err(DataError::Store(error)) => return Err(error.into()),
                Err(error @ DataError::IndexNotReady(_)) => return Err(Setback::again(error)),
                Err(error) => problems.push(stays(&error.to_string())),
            }
        }
        let event = Event::new(Action::ImportUndone, format!("collection/{collection}"));
        let event = event.after(&json!({"records": count, "stay": problems.len()})).map_err(Setback::again)?;
        signalsync_audit::record(&mut tx, scope.caller(), now, event)?;
        Ok((tx, problems))
    }
}

impl Work<'_> {
    /// The whole file at once: what rows have in common that no two records may.
    fn look(&self, id: JobId, mut tx: Transaction) -> Result<(Transaction, Chunk), Setback> {
        let (mut unlike, mut at, mut chunk) = (Unlike::default(), 0, Chunk::default());
        loop {
            let rows = window(&mut tx, id, at, usize::MAX)?;
            let Some((_, end)) = rows.last() else { break };
            at = *end;
            for (row, _) in &rows {
                let Ok(wanted) = self.wanted(row) else { continue };
                let found = unlike.add(row.row, &wanted, self.definition.as_ref());
                // Those beyond come up when these are mended.
                if chunk.problems.len() + found.len() <= PROBLEMS_AT_ONCE {
                    chunk.failed += u64::from(!found.is_empty());
                    chunk.problems.extend(found);
                }
            }
        }
        chunk.total = Some(self.input.rows as u64);
        let some_bad = chunk.failed > 0;
        Ok((tx, Chunk { cursor: cursor(Cursor::Trying { at: 0, created: 0, changed: 0, some_bad })?, ..chunk }))
    }

    /// Each row in a transaction of its own that is thrown away.
    async fn try_rows(
        &self,
        id: JobId,
        (mut at, mut created, mut changed): (u64, u64, u64),
        (known, failed_before): (&BTreeMap<u64, String>, u64),
        mut tx: Transaction,
    ) -> Result<(Transaction, Chunk), Setback> {
        let rows = window(&mut tx, id, at, ROWS_PER_CHUNK)?;
        if rows.is_empty() {
            let chunk = self.tried(failed_before, created, changed)?;
            return Ok((tx, chunk));
        }
        let began = self.imports.clock.now();
        let (mut chunk, mut good) = (Chunk::default(), 0);
        for (row, end) in &rows {
            at = *end;
            if known.contains_key(&row.row) {
                continue;
            }
            let trial = self.imports.stores.tenant(self.scope).await?.begin().await?;
            match self.write(trial, row).await? {
                Ok((_, did)) => {
                    let is_new = did.before.is_none();
                    (created, changed) = (created + u64::from(is_new), changed + u64::from(!is_new));
                    good += 1;
                }
                Err(problems) => {
                    chunk.failed += 1;
                    chunk.problems.extend(problems);
                }
            }
            let took = self.imports.clock.now().0.saturating_sub(began.0);
            if took > CHUNK_MS || chunk.problems.len() + PROBLEMS_PER_ROW > PROBLEMS_AT_ONCE {
                break;
            }
        }
        // Of an import, what is done is what is written.
        chunk.done = if self.input.order.dry_run { good } else { 0 };
        let some_bad = !known.is_empty();
        Ok((tx, Chunk { cursor: cursor(Cursor::Trying { at, created, changed, some_bad })?, ..chunk }))
    }

    /// All rows were tried.
    fn tried(&self, failed: u64, created: u64, changed: u64) -> Result<Chunk, Setback> {
        if self.input.order.dry_run {
            let result =
                json!({"rows": self.input.rows, "would-create": created, "would-change": changed, "bad": failed});
            return Ok(Chunk { end: Some(result), ..Chunk::default() });
        }
        if failed > 0 {
            let why = format!(
                "{failed} rows are not acceptable, so nothing was written; correct them and send the file again"
            );
            return Ok(Chunk { refused: Some(why), ..Chunk::default() });
        }
        Ok(Chunk { cursor: cursor(Cursor::Writing { at: 0, created: 0, changed: 0 })?, ..Chunk::default() })
    }

    /// Rows that were good when they were tried. If one is not good any more, none stays.
    async fn write_rows(
        &self,
        id: JobId,
        (mut at, mut created, mut changed): (u64, u64, u64),
        mut tx: Transaction,
    ) -> Result<(Transaction, Chunk), Setback> {
        let rows = window(&mut tx, id, at, ROWS_PER_CHUNK)?;
        if rows.is_empty() {
            let end = Some(json!({"created": created, "changed": changed}));
            return Ok((tx, Chunk { end, ..Chunk::default() }));
        }
        let began = self.imports.clock.now();
        let (mut chunk, mut noted) = (Chunk::default(), 0);
        for (row, end) in &rows {
            at = *end;
            let (back, did) = match self.write(tx, row).await? {
                Ok(written) => written,
                Err(problems) => {
                    let why = problems.first().map_or("", |problem| &problem.reason);
                    return Err(Setback::never(format!(
                        "row {} is not acceptable any more: {why}. What was written is taken back",
                        row.row
                    )));
                }
            };
            tx = back;
            let is_new = did.before.is_none();
            (created, changed) = (created + u64::from(is_new), changed + u64::from(!is_new));
            noted += did.before.as_ref().map_or(0, String::len) + 400;
            chunk.did.push(serde_json::to_value(&did).map_err(Setback::never)?);
            let took = self.imports.clock.now().0.saturating_sub(began.0);
            if took > CHUNK_MS || noted > DID_BYTES_MAX {
                break;
            }
        }
        chunk.done = chunk.did.len() as u64;
        Ok((tx, Chunk { cursor: cursor(Cursor::Writing { at, created, changed })?, ..chunk }))
    }

    fn wanted(&self, row: &Row) -> Result<Wanted, Vec<Problem>> {
        plan::wanted(row, self.input, self.definition.as_ref())
    }

    /// Puts a row into a transaction, judged. What is wrong with the row is a value; the transaction is gone with it.
    async fn write(&self, tx: Transaction, row: &Row) -> Result<Result<(Transaction, Did), Vec<Problem>>, Setback> {
        let wanted = match self.wanted(row) {
            Ok(wanted) => wanted,
            Err(problems) => return Ok(Err(problems)),
        };
        match self.carry_out(tx, wanted).await {
            Ok(written) => Ok(Ok(written)),
            Err(error) => plan::problems(row.row, error).map(Err).map_err(Setback::again),
        }
    }

    async fn carry_out(&self, mut tx: Transaction, wanted: Wanted) -> Result<(Transaction, Did), RecordError> {
        let collection = &self.input.order.collection;
        let id = self.found(&mut tx, &wanted)?;
        let before = match &id {
            Some(id) => match self.gate.get(&mut tx, collection, id) {
                Ok(_) => Some(self.host.get(&mut tx, collection, id)?.body),
                Err(DataError::NotFound) => None,
                Err(error) => return Err(error.into()),
            },
            None => None,
        };
        let (is_new, is_named) = (before.is_none(), id.is_some());
        let id = id.unwrap_or_else(new_record_id);
        let (body, is_whole) = match wanted.content {
            Content::Whole(text, _) => (text, true),
            Content::Fields(mut fields) => {
                if is_new {
                    fields.retain(|_, value| !value.is_null());
                }
                (Value::Object(fields).to_string(), false)
            }
        };
        let change = Change { collection: collection.clone(), id: id.clone(), body, precondition: Precondition::None };
        let (mut tx, _) = match (is_new, is_whole) {
            (true, _) if !is_named => self.judging.add(tx, &change).await?,
            (true, _) | (false, true) => self.judging.put(tx, &change).await?,
            (false, false) => self.judging.patch(tx, &change).await?,
        };
        let number = self.host.get(&mut tx, collection, &id)?.about.number;
        Ok((tx, Did { id, number, before }))
    }

    /// The record that a row is about: by the key, else by its id.
    fn found(&self, tx: &mut Transaction, wanted: &Wanted) -> Result<Option<RecordId>, RecordError> {
        let Some(key) = &self.input.order.key else { return Ok(wanted.id.clone()) };
        let Some(value) = wanted.content.field(key) else { return Ok(wanted.id.clone()) };
        let found = self.gate.with_unique(tx, &self.input.order.collection, key, value)?;
        Ok(found.or_else(|| wanted.id.clone()))
    }
}

/// Problems that one chunk reports.
const PROBLEMS_AT_ONCE: usize = 1_000;

/// Problems that one row can have: one for each field.
const PROBLEMS_PER_ROW: usize = 200;

fn cursor(cursor: Cursor) -> Result<Value, Setback> {
    serde_json::to_value(cursor).map_err(Setback::never)
}

//! Bringing records in: read at once, looked at as a whole, then written in chunks, as a job of whoever started it.
//!
//! All rows or none: every row is tried first, in transactions that are thrown away, and nothing is written while one of
//! them is bad. A chunk that cannot be written after all has everything taken back.

mod job;
mod plan;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use signalsync_audit::{Action, Event};
use signalsync_core::{Clock, CollectionName, FilePath, JobId, TenantScope};
use signalsync_data::{DataError, Definition, Gate};
use signalsync_store::{FileWriter, RequestKey, Shelf, StagedFile, StoreError, Stores, Transaction};
use signalsync_work::jobs::{self, JobError, NewJob, Problem};
use tokio::sync::Semaphore;

use crate::error::RecordError;
use crate::judge::Judge;
use crate::sheet::{self, Columns, Format, ID, PROBLEM, Row, Rows, SheetError, Writer, is_calculated};

pub use job::ImportJob;

/// The kind of job that an import is.
pub(crate) const KIND: &str = "import";

/// Bytes of a file that is brought in.
pub const IMPORT_BYTES_MAX: u64 = 32 << 20;

/// Files that are read at the same time, each of them in memory; more wait.
const READ_AT_ONCE: usize = 2;

/// Bytes that one look into the kept rows reads.
const WINDOW_BYTES: u32 = 1 << 20;

/// What is brought in, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Order {
    pub collection: CollectionName,
    pub format: Format,
    /// Whether rows are only tried.
    pub dry_run: bool,
    /// The unique field by which a row finds the record that it changes; without it, the id.
    pub key: Option<String>,
}

/// The input of the job.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Input {
    #[serde(flatten)]
    order: Order,
    /// Fields that a table has columns for, in its order.
    columns: Vec<String>,
    rows: usize,
}

/// A file that comes in. It waits on disk for its turn to be read, so that what waits takes no memory.
pub struct Coming {
    writer: FileWriter,
    hasher: blake3::Hasher,
}

/// A file that is there.
pub struct Sheet {
    content: StagedFile,
    /// Of its bytes.
    pub hash: [u8; blake3::OUT_LEN],
}

impl Coming {
    /// Appends a piece.
    ///
    /// # Errors
    /// `TooLarge`, or the store failed.
    pub async fn write(&mut self, piece: Bytes) -> Result<(), RecordError> {
        let bytes = self.writer.size() + piece.len() as u64;
        if bytes > IMPORT_BYTES_MAX {
            return Err(RecordError::TooLarge { bytes, limit: IMPORT_BYTES_MAX });
        }
        self.hasher.update(&piece);
        Ok(self.writer.write(piece).await?)
    }

    /// All of it is there.
    ///
    /// # Errors
    /// The store failed.
    pub async fn finish(self) -> Result<Sheet, RecordError> {
        Ok(Sheet { content: self.writer.finish().await?, hash: *self.hasher.finalize().as_bytes() })
    }
}

/// Brings records of all tenants in, each tenant's behind its scope.
#[derive(Clone)]
pub struct Imports {
    stores: Arc<Stores>,
    judge: Judge,
    clock: Arc<dyn Clock>,
    reading: Arc<Semaphore>,
}

impl Imports {
    /// Behind this judge's gate.
    pub fn new(stores: Arc<Stores>, judge: Judge, clock: Arc<dyn Clock>) -> Self {
        Self { stores, judge, clock, reading: Arc::new(Semaphore::new(READ_AT_ONCE)) }
    }

    /// Takes a file in.
    ///
    /// # Errors
    /// The store failed, or the tenant has used it up.
    pub async fn receive(&self, scope: &TenantScope) -> Result<Coming, RecordError> {
        let writer = self.stores.tenant(scope).await?.stage_file().await?;
        Ok(Coming { writer, hasher: blake3::Hasher::new() })
    }

    /// Reads a file and starts the job that tries and writes its rows. A request with a key that was carried out before
    /// gets the same job.
    ///
    /// # Errors
    /// `NoCollection`; `BadSheet` when the file cannot be read; `BadQuery` when the key is no unique field; `TooManyJobs`;
    /// `Reused`; or the store failed.
    pub async fn start(
        &self,
        scope: &TenantScope,
        order: Order,
        sheet: Sheet,
        request: Option<&RequestKey>,
    ) -> Result<JobId, RecordError> {
        let now = self.clock.now();
        let gate = self.judge.gate(scope, now);
        let store = self.stores.tenant(scope).await?;
        let definition = self.definition(scope, &order.collection).await?;
        check_key(definition.as_ref(), order.key.as_deref())?;
        let rows = self.read(order.format, sheet.content, definition).await?;
        let mut writer = store.stage_file().await?;
        let Rows { lines, count, columns } = rows;
        writer.write(lines.into()).await?;
        let content = writer.finish().await?;
        let target = format!("collection/{}", order.collection);
        let input = serde_json::to_value(Input { order: order.clone(), columns, rows: count }).map_err(unwritable)?;
        let new = NewJob { kind: KIND, input, can_undo: !order.dry_run, all_or_nothing: !order.dry_run };
        let begin = |tx: &mut Transaction| {
            gate.collection(tx, &order.collection)?;
            let id = jobs::start(tx, scope, new.clone(), now)?;
            tx.put_file(Shelf::job(id), &rows_path(), "application/jsonl", content.clone())?;
            let event = Event::new(Action::ImportRun, target.as_str()).after(&order)?;
            signalsync_audit::record(tx, scope.caller(), now, event)?;
            Ok::<_, RecordError>(id)
        };
        Ok(store.once(request, now, begin).await?.value)
    }

    /// A file with the head that an import takes, and nothing else. What fills it is an export.
    ///
    /// # Errors
    /// `NoCollection`; `NoDefinition` for a table of a collection that has none; or the store failed.
    pub async fn template(
        &self,
        scope: &TenantScope,
        collection: &CollectionName,
        format: Format,
    ) -> Result<Vec<u8>, RecordError> {
        let definition = self.definition(scope, collection).await?.ok_or(DataError::NoDefinition)?;
        let given = definition.fields().filter(|(_, schema)| !is_calculated(schema));
        let fields = given.map(|(name, _)| name.as_str());
        if format == Format::JsonLines {
            let body: serde_json::Map<_, _> = fields.map(|name| (name.to_owned(), Value::Null)).collect();
            return Ok(format!("{}\n", serde_json::json!({"id": "", "body": body})).into_bytes());
        }
        let (mut writer, mut text) = (Writer::new(format), Vec::new());
        writer.row(&mut text, &[ID].into_iter().chain(fields).map(Value::from).collect::<Vec<_>>())?;
        text.extend(writer.end()?);
        Ok(text)
    }

    /// The rows that an import found something wrong with, and what, in the format of the file that came in: to be mended
    /// and sent again.
    ///
    /// # Errors
    /// `NotFound` when the caller has no such import; or the store failed.
    pub async fn mend(&self, scope: &TenantScope, id: JobId) -> Result<(Format, Vec<u8>), RecordError> {
        let mut tx = self.stores.tenant(scope).await?.begin().await?;
        let job = jobs::get(&mut tx, id)?;
        if job.kind != KIND || !signalsync_work::desk::is_theirs(scope, &job) {
            return Err(RecordError::NotFound);
        }
        let input: Input = serde_json::from_value(job.input).map_err(unwritable)?;
        let bad = reasons(&mut tx, id)?;
        let (mut writer, mut text) = (Writer::new(input.order.format), Vec::new());
        let head = [ID, PROBLEM]
            .into_iter()
            .chain(input.columns.iter().map(String::as_str).filter(|name| *name != ID && *name != PROBLEM));
        let head: Vec<_> = head.collect();
        writer.row(&mut text, &head.iter().map(|name| Value::from(*name)).collect::<Vec<_>>())?;
        let mut at = 0;
        loop {
            let rows = window(&mut tx, id, at, usize::MAX)?;
            let Some((_, end)) = rows.last() else { break };
            at = *end;
            for (row, _) in &rows {
                let Some(reason) = bad.get(&row.row) else { continue };
                write_bad(&mut writer, &mut text, &head, (row, reason))?;
            }
        }
        text.extend(writer.end()?);
        Ok((input.order.format, text))
    }

    async fn definition(&self, scope: &TenantScope, name: &CollectionName) -> Result<Option<Definition>, RecordError> {
        let gate = self.judge.gate(scope, self.clock.now());
        let mut tx = self.stores.tenant(scope).await?.begin().await?;
        Ok(definition(&gate, &mut tx, name)?)
    }

    async fn read(
        &self,
        format: Format,
        content: StagedFile,
        definition: Option<Definition>,
    ) -> Result<Rows, RecordError> {
        let stopped = |_| RecordError::Store(StoreError::Stopped);
        let permit = Arc::clone(&self.reading).acquire_owned().await.map_err(stopped)?;
        let bytes = whole(&content).await?;
        let read = move || {
            let _permit = permit;
            sheet::read(format, &bytes, &Columns::of(definition.as_ref()))
        };
        let read = tokio::task::spawn_blocking(read).await;
        Ok(read.map_err(|error| StoreError::Engine(error.to_string()))??)
    }
}

/// A file in memory.
async fn whole(content: &StagedFile) -> Result<Bytes, StoreError> {
    let mut bytes = BytesMut::with_capacity(usize::try_from(content.size()).unwrap_or(0));
    let mut reader = content.read().await?;
    while let Some(piece) = reader.next().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes.freeze())
}

/// The definition that holds; none for a collection that takes any document.
fn definition(gate: &Gate, tx: &mut Transaction, name: &CollectionName) -> Result<Option<Definition>, DataError> {
    match signalsync_data::published(gate, tx, name, None) {
        Ok((_, definition)) => Ok(Some(definition)),
        Err(DataError::NoDefinition) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A key finds at most one record.
fn check_key(definition: Option<&Definition>, key: Option<&str>) -> Result<(), DataError> {
    let Some(key) = key else { return Ok(()) };
    let indexes = definition.into_iter().flat_map(|definition| &definition.indexes);
    let is_unique = indexes.into_iter().any(|index| index.unique && index.fields == [key]);
    let refused =
        || DataError::BadQuery(format!("`key` is a field with a unique index of its own, and `{key}` is none"));
    if is_unique { Ok(()) } else { Err(refused()) }
}

/// What is wrong with each row that is listed.
fn reasons(tx: &mut Transaction, id: JobId) -> Result<BTreeMap<u64, String>, RecordError> {
    let (mut found, mut after) = (BTreeMap::<u64, String>::new(), None);
    loop {
        let page = jobs::problems(tx, id, after.as_deref(), usize::MAX)?;
        for Problem { row, column, reason } in page.items {
            let Some(row) = row else { continue };
            let said = column.map_or_else(|| reason.clone(), |column| format!("{column}: {reason}"));
            let all = found.entry(row).or_default();
            if !all.is_empty() {
                all.push_str("; ");
            }
            all.push_str(&said);
        }
        after = page.next;
        if after.is_none() {
            return Ok(found);
        }
    }
}

fn write_bad(
    writer: &mut Writer,
    text: &mut Vec<u8>,
    head: &[&str],
    (row, reason): (&Row, &str),
) -> Result<(), RecordError> {
    if let Some(body) = &row.body {
        let line = serde_json::json!({"id": row.id, "problem": reason, "body": body});
        text.extend_from_slice(format!("{line}\n").as_bytes());
        return Ok(());
    }
    let cell = |name: &&str| match *name {
        ID => row.id.clone().map_or(Value::Null, Value::from),
        PROBLEM => Value::from(reason),
        field => row.cells.as_ref().and_then(|cells| cells.get(field)).cloned().unwrap_or(Value::Null),
    };
    Ok(writer.row(text, &head.iter().map(cell).collect::<Vec<_>>())?)
}

fn rows_path() -> FilePath {
    "rows".parse().unwrap_or_else(|error| unreachable!("this is a path: {error}"))
}

/// Rows of a job's file from a place on, at most so many, each with the place behind it; none at the end.
fn window(tx: &mut Transaction, id: JobId, at: u64, limit: usize) -> Result<Vec<(Row, u64)>, StoreError> {
    let damaged = || StoreError::Corrupt("rows of an import are not what was written".to_owned());
    let (shelf, path) = (Shelf::job(id), rows_path());
    let mut length = WINDOW_BYTES;
    loop {
        let bytes = tx.read_file(&shelf, &path, at, length)?.ok_or_else(damaged)?;
        let (mut rows, mut end) = (Vec::new(), at);
        for line in bytes.split_inclusive(|byte| *byte == b'\n').filter(|line| line.ends_with(b"\n")).take(limit) {
            end += line.len() as u64;
            rows.push((serde_json::from_slice(line).map_err(|_| damaged())?, end));
        }
        if bytes.is_empty() || !rows.is_empty() {
            return Ok(rows);
        }
        if (bytes.len() as u64) < u64::from(length) {
            return Err(damaged());
        }
        length = length.saturating_mul(4);
    }
}

fn unwritable(error: serde_json::Error) -> RecordError {
    RecordError::Store(StoreError::Corrupt(error.to_string()))
}

impl From<SheetError> for RecordError {
    fn from(error: SheetError) -> Self {
        Self::BadSheet(error)
    }
}

impl From<JobError> for RecordError {
    fn from(error: JobError) -> Self {
        match error {
            JobError::NotFound => Self::NotFound,
            JobError::TooMany { limit } => Self::TooManyJobs { limit },
            JobError::NotPossible { .. } => Self::Conflict,
            JobError::Work(error) => error.into(),
        }
    }
}

//! The two long actions: a tenant is packed, and a tenant is filled.

use bytes::Bytes;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::json;
use signalsync_audit::{Action, Event, record};
use signalsync_components::ComponentError;
use signalsync_core::{CollectionName, Digest, JobId, TenantId, TenantScope};
use signalsync_data::archive as data;
use signalsync_store::lines::{Lines, Unfit, parse};
use signalsync_store::{ContentReader, Shelf, Shelves, StagedFile, Store, StoreError, Transaction};
use signalsync_work::jobs::{Chunk, Job, JobKind, Jobs};
use signalsync_work::{Policy, Setback};

use crate::archives::{Archives, FILL, MEDIA_TYPE, PACK, place};
use crate::bag::{Bag, BagError, Packed, Verified};
use crate::file::FileLine;
use crate::pack::{About, LINES_BYTES, pack};
use crate::part::{Extent, Form};
use crate::plan::{Step, plan};

/// How long a chunk may take: a whole tenant is packed, and its sums are verified, in one.
const LEASE_MS: u64 = 6 * 60 * 60 * 1_000;

/// Bytes of a file of lines: its last line begins within [`LINES_BYTES`], and may be as long as a record or a definition.
const FILE_BYTES_MAX: u64 = 5 * LINES_BYTES as u64;

/// Bytes of contents that one chunk takes, but for the last one.
const CONTENTS_BYTES: u64 = 64 << 20;

/// What is packed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) struct PackInput {
    pub(crate) extent: Extent,
}

/// From where a tenant is filled.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FillInput {
    /// An archive that lies with the job.
    Archive,
    /// Another tenant of this installation, as it is when the job begins.
    Tenant(TenantId),
}

/// Where filling stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Cursor {
    /// Steps that are done.
    step: usize,
    /// Lines of the step that are done.
    line: usize,
}

impl Cursor {
    fn next(self) -> Self {
        Self { step: self.step + 1, line: 0 }
    }
}

/// Packs tenants.
pub(crate) struct PackJob(pub(crate) Archives);

/// Fills tenants.
pub(crate) struct FillJob(pub(crate) Archives);

impl Archives {
    /// Makes a driver do them.
    #[must_use]
    pub fn register(self, jobs: Jobs) -> Jobs {
        jobs.with(PACK, PackJob(self.clone())).with(FILL, FillJob(self))
    }
}

fn policy() -> Policy {
    Policy { lease_ms: LEASE_MS, attempts_max: 5, ..Policy::default() }
}

impl JobKind for PackJob {
    fn policy(&self) -> Policy {
        policy()
    }

    fn step<'a>(
        &'a self,
        scope: &'a TenantScope,
        id: JobId,
        job: &'a Job,
        tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Chunk), Setback>> {
        async move {
            let PackInput { extent } = serde_json::from_value(job.input.clone()).map_err(Setback::never)?;
            self.0.pack(scope, id, extent, tx).await
        }
        .boxed()
    }
}

impl JobKind for FillJob {
    fn policy(&self) -> Policy {
        policy()
    }

    fn step<'a>(
        &'a self,
        scope: &'a TenantScope,
        id: JobId,
        job: &'a Job,
        tx: Transaction,
    ) -> BoxFuture<'a, Result<(Transaction, Chunk), Setback>> {
        async move {
            let input: FillInput = serde_json::from_value(job.input.clone()).map_err(Setback::never)?;
            let cursor: Option<Cursor> = serde_json::from_value(job.cursor.clone()).map_err(Setback::never)?;
            let mut tx = tx;
            match (cursor, input) {
                (Some(cursor), _) => self.0.go_on(scope, id, cursor, tx).await,
                (None, FillInput::Tenant(donor)) if !self.0.is_there(&mut tx, id)? => {
                    self.0.copy(scope, id, donor, tx).await
                }
                (None, FillInput::Archive | FillInput::Tenant(_)) => self.0.look(scope, id, tx).await,
            }
        }
        .boxed()
    }
}

impl Archives {
    async fn pack(
        &self,
        scope: &TenantScope,
        id: JobId,
        extent: Extent,
        tx: Transaction,
    ) -> Result<(Transaction, Chunk), Setback> {
        let store = self.stores.tenant(scope).await?;
        let about = About { tenant: scope.tenant(), at: self.clock.now(), extent };
        let (mut tx, content, packed) = self.packed(&store, about, tx).await?;
        let result =
            json!({"digest": packed.digest, "files": packed.files, "bytes": packed.bytes, "size": content.size()});
        tx.put_file(Shelf::job(id), &place(), MEDIA_TYPE, content)?;
        let event = Event::new(Action::TenantArchived, format!("tenant/{}", scope.tenant()));
        record(&mut tx, scope.caller(), self.clock.now(), event.after(&result)?)?;
        Ok((tx, Chunk { done: 1, total: Some(1), end: Some(result), ..Chunk::default() }))
    }

    /// Packs what a transaction sees into a content of a store.
    async fn packed(
        &self,
        into: &Store,
        about: About,
        from: Transaction,
    ) -> Result<(Transaction, StagedFile, Packed), Setback> {
        let (writer, components) = (into.stage_file().await?, self.components.clone());
        let work = move || pack(&from, &about, &components, writer).map(|packed| (from, packed));
        let (from, (writer, packed)) = blocking(work).await??;
        Ok((from, writer.finish().await?, packed))
    }

    /// Packs the tenant that is to be copied.
    async fn copy(
        &self,
        scope: &TenantScope,
        id: JobId,
        donor: TenantId,
        mut tx: Transaction,
    ) -> Result<(Transaction, Chunk), Setback> {
        let Some(from) = self.donors.scope(donor).await.map_err(Setback::again)? else {
            return Ok((tx, refused("the tenant that was to be copied is not there any more")));
        };
        let seen = self.stores.tenant(&from).await?.begin().await?;
        let about = About { tenant: donor, at: self.clock.now(), extent: Extent::Whole };
        let (_, content, _) = self.packed(&self.stores.tenant(scope).await?, about, seen).await?;
        tx.put_file(Shelf::job(id), &place(), MEDIA_TYPE, content)?;
        Ok((tx, Chunk::default()))
    }

    /// Looks whether everything is as the archive's manifest says, and known here.
    async fn look(&self, scope: &TenantScope, id: JobId, mut tx: Transaction) -> Result<(Transaction, Chunk), Setback> {
        let (content, limit) = (content(&mut tx, id)?, scope.tier().disk_bytes_max);
        let looked = blocking(move || {
            let mut bag = Bag::open(content)?;
            let steps = plan(bag.payload()).map_err(unknown)?;
            Ok::<_, BagError>((bag.verify(limit)?, steps.len()))
        });
        Ok(match looked.await? {
            Ok((Verified { lines, .. }, _)) => (tx, going_on(0, Cursor::default(), Some(lines))?),
            Err(error) => (tx, refused(&error.to_string())),
        })
    }

    /// Does some of the next step.
    async fn go_on(
        &self,
        scope: &TenantScope,
        id: JobId,
        cursor: Cursor,
        mut tx: Transaction,
    ) -> Result<(Transaction, Chunk), Setback> {
        let content = content(&mut tx, id)?;
        let opened = blocking(move || {
            let bag = Bag::open(content)?;
            let steps = plan(bag.payload()).map_err(unknown)?;
            Ok::<_, BagError>((bag, steps.into_iter().nth(cursor.step)))
        });
        let (bag, step) = match opened.await? {
            Ok(opened) => opened,
            Err(error) => return Ok((tx, refused(&error.to_string()))),
        };
        match step {
            Some(Step::Lines(part, path)) => match part.form(Extent::Whole) {
                Form::Lines(lines) => take_lines(bag, lines, path, cursor, tx).await,
                Form::Files(shelves) => self.take_files(scope, (bag, path), shelves, cursor, tx).await,
            },
            Some(Step::Index(collection)) => self.index(&collection, cursor, tx),
            Some(Step::Component(digest, path)) => self.take_component(scope, (bag, path), digest, cursor, tx).await,
            None => self.end(scope, id, bag, tx).await,
        }
    }

    fn index(
        &self,
        collection: &CollectionName,
        cursor: Cursor,
        mut tx: Transaction,
    ) -> Result<(Transaction, Chunk), Setback> {
        let more = data::index(&self.schemas, &mut tx, collection).map_err(Setback::again)?;
        let cursor = if more { cursor } else { cursor.next() };
        Ok((tx, going_on(0, cursor, None)?))
    }

    async fn take_component(
        &self,
        scope: &TenantScope,
        (mut bag, path): (Bag<ContentReader>, String),
        digest: Digest,
        cursor: Cursor,
        tx: Transaction,
    ) -> Result<(Transaction, Chunk), Setback> {
        let (limit, name) = (scope.tier().component_bytes_max, path.clone());
        let bytes = match blocking(move || bag.read(&name, limit)).await? {
            Ok(bytes) => Bytes::from(bytes),
            Err(error) => return Ok((tx, refused(&error.to_string()))),
        };
        if Digest::of(&bytes) != digest {
            return Ok((tx, refused(&format!("`{path}` holds another component than its name says"))));
        }
        match self.components.bring(scope, bytes).await {
            Ok(Ok(())) => Ok((tx, going_on(0, cursor.next(), None)?)),
            Ok(Err(why)) => Ok((tx, refused(&format!("the component {digest} cannot be used here: {why}")))),
            Err(ComponentError::NotFound) => Ok((tx, refused(&format!("`{path}` is not among the components")))),
            Err(error) => Err(Setback::again(error)),
        }
    }

    /// Takes files with their contents, until one transaction has enough.
    async fn take_files(
        &self,
        scope: &TenantScope,
        (mut bag, path): (Bag<ContentReader>, String),
        shelves: Shelves,
        cursor: Cursor,
        mut tx: Transaction,
    ) -> Result<(Transaction, Chunk), Setback> {
        let store = self.stores.tenant(scope).await?;
        let name = path.clone();
        let (back, text) = blocking(move || {
            let text = bag.read(&name, FILE_BYTES_MAX);
            (bag, text)
        })
        .await?;
        bag = back;
        let text = match text {
            Ok(text) => text,
            Err(error) => return Ok((tx, refused(&error.to_string()))),
        };
        let lines: Vec<_> = lines(&text).collect();
        let (mut line, mut bytes) = (cursor.line, 0);
        while let Some(text) = lines.get(line).filter(|_| bytes < CONTENTS_BYTES) {
            let wanted = match wanted(text, shelves, scope.tier().file_bytes_max) {
                Ok(wanted) => wanted,
                Err(why) => return Ok((tx, refused(&at(&path, line, &why)))),
            };
            let (back, staged) = staged(bag, &store, &wanted.1).await?;
            bag = back;
            let (shelf, FileLine { path: name, media_type, size, .. }) = wanted;
            match staged {
                Ok(staged) if staged.size() == size => tx.put_file(shelf, &name, &media_type, staged)?,
                Ok(_) => return Ok((tx, refused(&at(&path, line, "its content has another size than it says")))),
                Err(error) => return Ok((tx, refused(&at(&path, line, &error.to_string())))),
            }
            (line, bytes) = (line + 1, bytes + size);
        }
        let done = (line - cursor.line) as u64;
        let cursor = if line == lines.len() { cursor.next() } else { Cursor { line, ..cursor } };
        Ok((tx, going_on(done, cursor, None)?))
    }

    async fn end(
        &self,
        scope: &TenantScope,
        id: JobId,
        mut bag: Bag<ContentReader>,
        mut tx: Transaction,
    ) -> Result<(Transaction, Chunk), Setback> {
        let digest = match blocking(move || bag.digest()).await? {
            Ok(digest) => digest,
            Err(error) => return Ok((tx, refused(&error.to_string()))),
        };
        let result = json!({"digest": digest});
        tx.delete_file(Shelf::job(id), &place())?;
        let event = Event::new(Action::TenantFilled, format!("tenant/{}", scope.tenant()));
        record(&mut tx, scope.caller(), self.clock.now(), event.after(&result)?)?;
        Ok((tx, Chunk { end: Some(result), ..Chunk::default() }))
    }

    fn is_there(&self, tx: &mut Transaction, id: JobId) -> Result<bool, StoreError> {
        Ok(tx.file(Shelf::job(id), &place())?.is_some())
    }
}

/// Takes all lines of a file.
async fn take_lines(
    mut bag: Bag<ContentReader>,
    taking: Box<dyn Lines>,
    path: String,
    cursor: Cursor,
    mut tx: Transaction,
) -> Result<(Transaction, Chunk), Setback> {
    let taken = blocking(move || {
        let text = match bag.read(&path, FILE_BYTES_MAX) {
            Ok(text) => text,
            Err(error) => return Ok((tx, Err(error.to_string()))),
        };
        let mut done = 0;
        for line in lines(&text) {
            match taking.take(&mut tx, line) {
                Ok(()) => done += 1,
                Err(Unfit::Line(why)) => return Ok((tx, Err(at(&path, done, &why)))),
                Err(Unfit::Store(error)) => return Err(error),
            }
        }
        Ok((tx, Ok(done)))
    });
    let (tx, taken) = taken.await??;
    match taken {
        Ok(done) => Ok((tx, going_on(done as u64, cursor.next(), None)?)),
        Err(why) => Ok((tx, refused(&why))),
    }
}

/// Where a file of a line goes.
fn wanted(line: &[u8], shelves: Shelves, bytes_max: u64) -> Result<(Shelf, FileLine), String> {
    let line: FileLine = parse(line).map_err(|unfit| unfit.to_string())?;
    let shelf = shelves.shelf(&line.on).ok_or("its place has no such name")?;
    if line.size > bytes_max {
        return Err(format!("it has {} bytes, and this tenant's limit for a file is {bytes_max}", line.size));
    }
    Ok((shelf, line))
}

/// A file's content, in the store and not yet anybody's.
async fn staged(
    mut bag: Bag<ContentReader>,
    store: &Store,
    line: &FileLine,
) -> Result<(Bag<ContentReader>, Result<StagedFile, BagError>), Setback> {
    let (mut writer, content, size) = (store.stage_file().await?, line.content.clone(), line.size);
    let copied = blocking(move || {
        let copied = bag.copy(&content, size, &mut writer).map(|_| writer);
        (bag, copied)
    });
    Ok(match copied.await? {
        (bag, Ok(writer)) => (bag, Ok(writer.finish().await?)),
        (bag, Err(error)) => (bag, Err(error)),
    })
}

fn content(tx: &mut Transaction, id: JobId) -> Result<ContentReader, Setback> {
    let gone = || Setback::never("the archive is gone; make the tenant anew");
    let info = tx.file(Shelf::job(id), &place())?.ok_or_else(gone)?;
    Ok(tx.open_content(&info)?)
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

/// Why a line is not taken, with its place; lines are counted from 0.
fn at(path: &str, line: usize, why: &str) -> String {
    format!("`{path}`, line {}: {why}", line + 1)
}

fn unknown(path: String) -> BagError {
    BagError::Unfit(format!("`{path}` is in the archive, and this version does not know what it is"))
}

fn refused(why: &str) -> Chunk {
    Chunk { refused: Some(format!("{why}. Nobody of the archive came in; delete this tenant")), ..Chunk::default() }
}

fn going_on(done: u64, cursor: Cursor, total: Option<u64>) -> Result<Chunk, Setback> {
    Ok(Chunk { done, total, cursor: serde_json::to_value(cursor).map_err(Setback::never)?, ..Chunk::default() })
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Setback> {
    tokio::task::spawn_blocking(work).await.map_err(Setback::again)
}

//! Taking tenants out and filling new ones.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde_json::Value;
use signalsync_components::Components;
use signalsync_core::{Clock, FilePath, JobId, TenantId, TenantScope, Timestamp};
use signalsync_data::Schemas;
use signalsync_store::{FileInfo, FileReader, FileWriter, RequestKey, Shelf, StoreError, Stores, Transaction};
use signalsync_work::jobs::{self, NewJob};

use crate::error::ArchiveError;
use crate::job::{FillInput, PackInput};
use crate::part::{Extent, Form, Part};

/// The kind of job that packs a tenant.
pub(crate) const PACK: &str = "archive";

/// The kind of job that fills a tenant.
pub(crate) const FILL: &str = "fill";

/// What an archive is.
pub const MEDIA_TYPE: &str = "application/zip";

/// Access to the tenants that others are copied from. The crate that knows tenants gives it.
pub trait Donors: Send + Sync + 'static {
    /// The host's own access to a tenant; none when it is not there any more. An error is a text for the operator.
    fn scope(&self, tenant: TenantId) -> BoxFuture<'_, Result<Option<TenantScope>, String>>;
}

/// The archives of all tenants, each tenant's behind its scope.
#[derive(Clone)]
pub struct Archives {
    pub(crate) stores: Arc<Stores>,
    pub(crate) components: Components,
    pub(crate) schemas: Arc<Schemas>,
    pub(crate) donors: Arc<dyn Donors>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Archives {
    /// Over these stores; records are indexed by these definitions.
    pub fn new(
        stores: Arc<Stores>,
        components: Components,
        schemas: Arc<Schemas>,
        donors: Arc<dyn Donors>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { stores, components, schemas, donors, clock }
    }

    /// Starts to pack the tenant, as it is when its turn comes. A request that is repeated gets the same job.
    ///
    /// # Errors
    /// `TooManyJobs`, `Reused`, `Conflict`, or the store failed.
    pub async fn start(
        &self,
        scope: &TenantScope,
        extent: Extent,
        request: Option<&RequestKey>,
    ) -> Result<JobId, ArchiveError> {
        let (input, now) = (json(&PackInput { extent })?, self.clock.now());
        let begin =
            |tx: &mut Transaction| Ok::<_, ArchiveError>(jobs::start(tx, scope, new(PACK, input.clone()), now)?);
        Ok(self.stores.tenant(scope).await?.once(request, now, begin).await?.value)
    }

    /// An archive that was packed.
    ///
    /// # Errors
    /// `NotFound`, or the store failed.
    pub async fn open(&self, scope: &TenantScope, id: JobId) -> Result<(FileInfo, FileReader), ArchiveError> {
        let store = self.stores.tenant(scope).await?;
        let mut tx = store.begin().await?;
        if jobs::get(&mut tx, id)?.kind != PACK {
            return Err(ArchiveError::NotFound);
        }
        let info = tx.file(Shelf::job(id), &place())?.ok_or(ArchiveError::NotFound)?;
        // The transaction keeps the content until it is open.
        let reader = store.open_file(&info).await?;
        drop(tx);
        Ok((info, reader))
    }

    /// Where an archive is put while it arrives.
    ///
    /// # Errors
    /// `NotEmpty`, or the store failed.
    pub async fn receive(&self, scope: &TenantScope) -> Result<FileWriter, ArchiveError> {
        let store = self.stores.tenant(scope).await?;
        check_empty(&store.begin().await?)?;
        Ok(store.stage_file().await?)
    }

    /// Starts to fill a tenant that has nothing with an archive that has arrived. Nobody of the archive can come in
    /// before all of it is there.
    ///
    /// # Errors
    /// `NotEmpty`, `TooManyJobs`, `Conflict`, or the store failed.
    pub async fn fill(&self, scope: &TenantScope, arrived: FileWriter) -> Result<JobId, ArchiveError> {
        let (content, now, input) = (arrived.finish().await?, self.clock.now(), json(&FillInput::Archive)?);
        let begin = |tx: &mut Transaction| {
            check_empty(tx)?;
            let id = jobs::start(tx, scope, new(FILL, input.clone()), now)?;
            tx.put_file(Shelf::job(id), &place(), MEDIA_TYPE, content.clone())?;
            Ok(id)
        };
        self.stores.tenant(scope).await?.transact(begin).await
    }
}

/// Starts to fill a new tenant from a template, in the transaction that creates it.
///
/// # Errors
/// The store failed.
pub fn furnish(
    tx: &mut Transaction,
    scope: &TenantScope,
    template: Bytes,
    now: Timestamp,
) -> Result<JobId, StoreError> {
    let id = first(tx, scope, &FillInput::Archive, now)?;
    tx.write_file(Shelf::job(id), &place(), MEDIA_TYPE, template)?;
    Ok(id)
}

/// Starts to fill a new tenant with all that another one has, in the transaction that creates it.
///
/// # Errors
/// The store failed.
pub fn copy(tx: &mut Transaction, scope: &TenantScope, donor: TenantId, now: Timestamp) -> Result<JobId, StoreError> {
    first(tx, scope, &FillInput::Tenant(donor), now)
}

/// The first job of a tenant, which is never one too many.
fn first(tx: &mut Transaction, scope: &TenantScope, input: &FillInput, now: Timestamp) -> Result<JobId, StoreError> {
    let begun = jobs::start(tx, scope, new(FILL, json(input)?), now);
    begun.map_err(|error| StoreError::Engine(error.to_string()))
}

fn new(kind: &'static str, input: Value) -> NewJob {
    NewJob { kind, input, can_undo: false, all_or_nothing: false }
}

fn json(value: &impl serde::Serialize) -> Result<Value, StoreError> {
    serde_json::to_value(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// Where the archive of a job is on its shelf.
pub(crate) fn place() -> FilePath {
    "archive.zip".parse().unwrap_or_else(|error| unreachable!("this is a path: {error}"))
}

/// An archive would run into what is there. Settings are no obstacle: what is set stays.
fn check_empty(tx: &Transaction) -> Result<(), ArchiveError> {
    let parts = [
        (Part::Roles, "roles"),
        (Part::Departments, "departments"),
        (Part::Calendars, "calendars"),
        (Part::Collections, "collections"),
        (Part::Components, "components"),
        (Part::NoticeTemplates, "templates of notices"),
        (Part::Folders, "files"),
        (Part::People, "people"),
    ];
    for (part, what) in parts {
        if has_any(tx, &part)? {
            return Err(ArchiveError::NotEmpty(what));
        }
    }
    Ok(())
}

fn has_any(tx: &Transaction, part: &Part) -> Result<bool, StoreError> {
    // The first thing ends the look, with an error that stands for nothing else.
    let mut any = false;
    let mut first = || {
        any = true;
        Err(StoreError::Stopped)
    };
    let looked = match part.form(Extent::Whole) {
        Form::Lines(lines) => lines.out(tx, &mut |_| first()),
        Form::Files(shelves) => tx.each_file(shelves, &mut |_, _| first()),
    };
    if any { Ok(true) } else { looked.map(|()| false) }
}

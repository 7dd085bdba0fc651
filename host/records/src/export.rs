//! Taking records out, as far as the caller sees them: page by page, so that a large collection needs little memory.

use std::sync::Arc;

use serde_json::Value;
use signalsync_audit::{Action, Event};
use signalsync_core::{Clock, CollectionName, TenantScope};
use signalsync_data::{DataError, Definition};
use signalsync_store::{StoreError, Stores, Transaction};

use crate::error::RecordError;
use crate::judge::Judge;
use crate::sheet::{Format, ID, Writer, line, shown};

/// Records, and bytes of their bodies, that one transaction reads.
const PAGE: (usize, usize) = (500, 4 << 20);

/// Takes records of all tenants out, each tenant's behind its scope.
#[derive(Clone)]
pub struct Exports {
    stores: Arc<Stores>,
    judge: Judge,
    clock: Arc<dyn Clock>,
}

/// Records on their way out. Each page is of the moment in which it is read: a record that is changed meanwhile is in it
/// once, before or after the change.
pub struct Export {
    exports: Exports,
    scope: Arc<TenantScope>,
    collection: CollectionName,
    /// None when it has come to its end.
    writer: Option<Writer>,
    columns: Vec<String>,
    place: Place,
}

/// Where an export stands.
enum Place {
    Beginning,
    Behind(String),
    End,
}

impl Exports {
    /// Behind this judge's gate.
    pub fn new(stores: Arc<Stores>, judge: Judge, clock: Arc<dyn Clock>) -> Self {
        Self { stores, judge, clock }
    }

    /// Begins to take records out; that is in the audit, whatever becomes of it.
    ///
    /// # Errors
    /// `NoCollection`; `NoDefinition` for a table of a collection that has none; or the store failed.
    pub async fn begin(
        &self,
        scope: Arc<TenantScope>,
        collection: CollectionName,
        format: Format,
    ) -> Result<Export, RecordError> {
        let now = self.clock.now();
        let gate = self.judge.gate(&scope, now);
        let begin = |tx: &mut Transaction| {
            gate.collection(tx, &collection)?;
            let columns = match format {
                Format::JsonLines => Vec::new(),
                Format::Csv | Format::Xlsx => columns(&signalsync_data::published(&gate, tx, &collection, None)?.1),
            };
            let event = Event::new(Action::ExportRun, format!("collection/{collection}"));
            signalsync_audit::record(tx, scope.caller(), now, event)?;
            Ok::<_, RecordError>(columns)
        };
        let columns = self.stores.tenant(&scope).await?.transact(begin).await?;
        let writer = Some(Writer::new(format));
        Ok(Export { exports: self.clone(), scope, collection, writer, columns, place: Place::Beginning })
    }
}

impl Export {
    /// The next piece of the text; none at the end. Of a workbook the pieces are empty but for the last one.
    ///
    /// # Errors
    /// `NoCollection` when it was deleted meanwhile, or the caller lost its rights; `BadSheet` when a workbook would have
    /// too many rows; or the store failed.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, RecordError> {
        let mut text = Vec::new();
        let after = match &self.place {
            Place::End => return self.writer.take().map(Writer::end).transpose().map_err(RecordError::from),
            Place::Beginning => {
                let head: Vec<_> =
                    [ID].into_iter().chain(self.columns.iter().map(String::as_str)).map(Value::from).collect();
                self.row(&mut text, &head)?;
                None
            }
            Place::Behind(after) => Some(after.as_str()),
        };
        let gate = self.exports.judge.gate(&self.scope, self.exports.clock.now());
        let mut tx = self.exports.stores.tenant(&self.scope).await?.begin().await?;
        let page = gate.list(&mut tx, &self.collection, "", after, PAGE)?;
        drop(tx);
        for record in &page.items {
            match self.writer {
                Some(Writer::JsonLines) => line(&mut text, record).map_err(|_| damaged())?,
                Some(Writer::Csv | Writer::Xlsx(_)) | None => {
                    let body: Value = serde_json::from_str(&record.body).map_err(|_| damaged())?;
                    let cells = self.columns.iter().map(|column| shown(body.get(column).unwrap_or(&Value::Null)));
                    let cells: Vec<_> = [Value::from(record.id.as_str())].into_iter().chain(cells).collect();
                    self.row(&mut text, &cells)?;
                }
            }
        }
        self.place = page.next.map_or(Place::End, Place::Behind);
        Ok(Some(text))
    }

    /// All of it in one piece.
    ///
    /// # Errors
    /// As [`next`](Self::next).
    pub async fn whole(mut self) -> Result<Vec<u8>, RecordError> {
        let mut whole = Vec::new();
        while let Some(piece) = self.next().await? {
            whole.extend(piece);
        }
        Ok(whole)
    }

    fn row(&mut self, text: &mut Vec<u8>, cells: &[Value]) -> Result<(), RecordError> {
        self.writer.as_mut().map_or(Ok(()), |writer| writer.row(text, cells)).map_err(RecordError::from)
    }
}

fn columns(definition: &Definition) -> Vec<String> {
    definition.fields().map(|(name, _)| name.clone()).collect()
}

fn damaged() -> RecordError {
    RecordError::from(DataError::Store(StoreError::Corrupt("a record is not what was written".to_owned())))
}

//! A tenant becomes a bag.

use std::io::{self, Write};

use jiff::Timestamp as Instant;
use signalsync_components::Components;
use signalsync_components::archive as components;
use signalsync_core::{Digest, TenantId, Timestamp};
use signalsync_store::lines::Sink;
use signalsync_store::{Shelves, StoreError, Transaction, row};

use crate::bag::{Content, Packed, Packer};
use crate::file::FileLine;
use crate::part::{Extent, Form, Part};

/// Bytes of one file of lines, but for its last line: as much as is taken in one transaction.
pub(crate) const LINES_BYTES: usize = 4 << 20;

/// Where components are in the payload.
pub(crate) const WASM: &str = "wasm";

/// What is said about a bag.
pub(crate) struct About {
    pub(crate) tenant: TenantId,
    pub(crate) at: Timestamp,
    pub(crate) extent: Extent,
}

/// Packs what a transaction sees: one moment, however long it takes. Blocking.
///
/// # Errors
/// The store, or a component, cannot be read; or what is written cannot be.
pub(crate) fn pack<W: Write>(
    tx: &Transaction,
    about: &About,
    stored: &Components,
    to: W,
) -> Result<(W, Packed), StoreError> {
    let mut packer = Packer::new(&about.tenant.to_string(), to)?;
    for part in Part::all(tx, about.extent)? {
        match part.form(about.extent) {
            Form::Lines(lines) => pack_lines(&mut packer, &part.path(), |sink| lines.out(tx, sink))?,
            Form::Files(shelves) => pack_files(&mut packer, tx, &part.path(), shelves)?,
        }
    }
    for digest in components::digests(tx)? {
        pack_component(&mut packer, stored, digest)?;
    }
    let mut info = about.info();
    if about.extent == Extent::Whole {
        pack_audit(&mut packer, tx, &mut info)?;
    }
    Ok(packer.finish(&info)?)
}

impl About {
    fn info(&self) -> Vec<(&'static str, String)> {
        let at = i64::try_from(self.at.0).ok().and_then(|ms| Instant::from_millisecond(ms).ok());
        vec![
            ("External-Identifier", self.tenant.to_string()),
            ("Bagging-Date", at.map(|at| at.strftime("%F").to_string()).unwrap_or_default()),
            ("Bag-Software-Agent", concat!("signalsync ", env!("CARGO_PKG_VERSION")).to_owned()),
        ]
    }
}

/// Packs lines into as many files as they need.
fn pack_lines<W: Write>(
    packer: &mut Packer<W>,
    path: &str,
    out: impl FnOnce(Sink<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut files = LineFiles { packer, path, number: 1, text: Vec::new() };
    out(&mut |line| files.push(line))?;
    files.flush()
}

struct LineFiles<'a, W: Write> {
    packer: &'a mut Packer<W>,
    path: &'a str,
    number: u32,
    text: Vec<u8>,
}

impl<W: Write> LineFiles<'_, W> {
    fn push(&mut self, line: &[u8]) -> Result<(), StoreError> {
        if self.text.len() >= LINES_BYTES {
            self.flush()?;
        }
        self.text.extend_from_slice(line);
        self.text.push(b'\n');
        Ok(())
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        if !self.text.is_empty() {
            let path = format!("{}/{:08}.jsonl", self.path, self.number);
            self.packer.add(&path, Content::Text, &mut self.text.as_slice())?;
            self.number += 1;
            self.text.clear();
        }
        Ok(())
    }
}

fn pack_files<W: Write>(
    packer: &mut Packer<W>,
    tx: &Transaction,
    part: &str,
    shelves: Shelves,
) -> Result<(), StoreError> {
    let mut number = 0;
    tx.each_file(shelves, &mut |shelf, info| {
        number += 1;
        let content = FileLine::new(part, number, shelf, info).content;
        Ok(packer.add(&content, Content::Bytes(info.size), &mut tx.open_content(info)?)?)
    })?;
    number = 0;
    pack_lines(packer, part, |sink| {
        tx.each_file(shelves, &mut |shelf, info| {
            number += 1;
            sink(&row::write(&FileLine::new(part, number, shelf, info))?)
        })
    })
}

fn pack_component<W: Write>(packer: &mut Packer<W>, stored: &Components, digest: Digest) -> Result<(), StoreError> {
    let bytes = stored.bytes(digest).map_err(io::Error::other)?;
    Ok(packer.add(&format!("{WASM}/{digest}.wasm"), Content::Bytes(bytes.len() as u64), &mut bytes.as_ref())?)
}

/// The audit is beside the payload: packing is audited, so that it is another one each time.
fn pack_audit<W: Write>(
    packer: &mut Packer<W>,
    tx: &Transaction,
    info: &mut Vec<(&'static str, String)>,
) -> Result<(), StoreError> {
    let (mut number, mut text) = (1, Vec::new());
    let end = signalsync_audit::each(tx, &mut |entry| {
        text.extend_from_slice(entry);
        text.push(b'\n');
        if text.len() >= LINES_BYTES {
            packer.tag(&format!("audit/{number:08}.jsonl"), &text)?;
            (number, text) = (number + 1, Vec::new());
        }
        Ok(())
    })?;
    if !text.is_empty() {
        packer.tag(&format!("audit/{number:08}.jsonl"), &text)?;
    }
    info.extend([("SignalSync-Audit-Entries", end.entries.to_string()), ("SignalSync-Audit-Hash", end.hash)]);
    Ok(())
}

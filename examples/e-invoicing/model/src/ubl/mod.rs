//! UBL 2.1 `Invoice` and `CreditNote` to a record.
//!
//! The reader is tolerant: nothing is required, unknown elements are skipped, and a document whose root is
//! only a part of an invoice (a party, the totals, a line) is read as far as it goes. Where EN 16931 has
//! one value and UBL several, the first counts.

mod document;
mod line;
mod money;
mod party;

use crate::Error;
use crate::record::{Invoice, Kind};
use crate::xml::{self, Namespace, Node};

/// Most bytes of a document.
pub const BYTES_MAX: usize = xml::BYTES_MAX;

/// A UBL document: the record, and what is attached to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Document {
    /// The record.
    pub invoice: Invoice,
    /// In the order of the supporting documents.
    pub attachments: Vec<Attachment>,
}

/// BT-125 Attached document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Which of the record's supporting documents it belongs to.
    pub index: usize,
    /// As it stands in the source, blanks inside of it included.
    pub base64: String,
}

/// Reads the record of a UBL document.
///
/// # Errors
/// As [`read_all`].
///
/// ```
/// let xml = r#"<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
///     xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
///     <cbc:ID>F-2026-7</cbc:ID>
/// </Invoice>"#;
/// let invoice = e_invoicing_model::ubl::read(xml.as_bytes()).unwrap();
/// assert_eq!(invoice.number.as_deref(), Some("F-2026-7"));
/// assert!(e_invoicing_model::ubl::read(b"<html/>").is_err());
/// ```
pub fn read(bytes: &[u8]) -> Result<Invoice, Error> {
    with_root(bytes, |root, kind| Invoice { kind, ..document::invoice(root) })
}

/// Reads a UBL document with what is attached to it.
///
/// # Errors
/// When it is not well-formed XML, has a document type, is nested deeper than 64, has more than 250,000
/// elements and attributes or more than [`BYTES_MAX`] bytes, or when its root is no part of UBL.
pub fn read_all(bytes: &[u8]) -> Result<Document, Error> {
    with_root(bytes, |root, kind| Document {
        invoice: Invoice { kind, ..document::invoice(root) },
        attachments: document::attachments(root),
    })
}

/// What can be read from the root, or of a part of an invoice from the element around it.
fn with_root<T>(bytes: &[u8], read: impl FnOnce(Node, Option<Kind>) -> T) -> Result<T, Error> {
    let tree = xml::read(bytes)?;
    let document = tree.document();
    let Some(root) = document.children().next() else {
        return Err(Error::NotUbl(String::new()));
    };
    match (root.namespace(), root.name()) {
        (Namespace::Invoice, "Invoice") => Ok(read(root, Some(Kind::Invoice))),
        (Namespace::CreditNote, "CreditNote") => Ok(read(root, Some(Kind::CreditNote))),
        (Namespace::Aggregate | Namespace::Basic, _) => Ok(read(document, None)),
        (_, name) => Err(Error::NotUbl(name.to_owned())),
    }
}

/// The first element that has one of these names; invoices and credit notes name some things differently.
fn either<'t>(node: Node<'t>, invoice: &'t str, credit_note: &'t str) -> Option<Node<'t>> {
    node.first(invoice).or_else(|| node.first(credit_note))
}

//! A mapping: a UBL 2.1 invoice or credit note becomes a record with the business terms of EN 16931.
//!
//! The record goes to the collection `invoices`, or to the one that the settings name:
//! `{"collection": "credit-notes"}`. Its id is the seller's identifier and the invoice number. The documents that are
//! attached become files where the settings name a folder: `{"documents": "invoice-documents"}`.

mod documents;
mod id;

use e_invoicing_model::{Invoice, ubl};
use serde::Deserialize;
use signalsync_sdk::{Message, Outcome, context, mapping};

mapping!(transform);

/// Most bytes of a record: the host takes no larger document.
const RECORD_BYTES_MAX: usize = 1 << 20;

/// What an administrator can set.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// The collection that the records go to.
    #[serde(default = "invoices")]
    collection: String,
    /// The folder that attached documents are kept in; without it they are left out.
    #[serde(default)]
    documents: Option<String>,
}

fn invoices() -> String {
    "invoices".to_owned()
}

/// Reads the message; the error says where it cannot be read and what to do.
fn transform(message: Message) -> Result<Outcome, String> {
    let settings: Settings = context::settings()?;
    let mut document = ubl::read_all(&message.body).map_err(|error| error.to_string())?;
    let mut id = id::of(&document.invoice);
    if let Some(folder) = settings.documents {
        documents::keep(&folder, id.get_or_insert_with(id::fresh), &mut document)?;
    }
    let invoice = document.invoice;
    check_size(&invoice)?;
    let outcome = Outcome::new();
    Ok(match id {
        Some(id) => outcome.upsert(settings.collection, id, &invoice)?,
        None => outcome.insert(settings.collection, &invoice)?,
    })
}

fn check_size(invoice: &Invoice) -> Result<(), String> {
    let size = serde_json::to_string(invoice).map_err(|error| error.to_string())?.len();
    if size > RECORD_BYTES_MAX {
        return Err(format!("the record would have {size} bytes, at most {RECORD_BYTES_MAX} fit: divide the invoice"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;
    use signalsync_sdk::mapping::{Action, Change};
    use signalsync_sdk::testing::{self, MockHost};

    use super::*;

    fn invoice(number: &str) -> Vec<u8> {
        let namespace = "urn:oasis:names:specification:ubl:schema:xsd";
        format!(
            "<Invoice xmlns='{namespace}:Invoice-2' xmlns:cbc='{namespace}:CommonBasicComponents-2' \
             xmlns:cac='{namespace}:CommonAggregateComponents-2'><cbc:ID>{number}</cbc:ID>\
             <cac:AdditionalDocumentReference><cac:Attachment>\
             <cbc:EmbeddedDocumentBinaryObject filename='a.txt' mimeCode='text/plain'>aGVsbG8=\
             </cbc:EmbeddedDocumentBinaryObject></cac:Attachment></cac:AdditionalDocumentReference>\
             <cac:AccountingSupplierParty><cac:Party><cac:PartyTaxScheme><cbc:CompanyID>DE1</cbc:CompanyID>\
             <cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme></cac:Party>\
             </cac:AccountingSupplierParty></Invoice>"
        )
        .into_bytes()
    }

    fn change(body: impl Into<Vec<u8>>) -> Result<Change, String> {
        let outcome = testing::transform(transform, Message::new("api", "application/xml", body))?;
        match <[Action; 1]>::try_from(outcome.actions) {
            Ok([Action::Upsert(change)]) => Ok(change),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_invoice_becomes_a_record_under_its_seller_and_number() {
        let _host = MockHost::new().install();
        let change = change(invoice(" F-7 ")).unwrap();
        assert_eq!((&*change.collection, change.id.as_deref()), ("invoices", Some("DE1:F-7")));
        let record = r#"{"kind":"invoice","number":"F-7","seller":{"vat-identifier":"DE1"},"supporting-documents":[{"media-type":"text/plain","file-name":"a.txt"}]}"#;
        assert_eq!(change.body, record);
    }

    #[test]
    fn a_number_that_is_no_id_leaves_it_to_the_host() {
        let _host = MockHost::new().install();
        assert_eq!(change(invoice("")).unwrap().id, None);
    }

    #[test]
    fn what_is_attached_is_kept_where_the_settings_say() {
        let host = MockHost::new().settings(&json!({"documents": "kept"})).folder("kept").install();
        let body = change(invoice("F-7")).unwrap().body;
        assert!(body.contains(r#""file":"DE1:F-7/01-a.txt""#), "{body}");
        assert_eq!(host.file("kept", "DE1:F-7/01-a.txt").unwrap(), b"hello");
        let id = change(invoice("")).unwrap().id.unwrap();
        assert_eq!(host.file("kept", &format!("{id}/01-a.txt")).unwrap(), b"hello");
    }

    #[test]
    fn the_settings_name_the_collection() {
        let _host = MockHost::new().settings(&json!({"collection": "bills"})).install();
        assert_eq!(change(invoice("1")).unwrap().collection, "bills");
    }

    #[test]
    fn settings_that_are_not_known_are_refused() {
        let _host = MockHost::new().settings(&json!({"colection": "bills"})).install();
        assert!(change(invoice("1")).unwrap_err().contains("colection"));
    }

    #[test]
    fn a_message_that_cannot_be_read_is_explained() {
        let _host = MockHost::new().install();
        assert_eq!(
            change("<Invoice>\n  <a>").unwrap_err(),
            "line 2, column 6: the document ends inside <a>: send it whole"
        );
        assert_eq!(change("<html/>").unwrap_err(), "the root element is <html>: send a UBL 2.1 Invoice or CreditNote");
    }

    #[test]
    fn a_record_has_a_size_limit() {
        let _host = MockHost::new().install();
        let around = change(invoice(&"x".repeat(1000))).unwrap().body.len() - 1000;
        assert!(change(invoice(&"x".repeat(RECORD_BYTES_MAX - around))).is_ok());
        let error = change(invoice(&"x".repeat(RECORD_BYTES_MAX - around + 1))).unwrap_err();
        assert_eq!(error, "the record would have 1048577 bytes, at most 1048576 fit: divide the invoice");
    }
}

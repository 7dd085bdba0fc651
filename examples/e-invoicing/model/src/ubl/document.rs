//! The document itself.

use super::{Attachment, either, line, money, party};
use crate::record::{Delivery, Invoice, Note, Period, PrecedingInvoice, SupportingDocument};
use crate::xml::Node;

/// UBL type code of an additional document that names a project, in credit notes.
const PROJECT: &str = "50";

/// Where a supporting document has what is attached.
const ATTACHED: &str = "cac:Attachment/cbc:EmbeddedDocumentBinaryObject";

/// The record of an `Invoice` or `CreditNote` element, or of whatever has their children.
pub(super) fn invoice(root: Node) -> Invoice {
    let (allowances, charges, unmarked_allowances_or_charges) = money::allowances(root);
    let supporting_documents: Vec<_> = root.all("cac:AdditionalDocumentReference").map(supporting_document).collect();
    Invoice {
        kind: None,
        number: root.text("cbc:ID"),
        issue_date: root.text("cbc:IssueDate"),
        type_code: either(root, "cbc:InvoiceTypeCode", "cbc:CreditNoteTypeCode").map(Node::own_text),
        currency: root.text("cbc:DocumentCurrencyCode"),
        vat_accounting_currency: root.text("cbc:TaxCurrencyCode"),
        tax_point_date: root.text("cbc:TaxPointDate"),
        tax_point_date_code: root.text("cac:InvoicePeriod/cbc:DescriptionCode"),
        due_date: either(root, "cbc:DueDate", "cac:PaymentMeans/cbc:PaymentDueDate").map(Node::own_text),
        buyer_reference: root.text("cbc:BuyerReference"),
        project_reference: root.text("cac:ProjectReference/cbc:ID").or_else(|| project(&supporting_documents)),
        contract_reference: root.text("cac:ContractDocumentReference/cbc:ID"),
        purchase_order_reference: root.text("cac:OrderReference/cbc:ID"),
        sales_order_reference: root.text("cac:OrderReference/cbc:SalesOrderID"),
        receiving_advice_reference: root.text("cac:ReceiptDocumentReference/cbc:ID"),
        despatch_advice_reference: root.text("cac:DespatchDocumentReference/cbc:ID"),
        tender_or_lot_reference: root.text("cac:OriginatorDocumentReference/cbc:ID"),
        buyer_accounting_reference: root.text("cbc:AccountingCost"),
        payment_terms: root.text("cac:PaymentTerms/cbc:Note"),
        notes: root.all("cbc:Note").map(note).collect(),
        business_process: root.text("cbc:ProfileID"),
        specification_identifier: root.text("cbc:CustomizationID"),
        preceding_invoices: root.all("cac:BillingReference").map(preceding_invoice).collect(),
        seller: root.first("cac:AccountingSupplierParty").map(party::party),
        buyer: root.first("cac:AccountingCustomerParty").map(party::party),
        payee: root.first("cac:PayeeParty").map(party::payee),
        tax_representative: root.first("cac:TaxRepresentativeParty").map(party::tax_representative),
        delivery: root.first("cac:Delivery").map(delivery),
        invoicing_period: root.first("cac:InvoicePeriod").and_then(invoicing_period),
        payment_instructions: root.all("cac:PaymentMeans").map(money::payment_instruction).collect(),
        allowances,
        charges,
        unmarked_allowances_or_charges,
        totals: root.first("cac:LegalMonetaryTotal").map(money::totals),
        vat_totals: root.all("cac:TaxTotal").map(money::vat_total).collect(),
        supporting_documents,
        lines: root.children().filter(|child| line::is_line(*child)).map(line::line).collect(),
    }
}

/// UBL writes a subject code as `#AAI#` in front of the note. The code is looked for between the first two
/// `#` wherever they stand, as the standard's reference rules do; it is cut off only in front.
fn note(node: Node) -> Note {
    let text = node.own_text();
    let parts = text.split_once('#').and_then(|(front, rest)| Some((front, rest.split_once('#')?)));
    match parts {
        Some((front, (code, behind))) if code.chars().count() == 3 => {
            let cut = if front.is_empty() { behind.trim_start() } else { &*text };
            Note { subject_code: Some(code.to_owned()), text: Some(cut.to_owned()) }
        }
        _ => Note { subject_code: None, text: Some(text) },
    }
}

fn project(documents: &[SupportingDocument]) -> Option<String> {
    documents.iter().find(|document| document.type_code.as_deref() == Some(PROJECT))?.reference.clone()
}

fn preceding_invoice(node: Node) -> PrecedingInvoice {
    PrecedingInvoice {
        reference: node.text("cac:InvoiceDocumentReference/cbc:ID"),
        issue_date: node.text("cac:InvoiceDocumentReference/cbc:IssueDate"),
    }
}

fn delivery(node: Node) -> Delivery {
    Delivery {
        name: node.text("cac:DeliveryParty/cac:PartyName/cbc:Name"),
        location: node.first("cac:DeliveryLocation/cbc:ID").map(party::identifier),
        date: node.text("cbc:ActualDeliveryDate"),
        address: node.first("cac:DeliveryLocation/cac:Address").map(party::address),
    }
}

/// A UBL period that carries nothing but a code stands for BT-8 alone, and is no BG-14.
fn invoicing_period(node: Node) -> Option<Period> {
    let found = period(node);
    let is_code_only = found == Period::default() && node.first("cbc:DescriptionCode").is_some();
    (!is_code_only).then_some(found)
}

/// A period of the document or of a line.
pub(super) fn period(node: Node) -> Period {
    Period { start: node.text("cbc:StartDate"), end: node.text("cbc:EndDate") }
}

fn supporting_document(node: Node) -> SupportingDocument {
    let attached = node.first(ATTACHED);
    SupportingDocument {
        reference: node.text("cbc:ID"),
        scheme: node.first("cbc:ID").and_then(|id| id.attribute("schemeID")),
        type_code: node.text("cbc:DocumentTypeCode"),
        description: node.text("cbc:DocumentDescription"),
        location: node.text("cac:Attachment/cac:ExternalReference/cbc:URI"),
        media_type: attached.and_then(|object| object.attribute("mimeCode")),
        file_name: attached.and_then(|object| object.attribute("filename")),
        file: None,
    }
}

/// What is attached to the supporting documents, in their order.
pub(super) fn attachments(root: Node) -> Vec<Attachment> {
    let references = root.all("cac:AdditionalDocumentReference").enumerate();
    let objects = references.filter_map(|(index, node)| Some((index, node.first(ATTACHED)?)));
    objects.map(|(index, object)| Attachment { index, base64: object.own_text() }).collect()
}

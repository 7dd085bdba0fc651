//! The invoice itself, and what stands on document level.

use serde::{Deserialize, Serialize};

use super::{
    Address, Allowance, Identifier, Line, Party, Payee, PaymentInstruction, TaxRepresentative, Text, Totals, VatTotal,
};

/// Which UBL document the record was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// UBL `Invoice`.
    Invoice,
    /// UBL `CreditNote`.
    CreditNote,
}

record! {
    /// An invoice or credit note.
    Invoice {
        /// Which document it was; absent for a fragment. No rule asks for it.
        kind: Option<Kind>,
        /// BT-1 Invoice number.
        number: Text,
        /// BT-2 Invoice issue date.
        issue_date: Text,
        /// BT-3 Invoice type code.
        type_code: Text,
        /// BT-5 Invoice currency code.
        currency: Text,
        /// BT-6 VAT accounting currency code.
        vat_accounting_currency: Text,
        /// BT-7 Value added tax point date.
        tax_point_date: Text,
        /// BT-8 Value added tax point date code.
        tax_point_date_code: Text,
        /// BT-9 Payment due date.
        due_date: Text,
        /// BT-10 Buyer reference.
        buyer_reference: Text,
        /// BT-11 Project reference.
        project_reference: Text,
        /// BT-12 Contract reference.
        contract_reference: Text,
        /// BT-13 Purchase order reference.
        purchase_order_reference: Text,
        /// BT-14 Sales order reference.
        sales_order_reference: Text,
        /// BT-15 Receiving advice reference.
        receiving_advice_reference: Text,
        /// BT-16 Despatch advice reference.
        despatch_advice_reference: Text,
        /// BT-17 Tender or lot reference.
        tender_or_lot_reference: Text,
        /// BT-19 Buyer accounting reference.
        buyer_accounting_reference: Text,
        /// BT-20 Payment terms.
        payment_terms: Text,
        /// BG-1 Invoice notes.
        notes: Vec<Note>,
        /// BT-23 Business process type.
        business_process: Text,
        /// BT-24 Specification identifier.
        specification_identifier: Text,
        /// BG-3 Preceding invoice references.
        preceding_invoices: Vec<PrecedingInvoice>,
        /// BG-4 Seller.
        seller: Option<Party>,
        /// BG-7 Buyer.
        buyer: Option<Party>,
        /// BG-10 Payee.
        payee: Option<Payee>,
        /// BG-11 Seller tax representative party.
        tax_representative: Option<TaxRepresentative>,
        /// BG-13 Delivery information.
        delivery: Option<Delivery>,
        /// BG-14 Invoicing period.
        invoicing_period: Option<Period>,
        /// BG-16 Payment instructions; UBL repeats them for each account (BG-17).
        payment_instructions: Vec<PaymentInstruction>,
        /// BG-20 Document level allowances.
        allowances: Vec<Allowance>,
        /// BG-21 Document level charges.
        charges: Vec<Allowance>,
        /// UBL `AllowanceCharge` that does not say which of both it is; no group of the standard.
        unmarked_allowances_or_charges: Vec<Allowance>,
        /// BG-22 Document totals, without those of the VAT.
        totals: Option<Totals>,
        /// BT-110 and BT-111 Invoice total VAT amounts, each with its BG-23 VAT breakdown.
        vat_totals: Vec<VatTotal>,
        /// BG-24 Additional supporting documents. One with the type code 130 is BT-18 Invoiced object identifier.
        supporting_documents: Vec<SupportingDocument>,
        /// BG-25 Invoice lines.
        lines: Vec<Line>,
    }
}

record! {
    /// BG-1 Invoice note.
    Note {
        /// BT-21 Invoice note subject code: in UBL, three characters between the first two `#`.
        subject_code: Text,
        /// BT-22 Invoice note, without a subject code in front.
        text: Text,
    }
}

record! {
    /// BG-3 Preceding invoice reference.
    PrecedingInvoice {
        /// BT-25 Preceding invoice reference.
        reference: Text,
        /// BT-26 Preceding invoice issue date.
        issue_date: Text,
    }
}

record! {
    /// BG-13 Delivery information.
    Delivery {
        /// BT-70 Deliver to party name.
        name: Text,
        /// BT-71 Deliver to location identifier.
        location: Option<Identifier>,
        /// BT-72 Actual delivery date.
        date: Text,
        /// BG-15 Deliver to address.
        address: Option<Address>,
    }
}

record! {
    /// BG-14 Invoicing period or BG-26 Invoice line period.
    Period {
        /// BT-73 or BT-134 start date.
        start: Text,
        /// BT-74 or BT-135 end date.
        end: Text,
    }
}

record! {
    /// BG-24 Additional supporting document. What is attached is no part of the record; its name and type are.
    SupportingDocument {
        /// BT-122 Supporting document reference.
        reference: Text,
        /// The scheme of the reference, e.g. of BT-18.
        scheme: Text,
        /// UBL document type code.
        type_code: Text,
        /// BT-123 Supporting document description.
        description: Text,
        /// BT-124 External document location.
        location: Text,
        /// The media type of BT-125 Attached document.
        media_type: Text,
        /// The file name of BT-125 Attached document.
        file_name: Text,
        /// Where BT-125 Attached document is kept; no term of the standard.
        file: Text,
    }
}

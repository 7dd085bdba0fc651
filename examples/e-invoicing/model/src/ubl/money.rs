//! Allowances, charges, totals, VAT and payment.

use crate::Number;
use crate::record::{
    Account, Allowance, Breakdown, Card, DirectDebit, PaymentInstruction, Totals, VatCategory, VatTotal,
};
use crate::xml::Node;

/// The number of the first element at the end of a path.
pub(super) fn number<'t>(node: Node<'t>, path: &'t str) -> Option<Number> {
    node.text(path).map(|text| Number::from(&*text))
}

/// Allowances, charges, and what does not say which it is.
pub(super) fn allowances(node: Node) -> (Vec<Allowance>, Vec<Allowance>, Vec<Allowance>) {
    let (mut allowances, mut charges, mut unmarked) = (Vec::new(), Vec::new(), Vec::new());
    for found in node.all("cac:AllowanceCharge") {
        match found.text("cbc:ChargeIndicator").as_deref() {
            Some("false" | "0") => allowances.push(allowance(found)),
            Some("true" | "1") => charges.push(allowance(found)),
            _ => unmarked.push(allowance(found)),
        }
    }
    (allowances, charges, unmarked)
}

fn allowance(node: Node) -> Allowance {
    Allowance {
        amount: number(node, "cbc:Amount"),
        base_amount: number(node, "cbc:BaseAmount"),
        percentage: number(node, "cbc:MultiplierFactorNumeric"),
        vat: vat_category(node, "cac:TaxCategory"),
        reason: node.text("cbc:AllowanceChargeReason"),
        reason_code: node.text("cbc:AllowanceChargeReasonCode"),
    }
}

/// The category of VAT among the tax categories with this name; where none is of VAT, the first.
pub(super) fn vat_category<'t>(node: Node<'t>, name: &'t str) -> Option<VatCategory> {
    let mut all = node.all(name).map(category);
    let first = all.next()?;
    if first.is_vat() { Some(first) } else { all.find(VatCategory::is_vat).or(Some(first)) }
}

fn category(node: Node) -> VatCategory {
    VatCategory {
        code: node.text("cbc:ID"),
        rate: number(node, "cbc:Percent"),
        scheme: node.text("cac:TaxScheme/cbc:ID"),
        exemption_reason: node.text("cbc:TaxExemptionReason"),
        exemption_reason_code: node.text("cbc:TaxExemptionReasonCode"),
    }
}

/// A `LegalMonetaryTotal`.
pub(super) fn totals(node: Node) -> Totals {
    Totals {
        line_net_amount: number(node, "cbc:LineExtensionAmount"),
        allowances: number(node, "cbc:AllowanceTotalAmount"),
        charges: number(node, "cbc:ChargeTotalAmount"),
        without_vat: number(node, "cbc:TaxExclusiveAmount"),
        with_vat: number(node, "cbc:TaxInclusiveAmount"),
        paid: number(node, "cbc:PrepaidAmount"),
        rounding: number(node, "cbc:PayableRoundingAmount"),
        due: number(node, "cbc:PayableAmount"),
    }
}

/// A `TaxTotal`.
pub(super) fn vat_total(node: Node) -> VatTotal {
    VatTotal {
        amount: number(node, "cbc:TaxAmount"),
        currency: node.first("cbc:TaxAmount").and_then(|amount| amount.attribute("currencyID")),
        breakdown: node.all("cac:TaxSubtotal").map(breakdown).collect(),
    }
}

fn breakdown(node: Node) -> Breakdown {
    Breakdown {
        taxable_amount: number(node, "cbc:TaxableAmount"),
        tax_amount: number(node, "cbc:TaxAmount"),
        vat: vat_category(node, "cac:TaxCategory"),
    }
}

/// A `PaymentMeans`.
pub(super) fn payment_instruction(node: Node) -> PaymentInstruction {
    PaymentInstruction {
        means_code: node.text("cbc:PaymentMeansCode"),
        means_text: node.first("cbc:PaymentMeansCode").and_then(|code| code.attribute("name")),
        remittance_information: node.text("cbc:PaymentID"),
        account: node.first("cac:PayeeFinancialAccount").map(account),
        card: node.first("cac:CardAccount").map(card),
        direct_debit: node.first("cac:PaymentMandate").map(direct_debit),
    }
}

fn account(node: Node) -> Account {
    Account {
        identifier: node.text("cbc:ID"),
        name: node.text("cbc:Name"),
        provider: node.text("cac:FinancialInstitutionBranch/cbc:ID"),
    }
}

fn card(node: Node) -> Card {
    Card { number: node.text("cbc:PrimaryAccountNumberID"), holder: node.text("cbc:HolderName") }
}

fn direct_debit(node: Node) -> DirectDebit {
    DirectDebit { mandate: node.text("cbc:ID"), debited_account: node.text("cac:PayerFinancialAccount/cbc:ID") }
}

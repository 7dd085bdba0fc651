//! Invoice lines and credit note lines.

use super::{document, either, money, party};
use crate::record::{Attribute, Classification, Item, Line, Price, Quantity};
use crate::xml::{Namespace, Node};

/// Whether an element is a line of an invoice or of a credit note.
pub(super) fn is_line(node: Node) -> bool {
    node.namespace() == Namespace::Aggregate && matches!(node.name(), "InvoiceLine" | "CreditNoteLine")
}

/// The record of a line. An allowance that does not say what it is, is left out: no rule asks for it.
pub(super) fn line(node: Node) -> Line {
    let (allowances, charges, _) = money::allowances(node);
    let item = node.first("cac:Item");
    Line {
        identifier: node.text("cbc:ID"),
        note: node.text("cbc:Note"),
        object: node.first("cac:DocumentReference/cbc:ID").map(party::identifier),
        quantity: either(node, "cbc:InvoicedQuantity", "cbc:CreditedQuantity").map(quantity),
        net_amount: money::number(node, "cbc:LineExtensionAmount"),
        order_line_reference: node.text("cac:OrderLineReference/cbc:LineID"),
        buyer_accounting_reference: node.text("cbc:AccountingCost"),
        period: node.first("cac:InvoicePeriod").map(document::period),
        allowances,
        charges,
        price: node.first("cac:Price").map(price),
        vat: item.and_then(|item| money::vat_category(item, "cac:ClassifiedTaxCategory")),
        item: item.map(item_information),
    }
}

fn quantity(node: Node) -> Quantity {
    Quantity { value: Some(node.own_text().as_str().into()), unit: node.attribute("unitCode") }
}

fn price(node: Node) -> Price {
    Price {
        net: money::number(node, "cbc:PriceAmount"),
        discount: money::number(node, "cac:AllowanceCharge/cbc:Amount"),
        gross: money::number(node, "cac:AllowanceCharge/cbc:BaseAmount"),
        base_quantity: node.first("cbc:BaseQuantity").map(quantity),
    }
}

fn item_information(node: Node) -> Item {
    Item {
        name: node.text("cbc:Name"),
        description: node.text("cbc:Description"),
        sellers_identifier: node.text("cac:SellersItemIdentification/cbc:ID"),
        buyers_identifier: node.text("cac:BuyersItemIdentification/cbc:ID"),
        standard_identifier: node.first("cac:StandardItemIdentification/cbc:ID").map(party::identifier),
        classifications: node
            .all("cac:CommodityClassification")
            .filter_map(|found| found.first("cbc:ItemClassificationCode"))
            .map(classification)
            .collect(),
        origin: node.text("cac:OriginCountry/cbc:IdentificationCode"),
        attributes: node.all("cac:AdditionalItemProperty").map(attribute).collect(),
    }
}

fn classification(node: Node) -> Classification {
    Classification {
        code: Some(node.own_text()),
        list: node.attribute("listID"),
        list_version: node.attribute("listVersionID"),
    }
}

fn attribute(node: Node) -> Attribute {
    Attribute { name: node.text("cbc:Name"), value: node.text("cbc:Value") }
}

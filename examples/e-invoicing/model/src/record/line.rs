//! What is invoiced.

use super::{Allowance, Identifier, Period, Text, VatCategory};
use crate::Number;

record! {
    /// BG-25 Invoice line.
    Line {
        /// BT-126 Invoice line identifier.
        identifier: Text,
        /// BT-127 Invoice line note.
        note: Text,
        /// BT-128 Invoice line object identifier.
        object: Option<Identifier>,
        /// BT-129 Invoiced quantity with BT-130 its unit.
        quantity: Option<Quantity>,
        /// BT-131 Invoice line net amount.
        net_amount: Option<Number>,
        /// BT-132 Referenced purchase order line reference.
        order_line_reference: Text,
        /// BT-133 Invoice line buyer accounting reference.
        buyer_accounting_reference: Text,
        /// BG-26 Invoice line period.
        period: Option<Period>,
        /// BG-27 Invoice line allowances.
        allowances: Vec<Allowance>,
        /// BG-28 Invoice line charges.
        charges: Vec<Allowance>,
        /// BG-29 Price details.
        price: Option<Price>,
        /// BG-30 Line VAT information.
        vat: Option<VatCategory>,
        /// BG-31 Item information.
        item: Option<Item>,
    }
}

record! {
    /// A number of units.
    Quantity {
        /// BT-129 Invoiced quantity or BT-149 Item price base quantity.
        value: Option<Number>,
        /// BT-130 or BT-150: code of the unit.
        unit: Text,
    }
}

record! {
    /// BG-29 Price details.
    Price {
        /// BT-146 Item net price.
        net: Option<Number>,
        /// BT-147 Item price discount.
        discount: Option<Number>,
        /// BT-148 Item gross price.
        gross: Option<Number>,
        /// BT-149 Item price base quantity with BT-150 its unit.
        base_quantity: Option<Quantity>,
    }
}

record! {
    /// BG-31 Item information.
    Item {
        /// BT-153 Item name.
        name: Text,
        /// BT-154 Item description.
        description: Text,
        /// BT-155 Item Seller's identifier.
        sellers_identifier: Text,
        /// BT-156 Item Buyer's identifier.
        buyers_identifier: Text,
        /// BT-157 Item standard identifier.
        standard_identifier: Option<Identifier>,
        /// BT-158 Item classification identifiers.
        classifications: Vec<Classification>,
        /// BT-159 Item country of origin.
        origin: Text,
        /// BG-32 Item attributes.
        attributes: Vec<Attribute>,
    }
}

record! {
    /// BT-158 Item classification identifier.
    Classification {
        /// The identifier.
        code: Text,
        /// Identifier of the list it is taken from.
        list: Text,
        /// Version of the list.
        list_version: Text,
    }
}

record! {
    /// BG-32 Item attribute.
    Attribute {
        /// BT-160 Item attribute name.
        name: Text,
        /// BT-161 Item attribute value.
        value: Text,
    }
}

//! What is taken off or put on.

use super::{Text, VatCategory};
use crate::Number;

record! {
    /// BG-20 or BG-21 on document level, BG-27 or BG-28 on a line: an allowance or a charge.
    Allowance {
        /// BT-92, BT-99, BT-136 or BT-141: amount, without VAT.
        amount: Option<Number>,
        /// BT-93, BT-100, BT-137 or BT-142: base amount.
        base_amount: Option<Number>,
        /// BT-94, BT-101, BT-138 or BT-143: percentage.
        percentage: Option<Number>,
        /// BT-95 and BT-96, or BT-102 and BT-103: VAT category and rate; on document level only.
        vat: Option<VatCategory>,
        /// BT-97, BT-104, BT-139 or BT-144: reason.
        reason: Text,
        /// BT-98, BT-105, BT-140 or BT-145: reason code.
        reason_code: Text,
    }
}

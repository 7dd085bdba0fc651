//! The totals of a document.

use crate::Number;

record! {
    /// BG-22 Document totals, without those of the VAT.
    Totals {
        /// BT-106 Sum of Invoice line net amount.
        line_net_amount: Option<Number>,
        /// BT-107 Sum of allowances on document level.
        allowances: Option<Number>,
        /// BT-108 Sum of charges on document level.
        charges: Option<Number>,
        /// BT-109 Invoice total amount without VAT.
        without_vat: Option<Number>,
        /// BT-112 Invoice total amount with VAT.
        with_vat: Option<Number>,
        /// BT-113 Paid amount.
        paid: Option<Number>,
        /// BT-114 Rounding amount.
        rounding: Option<Number>,
        /// BT-115 Amount due for payment.
        due: Option<Number>,
    }
}

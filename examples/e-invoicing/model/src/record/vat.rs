//! Value added tax.

use super::Text;
use crate::Number;

record! {
    /// BT-110 Invoice total VAT amount, or BT-111 the same in the accounting currency, with its breakdown.
    VatTotal {
        /// The amount: BT-110 where the currency is BT-5, BT-111 where it is BT-6.
        amount: Option<Number>,
        /// The currency of the amount.
        currency: Text,
        /// BG-23 VAT breakdown.
        breakdown: Vec<Breakdown>,
    }
}

record! {
    /// BG-23 VAT breakdown: one category and rate.
    Breakdown {
        /// BT-116 VAT category taxable amount.
        taxable_amount: Option<Number>,
        /// BT-117 VAT category tax amount.
        tax_amount: Option<Number>,
        /// BT-118 to BT-121.
        vat: Option<VatCategory>,
    }
}

record! {
    /// A VAT category with its rate, of a line (BG-30), an allowance, a charge or a breakdown.
    VatCategory {
        /// BT-95, BT-102, BT-118 or BT-151: category code.
        code: Text,
        /// BT-96, BT-103, BT-119 or BT-152: rate in percent.
        rate: Option<Number>,
        /// Identifier of the tax: `VAT`. Another tax is no business of EN 16931.
        scheme: Text,
        /// BT-120 VAT exemption reason text.
        exemption_reason: Text,
        /// BT-121 VAT exemption reason code.
        exemption_reason_code: Text,
    }
}

impl VatCategory {
    /// Whether the tax is VAT.
    pub fn is_vat(&self) -> bool {
        self.scheme.as_deref().is_some_and(|scheme| scheme.trim().eq_ignore_ascii_case("VAT"))
    }

    /// The category code without blanks around it; empty when there is none.
    pub fn code(&self) -> &str {
        self.code.as_deref().unwrap_or_default().trim()
    }
}

//! How it is paid.

use super::Text;

record! {
    /// BG-16 Payment instructions.
    PaymentInstruction {
        /// BT-81 Payment means type code.
        means_code: Text,
        /// BT-82 Payment means text.
        means_text: Text,
        /// BT-83 Remittance information.
        remittance_information: Text,
        /// BG-17 Credit transfer.
        account: Option<Account>,
        /// BG-18 Payment card information.
        card: Option<Card>,
        /// BG-19 Direct debit.
        direct_debit: Option<DirectDebit>,
    }
}

record! {
    /// BG-17 Credit transfer.
    Account {
        /// BT-84 Payment account identifier.
        identifier: Text,
        /// BT-85 Payment account name.
        name: Text,
        /// BT-86 Payment service provider identifier.
        provider: Text,
    }
}

record! {
    /// BG-18 Payment card information.
    Card {
        /// BT-87 Payment card primary account number.
        number: Text,
        /// BT-88 Payment card holder name.
        holder: Text,
    }
}

record! {
    /// BG-19 Direct debit.
    DirectDebit {
        /// BT-89 Mandate reference identifier.
        mandate: Text,
        /// BT-91 Debited account identifier.
        debited_account: Text,
    }
}

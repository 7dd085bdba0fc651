//! Payment instructions.

use super::report::Report;
use super::rule::{Path, Rule, apply_each, codes_of, is_filled, rule, trimmed};
use crate::record::{Invoice, PaymentInstruction, Text};

const INSTRUCTION: &[Rule<PaymentInstruction>] = &[
    rule(
        "BR-49",
        "/means-code",
        |instruction| instruction.means_code.is_some(),
        "State the code of the means of payment (BT-81), e.g. 30 for a credit transfer.",
    ),
    rule("BR-50", "/account/identifier", is_account_filled, "State the account to pay to (BT-84), e.g. its IBAN."),
    rule(
        "BR-51",
        "/card/number",
        |instruction| instruction.card.as_ref().is_none_or(|card| is_cut(&card.number)),
        "Show at most the first 6 and the last 4 digits of a card number (BT-87).",
    ),
    rule("BR-61", "/account/identifier", has_account, "State the account to pay to (BT-84), e.g. its IBAN."),
];

/// Codes of UNTDID 4461: credit transfer, SEPA credit transfer.
const CREDIT_TRANSFERS: [&str; 2] = ["30", "58"];

/// Most digits of a card number that may be shown: 6 and 4.
const CARD_DIGITS_MAX: usize = 10;

pub(super) fn codes() -> impl Iterator<Item = &'static str> {
    codes_of(INSTRUCTION)
}

pub(super) fn check(invoice: &Invoice, root: &Path, report: &mut Report) {
    apply_each(INSTRUCTION, &invoice.payment_instructions, &root.at("/payment-instructions"), report);
}

fn is_credit_transfer(instruction: &PaymentInstruction) -> bool {
    CREDIT_TRANSFERS.contains(&trimmed(&instruction.means_code))
}

/// Whether an account that is there for a credit transfer says which.
fn is_account_filled(instruction: &PaymentInstruction) -> bool {
    let account = instruction.account.as_ref();
    !is_credit_transfer(instruction) || account.is_none_or(|account| is_filled(&account.identifier))
}

/// Whether a credit transfer has an account.
fn has_account(instruction: &PaymentInstruction) -> bool {
    let account = instruction.account.as_ref();
    !is_credit_transfer(instruction) || account.is_some_and(|account| account.identifier.is_some())
}

fn is_cut(number: &Text) -> bool {
    // Runs of blanks count as one, as in the standard's reference rules.
    let words = trimmed(number).split_whitespace();
    words.map(|word| word.chars().count() + 1).sum::<usize>() <= CARD_DIGITS_MAX + 1
}

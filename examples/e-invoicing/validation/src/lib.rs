//! A validation: the business rules of EN 16931 on the record of an invoice.

use e_invoicing_model::{Invoice, Severity, check, rules};
use signalsync_sdk::{Violation, validation};

validation!(validate);

fn validate(invoice: Invoice) -> Vec<Violation> {
    check(&invoice).into_iter().map(violation).collect()
}

fn violation(found: rules::Violation) -> Violation {
    match found.severity {
        Severity::Error => Violation::error(found.path, found.code, found.message),
        Severity::Warning => Violation::warning(found.path, found.code, found.message),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use serde_json::json;
    use signalsync_sdk::testing;
    use signalsync_sdk::validation::INVALID_DOCUMENT;

    use super::*;

    #[test]
    fn violations_carry_code_path_and_severity() {
        let record = json!({"payment-instructions": [{"means-code": "48", "card": {"number": "12345678901"}}]});
        let violations = testing::validate(validate, &record).unwrap();
        let card = violations.iter().find(|violation| violation.code == "BR-51").unwrap();
        assert!(!card.is_error());
        assert_eq!(card.path, "/payment-instructions/0/card/number");
        let number = violations.iter().find(|violation| violation.code == "BR-02").unwrap();
        assert!(number.is_error());
        assert_eq!(number.path, "/number");
    }

    #[test]
    fn a_record_of_another_shape_is_a_violation() {
        let violations = testing::validate(validate, &json!({"lines": [{"identifier": []}]})).unwrap();
        assert_eq!((&*violations[0].code, &*violations[0].path), (INVALID_DOCUMENT, "/lines/0/identifier"));
    }
}

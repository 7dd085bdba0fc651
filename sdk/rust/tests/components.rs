//! A validation and a mapping, played through natively. For workflows see `workflows.rs`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde::{Deserialize, Serialize};
use serde_json::json;
use signalsync_sdk::storage::Collection;
use signalsync_sdk::testing::{self, MockHost};
use signalsync_sdk::{Denied, Error, Message, Outcome, Subject, Violation, context, log};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Order {
    customer: String,
    lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Line {
    article: String,
    quantity: u32,
}

mod validation {
    use super::*;

    signalsync_sdk::validation!(check);

    fn check(order: Subject<Order>) -> Result<Vec<Violation>, Error> {
        let customers = Collection::open("customers")?;
        let mut violations = Vec::new();
        if customers.get(&order.after.customer)?.is_none() {
            violations.push(Violation::error("/customer", "CUSTOMER", "No such customer."));
        }
        for (index, line) in order.after.lines.iter().enumerate() {
            if line.quantity == 0 {
                violations.push(Violation::warning(format!("/lines/{index}/quantity"), "QUANTITY", "Nothing ordered."));
            }
        }
        Ok(violations)
    }

    fn order(customer: &str, quantity: u32) -> serde_json::Value {
        json!({ "customer": customer, "lines": [{ "article": "pen", "quantity": quantity }] })
    }

    #[test]
    fn a_good_order_passes() {
        let _host = MockHost::new().record("customers", "c-1", &json!({})).read_only("customers").install();
        assert_eq!(testing::validate(check, &order("c-1", 1)), Ok(vec![]));
    }

    #[test]
    fn every_reason_is_named() {
        let _host = MockHost::new().collection("customers").install();
        let violations = testing::validate(check, &order("c-1", 0)).unwrap();
        let found: Vec<_> = violations.iter().map(|v| (v.path.as_str(), v.is_error())).collect();
        assert_eq!(found, [("/customer", true), ("/lines/0/quantity", false)]);
    }

    #[test]
    fn a_document_of_another_shape_is_a_violation_where_it_differs() {
        let violations = testing::validate(check, &json!({ "customer": "c-1", "lines": [{ "article": 7 }] })).unwrap();
        assert_eq!(violations.len(), 1);
        assert_eq!(
            (violations[0].path.as_str(), violations[0].code.as_str()),
            ("/lines/0/article", "invalid-document")
        );
        assert_eq!(violations[0].message, "invalid type: integer `7`, expected a string");
    }

    #[test]
    fn what_is_not_granted_is_the_developers_error() {
        let _host = MockHost::new().install();
        assert_eq!(testing::validate(check, &order("c-1", 1)), Err("not granted".to_owned()));
    }
}

mod mapping {
    use super::*;

    signalsync_sdk::mapping! {
        /// One order for each line of a text: `customer article quantity`.
        fn transform(message: Message) -> Result<Outcome, String> {
            let mut outcome = Outcome::new();
            for text in message.text()?.lines() {
                let [customer, article, quantity] = text.split(' ').collect::<Vec<_>>()[..] else {
                    return Err(format!("{text:?} is not `customer article quantity`"));
                };
                let quantity = quantity.parse().map_err(|_| format!("{quantity:?} is not a quantity"))?;
                let line = Line { article: article.to_owned(), quantity };
                outcome = outcome.insert("orders", &Order { customer: customer.to_owned(), lines: vec![line] })?;
            }
            log::info!("{} orders", outcome.actions.len());
            Ok(outcome.reply(&"accepted")?)
        }
    }

    #[test]
    fn a_message_becomes_records_and_a_reply() {
        let host = MockHost::new().install();
        let message = Message::new("shop", "text/plain", "c-1 pen 2\nc-2 ink 1");
        let outcome = testing::transform(transform, message).unwrap();
        assert_eq!(outcome.actions.len(), 2);
        assert_eq!(outcome.reply.as_deref(), Some("\"accepted\""));
        assert_eq!(host.log(), [(log::Level::Info, "2 orders".to_owned())]);
    }

    #[test]
    fn a_message_without_meaning_says_why() {
        let message = Message::new("shop", "text/plain", "c-1 pen many");
        assert_eq!(testing::transform(transform, message), Err("\"many\" is not a quantity".to_owned()));
    }
}

#[test]
fn the_mock_answers_as_the_host_does() {
    let host = MockHost::new().record("rates", "EUR", &1).record("rates", "USD", &2).read_only("rates").install();
    assert!(matches!(Collection::open("Rates").err(), Some(Denied::Invalid(_))));
    let rates = Collection::open("rates").unwrap();
    assert!(matches!(rates.list("", None, 0), Err(Denied::Invalid(_))));
    assert!(matches!(rates.list("", None, 1_001), Err(Denied::Invalid(_))));
    assert!(matches!(rates.get(""), Err(Denied::Invalid(_))));
    assert_eq!(rates.put("EUR", &3), Err(Error::Denied(Denied::NotGranted)));
    assert_eq!(host.record("rates", "EUR"), Some(json!(1)));
    let page = rates.list("U", Some("EUR"), 1_000).unwrap();
    assert_eq!((page.entries.len(), page.next), (1, None));
}

#[test]
fn a_second_host_replaces_the_first_and_the_last_one_leaves_nothing() {
    let first = MockHost::new().now(1).install();
    let second = MockHost::new().now(2).install();
    drop(first);
    assert_eq!(context::now(), 2);
    drop(second);
    assert_eq!(context::now(), 0);
}

//! Calls a component's functions as the host does: through their JSON.

use std::fmt::Display;

use serde::Serialize;

use crate::bindings::validation as wit;
use crate::validation::{FromSubject, Verdict};
use crate::{Message, Outcome, Violation, document, mapping, validation};

/// What a validation says about a new record with this document.
///
/// # Errors
/// What the function returned as an error, or that `document` cannot be written as JSON.
///
/// ```
/// use signalsync_sdk::{Violation, testing};
///
/// fn check(quantity: u32) -> Vec<Violation> {
///     if quantity > 0 { vec![] } else { vec![Violation::error("", "QUANTITY", "Order at least one.")] }
/// }
///
/// assert_eq!(testing::validate(check, &1), Ok(vec![]));
/// assert_eq!(testing::validate(check, &"one").unwrap()[0].code, "invalid-document");
/// ```
pub fn validate<T: FromSubject, V: Verdict, D: Serialize + ?Sized>(
    check: impl FnOnce(T) -> V,
    document: &D,
) -> Result<Vec<Violation>, String> {
    let after = document::write(document)?;
    let (collection, id) = ("documents".to_owned(), "new".to_owned());
    validation::run(check, wit::Subject { collection, id, before: None, after })
}

/// What a mapping makes of a message.
///
/// # Errors
/// What the function returned as an error.
///
/// ```
/// use signalsync_sdk::{Message, Outcome, testing};
///
/// fn transform(message: Message) -> Result<Outcome, signalsync_sdk::Error> {
///     Outcome::new().reply(message.text()?)
/// }
///
/// let outcome = testing::transform(transform, Message::new("shop", "text/plain", "hi")).unwrap();
/// assert_eq!(outcome.reply.as_deref(), Some("\"hi\""));
/// ```
pub fn transform<E: Display>(
    transform: impl FnOnce(Message) -> Result<Outcome, E>,
    message: Message,
) -> Result<Outcome, String> {
    mapping::run(transform, message)
}

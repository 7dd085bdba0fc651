//! Texts of a tenant's own, filled with data under the limits that hold for our own templates.

use minijinja::{Environment, UndefinedBehavior, Value};

use crate::error::MailError;
use crate::templates::{Bounded, FUEL};

/// Bytes of a text before it is filled.
pub const SOURCE_BYTES_MAX: usize = 10 << 10;

/// Fills a text with the fields of a JSON document, without escaping: what comes of it is plain text.
///
/// # Errors
/// `TooLarge`, or `Template`: it is no template, names what is not there, or takes too much.
pub fn fill(source: &str, data: &serde_json::Value) -> Result<String, MailError> {
    checked(source)?;
    let environment = environment();
    let mut out = Bounded::default();
    let filled = environment
        .template_from_named_str("own.txt", source)
        .and_then(|template| template.render_captured_to(value(data), &mut out).map(drop));
    filled.map_err(wrong)?;
    out.text().map_err(|error| MailError::Template(error.to_string()))
}

/// Whether a text can be filled at all.
///
/// # Errors
/// `TooLarge`, or `Template`.
pub fn check_source(source: &str) -> Result<(), MailError> {
    checked(source)?;
    environment().template_from_named_str("own.txt", source).map(drop).map_err(wrong)
}

fn checked(source: &str) -> Result<(), MailError> {
    let (bytes, limit) = (source.len(), SOURCE_BYTES_MAX);
    if bytes > limit { Err(MailError::TooLarge { bytes, limit }) } else { Ok(()) }
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    environment
}

fn wrong(error: minijinja::Error) -> MailError {
    MailError::Template(error.to_string())
}

fn value(data: &serde_json::Value) -> Value {
    match data {
        serde_json::Value::Null => Value::from(()),
        serde_json::Value::Bool(truth) => Value::from(*truth),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::from(whole),
            (None, Some(number)) => Value::from(number),
            (None, None) => Value::from(number.to_string()),
        },
        serde_json::Value::String(text) => Value::from(text.as_str()),
        serde_json::Value::Array(items) => items.iter().map(value).collect(),
        serde_json::Value::Object(fields) => {
            Value::from_pairs(fields.iter().map(|(name, field)| (name.as_str(), value(field))))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn data_fills_a_text_and_what_is_missing_is_said() {
        let data = json!({"who": {"name": "Ann & <Bob>"}, "items": [1, 2.5], "late": true, "none": null});
        let text = "{{ who.name }}{% if late %}: {% for item in items %}{{ item }};{% endfor %}{% endif %}";
        assert_eq!(fill(text, &data).ok().as_deref(), Some("Ann & <Bob>: 1;2.5;"));
        assert!(matches!(fill("{{ nobody }}", &data), Err(MailError::Template(_))));
        assert!(matches!(check_source("{% if %}"), Err(MailError::Template(_))));
        assert!(matches!(fill("{% include \"other\" %}", &data), Err(MailError::Template(_))));
    }

    #[test]
    fn size_and_effort_are_bounded() {
        let data = json!({});
        assert!(fill(&"x".repeat(SOURCE_BYTES_MAX), &data).is_ok());
        assert!(matches!(check_source(&"x".repeat(SOURCE_BYTES_MAX + 1)), Err(MailError::TooLarge { .. })));
        assert!(fill("{% for i in range(100000) %}{% endfor %}", &data).is_err());
        assert!(fill("{% for i in range(400) %}{{ 'x' * 100 }}{% endfor %}", &data).is_err());
    }
}

//! Between a field's value and a cell. What is written into a cell is read from it again.

use serde_json::{Map, Value, json};
use signalsync_data::Kind;

/// Begins a text that is no formula, although it looks like one.
const MARK: char = '\'';

/// A text that no spreadsheet takes for a formula: one that begins like a formula, and is no number, gets an apostrophe.
pub(crate) fn inert(text: &str) -> String {
    let is_number = || {
        let digits = text.strip_prefix('-').unwrap_or(text);
        digits.starts_with(|sign: char| sign.is_ascii_digit())
            && digits.bytes().all(|sign| sign.is_ascii_digit() || sign == b'.')
    };
    if (looks_active(text) && !is_number()) || is_marked(text) { format!("{MARK}{text}") } else { text.to_owned() }
}

/// The text that was made inert.
pub(super) fn active(text: &str) -> &str {
    if is_marked(text) { &text[MARK.len_utf8()..] } else { text }
}

fn looks_active(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

fn is_marked(text: &str) -> bool {
    text.strip_prefix(MARK).is_some_and(|rest| looks_active(rest) || rest.starts_with(MARK))
}

/// A cell's value as text.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// What stands in the cell of a field: texts, numbers and truth values as they are.
pub(crate) fn shown(value: &Value) -> Value {
    let text = match value {
        Value::Object(fields) => money(fields),
        Value::Array(items) => choices(items),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return value.clone(),
    };
    Value::from(text.unwrap_or_else(|| value.to_string()))
}

fn money(fields: &Map<String, Value>) -> Option<String> {
    let (amount, currency) = (fields.get("amount")?.as_str()?, fields.get("currency")?.as_str()?);
    (fields.len() == 2).then(|| format!("{amount} {currency}"))
}

/// Choices that have no sign of their own in them.
fn choices(items: &[Value]) -> Option<String> {
    let plain = |item: &str| !item.is_empty() && item.trim() == item && !item.contains([';', '[', '"']);
    let texts: Option<Vec<_>> = items.iter().map(|item| item.as_str().filter(|item| plain(item))).collect();
    texts.filter(|texts| !texts.is_empty()).map(|texts| texts.join("; "))
}

/// Whether the host computes the field, so that nobody fills it.
pub(crate) fn is_calculated(schema: &Value) -> bool {
    kind(schema) == Some(Kind::Calculated)
}

fn kind(schema: &Value) -> Option<Kind> {
    schema.get("x-kind").and_then(|word| serde_json::from_value(word.clone()).ok())
}

/// The value of a field that a cell stands for; none when it stands for nothing, or the host computes it.
///
/// # Errors
/// For a person: what is wrong with it.
pub(crate) fn typed(schema: &Value, cell: &Value) -> Result<Option<Value>, String> {
    let text = text(cell);
    if text.trim().is_empty() {
        return Ok(None);
    }
    let json = || serde_json::from_str::<Value>(&text);
    Ok(Some(match kind(schema) {
        Some(Kind::Calculated) => return Ok(None),
        Some(Kind::LongText | Kind::Text) => Value::from(text),
        Some(
            Kind::Select | Kind::Reference | Kind::User | Kind::Date | Kind::Time | Kind::DateTime | Kind::Decimal,
        ) => Value::from(text.trim()),
        Some(Kind::Number | Kind::Rating) => {
            let number = json().ok().filter(Value::is_number);
            number.ok_or_else(|| format!("`{}` is no number; write it like 1234.5", shortened(&text)))?
        }
        Some(Kind::YesNo) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Value::from(true),
            "false" | "no" | "0" => Value::from(false),
            _ => return Err(format!("`{}` is neither `yes` nor `no`", shortened(&text))),
        },
        Some(Kind::Money) => match (json(), text.trim().split_once(' ')) {
            (Ok(value @ Value::Object(_)), _) => value,
            (_, Some((amount, currency))) => json!({"amount": amount, "currency": currency.trim()}),
            _ => return Err(format!("`{}` is no money; write it like 12.50 EUR", shortened(&text))),
        },
        Some(Kind::MultiSelect) => match json() {
            Ok(value @ Value::Array(_)) => value,
            _ => text.split(';').map(str::trim).filter(|item| !item.is_empty()).collect(),
        },
        Some(Kind::File | Kind::Signature | Kind::Table) => json().map_err(|error| format!("this is JSON: {error}"))?,
        None if is_text(schema) => cell.clone(),
        None => json().unwrap_or_else(|_| cell.clone()),
    }))
}

/// Whether a field without a kind takes texts, or anything.
fn is_text(schema: &Value) -> bool {
    schema.get("type").is_none_or(|word| word == "string")
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_numbers_stay_numbers() {
        for formula in ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "-", "=cmd|' /C calc'!A0", "'=1", "''"] {
            assert_eq!(inert(formula), format!("'{formula}"));
        }
        for plain in ["-12.50", "12", "a=b", "", "'twas", "{\"a\":1}"] {
            assert_eq!(inert(plain), plain);
        }
    }

    proptest! {
        #[test]
        fn what_was_made_inert_is_read_as_it_was(text in "['=+@a\\-\t0-9.]{0,6}|.*") {
            let inert = inert(&text);
            prop_assert_eq!(active(&inert), text);
        }

        #[test]
        fn choices_are_read_as_they_were(items in prop::collection::vec("[a-z;\\[\" ]{0,4}", 0..4)) {
            let schema = json!({"x-kind": "multi-select"});
            let read = typed(&schema, &shown(&json!(items))).unwrap().unwrap();
            prop_assert_eq!(read, json!(items));
        }
    }

    #[test]
    fn a_cell_becomes_what_its_field_holds() {
        let read = |kind: &str, cell: Value| typed(&json!({"x-kind": kind}), &cell);
        assert_eq!(read("money", json!("12.50 EUR")), Ok(Some(json!({"amount": "12.50", "currency": "EUR"}))));
        assert_eq!(shown(&json!({"amount": "12.50", "currency": "EUR"})), json!("12.50 EUR"));
        assert_eq!(read("decimal", json!(12.5)), Ok(Some(json!("12.5"))));
        assert_eq!(read("text", json!(7)), Ok(Some(json!("7"))));
        assert_eq!(read("number", json!("7.25")), Ok(Some(json!(7.25))));
        assert_eq!(read("yes-no", json!("Yes")), Ok(Some(json!(true))));
        assert_eq!(read("calculated", json!("1")), Ok(None));
        assert_eq!(read("date", json!("  ")), Ok(None));
        assert_eq!(typed(&json!({"type": "integer"}), &json!("7")), Ok(Some(json!(7))));
        assert_eq!(typed(&json!({"type": "string"}), &json!("7")), Ok(Some(json!("7"))));
        for (kind, wrong) in [("number", "many"), ("yes-no", "perhaps"), ("money", "12"), ("table", "[")] {
            assert!(read(kind, json!(wrong)).is_err(), "{kind}");
        }
    }
}

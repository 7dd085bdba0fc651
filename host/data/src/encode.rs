//! Values as texts whose order as bytes is the order of the values.
//!
//! No encoding holds a byte 0, which ends a value in an index key.

use serde_json::Value;
use signalsync_core::Digest;

use crate::text::{cut, folded};

/// Bytes of a text that are put in order. Longer ones with the same beginning are kept apart by their hash.
const TEXT_BYTES_MAX: usize = 120;

/// Digits of a decimal.
pub(crate) const DIGITS_MAX: usize = 28;

/// How values of a field are put in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// As texts, whatever their case.
    Text,
    /// As texts, byte by byte.
    Exact,
    /// As JSON numbers, in the precision of a double.
    Number,
    /// As decimal numbers, exactly.
    Decimal,
    /// By currency, then by amount.
    Money,
    /// By moment, whatever the zone.
    Moment,
    /// False before true.
    YesNo,
}

impl Order {
    /// The order of values that no definition describes.
    pub(crate) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(_) => Some(Self::YesNo),
            Value::Number(_) => Some(Self::Number),
            Value::String(_) => Some(Self::Text),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }

    /// The text that stands for a value; none for a value that has no place in this order.
    pub(crate) fn encode(self, value: &Value) -> Option<String> {
        match self {
            Self::Text => value.as_str().map(|text| bounded(&folded(text))),
            Self::Exact => value.as_str().map(bounded),
            Self::Number => value.as_f64().map(number),
            Self::Decimal => decimal_of(value),
            Self::Money => {
                let currency = value.get("currency")?.as_str()?;
                Some(format!("{}:{}", bounded(currency), decimal_of(value.get("amount")?)?))
            }
            Self::Moment => moment(value.as_str()?),
            Self::YesNo => value.as_bool().map(|yes| if yes { "t" } else { "f" }.to_owned()),
        }
    }

    /// Whether two values are the same, exactly: in case, too, but not in how a number or a moment is written.
    pub(crate) fn same(self, one: &Value, other: &Value) -> bool {
        match self {
            Self::Text | Self::Exact => one == other,
            _ => one == other || self.encode(one).is_some_and(|one| Some(one) == self.encode(other)),
        }
    }
}

fn bounded(text: &str) -> String {
    let plain: String = text.chars().map(|c| if c < '\u{2}' { '\u{2}' } else { c }).collect();
    if plain.len() <= TEXT_BYTES_MAX && plain == text {
        return plain;
    }
    let hash = Digest::of(text.as_bytes()).to_string();
    format!("{}\u{1}{}", cut(&plain, TEXT_BYTES_MAX), &hash[..32])
}

fn number(value: f64) -> String {
    // Adding zero makes one zero of the two.
    let bits = (value + 0.0).to_bits();
    let ordered = if value < 0.0 { !bits } else { bits | (1 << 63) };
    format!("{ordered:016x}")
}

fn decimal_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => decimal(text),
        Value::Number(number) => decimal(&number.to_string()),
        _ => None,
    }
}

/// Sign, number of digits before the point, digits; for negative numbers all of it mirrored.
fn decimal(text: &str) -> Option<String> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let pointless = digits.contains('.') && fraction.is_empty();
    if whole.is_empty() || pointless || digits.len() > 2 * DIGITS_MAX || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let all = format!("{whole}{fraction}");
    let leading = all.bytes().take_while(|b| *b == b'0').count();
    let significant = all[leading..].trim_end_matches('0');
    if significant.is_empty() {
        return Some("m".to_owned());
    }
    let places = 500 + whole.len() - leading.min(500 + whole.len());
    if !negative {
        return Some(format!("p{places:03}{significant}"));
    }
    let mirrored: String = significant.bytes().map(|b| char::from(b'9' - (b - b'0'))).collect();
    Some(format!("d{:03}{mirrored}~", 999 - places))
}

/// Nanoseconds since a time before all others.
fn moment(text: &str) -> Option<String> {
    const BEFORE_ALL_NS: i128 = 400_000_000_000_000_000_000;
    let timestamp: jiff::Timestamp = text.parse().ok()?;
    Some(format!("{:021}", timestamp.as_nanosecond() + BEFORE_ALL_NS))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use rust_decimal::Decimal;
    use serde_json::json;

    use super::*;

    fn in_order(order: Order, values: &[Value]) {
        let encoded: Vec<_> = values.iter().map(|value| order.encode(value).unwrap()).collect();
        assert!(encoded.is_sorted(), "{encoded:?}");
        assert!(encoded.iter().all(|text| !text.contains('\0')));
    }

    #[test]
    fn values_are_in_their_order() {
        in_order(Order::Number, &[json!(-1e300), json!(-2), json!(-0.5), json!(0), json!(3), json!(1e300)]);
        in_order(Order::YesNo, &[json!(false), json!(true)]);
        in_order(Order::Text, &[json!("a\0b"), json!("Äpfel".to_lowercase()), json!("ÄPFEL")]);
        let moments = ["2024-02-29T23:30:00-02:00", "2024-03-01T01:30:00.5Z", "2024-03-01T02:31:00+01:00"];
        in_order(Order::Moment, &moments.map(|text| json!(text)));
        let money = |amount, currency| json!({"amount": amount, "currency": currency});
        in_order(Order::Money, &[money("9", "CHF"), money("-2", "EUR"), money("1.5", "EUR"), money("11", "EUR")]);
    }

    #[test]
    fn equal_numbers_have_one_encoding() {
        for (one, other) in [("1.0", "1"), ("0.00", "-0"), ("-1.50", "-1.5"), ("007", "7")] {
            assert_eq!(decimal(one), decimal(other));
        }
        assert_eq!(number(0.0), number(-0.0));
        for bad in ["", "-", "1.", ".5", "1e3", "+1", "1,5"] {
            assert_eq!(decimal(bad), None, "{bad}");
        }
    }

    #[test]
    fn long_texts_are_cut_and_stay_apart() {
        let (one, other) = (json!("x".repeat(500)), json!("x".repeat(501)));
        let (one, other) = (Order::Text.encode(&one).unwrap(), Order::Text.encode(&other).unwrap());
        assert!(one != other && one.len() == TEXT_BYTES_MAX + 33);
        assert!(Order::Text.encode(&json!("x".repeat(TEXT_BYTES_MAX))).unwrap().len() == TEXT_BYTES_MAX);
    }

    proptest! {
        #[test]
        fn decimals_are_in_their_order(a in -99_999_999_i64..99_999_999, b in -99_999_999_i64..99_999_999, s in 0_u32..9, t in 0_u32..9) {
            let (a, b) = (Decimal::new(a, s), Decimal::new(b, t));
            let (x, y) = (decimal(&a.to_string()).unwrap(), decimal(&b.to_string()).unwrap());
            prop_assert_eq!(a.cmp(&b), x.cmp(&y), "{} {} {} {}", a, b, x, y);
        }
    }
}

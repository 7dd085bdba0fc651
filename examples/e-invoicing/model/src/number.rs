//! Amounts, quantities and rates: exact decimal numbers that keep the text of their source.
//!
//! The rules judge both the value and the way it is written ("at most two decimals"), so the text stays
//! as it was and the value is computed from it when it is asked for. Arithmetic here is exact or has no
//! result: what does not fit 28 digits is never rounded in silence.

use std::fmt;

use rust_decimal::{Decimal, RoundingStrategy};
use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

/// Most bytes of the text of a number that is read; a longer one has no value. No amount needs more.
pub const TEXT_BYTES_MAX: usize = 64;

/// A number as its source wrote it, e.g. `12.50`.
///
/// ```
/// use e_invoicing_model::Number;
///
/// assert_eq!(Number::from("12.50").decimals(), 2);
/// assert_eq!(Number::from("12.50").value(), Number::from("12.5").value());
/// assert_eq!(Number::from("1e2").value(), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number(String);

impl Number {
    /// The text as the source wrote it, without blanks around it.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The value; none when the text is not a plain decimal number (an optional sign, digits, at most one
    /// point), or does not fit 28 digits.
    pub fn value(&self) -> Option<Decimal> {
        let text = self.0.strip_prefix('+').unwrap_or(&self.0);
        let is_short = self.0.len() <= TEXT_BYTES_MAX;
        if is_short && is_plain(self.0.strip_prefix(['+', '-']).unwrap_or(&self.0)) {
            Decimal::from_str_exact(text.strip_suffix('.').unwrap_or(text)).ok()
        } else {
            None
        }
    }

    /// How many characters are written behind the point.
    pub fn decimals(&self) -> usize {
        self.0.split_once('.').map_or(0, |(_, behind)| behind.chars().count())
    }
}

fn is_plain(text: &str) -> bool {
    let mut points = 0;
    let mut digits = 0;
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' => digits += 1,
            b'.' => points += 1,
            _ => return false,
        }
    }
    digits > 0 && points <= 1
}

impl From<&str> for Number {
    fn from(text: &str) -> Self {
        Self(text.trim().to_owned())
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// From JSON text, or from a JSON number for those who write records by hand.
impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal number as text, e.g. \"12.50\"")
    }

    fn visit_str<E>(self, text: &str) -> Result<Number, E> {
        Ok(Number::from(text))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Number, E> {
        Ok(Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Number, E> {
        Ok(Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Number, E> {
        Ok(Number(value.to_string()))
    }
}

/// The value of a number that may be absent; none when it is absent or not readable.
pub(crate) fn value(number: &Option<Number>) -> Option<Decimal> {
    number.as_ref().and_then(Number::value)
}

/// The sum of the numbers that are present; none when one of them is not readable, or the sum is not exact.
pub(crate) fn sum<'a>(numbers: impl IntoIterator<Item = &'a Option<Number>>) -> Option<Decimal> {
    numbers.into_iter().flatten().try_fold(Decimal::ZERO, |sum, number| add(sum, number.value()?))
}

/// The exact sum; none when it does not fit.
pub(crate) fn add(a: Decimal, b: Decimal) -> Option<Decimal> {
    if a.is_zero() {
        return Some(b);
    }
    if b.is_zero() {
        return Some(a);
    }
    a.checked_add(b).filter(|sum| sum.is_zero() || sum.scale() >= a.scale().max(b.scale()))
}

/// The exact difference; none when it does not fit.
pub(crate) fn subtract(a: Decimal, b: Decimal) -> Option<Decimal> {
    add(a, -b)
}

/// Rounded to two decimals, halves upwards: the way the standard's reference rules round.
pub(crate) fn cents(value: Decimal) -> Decimal {
    half_up(value, 2)
}

/// Rounded to a whole number, halves upwards.
pub(crate) fn whole(value: Decimal) -> Decimal {
    half_up(value, 0)
}

fn half_up(value: Decimal, decimals: u32) -> Decimal {
    let halves = match value.is_sign_negative() {
        true => RoundingStrategy::MidpointTowardZero,
        false => RoundingStrategy::MidpointAwayFromZero,
    };
    value.round_dp_with_strategy(decimals, halves)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn decimal(text: &str) -> Decimal {
        Number::from(text).value().unwrap()
    }

    #[test]
    fn only_plain_decimals_have_a_value() {
        for good in ["0", "-1.5", "+1", ".5", "5.", " 7 ", "-0.00", "9999999999999999999999999999"] {
            assert!(Number::from(good).value().is_some(), "{good:?}");
        }
        for bad in ["", ".", "-", "1e2", "1E-5", "1,5", "1_000", "--1", "+-1", "0x1", "NaN", "1.2.3", "1 2", "٣"] {
            assert!(Number::from(bad).value().is_none(), "{bad:?}");
        }
    }

    #[test]
    fn a_number_that_does_not_fit_has_no_value() {
        assert!(Number::from("99999999999999999999999999999.9").value().is_none());
        assert!(Number::from("0.00000000000000000000000000001").value().is_none());
        assert!(Number::from(&*format!("{}1", "0".repeat(TEXT_BYTES_MAX - 1))).value().is_some());
        assert!(Number::from(&*format!("{}1", "0".repeat(TEXT_BYTES_MAX))).value().is_none());
    }

    #[test]
    fn decimals_are_counted_as_written() {
        for (text, decimals) in [("1", 0), ("1.", 0), ("1.0", 1), ("1.000", 3), ("x.yz", 2)] {
            assert_eq!(Number::from(text).decimals(), decimals, "{text}");
        }
    }

    #[test]
    fn halves_are_rounded_upwards() {
        for (text, rounded) in [("2.005", "2.01"), ("-2.005", "-2.00"), ("-2.006", "-2.01"), ("2.0049", "2.00")] {
            assert_eq!(cents(decimal(text)), decimal(rounded), "{text}");
        }
        assert_eq!(whole(decimal("-0.5")), Decimal::ZERO);
        assert_eq!(whole(decimal("0.5")), Decimal::ONE);
    }

    #[test]
    fn a_sum_is_exact_or_absent() {
        assert_eq!(add(decimal("1.10"), decimal("1.90")), Some(decimal("3")));
        assert_eq!(add(decimal("0.00"), decimal("5")), Some(decimal("5")));
        assert_eq!(add(decimal("5.00"), decimal("-5")), Some(Decimal::ZERO));
        assert_eq!(add(decimal("9999999999999999999999999999"), decimal("0.01")), None);
        assert_eq!(add(Decimal::MAX, Decimal::MAX), None);
        assert_eq!(sum(&[None, Some(Number::from("1")), Some(Number::from("2.5"))]), Some(decimal("3.5")));
        assert_eq!(sum(&[Some(Number::from("1")), Some(Number::from("one"))]), None);
    }

    #[test]
    fn json_numbers_are_read_too() {
        let read = |json: &str| serde_json::from_str::<Number>(json).unwrap();
        assert_eq!(read("\" 1.50 \"").text(), "1.50");
        assert_eq!(read("0.1").text(), "0.1");
        assert_eq!(read("-3").text(), "-3");
        assert!(read("1e300").value().is_none());
        assert!(serde_json::from_str::<Number>("true").is_err());
        assert_eq!(serde_json::to_string(&read("\"1.50\"")).unwrap(), "\"1.50\"");
    }
}

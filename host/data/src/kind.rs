//! What a field is for: the keyword `x-kind` of its schema, which says more than a JSON type does.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::encode::{DIGITS_MAX, Order};

/// Characters of a short text.
const TEXT_CHARS_MAX: u64 = 1_000;
/// Characters of a long text.
const LONG_TEXT_CHARS_MAX: u64 = 100_000;
/// Values of one multi-select.
const CHOICES_MAX: u64 = 100;
/// Rows of a table, where the field does not say fewer.
pub(crate) const ROWS_MAX: u64 = 1_000;
/// Highest rating that a field can ask for.
const RATING_MAX: u64 = 10;
/// Characters of a signature's picture: a data URL.
const PICTURE_CHARS_MAX: u64 = 100_000;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "FieldKind")]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// One line.
    Text,
    /// Several lines.
    LongText,
    /// A JSON number.
    Number,
    /// A number with exact digits, written as text: `"12.50"`.
    Decimal,
    /// `{"amount": "12.50", "currency": "EUR"}`.
    Money,
    /// A day without zone: `"2025-03-31"`. It is kept as it is written and never shifts.
    Date,
    /// A time of day without zone: `"09:30"` or `"09:30:15"`.
    Time,
    /// A moment: RFC 3339 with its zone.
    DateTime,
    /// `true` or `false`.
    YesNo,
    /// One of the values that the field's schema lists.
    Select,
    /// Some of the values that the schema of its items lists.
    MultiSelect,
    /// The id of a record of the collection that `x-collection` names.
    Reference,
    /// The id of a person.
    User,
    /// A file that hangs on the record: its path, name, size and media type.
    File,
    /// What `x-formula` says; the host computes it. `x-result` says what it is: a decimal without it.
    Calculated,
    /// A whole number from 0 to `x-max`, which is 5 without it.
    Rating,
    /// Who signed, when, and perhaps a picture of it.
    Signature,
    /// Rows with fields of their own.
    Table,
}

impl Kind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Text,
        Self::LongText,
        Self::Number,
        Self::Decimal,
        Self::Money,
        Self::Date,
        Self::Time,
        Self::DateTime,
        Self::YesNo,
        Self::Select,
        Self::MultiSelect,
        Self::Reference,
        Self::User,
        Self::File,
        Self::Calculated,
        Self::Rating,
        Self::Signature,
        Self::Table,
    ];

    /// What a calculated field can result in.
    pub(crate) const RESULTS: &'static [Self] = &[Self::Decimal, Self::Number, Self::Text, Self::Date, Self::YesNo];

    /// The word for it in a schema.
    pub(crate) fn parse(word: &Value) -> Option<Self> {
        serde_json::from_value(word.clone()).ok()
    }

    /// What every value of this kind looks like. The field's own schema holds besides.
    pub(crate) fn schema(self, field: &Map<String, Value>) -> Value {
        let text = |chars: u64| json!({"type": "string", "maxLength": chars});
        let decimal = || json!({"type": "string", "maxLength": DIGITS_MAX + 2, "pattern": "^-?(0|[1-9][0-9]{0,17})(\\.[0-9]{1,10})?$"});
        match self {
            Self::Text => json!({"type": "string", "maxLength": TEXT_CHARS_MAX, "pattern": "^[^\\n\\r]*$"}),
            Self::LongText => text(LONG_TEXT_CHARS_MAX),
            Self::Number => json!({"type": "number"}),
            Self::Decimal => decimal(),
            Self::Money => closed(
                &json!({"amount": decimal(), "currency": {"type": "string", "pattern": "^[A-Z]{3}$"}}),
                &["amount", "currency"],
            ),
            Self::Date => json!({"type": "string", "format": "date", "pattern": "^[0-9]{4}-"}),
            Self::Time => json!({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"}),
            Self::DateTime => json!({"type": "string", "format": "date-time", "maxLength": 40}),
            Self::YesNo => json!({"type": "boolean"}),
            Self::Select => text(TEXT_CHARS_MAX),
            Self::MultiSelect => {
                json!({"type": "array", "maxItems": CHOICES_MAX, "uniqueItems": true, "items": text(TEXT_CHARS_MAX)})
            }
            Self::Reference => json!({"type": "string", "minLength": 1, "maxLength": 256}),
            Self::User => json!({"type": "string", "pattern": "^usr_[0-9a-f]{32}$"}),
            Self::File => file(),
            Self::Calculated => Self::result(field).schema(field),
            Self::Rating => json!({"type": "integer", "minimum": 0, "maximum": rating_max(field)}),
            Self::Signature => signature(),
            Self::Table => json!({"type": "array", "maxItems": ROWS_MAX, "items": {"type": "object"}}),
        }
    }

    /// What a calculated field results in.
    pub(crate) fn result(field: &Map<String, Value>) -> Self {
        field.get("x-result").and_then(Self::parse).filter(|kind| Self::RESULTS.contains(kind)).unwrap_or(Self::Decimal)
    }

    /// How its values are put in order; none when they cannot be.
    pub(crate) fn order(self) -> Option<Order> {
        match self {
            Self::Text | Self::LongText => Some(Order::Text),
            Self::Date | Self::Time | Self::Select | Self::MultiSelect | Self::Reference | Self::User => {
                Some(Order::Exact)
            }
            Self::Number | Self::Rating => Some(Order::Number),
            Self::Decimal => Some(Order::Decimal),
            Self::Money => Some(Order::Money),
            Self::DateTime => Some(Order::Moment),
            Self::YesNo => Some(Order::YesNo),
            Self::Calculated | Self::File | Self::Signature | Self::Table => None,
        }
    }
}

/// The highest rating that a field allows.
fn rating_max(field: &Map<String, Value>) -> u64 {
    field.get("x-max").and_then(Value::as_u64).map_or(5, |max| max.clamp(1, RATING_MAX))
}

fn file() -> Value {
    closed(
        &json!({
            "path": {"type": "string", "minLength": 1, "maxLength": 512},
            "name": {"type": "string", "minLength": 1, "maxLength": 255},
            "size": {"type": "integer", "minimum": 0},
            "media-type": {"type": "string", "maxLength": 255},
        }),
        &["path", "name"],
    )
}

fn signature() -> Value {
    closed(
        &json!({
            "name": {"type": "string", "minLength": 1, "maxLength": 200},
            "at": {"type": "string", "format": "date-time", "maxLength": 40},
            "picture": {"type": "string", "maxLength": PICTURE_CHARS_MAX, "pattern": "^data:image/(png|jpeg);base64,"},
        }),
        &["name", "at"],
    )
}

/// An object with these properties and no others.
fn closed(properties: &Value, required: &[&str]) -> Value {
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

//! An invoice as a record: the business terms (BT) and groups (BG) of EN 16931, under readable names.
//!
//! Everything is optional, because a rule decides what must be there, not the reader. A field that is
//! absent was not in the source; a text field that is present may be empty, where the source had an empty
//! element. Amounts, quantities and rates are texts with exactly the digits of the source.

/// Makes a struct whose fields are all public, absent by default, and left out of the JSON when absent.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, PartialEq, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(rename_all = "kebab-case", default)]
        pub struct $name {
            $(
                $(#[$field_doc])*
                #[serde(skip_serializing_if = "crate::record::Absent::is_absent")]
                pub $field: $type,
            )*
        }
    };
}

mod allowance;
mod document;
mod line;
mod party;
mod payment;
mod totals;
mod vat;

pub use allowance::Allowance;
pub use document::{Delivery, Invoice, Kind, Note, Period, PrecedingInvoice, SupportingDocument};
pub use line::{Attribute, Classification, Item, Line, Price, Quantity};
pub use party::{Address, Contact, Identifier, Party, Payee, TaxRepresentative};
pub use payment::{Account, Card, DirectDebit, PaymentInstruction};
pub use totals::Totals;
pub use vat::{Breakdown, VatCategory, VatTotal};

/// A text of the source without the blanks around it; present and empty where the source had an empty element.
pub type Text = Option<String>;

/// A field that need not be written.
trait Absent {
    fn is_absent(&self) -> bool;
}

impl<T> Absent for Option<T> {
    fn is_absent(&self) -> bool {
        self.is_none()
    }
}

impl<T> Absent for Vec<T> {
    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

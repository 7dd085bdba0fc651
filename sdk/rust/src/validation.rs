//! Is this document acceptable?

use std::fmt::Display;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::bindings::validation as wit;
use crate::host::{Current, Host};
use crate::{Error, Json, Violation, document};

/// The code of the violation that a document gets which does not fit the function's type.
///
/// ```
/// use signalsync_sdk::{testing, validation::INVALID_DOCUMENT, Violation};
///
/// fn check(_: u8) -> Vec<Violation> {
///     vec![]
/// }
///
/// let violations = testing::validate(check, &"text").unwrap();
/// assert_eq!(violations[0].code, INVALID_DOCUMENT);
/// ```
pub const INVALID_DOCUMENT: &str = "invalid-document";

/// A write that is about to happen, with its document read as `T`.
///
/// Take it instead of `T` where the rule depends on more than the document:
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use signalsync_sdk::{Subject, Violation, validation};
///
/// #[derive(Deserialize, Serialize)]
/// struct Invoice {
///     paid: bool,
/// }
///
/// validation!(check);
///
/// fn check(invoice: Subject<Invoice>) -> Result<Vec<Violation>, String> {
///     let was_paid = invoice.before()?.is_some_and(|before| before.paid);
///     Ok(if was_paid { vec![Violation::error("", "PAID", "A paid invoice does not change.")] } else { vec![] })
/// }
///
/// # fn main() {
/// let paid = Invoice { paid: true };
/// assert!(check(Subject::new("invoices", "i-1", Invoice { paid: true })).unwrap().is_empty());
/// assert_eq!(check(Subject::new("invoices", "i-1", paid).replacing(&Invoice { paid: true })).unwrap().len(), 1);
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Subject<T> {
    /// Name of the collection.
    pub collection: String,
    /// Id of the record, 1 to 256 bytes.
    pub id: String,
    /// What is to be stored.
    pub after: T,
    before: Option<Json>,
}

impl<T> Subject<T> {
    /// A new record that is about to be written; for tests.
    ///
    /// ```
    /// # use signalsync_sdk::Subject;
    /// assert!(Subject::new("invoices", "i-1", 7).is_new());
    /// ```
    pub fn new(collection: impl Into<String>, id: impl Into<String>, after: T) -> Self {
        Self { collection: collection.into(), id: id.into(), after, before: None }
    }

    /// The same write over a record that exists; for tests.
    ///
    /// ```
    /// # use signalsync_sdk::Subject;
    /// assert_eq!(Subject::new("invoices", "i-1", 7).replacing(&6).before(), Ok(Some(6)));
    /// ```
    ///
    /// # Panics
    /// When `before` cannot be written as JSON.
    pub fn replacing<B: Serialize + ?Sized>(self, before: &B) -> Self {
        #[expect(clippy::expect_used, reason = "for tests; the panic is documented")]
        let before = document::write(before).expect("the document before can be written as JSON");
        Self { before: Some(before), ..self }
    }

    /// Whether nothing is stored under this id yet.
    ///
    /// ```
    /// # use signalsync_sdk::Subject;
    /// assert!(!Subject::new("invoices", "i-1", 7).replacing(&6).is_new());
    /// ```
    pub fn is_new(&self) -> bool {
        self.before.is_none()
    }
}

impl<T: DeserializeOwned> Subject<T> {
    /// What is stored now, read only when asked for; none when the record is new.
    ///
    /// # Errors
    /// [`Error::Document`] when what is stored has another shape, because it is older than the rule.
    ///
    /// ```
    /// # use signalsync_sdk::Subject;
    /// let subject = Subject::new("invoices", "i-1", 7).replacing("seven");
    /// assert!(subject.before().is_err());
    /// ```
    pub fn before(&self) -> Result<Option<T>, Error> {
        self.before.as_deref().map(document::parse).transpose()
    }
}

/// What a validation function can take: a document type, or a [`Subject`] of one.
///
/// ```
/// # use signalsync_sdk::{Subject, validation::FromSubject};
/// fn takes<T: FromSubject>() {}
/// takes::<Vec<u8>>();
/// takes::<Subject<Vec<u8>>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "a validation cannot take `{Self}`",
    note = "take a type that implements `serde::Deserialize`, or `Subject` of one"
)]
pub trait FromSubject: Sized {
    #[doc(hidden)]
    fn from_subject(subject: wit::Subject) -> Result<Self, Error>;
}

impl<T: DeserializeOwned> FromSubject for T {
    fn from_subject(subject: wit::Subject) -> Result<Self, Error> {
        document::parse(&subject.after)
    }
}

impl<T: DeserializeOwned> FromSubject for Subject<T> {
    fn from_subject(subject: wit::Subject) -> Result<Self, Error> {
        let wit::Subject { collection, id, before, after } = subject;
        Ok(Self { collection, id, after: document::parse(&after)?, before })
    }
}

/// What a validation function can return: the violations, or a result with them.
///
/// ```
/// # use signalsync_sdk::{Violation, validation::Verdict};
/// fn returns<T: Verdict>() {}
/// returns::<Vec<Violation>>();
/// returns::<Result<Vec<Violation>, String>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "a validation cannot return `{Self}`",
    note = "return `Vec<Violation>`, or a `Result` with it whose error can be displayed"
)]
pub trait Verdict {
    #[doc(hidden)]
    fn into_result(self) -> Result<Vec<Violation>, String>;
}

impl Verdict for Vec<Violation> {
    fn into_result(self) -> Result<Vec<Violation>, String> {
        Ok(self)
    }
}

impl<E: Display> Verdict for Result<Vec<Violation>, E> {
    fn into_result(self) -> Result<Vec<Violation>, String> {
        self.map_err(|error| error.to_string())
    }
}

/// The body of the export `validate`.
#[doc(hidden)]
pub fn run<T: FromSubject, V: Verdict>(
    check: impl FnOnce(T) -> V,
    subject: wit::Subject,
) -> Result<Vec<Violation>, String> {
    Current::enter();
    match T::from_subject(subject) {
        Ok(subject) => check(subject).into_result(),
        Err(Error::Document { path, message }) => Ok(vec![Violation::error(path, INVALID_DOCUMENT, message)]),
        Err(Error::Denied(denied)) => Err(denied.into()),
    }
}

/// Makes the crate a validation component that asks this function.
///
/// The function takes a type that `serde` can deserialise, or a [`Subject`] of one, and returns
/// `Vec<Violation>` or `Result<Vec<Violation>, E>`. An error is for the developer: the document could
/// not be judged. A document that does not fit the type gets a violation with the code
/// [`INVALID_DOCUMENT`] at the value that does not fit; the function is then not called.
///
/// ```
/// use signalsync_sdk::{Violation, validation};
///
/// validation! {
///     fn check(quantity: u32) -> Vec<Violation> {
///         if quantity > 0 { vec![] } else { vec![Violation::error("", "QUANTITY", "Order at least one.")] }
///     }
/// }
/// # fn main() {}
/// ```
///
/// [`Subject`]: crate::Subject
/// [`INVALID_DOCUMENT`]: crate::validation::INVALID_DOCUMENT
#[macro_export]
macro_rules! validation {
    ($(#[$attribute:meta])* fn $check:ident $($rest:tt)*) => {
        $crate::validation!($check);
        $(#[$attribute])*
        fn $check $($rest)*
    };
    ($check:path) => {
        const _: () = {
            struct Component;
            impl $crate::__private::validation::Guest for Component {
                fn validate(
                    subject: $crate::__private::validation::Subject,
                ) -> ::core::result::Result<::std::vec::Vec<$crate::Violation>, ::std::string::String> {
                    $crate::__private::validate($check, subject)
                }
            }
            $crate::__private::validation::export!(Component with_types_in $crate::__private::validation);
        };
    };
}

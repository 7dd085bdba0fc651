//! What does this message mean?

use std::fmt::Display;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use crate::bindings::mapping::{Action, Change, Message, Outcome, Signal, Start};
use crate::host::{Current, Host};
use crate::http::Request;
use crate::{Error, document};

impl Message {
    /// A message without headers; for tests.
    ///
    /// ```
    /// # use signalsync_sdk::Message;
    /// let message = Message::new("webhook", "text/plain", "hello");
    /// assert_eq!(message.text(), Ok("hello"));
    /// ```
    pub fn new(source: impl Into<String>, media_type: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self { source: source.into(), media_type: media_type.into(), headers: Vec::new(), body: body.into() }
    }

    /// The value of the first header with this name, in any case.
    ///
    /// ```
    /// # use signalsync_sdk::{Message, http::Header};
    /// let mut message = Message::new("webhook", "text/plain", "hello");
    /// message.headers.push(Header::new("Webhook-Id", "7"));
    /// assert_eq!(message.header("webhook-id"), Some("7"));
    /// ```
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value.as_str())
    }

    /// The body as text.
    ///
    /// # Errors
    /// [`Error::Document`] when it is not UTF-8.
    ///
    /// ```
    /// # use signalsync_sdk::Message;
    /// assert!(Message::new("webhook", "text/plain", [0xff]).text().is_err());
    /// ```
    pub fn text(&self) -> Result<&str, Error> {
        std::str::from_utf8(&self.body).map_err(|error| Error::Document {
            path: String::new(),
            message: format!("the body is not UTF-8: {error}"),
        })
    }

    /// The body as a JSON document.
    ///
    /// # Errors
    /// [`Error::Document`] when it is not JSON, or of another shape.
    ///
    /// ```
    /// # use signalsync_sdk::Message;
    /// let message = Message::new("webhook", "application/json", "[1, 2]");
    /// assert_eq!(message.json::<Vec<u8>>(), Ok(vec![1, 2]));
    /// ```
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        document::parse(self.text()?)
    }
}

/// Builds up what a mapping makes of a message; all of it happens, or nothing.
///
/// At most 1,000 actions.
///
/// ```
/// use signalsync_sdk::{Message, Outcome, mapping};
///
/// mapping!(transform);
///
/// fn transform(message: Message) -> Result<Outcome, String> {
///     let order: serde_json::Value = message.json()?;
///     Ok(Outcome::new().upsert("orders", "o-1", &order)?.reply(&"thanks")?)
/// }
///
/// # fn main() {
/// let outcome = transform(Message::new("shop", "application/json", "{}")).unwrap();
/// assert_eq!(outcome.actions.len(), 1);
/// # }
/// ```
impl Outcome {
    /// Nothing happens, and the sender gets no answer but that.
    ///
    /// ```
    /// # use signalsync_sdk::Outcome;
    /// assert!(Outcome::new().actions.is_empty());
    /// ```
    pub fn new() -> Self {
        Self { actions: Vec::new(), reply: None }
    }

    /// Creates or replaces the record with this id. The collection's validations run on it.
    ///
    /// # Errors
    /// [`Error::Document`] when `body` cannot be written as JSON.
    ///
    /// ```
    /// # use signalsync_sdk::Outcome;
    /// let outcome = Outcome::new().upsert("orders", "o-1", &["pen", "ink"]).unwrap();
    /// assert_eq!(outcome.actions.len(), 1);
    /// ```
    pub fn upsert<T: Serialize + ?Sized>(
        self,
        collection: impl Into<String>,
        id: impl Into<String>,
        body: &T,
    ) -> Result<Self, Error> {
        let change = Change { collection: collection.into(), id: Some(id.into()), body: document::write(body)? };
        Ok(self.with(Action::Upsert(change)))
    }

    /// Creates a record under an id that the host makes.
    ///
    /// # Errors
    /// As [`Outcome::upsert`].
    ///
    /// ```
    /// # use signalsync_sdk::Outcome;
    /// assert!(Outcome::new().insert("orders", &["pen", "ink"]).is_ok());
    /// ```
    pub fn insert<T: Serialize + ?Sized>(self, collection: impl Into<String>, body: &T) -> Result<Self, Error> {
        let change = Change { collection: collection.into(), id: None, body: document::write(body)? };
        Ok(self.with(Action::Upsert(change)))
    }

    /// Starts a run of a workflow. A second start with the same `key` does nothing.
    ///
    /// # Errors
    /// As [`Outcome::upsert`].
    ///
    /// ```
    /// # use signalsync_sdk::Outcome;
    /// assert!(Outcome::new().start("approval", Some("order-7"), &7).is_ok());
    /// ```
    pub fn start<T: Serialize + ?Sized>(
        self,
        workflow: impl Into<String>,
        key: Option<&str>,
        input: &T,
    ) -> Result<Self, Error> {
        let start = Start { workflow: workflow.into(), key: key.map(str::to_owned), input: document::write(input)? };
        Ok(self.with(Action::Start(start)))
    }

    /// Tells a run that something happened.
    ///
    /// # Errors
    /// As [`Outcome::upsert`].
    ///
    /// ```
    /// # use signalsync_sdk::Outcome;
    /// assert!(Outcome::new().signal("run_1", "shipped", &()).is_ok());
    /// ```
    pub fn signal<T: Serialize + ?Sized>(
        self,
        run: impl Into<String>,
        name: impl Into<String>,
        data: &T,
    ) -> Result<Self, Error> {
        let signal = Signal { run: run.into(), name: name.into(), data: document::write(data)? };
        Ok(self.with(Action::Signal(signal)))
    }

    /// Sends a request after everything else is committed.
    ///
    /// ```
    /// # use signalsync_sdk::{Outcome, http::Request};
    /// let outcome = Outcome::new().send(Request::get("https://api.example.com/ping"));
    /// assert_eq!(outcome.actions.len(), 1);
    /// ```
    pub fn send(self, request: Request) -> Self {
        self.with(Action::Send(request))
    }

    /// What the sender gets as answer.
    ///
    /// # Errors
    /// As [`Outcome::upsert`].
    ///
    /// ```
    /// # use signalsync_sdk::Outcome;
    /// assert_eq!(Outcome::new().reply(&"ok").unwrap().reply.as_deref(), Some("\"ok\""));
    /// ```
    pub fn reply<T: Serialize + ?Sized>(self, body: &T) -> Result<Self, Error> {
        Ok(Self { reply: Some(document::write(body)?), ..self })
    }

    fn with(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }
}

impl Default for Outcome {
    fn default() -> Self {
        Self::new()
    }
}

/// The body of the export `transform`.
#[doc(hidden)]
pub fn run<E: Display>(
    transform: impl FnOnce(Message) -> Result<Outcome, E>,
    message: Message,
) -> Result<Outcome, String> {
    Current::enter();
    transform(message).map_err(|error| error.to_string())
}

/// Makes the crate a mapping component that asks this function.
///
/// The function is `fn(Message) -> Result<Outcome, E>`; the error says why the message has no meaning,
/// and the sender gets it.
///
/// ```
/// use signalsync_sdk::{Message, Outcome, mapping};
///
/// mapping! {
///     fn transform(message: Message) -> Result<Outcome, String> {
///         let lines = message.text()?.lines().count();
///         Ok(Outcome::new().reply(&lines)?)
///     }
/// }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! mapping {
    ($(#[$attribute:meta])* fn $transform:ident $($rest:tt)*) => {
        $crate::mapping!($transform);
        $(#[$attribute])*
        fn $transform $($rest)*
    };
    ($transform:path) => {
        const _: () = {
            struct Component;
            impl $crate::__private::mapping::Guest for Component {
                fn transform(
                    message: $crate::Message,
                ) -> ::core::result::Result<$crate::Outcome, ::std::string::String> {
                    $crate::__private::transform($transform, message)
                }
            }
            $crate::__private::mapping::export!(Component with_types_in $crate::__private::mapping);
        };
    };
}

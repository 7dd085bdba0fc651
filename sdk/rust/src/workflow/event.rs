//! Events, and the documents that they bring.

use serde::de::DeserializeOwned;

use super::{ChildEnded, EffectDone, Event, Signalled, Started, TaskDone};
use crate::{Error, document};

impl Event {
    /// The document that the event brings: a run's input, a task's, effect's or child's result, a signal's data.
    ///
    /// # Errors
    /// [`Error::Document`] when it does not fit `T`; an event without a document reads as `null`.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::{Event, Signalled};
    /// let event = Event::Signal(Signalled { name: "paid".into(), data: "7".into() });
    /// assert_eq!(event.data::<u8>(), Ok(7));
    /// ```
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, Error> {
        document::parse(match self {
            Self::Started(started) => &started.input,
            Self::TaskDone(done) => &done.data,
            Self::EffectDone(done) => &done.data,
            Self::ChildEnded(ended) => ended.outcome.as_deref().unwrap_or("null"),
            Self::Signal(signal) => &signal.data,
            Self::TaskDue(_) | Self::Timer(_) | Self::EffectFailed(_) | Self::ServiceLevel(_) | Self::Cancel(_) => {
                "null"
            }
        })
    }
}

macro_rules! documents {
    ($($name:ident.$field:ident, $example:literal;)*) => {$(
        impl $name {
            /// The document that it brings.
            ///
            /// # Errors
            /// [`Error::Document`] when it does not fit `T`.
            ///
            /// ```
            #[doc = $example]
            /// ```
            pub fn data<T: DeserializeOwned>(&self) -> Result<T, Error> {
                document::parse(&self.$field)
            }
        }
    )*};
}

documents! {
    Started.input,
        "# use signalsync_sdk::workflow::Started;\nlet started = Started { input: \"7\".into(), by: None, key: None, run: \"run_1\".into() };\nassert_eq!(started.data::<u8>(), Ok(7));";
    EffectDone.data,
        "# use signalsync_sdk::workflow::EffectDone;\nassert_eq!(EffectDone { id: \"charge\".into(), data: \"7\".into() }.data::<u8>(), Ok(7));";
    Signalled.data,
        "# use signalsync_sdk::workflow::Signalled;\nassert_eq!(Signalled { name: \"paid\".into(), data: \"7\".into() }.data::<u8>(), Ok(7));";
    TaskDone.data,
        "# use signalsync_sdk::workflow::TaskDone;\n# let (id, step, choice, by) = (\"a\".into(), \"a\".into(), \"yes\".into(), \"usr\".into());\nlet done = TaskDone { id, step, choice, by, data: \"7\".into(), votes: vec![] };\nassert_eq!(done.data::<u8>(), Ok(7));";
}

impl ChildEnded {
    /// The result of a child that ended well; the reason of one that did not.
    ///
    /// # Errors
    /// The reason, or that the result does not fit `T`.
    ///
    /// ```
    /// # use signalsync_sdk::workflow::ChildEnded;
    /// assert_eq!(ChildEnded { id: "first".into(), outcome: Ok("7".into()) }.result::<u8>(), Ok(7));
    /// ```
    pub fn result<T: DeserializeOwned>(&self) -> Result<T, String> {
        let result = self.outcome.as_ref().map_err(Clone::clone)?;
        document::parse(result).map_err(Into::into)
    }
}

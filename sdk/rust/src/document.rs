//! JSON text to values and back, with a JSON Pointer to what does not fit.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use crate::{Error, Json};

/// Reads a document.
///
/// The path is looked for only once the plain, faster way has failed.
pub(crate) fn parse<T: DeserializeOwned>(json: &str) -> Result<T, Error> {
    serde_json::from_str(json).map_err(|error| explain::<T>(json, &error))
}

/// Writes a document.
pub(crate) fn write<T: Serialize + ?Sized>(value: &T) -> Result<Json, Error> {
    serde_json::to_string(value).map_err(|error| Error::Document { path: String::new(), message: plain(&error) })
}

#[cold]
fn explain<T: DeserializeOwned>(json: &str, error: &serde_json::Error) -> Error {
    let mut reader = serde_json::Deserializer::from_str(json);
    match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        Ok(_) => Error::Document { path: String::new(), message: plain(error) },
        Err(located) => Error::Document { path: pointer(located.path()), message: plain(located.inner()) },
    }
}

/// RFC 6901: `~` is `~0`, `/` is `~1`.
fn pointer(path: &serde_path_to_error::Path) -> String {
    let mut pointer = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => pointer.push_str(&format!("/{index}")),
            Segment::Map { key } => pointer.push_str(&format!("/{}", key.replace('~', "~0").replace('/', "~1"))),
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    pointer
}

/// The message without its line and column: documents arrive on one line, and the pointer says more.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn path_of<T: DeserializeOwned>(json: &str) -> (String, String) {
        match parse::<T>(json) {
            Err(Error::Document { path, message }) => (path, message),
            _ => panic!("{json} should not fit"),
        }
    }

    #[test]
    fn a_value_that_does_not_fit_is_pointed_at() {
        let (path, message) = path_of::<BTreeMap<String, Vec<u8>>>(r#"{"a/b~c": [1, "x"]}"#);
        assert_eq!(path, "/a~1b~0c/1");
        assert_eq!(message, "invalid type: string \"x\", expected u8");
    }

    #[test]
    fn text_that_is_not_json_is_the_whole_documents_fault() {
        assert_eq!(path_of::<u8>("").0, "");
        assert_eq!(path_of::<u8>("1 2"), (String::new(), "trailing characters".to_owned()));
    }
}

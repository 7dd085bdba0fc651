//! Requests to hosts outside that were granted.
//!
//! Credentials are named, never seen: the host adds them after the request has left the sandbox. A
//! request is sent at once and is not undone when the call fails; where that matters, let a mapping
//! return it as an action instead.

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use crate::bindings::http::{Header, Request, Response};
use crate::host::{Current, Host};
use crate::{Denied, Error, document};

/// Sends one request and waits for its answer. Redirects are not followed.
///
/// # Errors
/// [`Denied::NotGranted`] when the host is not granted, or its address is not a public one;
/// [`Denied::Invalid`]; [`Denied::OverLimit`] over 32 requests in a call; [`Denied::Unavailable`] when
/// there was no answer (10 s to connect, 30 s in all, never longer than the call may last).
///
/// ```
/// use signalsync_sdk::{http::{self, Request, Response}, testing::MockHost};
///
/// let _host = MockHost::new().answer("GET", "https://api.example.com/rate", Response::new(200, "1.25")).install();
/// let response = http::send(&Request::get("https://api.example.com/rate")).unwrap();
/// assert_eq!(response.json::<f64>(), Ok(1.25));
/// ```
pub fn send(request: &Request) -> Result<Response, Denied> {
    Current::send(request)
}

impl Header {
    /// A header field.
    ///
    /// ```
    /// # use signalsync_sdk::http::Header;
    /// assert_eq!(Header::new("accept", "text/csv").value, "text/csv");
    /// ```
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }
}

impl Request {
    /// A request without headers and body.
    ///
    /// ```
    /// # use signalsync_sdk::http::Request;
    /// assert_eq!(Request::new("DELETE", "https://api.example.com/orders/7").method, "DELETE");
    /// ```
    pub fn new(method: impl Into<String>, url: impl Into<String>) -> Self {
        Self { method: method.into(), url: url.into(), headers: Vec::new(), body: Vec::new(), credential: None }
    }

    /// A GET request.
    ///
    /// ```
    /// # use signalsync_sdk::http::Request;
    /// assert_eq!(Request::get("https://api.example.com/").method, "GET");
    /// ```
    pub fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// A POST request.
    ///
    /// ```
    /// # use signalsync_sdk::http::Request;
    /// assert_eq!(Request::post("https://api.example.com/").method, "POST");
    /// ```
    pub fn post(url: impl Into<String>) -> Self {
        Self::new("POST", url)
    }

    /// Adds a header.
    ///
    /// ```
    /// # use signalsync_sdk::http::Request;
    /// let request = Request::get("https://api.example.com/").header("accept", "text/csv");
    /// assert_eq!(request.headers.len(), 1);
    /// ```
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push(Header::new(name, value));
        self
    }

    /// Sets the body and its media type to a JSON document.
    ///
    /// # Errors
    /// [`Error::Document`] when `body` cannot be written as JSON.
    ///
    /// ```
    /// # use signalsync_sdk::http::Request;
    /// let request = Request::post("https://api.example.com/").json(&[1, 2]).unwrap();
    /// assert_eq!(request.body, b"[1,2]");
    /// ```
    pub fn json<T: Serialize + ?Sized>(self, body: &T) -> Result<Self, Error> {
        let body = document::write(body)?.into_bytes();
        Ok(Self { body, ..self.header("content-type", "application/json") })
    }

    /// Names the credential that the host is to add.
    ///
    /// ```
    /// # use signalsync_sdk::http::Request;
    /// let request = Request::get("https://api.example.com/").credential("erp");
    /// assert_eq!(request.credential.as_deref(), Some("erp"));
    /// ```
    pub fn credential(self, name: impl Into<String>) -> Self {
        Self { credential: Some(name.into()), ..self }
    }
}

impl Response {
    /// An answer without headers; for tests.
    ///
    /// ```
    /// # use signalsync_sdk::http::Response;
    /// assert!(Response::new(204, "").is_success());
    /// ```
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    /// Whether the status is one of 200 to 299.
    ///
    /// ```
    /// # use signalsync_sdk::http::Response;
    /// assert!(!Response::new(404, "").is_success());
    /// ```
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as a JSON document.
    ///
    /// # Errors
    /// [`Error::Document`] when it is not JSON, or of another shape.
    ///
    /// ```
    /// # use signalsync_sdk::http::Response;
    /// assert_eq!(Response::new(200, "[1]").json::<Vec<u8>>(), Ok(vec![1]));
    /// ```
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        document::parse(&String::from_utf8_lossy(&self.body))
    }
}

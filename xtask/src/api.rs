//! A small client of the host's HTTP interface.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use ureq::http::{Method, Request, Response};
use ureq::{Agent, Body};

/// Bytes of a file that is taken.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// One host name at one address, with the key to it, or a session of somebody who signed in.
pub(crate) struct Api {
    agent: Agent,
    /// Where the host listens, e.g. `127.0.0.1:8080`.
    address: String,
    /// The name that is asked for, e.g. `acme.localhost:8080`.
    name: String,
    proof: Proof,
}

/// By what the host knows who asks.
#[derive(Clone)]
enum Proof {
    Key(String),
    /// The cookie.
    Session(String),
    Nothing,
}

/// What the host answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// `null` where the answer is not JSON.
    pub(crate) body: Value,
    /// What a browser would send from now on.
    cookie: Option<String>,
}

impl Api {
    pub(crate) fn new(address: &str, name: &str, key: &str) -> Self {
        let config = Agent::config_builder().http_status_as_error(false).timeout_global(Some(Duration::from_secs(120)));
        let (address, name, proof) = (address.to_owned(), name.to_owned(), Proof::Key(key.to_owned()));
        Self { agent: config.build().into(), address, name, proof }
    }

    /// The same host, as somebody sees it who signs in.
    pub(crate) fn signed_in(&self, mail: &str, password: &str) -> Result<Self> {
        let guest = self.with(Proof::Nothing);
        let mut answer = guest.post("/v1/sign-in", &json!({ "mail": mail, "password": password }))?;
        let cookie = answer.cookie.take();
        answer.good(&format!("the sign-in of {mail}"))?;
        Ok(self.with(Proof::Session(cookie.context("a sign-in gives a session")?)))
    }

    fn with(&self, proof: Proof) -> Self {
        Self { agent: self.agent.clone(), address: self.address.clone(), name: self.name.clone(), proof }
    }

    /// Sends a request; every status is an answer.
    pub(crate) fn send(&self, method: Method, path: &str, media_type: &str, body: &[u8]) -> Result<Answer> {
        let mut response = self.ask(method, path, media_type, body)?;
        let status = response.status().as_u16();
        let cookie = response.headers().get("set-cookie").and_then(|set| set.to_str().ok()?.split(';').next());
        let cookie = cookie.map(str::to_owned);
        let text = response.body_mut().read_to_string()?;
        Ok(Answer { status, body: serde_json::from_str(&text).unwrap_or_default(), cookie })
    }

    fn ask(&self, method: Method, path: &str, media_type: &str, body: &[u8]) -> Result<Response<Body>> {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.address))
            // The name is not looked up: not every machine knows `*.localhost`.
            .header("host", &self.name)
            .header("content-type", media_type);
        let request = self.proof().into_iter().fold(request, |request, (name, value)| request.header(name, value));
        self.agent.run(request.body(body)?).with_context(|| format!("{} does not answer", self.address))
    }

    /// A file.
    pub(crate) fn download(&self, path: &str) -> Result<Vec<u8>> {
        let mut response = self.ask(Method::GET, path, "application/json", b"")?;
        if response.status() != 200 {
            bail!("{path}: status {}", response.status());
        }
        Ok(response.body_mut().with_config().limit(FILE_BYTES_MAX).read_to_vec()?)
    }

    /// Headers by which the host knows who asks.
    pub(crate) fn proof(&self) -> Vec<(&'static str, String)> {
        match &self.proof {
            Proof::Key(key) => vec![("authorization", format!("Bearer {key}"))],
            Proof::Session(cookie) => vec![("cookie", cookie.clone()), ("sec-fetch-site", "same-origin".to_owned())],
            Proof::Nothing => Vec::new(),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Result<Answer> {
        self.send(Method::GET, path, "application/json", b"")
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.send(Method::POST, path, "application/json", body.to_string().as_bytes())
    }
}

impl Answer {
    /// The body, when the status is one of 200 to 299.
    pub(crate) fn good(self, what: &str) -> Result<Value> {
        if (200..300).contains(&self.status) {
            return Ok(self.body);
        }
        bail!("{what}: status {}: {}", self.status, self.reason())
    }

    /// The sentence of a problem, or the whole body.
    pub(crate) fn reason(&self) -> String {
        match self.text("detail") {
            Some(detail) => detail.to_owned(),
            None => self.body.to_string(),
        }
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.body.get(field).and_then(Value::as_str)
    }
}

//! What a handler gets: the request, with the few ways to read it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Display;
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderName, IF_MATCH, IF_NONE_MATCH};
use http::request::Parts;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use percent_encoding::percent_decode_str;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use signalsync_core::json;
use signalsync_store::{Precondition, RequestKey, Terms};

use crate::app::App;
use crate::listener::{Incoming, TooSlow};
use crate::openapi::{Maybe, Nothing, Parameter};
use crate::problem::{Code, Problem};
use crate::routes::Params;

/// Entries of a list when the query does not say how many.
pub(crate) const LIMIT_DEFAULT: usize = 100;

/// Most entries of a list in one answer.
const LIMIT_MAX: usize = 1_000;

/// The parameter `limit` of a query.
#[derive(JsonSchema)]
#[schemars(transparent, extend("minimum" = 1, "maximum" = LIMIT_MAX, "default" = LIMIT_DEFAULT))]
pub(crate) struct Limit(#[expect(dead_code, reason = "it is a shape, and never made")] u64);

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// A request that got through the door. What its body is to be is a `B`, and the document of the interface says so.
pub(crate) struct Input<B = Nothing> {
    /// What it is answered with.
    pub(crate) app: Arc<App>,
    /// All but the body.
    pub(crate) head: Head,
    /// Not read yet.
    pub(crate) body: Incoming,
    wanted: PhantomData<fn() -> B>,
}

/// A request without its body.
pub(crate) struct Head {
    parts: Parts,
    params: Params,
    /// What its query may have.
    parameters: &'static [Parameter],
    /// Who asks: the id of a key or a person, empty for whoever is nobody yet.
    asker: String,
}

impl Head {
    pub(crate) fn new(parts: Parts, params: Params, parameters: &'static [Parameter], asker: String) -> Self {
        Self { parts, params, parameters, asker }
    }

    /// Method and path, without the query, which may hold what is nobody's business.
    pub(crate) fn line(&self) -> String {
        format!("{} {}", self.parts.method, self.parts.uri.path())
    }

    /// Whether the method changes nothing (RFC 9110, 9.2.1).
    pub(crate) fn is_safe(&self) -> bool {
        self.parts.method.is_safe()
    }

    /// All header fields.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.parts.headers
    }

    /// The text of a header, if it stands once.
    ///
    /// # Errors
    /// `bad-request` when it stands twice or is not visible ASCII.
    pub(crate) fn header(&self, name: &HeaderName) -> Result<Option<&str>, Problem> {
        let mut values = self.parts.headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => value.to_str().map(Some).map_err(|_| bad(format!("the header {name} is not ASCII"))),
            (Some(_), Some(_)) => Err(bad(format!("the header {name} stands twice"))),
        }
    }

    /// A name out of the path.
    ///
    /// # Errors
    /// `invalid-name` with the rule that it breaks.
    pub(crate) fn name<T: FromStr<Err: Display>>(&self, param: &str) -> Result<T, Problem> {
        let raw = self.params.iter().find(|(name, _)| name == param).map_or("", |(_, value)| value);
        let text = percent_decode_str(raw).decode_utf8();
        let text = text.map_err(|_| Problem::new(Code::InvalidName, "names are UTF-8, percent-encoded"))?;
        text.parse().map_err(|rule: T::Err| Problem::new(Code::InvalidName, rule.to_string()))
    }

    /// Whether the route has this part in its path.
    pub(crate) fn has_name(&self, param: &str) -> bool {
        self.params.iter().any(|(name, _)| name == param)
    }

    /// The query, of which only the route's parameters are known.
    ///
    /// # Errors
    /// `bad-request` for a parameter that is unknown or stands twice.
    pub(crate) fn query(&self) -> Result<Query<'_>, Problem> {
        let mut values = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(self.parts.uri.query().unwrap_or("").as_bytes()) {
            if !self.parameters.iter().any(|known| known.name == name) {
                return Err(self.unknown_parameter());
            }
            if values.insert(name.clone(), value).is_some() {
                return Err(bad(format!("the query parameter `{name}` stands twice")));
            }
        }
        Ok(Query(values))
    }

    fn unknown_parameter(&self) -> Problem {
        let known: Vec<_> = self.parameters.iter().map(|known| known.name).collect();
        match known.is_empty() {
            true => bad("this address takes no parameters in its query"),
            false => bad(format!("the query has an unknown parameter; known are: {}", known.join(", "))),
        }
    }

    /// The media type of the body, without parameters, in lower case.
    ///
    /// # Errors
    /// `bad-request` when the header stands twice.
    pub(crate) fn media_type(&self) -> Result<Option<String>, Problem> {
        let essence = |value: &str| value.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        Ok(self.header(&CONTENT_TYPE)?.map(essence))
    }

    /// Refuses a body of another media type.
    ///
    /// # Errors
    /// `unsupported-media-type`.
    pub(crate) fn require_media_type(&self, wanted: &str) -> Result<(), Problem> {
        match self.media_type()? {
            Some(given) if given == wanted => Ok(()),
            _ => Err(Problem::new(Code::UnsupportedMediaType, format!("send the body with Content-Type: {wanted}"))),
        }
    }

    /// The name that the client gave this request, with what it asks. Others have names of their own.
    ///
    /// # Errors
    /// `bad-request` when it is no such name.
    pub(crate) fn request_key(&self, body: &[u8]) -> Result<Option<RequestKey>, Problem> {
        let Some(name) = self.header(&IDEMPOTENCY_KEY)? else { return Ok(None) };
        let address = self.parts.uri.path_and_query().map_or("", |address| address.as_str());
        let media_type = self.media_type()?.unwrap_or_default();
        let asked = [self.parts.method.as_str(), address, &media_type].map(str::as_bytes);
        Ok(Some(RequestKey::new(name, asked.into_iter().chain([body]))?.of(&self.asker)))
    }

    /// What the client expects of the thing that it changes.
    ///
    /// # Errors
    /// `bad-request` for both headers at once; `precondition-failed` for a tag that cannot be ours.
    pub(crate) fn precondition(&self) -> Result<Precondition, Problem> {
        match (self.header(&IF_MATCH)?, self.header(&IF_NONE_MATCH)?) {
            (None, None) => Ok(Precondition::None),
            (Some("*"), None) => Ok(Precondition::Exists),
            (None, Some("*")) => Ok(Precondition::Absent),
            (Some(tag), None) => version(tag).map(Precondition::Version).ok_or_else(foreign_tag),
            (None, Some(_)) => Err(bad("If-None-Match can only be `*` here")),
            (Some(_), Some(_)) => Err(bad("send If-Match or If-None-Match, not both")),
        }
    }

    /// On what terms the client wants a change.
    ///
    /// # Errors
    /// As [`precondition`](Self::precondition).
    pub(crate) fn terms<'a>(&self, request: Option<&'a RequestKey>) -> Result<Terms<'a>, Problem> {
        Ok(Terms { request, precondition: self.precondition()? })
    }

    /// Whether the client has this representation already (`If-None-Match` of a GET).
    ///
    /// # Errors
    /// `bad-request` when the header stands twice.
    pub(crate) fn has(&self, tag: &str) -> Result<bool, Problem> {
        let tags = self.header(&IF_NONE_MATCH)?.unwrap_or("");
        Ok(tags.split(',').map(str::trim).any(|given| given == "*" || given.trim_start_matches("W/") == tag))
    }
}

/// A tag of ours is a version in quotes.
fn version(tag: &str) -> Option<u64> {
    tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok()
}

fn foreign_tag() -> Problem {
    Problem::new(Code::PreconditionFailed, "If-Match takes one entity tag as it stands in an ETag header")
}

/// The parameters of a query.
pub(crate) struct Query<'a>(BTreeMap<Cow<'a, str>, Cow<'a, str>>);

impl Query<'_> {
    /// A parameter's text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(AsRef::as_ref)
    }

    /// A parameter of a kind that can be wrong.
    ///
    /// # Errors
    /// `bad-request` with the rule that it breaks.
    pub(crate) fn parsed<T: FromStr<Err: Display>>(&self, name: &str) -> Result<Option<T>, Problem> {
        let parsed = self.text(name).map(str::parse).transpose();
        parsed.map_err(|rule: T::Err| bad(format!("the query parameter `{name}`: {rule}")))
    }

    /// A parameter that is one of several words.
    ///
    /// # Errors
    /// `bad-request` with the words that there are.
    pub(crate) fn word<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Problem> {
        let word = self.text(name).map(|text| serde_json::from_value(text.into()));
        word.transpose().map_err(|error| bad(format!("the query parameter `{name}`: {error}")))
    }

    /// How many entries a list is to have: 1 to 1,000, 100 without the parameter.
    ///
    /// # Errors
    /// `bad-request`.
    pub(crate) fn limit(&self) -> Result<usize, Problem> {
        let limit = self.parsed("limit")?.unwrap_or(LIMIT_DEFAULT);
        let fits = (1..=LIMIT_MAX).contains(&limit);
        if fits { Ok(limit) } else { Err(bad(format!("the query parameter `limit` is 1 to {LIMIT_MAX}"))) }
    }
}

impl<B> Input<B> {
    pub(crate) fn new(app: Arc<App>, head: Head, body: Incoming) -> Self {
        Self { app, head, body, wanted: PhantomData }
    }

    /// The same request, with another body in mind.
    pub(crate) fn wanting<C>(self) -> Input<C> {
        Input::new(self.app, self.head, self.body)
    }

    /// The whole body of this media type, which is a kind of JSON, as text, checked.
    ///
    /// # Errors
    /// `unsupported-media-type`, `too-large`, `malformed-json` with its place, `request-timeout`.
    pub(crate) async fn text_of(self, media_type: &str, bytes_max: u64) -> Result<(Head, String), Problem> {
        self.head.require_media_type(media_type)?;
        let bytes = read(self.body, bytes_max).await?;
        let text = String::from_utf8(bytes.into());
        let text = text.map_err(|_| Problem::new(Code::MalformedJson, "JSON is UTF-8, and the body is not"))?;
        json::check(&text)?;
        Ok((self.head, text))
    }
}

impl<B: DeserializeOwned> Input<B> {
    /// The whole body as a document, and the request's name if it has one.
    ///
    /// # Errors
    /// As [`text_of`](Self::text_of), and `unknown-field`, `invalid-body`, `bad-request`.
    pub(crate) async fn document(self) -> Result<(Head, B, Option<RequestKey>), Problem> {
        let bytes_max = self.app.limits.document_bytes_max;
        let (head, text) = self.text_of("application/json", bytes_max).await?;
        let document = serde_json::from_str(&text).map_err(|error| wrong_fields(&error))?;
        let request = head.request_key(text.as_bytes())?;
        Ok((head, document, request))
    }
}

impl<B: DeserializeOwned + Default> Input<Maybe<B>> {
    /// The whole body as a document; a request without a body asks for nothing in particular.
    ///
    /// # Errors
    /// As [`document`](Input::document).
    pub(crate) async fn document_or_default(self) -> Result<(Head, B, Option<RequestKey>), Problem> {
        if http_body::Body::is_end_stream(&self.body) {
            let request = self.head.request_key(&[])?;
            return Ok((self.head, B::default(), request));
        }
        self.wanting::<B>().document().await
    }
}

fn wrong_fields(error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    let code = if text.starts_with("unknown field") { Code::UnknownField } else { Code::InvalidBody };
    Problem::new(code, text).with("line", error.line()).with("column", error.column())
}

/// Reads a whole body.
///
/// # Errors
/// `too-large`, `request-timeout`, or `bad-request` when it broke off.
pub(crate) async fn read(body: Incoming, bytes_max: u64) -> Result<Bytes, Problem> {
    let limit = usize::try_from(bytes_max).unwrap_or(usize::MAX);
    check_length(&body, bytes_max)?;
    match Limited::new(body, limit).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => Err(too_large(bytes_max)),
        Err(error) => Err(broken(error.as_ref())),
    }
}

/// Refuses a body that says that it is too long, before it is sent.
///
/// # Errors
/// `too-large`.
pub(crate) fn check_length(body: &Incoming, bytes_max: u64) -> Result<(), Problem> {
    let fits = http_body::Body::size_hint(body).lower() <= bytes_max;
    if fits { Ok(()) } else { Err(too_large(bytes_max)) }
}

/// A body that did not come to its end.
pub(crate) fn broken(error: &(dyn std::error::Error + Send + Sync + 'static)) -> Problem {
    if error.is::<TooSlow>() { Problem::plain(Code::RequestTimeout) } else { bad("the body broke off or is malformed") }
}

/// A body that has more bytes than it may.
pub(crate) fn too_large(limit: u64) -> Problem {
    Problem::new(Code::TooLarge, format!("the body has more than {limit} bytes")).with("limit", limit)
}

/// A request that cannot be understood.
pub(crate) fn bad(detail: impl Into<String>) -> Problem {
    Problem::new(Code::BadRequest, detail)
}

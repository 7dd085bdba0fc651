//! Files that are sent in parts: tus 1.0.0 with its extensions `creation`, `termination` and `expiration`
//! (<https://tus.io/protocols/resumable-upload>).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::StatusCode;
use http::header::{HeaderName, LOCATION};
use http_body_util::BodyExt as _;
use signalsync_core::{FilePath, Permission, UploadId};
use signalsync_records::{Place, Upload};

use super::files::{ANY, place};
use crate::answer::{Answer, empty, with};
use crate::door::Permitted;
use crate::input::{Head, Input, bad, broken};
use crate::openapi::FilePart;
use crate::problem::{Code, Problem};

const RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const LENGTH: HeaderName = HeaderName::from_static("upload-length");
const OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const EXPIRES: HeaderName = HeaderName::from_static("upload-expires");
const EXTENSIONS: HeaderName = HeaderName::from_static("tus-extension");

const VERSIONS: HeaderName = HeaderName::from_static("tus-version");

/// Extensions of the protocol.
const SPOKEN: &str = "creation,termination,expiration";

/// Of the protocol.
const VERSION: &str = "1.0.0";

const CONTENT: &str = "application/offset+octet-stream";

type Headers = &'static [(&'static str, bool, &'static str)];

const SAYS: (&str, bool, &str) = ("Tus-Resumable", true, "The protocol that is meant: `1.0.0`.");

/// Headers of requests about an upload.
pub(super) const SPEAKS: Headers = &[SAYS];

/// Headers of a request that begins an upload.
pub(super) const BEGINS: Headers = &[
    SAYS,
    ("Upload-Length", true, "Bytes of the whole file."),
    ("Upload-Metadata", true, "`filename` and, if it is known, `filetype`, each followed by its value in Base64."),
];

/// Headers of a request with the next part.
pub(super) const GOES_ON: Headers = &[SAYS, ("Upload-Offset", true, "Where the part begins.")];

pub(super) async fn create(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let head = input.head;
    speaks(&head)?;
    let length = number(&head, &LENGTH)?;
    let path: FilePath = metadata(&head, "filename")?
        .ok_or_else(|| bad("Upload-Metadata names the file: `filename` and its name in Base64"))?
        .parse()
        .map_err(|rule: signalsync_core::InvalidName| Problem::new(Code::InvalidName, rule.to_string()))?;
    let media_type = metadata(&head, "filetype")?.unwrap_or_else(|| ANY.to_owned());
    let file = (path, media_type);
    // What is asked for stands in the headers here.
    let asked = format!("{length} {}", head.header(&METADATA)?.unwrap_or_default());
    let request = head.request_key(asked.as_bytes())?;
    let (scope, place) = (permitted.shared(), place(&head)?);
    let (id, upload) = input.app.uploads.begin(&scope, place, file, length, request.as_ref()).await?;
    let answer = with(empty(StatusCode::CREATED), LOCATION, &format!("/v1/uploads/{id}"));
    Ok(with(told(answer, &upload), EXTENSIONS, SPOKEN))
}

/// What of the protocol is spoken here, for clients that ask before they begin. How large a file may be is its tenant's
/// tier's, and is said to whoever begins.
pub(super) async fn capabilities(_: Input) -> Result<Answer, Problem> {
    let answer = with(empty(StatusCode::NO_CONTENT), RESUMABLE, VERSION);
    Ok(with(with(answer, VERSIONS, VERSION), EXTENSIONS, SPOKEN))
}

/// For `HEAD`: what is there, and how much is missing.
pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    speaks(&input.head)?;
    let id: UploadId = input.head.name("upload")?;
    Ok(told(empty(StatusCode::OK), &input.app.uploads.get(permitted.scope(), id).await?))
}

pub(super) async fn append(permitted: Permitted, input: Input<FilePart>) -> Result<Answer, Problem> {
    let Input { app, head, mut body, .. } = input;
    speaks(&head)?;
    head.require_media_type(CONTENT)?;
    let (id, offset): (UploadId, _) = (head.name("upload")?, number(&head, &OFFSET)?);
    let upload = app.uploads.get(permitted.scope(), id).await?;
    if let Place::Folder(_) = upload.place {
        permitted.require(Permission::FilesWrite)?;
    }
    let mut part = app.uploads.append(&permitted.shared(), id, offset).await?;
    let mut break_off = None;
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => {
                if let Ok(piece) = frame.into_data() {
                    part.write(piece).await?;
                }
            }
            // What has arrived is kept: that is what the protocol is for.
            Err(error) => {
                break_off = Some(broken(error.as_ref()));
                break;
            }
        }
    }
    let upload = part.finish().await?;
    match break_off {
        Some(problem) => Err(problem),
        None => Ok(told(empty(StatusCode::NO_CONTENT), &upload)),
    }
}

pub(super) async fn delete(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    speaks(&input.head)?;
    input.app.uploads.give_up(permitted.scope(), input.head.name("upload")?).await?;
    Ok(with(empty(StatusCode::NO_CONTENT), RESUMABLE, VERSION))
}

fn told(answer: Answer, upload: &Upload) -> Answer {
    let answer = with(answer, RESUMABLE, VERSION);
    let answer = with(answer, OFFSET, &upload.offset.to_string());
    let answer = with(answer, LENGTH, &upload.length.to_string());
    with(answer, EXPIRES, &upload.expires_at.http_date())
}

/// Every request says which protocol it means.
fn speaks(head: &Head) -> Result<(), Problem> {
    match head.header(&RESUMABLE)? {
        Some(VERSION) => Ok(()),
        _ => Err(Problem::new(Code::PreconditionFailed, format!("send the header Tus-Resumable: {VERSION}"))),
    }
}

fn number(head: &Head, name: &HeaderName) -> Result<u64, Problem> {
    let text = head.header(name)?.ok_or_else(|| bad(format!("the header {name} is missing")))?;
    text.parse().map_err(|_| bad(format!("the header {name} is a number of bytes")))
}

/// A value of the metadata: pairs of a key and a value in Base64, separated by commas.
fn metadata(head: &Head, wanted: &str) -> Result<Option<String>, Problem> {
    let pairs = head.header(&METADATA)?.unwrap_or_default().split(',');
    let found = pairs.filter_map(|pair| pair.trim().split_once(' ')).find(|(key, _)| *key == wanted);
    let Some((_, value)) = found else { return Ok(None) };
    let text = BASE64_STANDARD.decode(value.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.map(Some).ok_or_else(|| bad(format!("`{wanted}` in Upload-Metadata is UTF-8 in Base64")))
}

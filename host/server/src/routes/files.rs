//! Files of a folder, and of a record: streamed in and out.

use bytes::Bytes;
use futures_util::stream;
use http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, RANGE,
};
use http::{Response, StatusCode};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::Serialize;
use signalsync_core::FilePath;
use signalsync_records::{FileWritten, Place};
use signalsync_store::{FileInfo, FileReader, Listing};

use crate::answer::{Answer, Body, empty, json, not_modified, tagged, with};
use crate::door::Permitted;
use crate::input::{Head, Input, bad, broken};
use crate::openapi::AnyFile;
use crate::problem::{Code, Problem};

const MEDIA_TYPE_BYTES_MAX: usize = 200;

/// What a file is when nobody says.
pub(super) const ANY: &str = "application/octet-stream";

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ListedFile")]
#[serde(rename_all = "kebab-case")]
pub(super) struct Listed {
    path: FilePath,
    size: u64,
    media_type: String,
    version: u64,
}

impl From<FileInfo> for Listed {
    fn from(info: FileInfo) -> Self {
        Self { path: info.path, size: info.size, media_type: info.media_type, version: info.version }
    }
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "StoredFile")]
#[serde(rename_all = "kebab-case")]
pub(super) struct Stored {
    path: FilePath,
    size: u64,
    media_type: String,
    version: u64,
}

/// As the route says.
pub(super) fn place(head: &Head) -> Result<Place, Problem> {
    if head.has_name("folder") {
        return Ok(Place::Folder(head.name("folder")?));
    }
    Ok(Place::Record(head.name("collection")?, head.name("record")?))
}

pub(super) async fn list(permitted: Permitted, input: Input) -> Result<Answer<Listing<Listed>>, Problem> {
    let query = input.head.query()?;
    let (place, limit) = (place(&input.head)?, query.limit()?);
    let after: Option<FilePath> = query.parsed("after")?;
    // One more than asked for says whether the list goes on.
    let infos = input.app.files.list(permitted.scope(), &place, after.as_ref(), limit + 1).await?;
    let more = infos.len() > limit;
    let items: Vec<Listed> = infos.into_iter().take(limit).map(Listed::from).collect();
    let next = items.last().filter(|_| more).map(|last| last.path.to_string());
    json(StatusCode::OK, &Listing { items, next })
}

pub(super) async fn put(permitted: Permitted, input: Input<AnyFile>) -> Result<Answer<Stored>, Problem> {
    let Input { app, head, mut body, .. } = input;
    let (path, precondition): (FilePath, _) = (head.name("path")?, head.precondition()?);
    let media_type = media_type(&head)?;
    let mut file = app.files.start(&permitted.shared(), place(&head)?, path.clone()).await?;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(error.as_ref()))?;
        if let Ok(piece) = frame.into_data() {
            file.write(piece).await?;
        }
    }
    let written: FileWritten = file.finish(&media_type, precondition).await?;
    let status = if written.created { StatusCode::CREATED } else { StatusCode::OK };
    let FileWritten { version, size, media_type, .. } = written;
    Ok(tagged(json(status, &Stored { path, size, media_type, version })?, version))
}

fn media_type(head: &Head) -> Result<String, Problem> {
    let given = head.header(&CONTENT_TYPE)?.unwrap_or(ANY);
    if given.len() > MEDIA_TYPE_BYTES_MAX {
        return Err(bad(format!("the Content-Type has more than {MEDIA_TYPE_BYTES_MAX} bytes")));
    }
    Ok(given.to_owned())
}

pub(super) async fn get(permitted: Permitted, input: Input) -> Result<Answer<AnyFile>, Problem> {
    let path = input.head.name("path")?;
    let (info, reader) = input.app.files.open(permitted.scope(), &place(&input.head)?, &path).await?;
    let tag = format!("\"{}\"", info.version);
    if input.head.has(&tag)? {
        return Ok(not_modified(info.version));
    }
    let range = wanted(&input.head, &tag, info.size)?;
    Ok(download(&info, range, reader))
}

pub(super) async fn delete(permitted: Permitted, input: Input) -> Result<Answer, Problem> {
    let path = input.head.name("path")?;
    input.app.files.delete(permitted.scope(), &place(&input.head)?, &path, input.head.precondition()?).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub(super) fn download<T>(info: &FileInfo, range: Option<Part>, reader: FileReader) -> Answer<T> {
    let part = range.unwrap_or(Part { start: 0, end: info.size });
    let mut reply = Response::new(content(reader, part));
    if range.is_some() {
        *reply.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    let mut answer = Answer::of(reply);
    if range.is_some() {
        let last = part.end.saturating_sub(1);
        answer = with(answer, CONTENT_RANGE, &format!("bytes {}-{last}/{}", part.start, info.size));
    }
    let name = info.path.as_str().rsplit('/').next().unwrap_or("file");
    let name = utf8_percent_encode(name, NON_ALPHANUMERIC);
    let answer = with(answer, CONTENT_DISPOSITION, &format!("attachment; filename*=UTF-8''{name}"));
    let answer = with(answer, CONTENT_TYPE, &info.media_type);
    let answer = with(answer, CONTENT_LENGTH, &(part.end - part.start).to_string());
    with(with(answer, ACCEPT_RANGES, "bytes"), ETAG, &format!("\"{}\"", info.version))
}

/// From `start` up to but not including `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    start: u64,
    end: u64,
}

/// The one range that is asked for; none stands for the whole file (RFC 9110, 14.2).
pub(super) fn wanted(head: &Head, tag: &str, size: u64) -> Result<Option<Part>, Problem> {
    let current = head.header(&IF_RANGE)?.is_none_or(|given| given == tag);
    match head.header(&RANGE)?.filter(|_| current) {
        Some(range) => part(range, size),
        None => Ok(None),
    }
}

fn part(range: &str, size: u64) -> Result<Option<Part>, Problem> {
    let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Ok(None);
    };
    let part = match (first.trim().parse::<u64>(), last.trim().parse::<u64>()) {
        (Ok(start), Ok(last)) if start <= last => Part { start, end: size.min(last.saturating_add(1)) },
        (Ok(start), Err(_)) if last.trim().is_empty() => Part { start, end: size },
        (Err(_), Ok(length)) if first.is_empty() => Part { start: size.saturating_sub(length), end: size },
        // Several ranges, or none that makes sense: the whole file is a correct answer to both.
        _ => return Ok(None),
    };
    if part.start >= part.end {
        return Err(Problem::plain(Code::RangeNotSatisfiable).with("size", size));
    }
    Ok(Some(part))
}

/// The pieces of a part. The connection breaks off when the content turns out to be damaged.
fn content(reader: FileReader, part: Part) -> Body {
    let pieces = stream::try_unfold((reader, 0), move |(mut reader, at)| async move {
        let mut at: u64 = at;
        while at < part.end
            && let Some(piece) = reader.next().await.map_err(std::io::Error::other)?
        {
            let (from, to) = (at, at + piece.len() as u64);
            at = to;
            let piece = slice(&piece, from, part);
            if !piece.is_empty() {
                return Ok(Some((Frame::data(piece), (reader, at))));
            }
        }
        Ok::<_, std::io::Error>(None)
    });
    StreamBody::new(pieces).boxed_unsync()
}

/// What of a piece that begins at `from` belongs to the part.
fn slice(piece: &Bytes, from: u64, part: Part) -> Bytes {
    let within = |at: u64| usize::try_from(at.saturating_sub(from)).unwrap_or(usize::MAX).min(piece.len());
    piece.slice(within(part.start)..within(part.end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(range: &str) -> Result<Option<(u64, u64)>, Code> {
        part(range, 10).map(|part| part.map(|part| (part.start, part.end))).map_err(|problem| problem.code())
    }

    #[test]
    fn one_range_is_understood() {
        assert_eq!(ask("bytes=0-3"), Ok(Some((0, 4))));
        assert_eq!(ask("bytes=4-"), Ok(Some((4, 10))));
        assert_eq!(ask("bytes=-3"), Ok(Some((7, 10))));
        assert_eq!(ask("bytes=-30"), Ok(Some((0, 10))));
        assert_eq!(ask("bytes=9-18446744073709551615"), Ok(Some((9, 10))));
        for whole in ["bytes=0-1,3-4", "lines=1-2", "bytes=3-1", "bytes=-", "bytes=a-b"] {
            assert_eq!(ask(whole), Ok(None), "{whole}");
        }
        for nothing in ["bytes=10-", "bytes=10-11", "bytes=-0"] {
            assert_eq!(ask(nothing), Err(Code::RangeNotSatisfiable), "{nothing}");
        }
    }
}

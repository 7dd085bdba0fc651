//! What the host calls malformed.

use crate::Denied;

/// Most entries of a page.
const LIMIT_MAX: u32 = 1_000;

pub(super) fn name(name: &str) -> Result<(), Denied> {
    let bytes = name.as_bytes();
    let good = matches!(bytes.first(), Some(b'a'..=b'z'))
        && bytes.len() <= 63
        && bytes.iter().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'));
    check(good, "a name is 1 to 63 of a-z, 0-9 and hyphens, starting with a letter")
}

pub(super) fn id(id: &str) -> Result<(), Denied> {
    let good = (1..=256).contains(&id.len()) && !id.chars().any(char::is_control) && id != "." && id != "..";
    check(good, "an id is 1 to 256 bytes without control characters, not `.` or `..`")
}

pub(super) fn path(path: &str) -> Result<(), Denied> {
    let good = (1..=512).contains(&path.len())
        && !path.chars().any(|c| c.is_control() || c == '\\')
        && path.split('/').all(|segment| !segment.is_empty() && !segment.ends_with(['.', ' ']));
    check(good, "a path is 1 to 512 bytes of segments between `/`, none empty or ending in a dot or space")
}

pub(super) fn media_type(media_type: &str) -> Result<(), Denied> {
    check((1..=255).contains(&media_type.len()), "a media type is 1 to 255 bytes")
}

pub(super) fn limit(limit: u32) -> Result<usize, Denied> {
    check((1..=LIMIT_MAX).contains(&limit), "a limit is 1 to 1,000")?;
    Ok(limit as usize)
}

fn check(good: bool, rule: &str) -> Result<(), Denied> {
    if good { Ok(()) } else { Err(Denied::Invalid(rule.to_owned())) }
}

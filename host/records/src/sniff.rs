//! What a file is, by its content: its sender may be mistaken, or lie.

/// Bytes of the beginning that are looked at.
pub(crate) const HEAD_BYTES: usize = 8 << 10;

/// By the beginning of the content where that says what it is, else as the sender says.
pub(crate) fn media_type(head: &[u8], said: &str) -> String {
    match infer::get(head) {
        // Many formats are a zip or an XML inside, and only the sender knows which.
        Some(found) if is_container(found.mime_type()) => said.to_owned(),
        Some(found) => found.mime_type().to_owned(),
        None => said.to_owned(),
    }
}

fn is_container(media_type: &str) -> bool {
    matches!(media_type, "application/zip" | "text/xml" | "application/gzip" | "application/x-ole-storage")
}

/// The first of these patterns that refuses a media type: a type, or `image/*` for all of a family.
pub(crate) fn refused<'a>(patterns: &'a [String], media_type: &str) -> Option<&'a str> {
    let essence = media_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
    let fits = |pattern: &&String| match pattern.strip_suffix("/*") {
        Some(family) => essence.split('/').next() == Some(family),
        None => **pattern == essence,
    };
    patterns.iter().find(fits).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_content_says_what_a_file_is() {
        let png = b"\x89PNG\r\n\x1a\n0000";
        assert_eq!(media_type(png, "text/plain"), "image/png");
        assert_eq!(media_type(b"MZ\x90\0", "image/png"), "application/vnd.microsoft.portable-executable");
        let program = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 60]].concat();
        assert_eq!(media_type(&program, "text/csv"), "application/x-executable");
        assert_eq!(media_type(b"<!DOCTYPE html><html>", "image/png"), "text/html");
        assert_eq!(media_type(b"plain words", "text/csv; charset=utf-8"), "text/csv; charset=utf-8");
        let office = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        assert_eq!(media_type(b"PK\x03\x04 and so on", office), office);
        assert_eq!(media_type(b"", "application/octet-stream"), "application/octet-stream");
    }

    #[test]
    fn a_pattern_refuses_a_type_or_its_family() {
        let patterns = ["video/*".to_owned(), "text/html".to_owned()];
        assert_eq!(refused(&patterns, "Video/MP4"), Some("video/*"));
        assert_eq!(refused(&patterns, "text/html; charset=utf-8"), Some("text/html"));
        assert_eq!(refused(&patterns, "text/plain"), None);
    }
}

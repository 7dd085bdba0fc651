//! Keeps the documents that are attached to an invoice (BG-24) as files, beside the record and in the same commit.
//!
//! A file is at `{record id}/{place}-{name}`. The sender chose both names, so whatever could mean something in a path is
//! replaced.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use e_invoicing_model::ubl::{Attachment, Document};
use signalsync_sdk::Denied;
use signalsync_sdk::files::Folder;

/// Most bytes of a document: a component writes no larger file.
const FILE_BYTES_MAX: usize = 1 << 20;

/// Most files of an invoice: a component writes no more in one call.
const FILES_MAX: u32 = 64;

/// Most letters of a name.
const NAME_LENGTH_MAX: usize = 100;

/// Writes what is attached, notes in the record where, and removes what an earlier version had.
pub(crate) fn keep(folder: &str, id: &str, document: &mut Document) -> Result<(), String> {
    let attachments = std::mem::take(&mut document.attachments);
    let refused = |error: Denied| format!("the attached documents cannot be kept in the folder `{folder}`: {error}");
    let files = Folder::open(folder).map_err(refused)?;
    let home = format!("{}/", segment(id));
    let mut kept = Vec::new();
    for attachment in attachments {
        let Some(about) = document.invoice.supporting_documents.get_mut(attachment.index) else { continue };
        let name = about.file_name.as_deref().unwrap_or_default();
        let path = format!("{home}{:02}-{}", attachment.index + 1, safe(name));
        let media_type = about.media_type.as_deref().unwrap_or("application/octet-stream");
        files.write(&path, media_type, &decode(name, &attachment)?).map_err(refused)?;
        about.file = Some(path.clone());
        kept.push(path);
    }
    // All names begin with a digit, which comes behind this sign.
    let before = files.list(Some(&format!("{home}!")), FILES_MAX).map_err(refused)?;
    let stale = before.iter().filter(|file| file.path.starts_with(&home) && !kept.contains(&file.path));
    stale.map(|file| &file.path).try_for_each(|path| files.delete(path).map(drop)).map_err(refused)
}

fn decode(name: &str, attachment: &Attachment) -> Result<Vec<u8>, String> {
    let text: Vec<u8> = attachment.base64.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let document = STANDARD.decode(text).map_err(|error| format!("the attached document `{name}`: {error}"))?;
    if document.len() > FILE_BYTES_MAX {
        let size = document.len();
        return Err(format!(
            "the attached document `{name}` has {size} bytes, at most {FILE_BYTES_MAX} can be kept: send a smaller one"
        ));
    }
    Ok(document)
}

/// A record's id as one segment of a path; no two ids have the same.
fn segment(id: &str) -> String {
    let last = id.len() - 1;
    let mut segment = String::new();
    for (at, byte) in id.bytes().enumerate() {
        match byte {
            b'.' if at < last => segment.push('.'),
            b'-' | b'_' | b':' => segment.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => segment.push(char::from(byte)),
            byte => segment += &format!("%{byte:02X}"),
        }
    }
    segment
}

/// A name that nobody can read as more than a name.
fn safe(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let plain: String = name.chars().take(NAME_LENGTH_MAX).map(|c| if is_plain(c) { c } else { '-' }).collect();
    let plain = plain.trim_matches('.');
    if plain.is_empty() { "document".to_owned() } else { plain.to_owned() }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use e_invoicing_model::record::SupportingDocument;
    use signalsync_sdk::testing::MockHost;

    use super::*;

    fn document(attached: &[(&str, &str)]) -> Document {
        let mut document = Document { invoice: Default::default(), attachments: Vec::new() };
        for (index, (name, base64)) in attached.iter().enumerate() {
            let about = SupportingDocument { file_name: Some((*name).to_owned()), ..Default::default() };
            document.invoice.supporting_documents.push(about);
            document.attachments.push(Attachment { index, base64: (*base64).to_owned() });
        }
        document
    }

    #[test]
    fn documents_are_files_and_the_record_says_where() {
        let host = MockHost::new().folder("kept").install();
        let mut invoice = document(&[("Aufstellung Mai.pdf", "aGVs\n  bG8="), ("../../x", "")]);
        keep("kept", "DE1:F/7", &mut invoice).unwrap();
        assert_eq!(host.file("kept", "DE1:F%2F7/01-Aufstellung-Mai.pdf").unwrap(), b"hello");
        assert_eq!(host.file("kept", "DE1:F%2F7/02--..-x").unwrap(), b"");
        let file = invoice.invoice.supporting_documents[0].file.clone();
        assert_eq!(file.as_deref(), Some("DE1:F%2F7/01-Aufstellung-Mai.pdf"));
    }

    #[test]
    fn documents_that_an_invoice_no_longer_has_go() {
        let host = MockHost::new().folder("kept").file("kept", "DE1:8/01-a", "text/plain", "other").install();
        keep("kept", "DE1:7", &mut document(&[("a", "YQ=="), ("b", "Yg==")])).unwrap();
        keep("kept", "DE1:7", &mut document(&[("a", "Yw==")])).unwrap();
        assert_eq!(host.file("kept", "DE1:7/01-a").unwrap(), b"c");
        assert_eq!(host.file("kept", "DE1:7/02-b"), None);
        assert_eq!(host.file("kept", "DE1:8/01-a").unwrap(), b"other");
    }

    #[test]
    fn what_cannot_be_kept_is_explained() {
        let _host = MockHost::new().folder("kept").install();
        let keep = |folder: &str, attached: &[(&str, &str)]| keep(folder, "1", &mut document(attached));
        let error = keep("kept", &[("a", "a?==")]).unwrap_err();
        assert!(error.starts_with("the attached document `a`: "), "{error}");
        let error = keep("other", &[("a", "YQ==")]).unwrap_err();
        assert_eq!(error, "the attached documents cannot be kept in the folder `other`: not granted");
        let body = |bytes: usize| STANDARD.encode(vec![0; bytes]);
        assert_eq!(keep("kept", &[("a", &body(FILE_BYTES_MAX))]), Ok(()));
        let error = keep("kept", &[("a", &body(FILE_BYTES_MAX + 1))]).unwrap_err();
        assert!(error.contains("has 1048577 bytes, at most 1048576 can be kept"), "{error}");
    }
}

//! A bag (BagIt, RFC 8493) in a zip file: what belongs to a tenant is its payload, and the manifest stands for it.
//!
//! The payload, its order and its manifest follow from what the tenant has: the same tenant is the same digest, wherever
//! and whenever it is packed. What is said about the packing stands beside the payload.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Read, Seek, Write};

use sha2::{Digest as _, Sha256};
use zip::read::ZipArchive;
use zip::write::{SimpleFileOptions, StreamWriter, ZipWriter};
use zip::{CompressionMethod, DateTime};

/// The version of what the payload holds. A reader takes its own and all before it.
const FORMAT: u32 = 1;

/// Files in one bag. Their names are in memory while it is read.
pub(crate) const FILES_MAX: usize = 500_000;

/// Bytes of a manifest with so many files.
const TAG_BYTES_MAX: u64 = 128 << 20;

/// Sizes from which on zip needs its longer form.
const LARGE_BYTES: u64 = 1 << 31;

const DECLARATION: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
const PAYLOAD: &str = "data/";
const MANIFEST: &str = "manifest-sha256.txt";
const TAG_MANIFEST: &str = "tagmanifest-sha256.txt";
const INFO: &str = "bag-info.txt";
const FORMAT_LABEL: &str = "SignalSync-Format";

/// Why a file is no bag that can be taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BagError {
    /// It is no zip file, or a damaged one.
    #[error("this is no zip file that can be read: {0}")]
    Zip(#[from] zip::result::ZipError),
    /// It breaks off, or cannot be read.
    #[error("the archive cannot be read: {0}")]
    Io(#[from] io::Error),
    /// It is a zip file of something else.
    #[error("{0}")]
    Unfit(String),
}

fn unfit<T>(why: impl Into<String>) -> Result<T, BagError> {
    Err(BagError::Unfit(why.into()))
}

/// How much one file holds, and how it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// Text, which becomes shorter.
    Text,
    /// Anything, of so many bytes.
    Bytes(u64),
}

/// What was packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Packed {
    /// SHA-256 of the manifest, in hexadecimal digits: stands for the whole payload.
    pub(crate) digest: String,
    /// Files of the payload.
    pub(crate) files: usize,
    /// Bytes of the payload.
    pub(crate) bytes: u64,
}

/// Packs a bag, front to back.
pub(crate) struct Packer<W: Write> {
    zip: ZipWriter<StreamWriter<W>>,
    root: String,
    manifest: String,
    tags: String,
    files: usize,
    bytes: u64,
}

impl<W: Write> Packer<W> {
    /// A bag in a folder of this name.
    pub(crate) fn new(root: &str, to: W) -> io::Result<Self> {
        let root = format!("{root}/");
        let (zip, manifest, tags) = (ZipWriter::new_stream(to), String::new(), String::new());
        let mut packer = Self { zip, root, manifest, tags, files: 0, bytes: 0 };
        packer.tag("bagit.txt", DECLARATION.as_bytes())?;
        Ok(packer)
    }

    /// Adds a file to the payload.
    pub(crate) fn add(&mut self, path: &str, content: Content, from: &mut dyn Read) -> io::Result<()> {
        if self.files == FILES_MAX {
            return Err(io::Error::other(format!("an archive holds at most {FILES_MAX} files")));
        }
        let path = format!("{PAYLOAD}{path}");
        let (bytes, sum) = self.write(&path, content, from)?;
        self.manifest += &line(&sum, &path);
        self.files += 1;
        self.bytes += bytes;
        Ok(())
    }

    /// Adds a file beside the payload.
    pub(crate) fn tag(&mut self, path: &str, mut text: &[u8]) -> io::Result<()> {
        let (_, sum) = self.write(path, Content::Text, &mut text)?;
        self.tags += &line(&sum, path);
        Ok(())
    }

    /// Ends the bag with what is said about it.
    pub(crate) fn finish(mut self, info: &[(&str, String)]) -> io::Result<(W, Packed)> {
        let packed =
            Packed { digest: hexadecimal(&Sha256::digest(&self.manifest)), files: self.files, bytes: self.bytes };
        let manifest = std::mem::take(&mut self.manifest);
        self.tag(MANIFEST, manifest.as_bytes())?;
        let own = [("Payload-Oxum", format!("{}.{}", self.bytes, self.files)), (FORMAT_LABEL, FORMAT.to_string())];
        let lines = own.iter().chain(info).map(|(label, value)| format!("{label}: {value}\n"));
        self.tag(INFO, lines.collect::<String>().as_bytes())?;
        let tags = std::mem::take(&mut self.tags);
        self.write(TAG_MANIFEST, Content::Text, &mut tags.as_bytes())?;
        let inner = self.zip.finish().map_err(io::Error::other)?;
        Ok((inner.into_inner(), packed))
    }

    fn write(&mut self, path: &str, content: Content, from: &mut dyn Read) -> io::Result<(u64, String)> {
        let options = SimpleFileOptions::default().last_modified_time(DateTime::default());
        let options = match content {
            Content::Text => options.compression_method(CompressionMethod::Deflated),
            Content::Bytes(bytes) => {
                options.compression_method(CompressionMethod::Stored).large_file(bytes >= LARGE_BYTES)
            }
        };
        self.zip.start_file(format!("{}{path}", self.root), options).map_err(io::Error::other)?;
        let mut summed = Summed { from, sum: Sha256::new() };
        let bytes = io::copy(&mut summed, &mut self.zip)?;
        Ok((bytes, hexadecimal(&summed.sum.finalize())))
    }
}

/// Bytes on their way, summed up.
struct Summed<'a> {
    from: &'a mut dyn Read,
    sum: Sha256,
}

impl Read for Summed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.from.read(buffer)?;
        self.sum.update(&buffer[..length]);
        Ok(length)
    }
}

/// A line of a manifest. Paths of ours have no sign that would have to be encoded.
fn line(sum: &str, path: &str) -> String {
    format!("{sum}  {path}\n")
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A bag that is read.
pub(crate) struct Bag<R> {
    zip: ZipArchive<R>,
    names: Vec<String>,
    root: String,
}

impl<R: Read + Seek> Bag<R> {
    /// Opens a bag of a version that is known here. Its contents are not looked at.
    pub(crate) fn open(from: R) -> Result<Self, BagError> {
        let zip = ZipArchive::new(from)?;
        if zip.len() > FILES_MAX + 100 {
            return unfit(format!("the archive holds more than {FILES_MAX} files"));
        }
        let names = zip.file_names().map(|name| name.map(Cow::into_owned)).collect::<Result<Vec<_>, _>>()?;
        let root = names.iter().find_map(|name| name.strip_suffix("bagit.txt")).map(str::to_owned);
        let Some(root) = root.filter(|root| root.matches('/').count() <= 1) else {
            return unfit("this is a zip file, but no archive of a tenant: there is no `bagit.txt` in it");
        };
        let mut bag = Self { zip, names, root };
        if bag.tag("bagit.txt")?.trim_end() != DECLARATION.trim_end() {
            return unfit("the archive is no BagIt 1.0 bag in UTF-8");
        }
        let info = bag.tag(INFO)?;
        let format = info.lines().find_map(|line| line.strip_prefix(FORMAT_LABEL)?.strip_prefix(": ")?.parse().ok());
        match format {
            Some(1..=FORMAT) => Ok(bag),
            Some(newer) => unfit(format!(
                "the archive has the format {newer}, and this version reads up to {FORMAT}: use a newer one"
            )),
            None => unfit(format!("the archive is a bag, but not of a tenant: `{INFO}` has no `{FORMAT_LABEL}`")),
        }
    }

    /// Paths of the payload.
    pub(crate) fn payload(&self) -> Vec<String> {
        let below = self.names.iter().filter_map(|name| name.strip_prefix(&self.root)?.strip_prefix(PAYLOAD));
        below.filter(|path| !path.is_empty() && !path.ends_with('/')).map(str::to_owned).collect()
    }

    /// A file of the payload, at most so many bytes of it.
    pub(crate) fn read(&mut self, path: &str, bytes_max: u64) -> Result<Vec<u8>, BagError> {
        let mut bytes = Vec::new();
        self.copy(path, bytes_max, &mut bytes)?;
        Ok(bytes)
    }

    /// Writes a file of the payload somewhere, if it has at most so many bytes.
    pub(crate) fn copy(&mut self, path: &str, bytes_max: u64, to: &mut dyn Write) -> Result<u64, BagError> {
        let name = format!("{}{PAYLOAD}{path}", self.root);
        self.copy_entry(&name, bytes_max, to)
    }

    /// Whether the bag is complete and what its manifest says. Reads all of it, at most so many bytes.
    pub(crate) fn verify(&mut self, bytes_max: u64) -> Result<Verified, BagError> {
        let manifest = self.tag(MANIFEST)?;
        let mut listed = sums(&manifest)?;
        let (mut left, mut lines) = (bytes_max, 0);
        for path in self.payload() {
            let Some(expected) = listed.remove(format!("{PAYLOAD}{path}").as_str()) else {
                return unfit(format!("`{PAYLOAD}{path}` is in the archive, but not in its manifest"));
            };
            let mut counted = Counted { sum: Sha256::new(), lines: 0 };
            left -= self.copy(&path, left, &mut counted)?;
            if hexadecimal(&counted.sum.finalize()) != expected {
                return unfit(format!("`{PAYLOAD}{path}` is not what the manifest says: the archive is damaged"));
            }
            lines += if path.ends_with(".jsonl") { counted.lines } else { 0 };
        }
        match listed.keys().next() {
            Some(missing) => unfit(format!("`{missing}` is in the manifest, but not in the archive")),
            None => Ok(Verified { lines }),
        }
    }

    /// As [`Packed::digest`], without a look at the payload.
    pub(crate) fn digest(&mut self) -> Result<String, BagError> {
        Ok(hexadecimal(&Sha256::digest(self.tag(MANIFEST)?)))
    }

    fn tag(&mut self, name: &str) -> Result<String, BagError> {
        let (path, mut bytes) = (format!("{}{name}", self.root), Vec::new());
        self.copy_entry(&path, TAG_BYTES_MAX, &mut bytes)?;
        String::from_utf8(bytes).or_else(|_| unfit(format!("`{name}` is not UTF-8")))
    }

    fn copy_entry(&mut self, name: &str, bytes_max: u64, to: &mut dyn Write) -> Result<u64, BagError> {
        let entry = match self.zip.by_name(name) {
            Err(zip::result::ZipError::FileNotFound) => return unfit(format!("`{name}` is not in the archive")),
            entry => entry?,
        };
        let copied = io::copy(&mut entry.take(bytes_max.saturating_add(1)), to)?;
        if copied > bytes_max { unfit(format!("`{name}` has more than {bytes_max} bytes")) } else { Ok(copied) }
    }
}

/// A bag in which everything is what its manifest says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified {
    /// Things in it.
    pub(crate) lines: u64,
}

struct Counted {
    sum: Sha256,
    lines: u64,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.sum.update(bytes);
        self.lines += bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Sums by path.
fn sums(manifest: &str) -> Result<BTreeMap<&str, &str>, BagError> {
    let mut sums = BTreeMap::new();
    for line in manifest.lines() {
        let Some((sum, path)) = line.split_once(char::is_whitespace) else {
            return unfit(format!("`{MANIFEST}` has a line that is no sum and path"));
        };
        if sums.insert(path.trim_start(), sum).is_some() {
            return unfit(format!("`{}` is in the manifest twice", path.trim_start()));
        }
    }
    Ok(sums)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn packed(files: &[(&str, &str)]) -> (Vec<u8>, Packed) {
        let mut packer = Packer::new("acme", Vec::new()).unwrap();
        for (path, text) in files {
            packer.add(path, Content::Bytes(text.len() as u64), &mut text.as_bytes()).unwrap();
        }
        packer.finish(&[("Source-Organization", "Acme".to_owned())]).unwrap()
    }

    #[test]
    fn what_is_packed_is_read_again() {
        let (bytes, packed) = packed(&[("a/1.jsonl", "{}\n{}\n"), ("b", "text")]);
        let mut bag = Bag::open(Cursor::new(bytes)).unwrap();
        assert_eq!(bag.payload(), ["a/1.jsonl", "b"]);
        assert_eq!(bag.read("b", 4).unwrap(), b"text");
        assert!(bag.read("b", 3).is_err(), "a file has its limit");
        assert!(bag.read("c", 3).is_err());
        assert_eq!(bag.verify(10).unwrap(), Verified { lines: 2 });
        assert_eq!(bag.digest().unwrap(), packed.digest);
        assert!(bag.verify(9).is_err(), "the whole has its limit");
        assert_eq!((packed.files, packed.bytes), (2, 10));
    }

    #[test]
    fn the_digest_stands_for_the_payload_alone() {
        let files: &[_] = &[("a", "1"), ("b", "2")];
        let mut other = Packer::new("globex", Vec::new()).unwrap();
        for (path, text) in files {
            other.add(path, Content::Text, &mut text.as_bytes()).unwrap();
        }
        assert_eq!(other.finish(&[]).unwrap().1.digest, packed(files).1.digest);
        assert_ne!(packed(&[("a", "1"), ("b", "3")]).1.digest, packed(files).1.digest);
    }

    #[test]
    fn what_was_changed_is_found() {
        let (bytes, _) = packed(&[("a", "one"), ("b", "two")]);
        let changed = |from: &[u8], to: &[u8]| {
            let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
            let mut bytes = bytes.clone();
            bytes[at..at + to.len()].copy_from_slice(to);
            Bag::open(Cursor::new(bytes)).and_then(|mut bag| bag.verify(100)).unwrap_err().to_string()
        };
        assert!(changed(b"one", b"ono").contains("cannot be read"), "zip has sums of its own");
        for broken in [&bytes[..bytes.len() - 30], b"PK", b""] {
            assert!(matches!(Bag::open(Cursor::new(broken.to_vec())), Err(BagError::Zip(_))));
        }
    }

    #[test]
    fn a_file_that_the_manifest_does_not_list_is_refused() {
        let mut packer = Packer::new("acme", Vec::new()).unwrap();
        packer.add("a", Content::Text, &mut "1".as_bytes()).unwrap();
        packer.tag("data/b", b"2").unwrap();
        let (bytes, _) = packer.finish(&[]).unwrap();
        let why = Bag::open(Cursor::new(bytes)).unwrap().verify(100).unwrap_err().to_string();
        assert!(why.contains("`data/b` is in the archive, but not in its manifest"), "{why}");
    }

    #[test]
    fn other_zip_files_and_newer_formats_are_told_apart() {
        let zip_of = |files: &[(&str, String)]| {
            let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
            for (name, text) in files {
                zip.start_file(*name, SimpleFileOptions::default()).unwrap();
                zip.write_all(text.as_bytes()).unwrap();
            }
            Bag::open(zip.finish().unwrap()).map(drop).unwrap_err().to_string()
        };
        assert!(zip_of(&[("word/document.xml", String::new())]).contains("no archive of a tenant"));
        let bagit = ("x/bagit.txt", DECLARATION.to_owned());
        assert!(zip_of(&[bagit.clone(), ("x/bag-info.txt", String::new())]).contains("not of a tenant"));
        let newer = ("x/bag-info.txt", format!("{FORMAT_LABEL}: {}\n", FORMAT + 1));
        assert!(zip_of(&[bagit, newer]).contains("use a newer one"));
    }
}

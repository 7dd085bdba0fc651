//! Reading XML under limits: no document type, no entities but the five of XML, a bounded size and depth.

use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::{NsReader, XmlVersion};

use super::tree::{Element, Namespace, Tree};
use crate::Error;
use crate::error::Place;

/// Most bytes of a document: the most that a message can have.
pub(crate) const BYTES_MAX: usize = 8 << 20;

/// Deepest nesting of elements; UBL needs about 12.
pub(crate) const DEPTH_MAX: usize = 64;

/// Most elements and attributes of a document together. Without it a message full of `<a/>` would cost its
/// size in memory many times over. An invoice line has about 30.
pub(crate) const PARTS_MAX: usize = 250_000;

/// Most attributes of an element, namespaces included; finding doubles among them is quadratic.
pub(crate) const ATTRIBUTES_MAX: usize = 64;

/// Reads a document.
///
/// # Errors
/// When it is too large, not UTF-8, not well-formed, or over one of the limits above.
pub(crate) fn read(bytes: &[u8]) -> Result<Tree, Error> {
    if bytes.len() > BYTES_MAX {
        return Err(Error::TooLarge { size: bytes.len(), limit: BYTES_MAX });
    }
    let text = std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))?;
    let builder = Builder::default();
    builder.run(text).map_err(|(offset, what)| Error::NotXml { place: Place::of(text, offset), what })
}

fn not_utf8(bytes: &[u8], valid: usize) -> Error {
    let good = std::str::from_utf8(&bytes[..valid]).unwrap_or_default();
    Error::NotUtf8(Place::of(good, good.len()))
}

/// What is wrong, and what to do.
type Problem = String;

struct Builder {
    elements: Vec<Element>,
    /// The numbers of the open elements, and of the last child of each.
    open: Vec<(usize, Option<usize>)>,
    /// Elements and attributes so far.
    parts: usize,
}

impl Default for Builder {
    fn default() -> Self {
        let document = element(Namespace::Other, "", 0);
        Self { elements: vec![document], open: vec![(0, None)], parts: 0 }
    }
}

fn element(namespace: Namespace, name: &str, start: usize) -> Element {
    Element {
        namespace,
        name: name.into(),
        text: String::new(),
        attributes: Vec::new(),
        span: start..start,
        parent: 0,
        first_child: None,
        next_sibling: None,
    }
}

impl Builder {
    /// Reads to the end; an error carries the offset where it was found.
    fn run(mut self, text: &str) -> Result<Tree, (usize, Problem)> {
        let mut reader = NsReader::from_str(text);
        reader.config_mut().enable_all_checks(true);
        loop {
            let start = offset(reader.buffer_position());
            let event = match reader.read_event() {
                Ok(event) => event,
                Err(error) => return Err((offset(reader.error_position()), plain(&error))),
            };
            let is_end = matches!(event, Event::Eof);
            let end = offset(reader.buffer_position());
            self.take(&reader, event, start..end).map_err(|problem| (start, problem))?;
            if is_end {
                return Ok(Tree { elements: self.elements });
            }
        }
    }

    fn take(&mut self, reader: &NsReader<&[u8]>, event: Event, at: std::ops::Range<usize>) -> Result<(), Problem> {
        match event {
            Event::Start(start) => self.start(reader, &start, at.start),
            Event::Empty(start) => {
                self.start(reader, &start, at.start)?;
                self.end(at.end);
                Ok(())
            }
            Event::End(_) => {
                self.end(at.end);
                Ok(())
            }
            Event::Text(text) => self.text(&text.xml10_content()),
            Event::CData(text) => self.text(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let character = character(&reference)?;
                self.text(character.encode_utf8(&mut [0; 4]))
            }
            Event::DocType(_) => Err("a document type (<!DOCTYPE …>) is not accepted: remove it".into()),
            Event::Decl(declaration) => match declaration.encoding().transpose() {
                Ok(encoding) => check_encoding(encoding.as_deref()),
                Err(error) => Err(format!("the XML declaration is malformed ({error}): correct it")),
            },
            Event::Comment(_) | Event::PI(_) => Ok(()),
            Event::Eof => self.finish(),
        }
    }

    fn start(&mut self, reader: &NsReader<&[u8]>, start: &BytesStart, at: usize) -> Result<(), Problem> {
        self.check_room()?;
        let (resolved, local) = reader.resolver().resolve_element(start.name());
        let namespace = match resolved {
            ResolveResult::Bound(uri) => Namespace::of(uri.as_ref()),
            ResolveResult::Unbound => Namespace::Other,
            ResolveResult::Unknown(prefix) => {
                return Err(format!(
                    "the prefix `{prefix}` is not declared: add xmlns:{prefix}=\"…\" to the root element"
                ));
            }
        };
        let mut element = element(namespace, local.as_ref(), at);
        element.attributes = attributes(start)?;
        self.parts += 1 + element.attributes.len();
        self.append(element);
        self.check_parts()
    }

    fn check_room(&self) -> Result<(), Problem> {
        if self.open.len() > DEPTH_MAX {
            return Err(format!("elements are nested deeper than {DEPTH_MAX}: send an invoice without such parts"));
        }
        if self.open.len() == 1 && self.elements.len() > 1 {
            return Err("there is a second root element: send one document in each message".into());
        }
        Ok(())
    }

    fn check_parts(&self) -> Result<(), Problem> {
        if self.parts > PARTS_MAX {
            return Err(format!("the document has more than {PARTS_MAX} elements and attributes: divide the invoice"));
        }
        Ok(())
    }

    fn append(&mut self, mut element: Element) {
        let index = self.elements.len();
        if let Some((parent, last)) = self.open.last_mut() {
            element.parent = *parent;
            match last.replace(index) {
                Some(sibling) => self.elements[sibling].next_sibling = Some(index),
                None => self.elements[*parent].first_child = Some(index),
            }
        }
        self.elements.push(element);
        self.open.push((index, None));
    }

    /// The reader has checked that the names of both tags are the same.
    fn end(&mut self, at: usize) {
        if let Some((index, _)) = self.open.pop() {
            self.elements[index].span.end = at;
        }
    }

    fn text(&mut self, text: &str) -> Result<(), Problem> {
        if text.contains(|c: char| c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r' | '\x7f')) {
            return Err("there is a control character in the text: remove it".into());
        }
        match self.open.last() {
            Some((index, _)) if *index > 0 => self.elements[*index].text.push_str(text),
            _ if text.trim_matches(['\u{feff}', ' ', '\t', '\r', '\n']).is_empty() => {}
            _ => return Err("there is text outside the root element: remove it".into()),
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), Problem> {
        match self.open.last() {
            Some((index, _)) if *index > 0 => {
                let name = &self.elements[*index].name;
                Err(format!("the document ends inside <{name}>: send it whole"))
            }
            _ if self.elements.len() == 1 => Err("there is no element: send a UBL 2.1 Invoice or CreditNote".into()),
            _ => Ok(()),
        }
    }
}

/// The position of a reader over a text in memory.
fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

/// The library's sentence with what to do.
fn plain(error: &quick_xml::Error) -> Problem {
    format!("this is not well-formed XML ({error}): correct it")
}

fn attributes(start: &BytesStart) -> Result<Vec<(Box<str>, String)>, Problem> {
    let mut found = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| plain(&error.into()))?;
        if found.len() == ATTRIBUTES_MAX {
            return Err(format!("an element has more than {ATTRIBUTES_MAX} attributes: remove some"));
        }
        let value = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(|error| plain(&error))?;
        found.push((attribute.key.as_ref().into(), value.into_owned()));
    }
    Ok(found)
}

fn check_encoding(name: Option<&str>) -> Result<(), Problem> {
    match name {
        Some(name) if !["utf-8", "utf8", "us-ascii"].contains(&&*name.to_ascii_lowercase()) => {
            Err(format!("the declared encoding is {name}: save the document in UTF-8 and declare that"))
        }
        _ => Ok(()),
    }
}

/// What a reference like `&amp;` or `&#38;` stands for.
fn character(reference: &quick_xml::events::BytesRef) -> Result<char, Problem> {
    let name = reference.xml10_content();
    let found = match &*name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => reference.resolve_char_ref().ok().flatten(),
    };
    found.ok_or_else(|| format!("`&{name};` stands for no character: write the character itself"))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn problem(text: &str) -> String {
        read(text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn text_is_put_together() {
        let tree = read("\u{feff}<?xml version='1.0'?><a> x<!-- c --> &amp;<![CDATA[<b>]]>&#65;\r\n</a>\n".as_bytes())
            .unwrap();
        assert_eq!(tree.document().children().next().unwrap().own_text(), "x &<b>A");
    }

    #[test]
    fn prefixes_are_free() {
        let xml = "<x:Party xmlns:x='urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2'>\
                   <ID xmlns='urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2' schemeID=' 0088 '>7</ID>\
                   <x:ID>8</x:ID></x:Party>";
        let tree = read(xml.as_bytes()).unwrap();
        let party = tree.document().first("cac:Party").unwrap();
        assert_eq!(party.text("cbc:ID").as_deref(), Some("7"));
        assert_eq!(party.first("cbc:ID").unwrap().attribute("schemeID").as_deref(), Some("0088"));
        assert_eq!(party.text("cac:ID").as_deref(), Some("8"));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (xml, expected) in [
            ("", "line 1, column 1: there is no element"),
            ("<a>", "line 1, column 4: the document ends inside <a>"),
            ("<a>\n  <b></c></a>", "line 2, column 6: this is not well-formed XML"),
            ("<a/>\n<b/>", "line 2, column 1: there is a second root"),
            ("<a/>x", "line 1, column 5: there is text outside"),
            ("<a>\n&nbsp;</a>", "line 2, column 1: `&nbsp;` stands for no character"),
            ("<a>&#0;</a>", "line 1, column 4: "),
            ("<a>\u{1}</a>", "line 1, column 4: there is a control character"),
            ("<!DOCTYPE a><a/>", "line 1, column 1: a document type"),
            ("<a b='1' b='2'/>", "line 1, column 1: this is not well-formed XML"),
            ("<é x:a='1'/><p:a/>", "line 1, column 13: "),
            ("<p:a/>", "line 1, column 1: the prefix `p` is not declared"),
            (
                "<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
                "line 1, column 1: the declared encoding is ISO-8859-1",
            ),
        ] {
            let found = problem(xml);
            assert!(found.starts_with(expected), "{xml}: {found}");
        }
        assert_eq!(
            read(b"<a>\n\xff</a>").unwrap_err().to_string(),
            "line 2, column 1: the text is not UTF-8: save the document in UTF-8 and send it again"
        );
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(read(nested(DEPTH_MAX).as_bytes()).is_ok());
        assert!(problem(&nested(DEPTH_MAX + 1)).contains("nested deeper than 64"));
    }

    #[test]
    fn the_number_of_parts_has_a_limit() {
        let with = |parts: usize| format!("<a c=''>{}</a>", "<b/>".repeat(parts - 2));
        assert!(read(with(PARTS_MAX).as_bytes()).is_ok());
        assert!(problem(&with(PARTS_MAX + 1)).contains("more than 250000 elements and attributes"));
    }

    #[test]
    fn the_number_of_attributes_has_a_limit() {
        let with = |attributes: usize| {
            let attributes: String = (0..attributes).map(|number| format!(" a{number}=''")).collect();
            format!("<a{attributes}/>")
        };
        assert!(read(with(ATTRIBUTES_MAX).as_bytes()).is_ok());
        assert!(problem(&with(ATTRIBUTES_MAX + 1)).contains("more than 64 attributes"));
    }

    #[test]
    fn the_size_has_a_limit() {
        let sized = |bytes: usize| format!("<a>{}</a>", " ".repeat(bytes - 7));
        assert!(read(sized(BYTES_MAX).as_bytes()).is_ok());
        assert!(matches!(read(sized(BYTES_MAX + 1).as_bytes()), Err(Error::TooLarge { .. })));
    }
}

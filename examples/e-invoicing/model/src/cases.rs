//! The standard's test cases: files in which each test holds a document and says which rules it breaks.

use crate::Error;
use crate::xml::{self, Namespace, Node};

/// One document, and what is said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What the test is about; empty when the file does not say.
    pub description: String,
    /// Codes of rules, and whether the document breaks them.
    pub expects: Vec<(String, Expect)>,
    /// The `Invoice` or `CreditNote` as a document of its own.
    pub document: Vec<u8>,
}

/// What a test says of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// The document breaks the rule.
    Fires,
    /// The document does not break the rule.
    DoesNot,
}

/// Reads a file of test cases.
///
/// # Errors
/// As [`ubl::read`](crate::ubl::read), and when the root is not `testSet`.
///
/// ```
/// use e_invoicing_model::cases::{self, Expect};
///
/// let file = r#"<testSet xmlns="http://difi.no/xsd/vefa/validator/1.0">
///     <test>
///         <assert><error>BR-02</error></assert>
///         <Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>
///     </test>
/// </testSet>"#;
/// let cases = cases::read(file.as_bytes()).unwrap();
/// assert_eq!(cases[0].expects, [("BR-02".to_owned(), Expect::Fires)]);
/// ```
pub fn read(file: &[u8]) -> Result<Vec<Case>, Error> {
    let tree = xml::read(file)?;
    match tree.document().first("case:testSet") {
        Some(root) => Ok(root.all("case:test").flat_map(|test| cases(test, file)).collect()),
        None => Err(Error::NotCases(tree.document().children().next().map_or("", Node::name).to_owned())),
    }
}

/// The case of each document in a test; a test of the standard has one.
fn cases(test: Node, file: &[u8]) -> Vec<Case> {
    let description = test.text("case:assert/case:description").unwrap_or_default();
    let description = description.split_whitespace().collect::<Vec<_>>().join(" ");
    let expects: Vec<_> = test.all("case:assert").flat_map(Node::children).filter_map(expect).collect();
    test.children()
        .filter(|child| matches!(child.namespace(), Namespace::Invoice | Namespace::CreditNote))
        .map(|document| Case {
            description: description.clone(),
            expects: expects.clone(),
            document: alone(document, file),
        })
        .collect()
}

fn expect(said: Node) -> Option<(String, Expect)> {
    let expect = match said.name() {
        "success" => Expect::DoesNot,
        "error" | "fatal" | "warning" => Expect::Fires,
        _ => return None,
    };
    Some((said.own_text(), expect))
}

/// An element as a document: its bytes, with the prefixes that only the elements around it declare.
fn alone(element: Node, file: &[u8]) -> Vec<u8> {
    let bytes = file.get(element.span()).unwrap_or_default();
    let name_end = bytes.iter().position(|byte| matches!(byte, b'>' | b'/') || byte.is_ascii_whitespace());
    let (name, rest) = bytes.split_at(name_end.unwrap_or_default());
    [name, prefixes_around(element).as_bytes(), rest].concat()
}

fn prefixes_around(element: Node) -> String {
    let mut declared: Vec<&str> = prefixes(element).map(|(name, _)| name).collect();
    let mut added = String::new();
    for around in std::iter::successors(element.parent(), |node| node.parent()) {
        for (name, value) in prefixes(around) {
            if !declared.contains(&name) {
                declared.push(name);
                added.push_str(&format!(" {name}=\"{}\"", escaped(value)));
            }
        }
    }
    added
}

fn prefixes<'t>(element: Node<'t>) -> impl Iterator<Item = (&'t str, &'t str)> {
    element.attributes().filter(|(name, _)| name.starts_with("xmlns:"))
}

fn escaped(value: &str) -> String {
    value.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    const CREDIT_NOTE: &str = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2";

    #[test]
    fn a_document_keeps_its_text_and_gets_the_prefixes_around_it() {
        let file = format!(
            "<testSet xmlns='http://difi.no/xsd/vefa/validator/1.0' xmlns:a='urn:a&amp;b'>\n\
             <assert><scope>R</scope></assert>\n\
             <test xmlns:c='{CREDIT_NOTE}'><assert><description> One\n two </description>\
             <success> R </success><error>Q</error></assert>\n\
             <c:CreditNote xmlns:b='urn:b'><a:x/><b:y>1 &amp; 2</b:y></c:CreditNote></test>\n\
             <test><CreditNote xmlns='{CREDIT_NOTE}'/></test></testSet>"
        );
        let cases = read(file.as_bytes()).unwrap();
        assert_eq!(
            str::from_utf8(&cases[0].document).unwrap(),
            format!(
                "<c:CreditNote xmlns:c=\"{CREDIT_NOTE}\" xmlns:a=\"urn:a&amp;b\" xmlns:b='urn:b'>\
                 <a:x/><b:y>1 &amp; 2</b:y></c:CreditNote>"
            )
        );
        assert_eq!(cases[0].description, "One two");
        assert_eq!(cases[0].expects, [("R".into(), Expect::DoesNot), ("Q".into(), Expect::Fires)]);
        assert_eq!(
            cases[1].document,
            format!("<CreditNote xmlns:a=\"urn:a&amp;b\" xmlns='{CREDIT_NOTE}'/>").as_bytes()
        );
        assert!(cases[1].expects.is_empty());
    }

    #[test]
    fn what_is_no_file_of_cases_is_refused() {
        assert_eq!(read(b"<Invoice/>"), Err(Error::NotCases("Invoice".into())));
        assert!(matches!(read(b"<testSet><test></testSet>"), Err(Error::NotXml { .. })));
        assert!(matches!(read(b"<testSet>\xff"), Err(Error::NotUtf8(_))));
    }
}

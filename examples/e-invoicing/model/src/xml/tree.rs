//! The tree: elements in one list, linked by their numbers, so that nothing here recurses with the depth.

use std::ops::Range;

/// The namespaces that mean something here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Namespace {
    /// UBL aggregate components, by habit `cac`.
    Aggregate,
    /// UBL basic components, by habit `cbc`.
    Basic,
    /// UBL `Invoice`.
    Invoice,
    /// UBL `CreditNote`.
    CreditNote,
    /// Files of test cases.
    Cases,
    /// Any other, or none.
    Other,
}

impl Namespace {
    pub(crate) fn of(uri: &str) -> Self {
        match uri {
            "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" => Self::Aggregate,
            "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2" => Self::Basic,
            "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" => Self::Invoice,
            "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2" => Self::CreditNote,
            "http://difi.no/xsd/vefa/validator/1.0" => Self::Cases,
            _ => Self::Other,
        }
    }

    fn of_prefix(prefix: &str) -> Self {
        match prefix {
            "cac" => Self::Aggregate,
            "cbc" => Self::Basic,
            "case" => Self::Cases,
            _ => Self::Other,
        }
    }
}

/// One element.
#[derive(Debug)]
pub(super) struct Element {
    pub(super) namespace: Namespace,
    /// Without prefix.
    pub(super) name: Box<str>,
    /// What stands directly in the element.
    pub(super) text: String,
    pub(super) attributes: Vec<(Box<str>, String)>,
    /// Where it stands in the source, in bytes.
    pub(super) span: Range<usize>,
    pub(super) parent: usize,
    pub(super) first_child: Option<usize>,
    pub(super) next_sibling: Option<usize>,
}

/// A document. Its first element is the document itself, with the root element as its only child.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(super) elements: Vec<Element>,
}

impl Tree {
    /// The document itself.
    pub(crate) fn document(&self) -> Node<'_> {
        Node { tree: self, index: 0 }
    }
}

/// An element of a tree.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node<'t> {
    tree: &'t Tree,
    index: usize,
}

impl<'t> Node<'t> {
    fn element(self) -> &'t Element {
        &self.tree.elements[self.index]
    }

    pub(crate) fn namespace(self) -> Namespace {
        self.element().namespace
    }

    /// The name without prefix.
    pub(crate) fn name(self) -> &'t str {
        &self.element().name
    }

    /// Where it stands in the source, in bytes.
    pub(crate) fn span(self) -> Range<usize> {
        self.element().span.clone()
    }

    /// Attribute names as written, and their values.
    pub(crate) fn attributes(self) -> impl Iterator<Item = (&'t str, &'t str)> {
        self.element().attributes.iter().map(|(name, value)| (&**name, value.as_str()))
    }

    pub(crate) fn parent(self) -> Option<Self> {
        (self.index > 0).then(|| Self { tree: self.tree, index: self.element().parent })
    }

    pub(crate) fn children(self) -> impl Iterator<Item = Self> {
        let tree = self.tree;
        let at = move |index: usize| Self { tree, index };
        std::iter::successors(self.element().first_child.map(at), move |child| child.element().next_sibling.map(at))
    }

    /// The children with this name, e.g. `cac:Party`. The prefixes here are fixed: `cac`, `cbc`, `case`.
    pub(crate) fn all(self, name: &'t str) -> impl Iterator<Item = Self> {
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let namespace = Namespace::of_prefix(prefix);
        self.children().filter(move |child| child.namespace() == namespace && child.name() == local)
    }

    /// The first element at the end of a path, e.g. `cac:Country/cbc:IdentificationCode`.
    pub(crate) fn first(self, path: &'t str) -> Option<Self> {
        match path.split_once('/') {
            None => self.all(path).next(),
            Some((step, rest)) => self.all(step).find_map(|child| child.first(rest)),
        }
    }

    /// Its own text without the blanks around it.
    pub(crate) fn own_text(self) -> String {
        self.element().text.trim().to_owned()
    }

    /// The text of the first element at the end of a path.
    pub(crate) fn text(self, path: &'t str) -> Option<String> {
        self.first(path).map(Self::own_text)
    }

    /// The value of an attribute without the blanks around it.
    pub(crate) fn attribute(self, name: &str) -> Option<String> {
        self.attributes().find(|(key, _)| *key == name).map(|(_, value)| value.trim().to_owned())
    }
}

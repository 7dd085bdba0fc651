//! From text to parts: an operator-precedence parser.

use std::collections::BTreeSet;
use std::str::FromStr as _;

use rust_decimal::Decimal;

use super::{DEPTH_MAX, NODES_MAX};

/// A part of a formula.
#[derive(Debug)]
pub(super) enum Node {
    Number(Decimal),
    Text(String),
    YesNo(bool),
    /// `a` or `a.b`.
    Name(String),
    Not(Box<Node>),
    Minus(Box<Node>),
    Two(Operator, Box<Node>, Box<Node>),
    Call(Function, Vec<Node>),
}

/// What stands between two parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    Unequal,
    Less,
    AtMost,
    More,
    AtLeast,
    Plus,
    Minus,
    Times,
    Over,
    Rest,
}

/// What can be called, with how many parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    If,
    Sum,
    Count,
    Avg,
    Min,
    Max,
    Round,
    Abs,
    Concat,
    Upper,
    Lower,
    Len,
    Coalesce,
    Empty,
}

const FUNCTIONS: &[(&str, Function, usize, usize)] = &[
    ("if", Function::If, 3, 3),
    ("sum", Function::Sum, 1, 20),
    ("count", Function::Count, 1, 20),
    ("avg", Function::Avg, 1, 20),
    ("min", Function::Min, 1, 20),
    ("max", Function::Max, 1, 20),
    ("round", Function::Round, 2, 2),
    ("abs", Function::Abs, 1, 1),
    ("concat", Function::Concat, 1, 20),
    ("upper", Function::Upper, 1, 1),
    ("lower", Function::Lower, 1, 1),
    ("len", Function::Len, 1, 1),
    ("coalesce", Function::Coalesce, 1, 20),
    ("empty", Function::Empty, 1, 1),
];

impl Node {
    pub(super) fn names<'a>(&'a self, names: &mut BTreeSet<&'a str>) {
        match self {
            Self::Number(_) | Self::Text(_) | Self::YesNo(_) => {}
            Self::Name(name) => {
                names.insert(name);
            }
            Self::Not(part) | Self::Minus(part) => part.names(names),
            Self::Two(_, one, other) => {
                one.names(names);
                other.names(names);
            }
            Self::Call(_, parts) => parts.iter().for_each(|part| part.names(names)),
        }
    }
}

impl Operator {
    /// Operators by how strongly they bind.
    fn parse(text: &str) -> Option<(Self, &'static str, u8)> {
        const ALL: &[(&str, Operator, u8)] = &[
            ("or", Operator::Or, 1),
            ("and", Operator::And, 2),
            ("!=", Operator::Unequal, 3),
            ("<=", Operator::AtMost, 3),
            (">=", Operator::AtLeast, 3),
            ("=", Operator::Equal, 3),
            ("<", Operator::Less, 3),
            (">", Operator::More, 3),
            ("+", Operator::Plus, 4),
            ("-", Operator::Minus, 4),
            ("*", Operator::Times, 5),
            ("/", Operator::Over, 5),
            ("%", Operator::Rest, 5),
        ];
        let word = |sign: &str| sign.starts_with(char::is_alphabetic);
        let ends = |sign: &str| !text[sign.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let found = ALL.iter().find(|(sign, ..)| text.starts_with(sign) && (!word(sign) || ends(sign)));
        found.map(|(sign, operator, strength)| (*operator, *sign, *strength))
    }
}

pub(super) fn parse(text: &str) -> Result<Node, String> {
    let mut parser = Parser { text, at: 0, nodes: 0, depth: 0 };
    let node = parser.expression(0)?;
    parser.blanks();
    if parser.rest().is_empty() { Ok(node) } else { Err(parser.wrong("an operator or the end is expected")) }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    nodes: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn wrong(&self, what: &str) -> String {
        format!("{what} at byte {}", self.at)
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn take(&mut self, sign: &str) -> bool {
        self.blanks();
        let found = self.rest().starts_with(sign);
        self.at += if found { sign.len() } else { 0 };
        found
    }

    /// Takes characters as long as they fit.
    fn run(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let run = &rest[..rest.find(|c| !fits(c)).unwrap_or(rest.len())];
        self.at += run.len();
        run
    }

    /// Parts that are bound more strongly than `above`.
    fn expression(&mut self, above: u8) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("a formula is nested at most {DEPTH_MAX} levels deep"));
        }
        let mut left = self.part()?;
        loop {
            self.blanks();
            let Some((operator, sign, strength)) = Operator::parse(self.rest()).filter(|found| found.2 > above) else {
                self.depth -= 1;
                return Ok(left);
            };
            self.at += sign.len();
            let right = self.expression(strength)?;
            left = self.node(Node::Two(operator, Box::new(left), Box::new(right)))?;
        }
    }

    fn node(&mut self, node: Node) -> Result<Node, String> {
        self.nodes += 1;
        if self.nodes > NODES_MAX { Err(format!("a formula has at most {NODES_MAX} parts")) } else { Ok(node) }
    }

    fn part(&mut self) -> Result<Node, String> {
        self.blanks();
        match self.rest().chars().next() {
            Some('(') => self.inner(),
            Some('-') => {
                self.at += 1;
                let part = self.expression(5)?;
                self.node(Node::Minus(Box::new(part)))
            }
            Some('"') => self.quoted(),
            Some(c) if c.is_ascii_digit() => self.number(),
            Some(c) if c.is_alphabetic() || c == '_' => self.word(),
            _ => Err(self.wrong("a value, a field or a function is expected")),
        }
    }

    fn inner(&mut self) -> Result<Node, String> {
        self.at += 1;
        let inner = self.expression(0)?;
        if self.take(")") { Ok(inner) } else { Err(self.wrong("`)` is expected")) }
    }

    fn quoted(&mut self) -> Result<Node, String> {
        self.at += 1;
        let text = self.run(|c| c != '"').to_owned();
        if !self.take("\"") {
            return Err(self.wrong("the text has no end"));
        }
        self.node(Node::Text(text))
    }

    fn number(&mut self) -> Result<Node, String> {
        let digits = self.run(|c| c.is_ascii_digit() || c == '.');
        let number = Decimal::from_str(digits).map_err(|_| self.wrong("this is no number"))?;
        self.node(Node::Number(number))
    }

    fn word(&mut self) -> Result<Node, String> {
        let word = self.run(is_name);
        match word {
            "true" | "false" => return self.node(Node::YesNo(word == "true")),
            "not" => {
                let part = self.expression(2)?;
                return self.node(Node::Not(Box::new(part)));
            }
            _ => {}
        }
        if self.rest().starts_with('(') {
            return self.call(word);
        }
        if !self.take(".") {
            return self.node(Node::Name(word.to_owned()));
        }
        let inner = self.run(is_name);
        if inner.is_empty() || self.rest().starts_with('.') {
            return Err(self.wrong("a name goes one level down: `field.part`"));
        }
        self.node(Node::Name(format!("{word}.{inner}")))
    }

    fn call(&mut self, name: &str) -> Result<Node, String> {
        let found = FUNCTIONS.iter().find(|(known, ..)| *known == name);
        let Some((_, function, least, most)) = found else {
            let known: Vec<_> = FUNCTIONS.iter().map(|(known, ..)| *known).collect();
            return Err(format!("there is no function `{name}`; there are {}", known.join(", ")));
        };
        self.at += 1;
        let mut parts = Vec::new();
        loop {
            parts.push(self.expression(0)?);
            if self.take(")") {
                break;
            }
            if !self.take(",") {
                return Err(self.wrong("`,` or `)` is expected"));
            }
        }
        if !(*least..=*most).contains(&parts.len()) {
            return Err(format!("`{name}` takes {least} to {most} parts"));
        }
        self.node(Node::Call(*function, parts))
    }
}

/// Names of fields may hold hyphens; a minus needs a blank before it.
fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

//! What a formula is worth for a record.

use std::cmp::Ordering;
use std::str::FromStr as _;

use rust_decimal::{Decimal, RoundingStrategy};
use serde_json::Value;

use super::parse::{Function, Node, Operator};

/// What is known while a formula is worked out.
#[derive(Debug, Clone)]
pub(super) enum Val {
    Empty,
    YesNo(bool),
    Number(Decimal),
    Text(String),
    /// One value for each row of a table.
    List(Vec<Val>),
}

/// Where names are looked up: a record, or a row of a table in it.
pub(crate) struct Names<'a> {
    pub(crate) fields: &'a Value,
}

/// Characters of a text that a formula makes.
const TEXT_BYTES_MAX: usize = 10_000;

type Answer = Result<Val, String>;

impl Names<'_> {
    fn find(&self, name: &str) -> Val {
        let Some((field, inner)) = name.split_once('.') else { return val(self.fields.get(name)) };
        match self.fields.get(field) {
            Some(Value::Array(rows)) => Val::List(rows.iter().map(|row| val(row.get(inner))).collect()),
            Some(object) => val(object.get(inner)),
            None => Val::Empty,
        }
    }
}

fn val(value: Option<&Value>) -> Val {
    match value {
        Some(Value::Bool(yes)) => Val::YesNo(*yes),
        Some(Value::Number(number)) => decimal(&number.to_string()).map_or(Val::Empty, Val::Number),
        Some(Value::String(text)) => Val::Text(text.clone()),
        Some(Value::Array(values)) => Val::List(values.iter().map(|value| val(Some(value))).collect()),
        Some(Value::Null | Value::Object(_)) | None => Val::Empty,
    }
}

fn decimal(text: &str) -> Option<Decimal> {
    Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text)).ok()
}

pub(super) fn eval(node: &Node, names: &Names<'_>, steps: &mut usize) -> Answer {
    step(steps, 1)?;
    match node {
        Node::Number(number) => Ok(Val::Number(*number)),
        Node::Text(text) => Ok(Val::Text(text.clone())),
        Node::YesNo(yes) => Ok(Val::YesNo(*yes)),
        Node::Name(name) => {
            let found = names.find(name);
            if let Val::List(list) = &found {
                step(steps, list.len())?;
            }
            Ok(found)
        }
        Node::Not(part) => {
            each(
                eval(part, names, steps)?,
                steps,
                |value| Ok(truth(&value)?.map_or(Val::Empty, |yes| Val::YesNo(!yes))),
            )
        }
        Node::Minus(part) => {
            each(eval(part, names, steps)?, steps, |value| Ok(number(&value)?.map_or(Val::Empty, |n| Val::Number(-n))))
        }
        Node::Two(operator, one, other) => {
            let (one, other) = (eval(one, names, steps)?, eval(other, names, steps)?);
            pairs(*operator, one, other, steps)
        }
        Node::Call(function, parts) => call(*function, parts, names, steps),
    }
}

fn step(steps: &mut usize, taken: usize) -> Result<(), String> {
    *steps = steps.checked_sub(taken).ok_or("the formula takes too many steps for this record")?;
    Ok(())
}

/// Does something with a value, or with each one of a list.
fn each(value: Val, steps: &mut usize, mut act: impl FnMut(Val) -> Answer) -> Answer {
    match value {
        Val::List(list) => {
            step(steps, list.len())?;
            Ok(Val::List(list.into_iter().map(act).collect::<Result<_, _>>()?))
        }
        value => act(value),
    }
}

/// Two lists meet row by row, a value meets every row.
fn pairs(operator: Operator, one: Val, other: Val, steps: &mut usize) -> Answer {
    match (one, other) {
        (Val::List(ones), Val::List(others)) => {
            step(steps, ones.len())?;
            let pairs = ones.into_iter().zip(others).map(|(one, other)| two(operator, &one, &other));
            Ok(Val::List(pairs.collect::<Result<_, _>>()?))
        }
        (Val::List(ones), other) => each(Val::List(ones), steps, |one| two(operator, &one, &other)),
        (one, Val::List(others)) => each(Val::List(others), steps, |other| two(operator, &one, &other)),
        (one, other) => two(operator, &one, &other),
    }
}

fn two(operator: Operator, one: &Val, other: &Val) -> Answer {
    match operator {
        Operator::And | Operator::Or => {
            let (one, other) = (truth(one)?, truth(other)?);
            let (Some(one), Some(other)) = (one, other) else { return Ok(Val::Empty) };
            Ok(Val::YesNo(if operator == Operator::And { one && other } else { one || other }))
        }
        Operator::Plus | Operator::Minus | Operator::Times | Operator::Over | Operator::Rest => {
            let (Some(one), Some(other)) = (number(one)?, number(other)?) else { return Ok(Val::Empty) };
            arithmetic(operator, one, other)
        }
        _ => Ok(compare(one, other)?.map_or(Val::Empty, |order| Val::YesNo(fits(operator, order)))),
    }
}

fn arithmetic(operator: Operator, one: Decimal, other: Decimal) -> Answer {
    if matches!(operator, Operator::Over | Operator::Rest) && other.is_zero() {
        return Ok(Val::Empty);
    }
    let result = match operator {
        Operator::Plus => one.checked_add(other),
        Operator::Minus => one.checked_sub(other),
        Operator::Times => one.checked_mul(other),
        Operator::Over => one.checked_div(other),
        _ => one.checked_rem(other),
    };
    result.map(Val::Number).ok_or_else(|| "a number is too large to be computed exactly".to_owned())
}

fn fits(operator: Operator, order: Ordering) -> bool {
    match operator {
        Operator::Equal => order.is_eq(),
        Operator::Unequal => order.is_ne(),
        Operator::Less => order.is_lt(),
        Operator::AtMost => order.is_le(),
        Operator::More => order.is_gt(),
        _ => order.is_ge(),
    }
}

fn compare(one: &Val, other: &Val) -> Result<Option<Ordering>, String> {
    Ok(match (one, other) {
        (Val::Empty, _) | (_, Val::Empty) => None,
        (Val::YesNo(one), Val::YesNo(other)) => Some(one.cmp(other)),
        (Val::Text(one), Val::Text(other)) => Some(match (decimal(one), decimal(other)) {
            // Decimals are texts, and are compared as what they mean.
            (Some(one), Some(other)) => one.cmp(&other),
            _ => one.cmp(other),
        }),
        (one, other) => match (number(one)?, number(other)?) {
            (Some(one), Some(other)) => Some(one.cmp(&other)),
            _ => None,
        },
    })
}

/// The number that a value is; a decimal is written as text.
fn number(value: &Val) -> Result<Option<Decimal>, String> {
    match value {
        Val::Empty => Ok(None),
        Val::Number(number) => Ok(Some(*number)),
        Val::Text(text) => decimal(text).map(Some).ok_or_else(|| "a number is expected, and this is a text".to_owned()),
        Val::YesNo(_) => Err("a number is expected, and this is true or false".to_owned()),
        Val::List(_) => Err("a number is expected, and this is a column; sum it up".to_owned()),
    }
}

fn truth(value: &Val) -> Result<Option<bool>, String> {
    match value {
        Val::Empty => Ok(None),
        Val::YesNo(yes) => Ok(Some(*yes)),
        _ => Err("true or false is expected".to_owned()),
    }
}

fn text(value: &Val) -> String {
    match value {
        Val::Empty | Val::List(_) => String::new(),
        Val::YesNo(yes) => yes.to_string(),
        Val::Number(number) => number.normalize().to_string(),
        Val::Text(text) => text.clone(),
    }
}

fn call(function: Function, parts: &[Node], names: &Names<'_>, steps: &mut usize) -> Answer {
    if function == Function::If {
        return match truth(&eval(&parts[0], names, steps)?)? {
            None => Ok(Val::Empty),
            Some(yes) => eval(&parts[if yes { 1 } else { 2 }], names, steps),
        };
    }
    let values = parts.iter().map(|part| eval(part, names, steps)).collect::<Result<Vec<_>, _>>()?;
    match function {
        Function::Sum | Function::Count | Function::Avg | Function::Min | Function::Max => {
            let flat = flat(values);
            step(steps, flat.len())?;
            aggregate(function, &flat)
        }
        Function::Round => round(&values[0], &values[1]),
        Function::Abs => Ok(number(&values[0])?.map_or(Val::Empty, |n| Val::Number(n.abs()))),
        Function::Concat => joined(&values),
        Function::Upper => Ok(Val::Text(text(&values[0]).to_uppercase())),
        Function::Lower => Ok(Val::Text(text(&values[0]).to_lowercase())),
        Function::Len => Ok(Val::Number(text(&values[0]).chars().count().into())),
        Function::Empty => Ok(Val::YesNo(is_empty(&values[0]))),
        Function::Coalesce | Function::If => {
            Ok(values.into_iter().find(|value| !is_empty(value)).unwrap_or(Val::Empty))
        }
    }
}

fn is_empty(value: &Val) -> bool {
    match value {
        Val::Empty => true,
        Val::Text(text) => text.is_empty(),
        Val::List(list) => list.is_empty(),
        Val::YesNo(_) | Val::Number(_) => false,
    }
}

fn joined(values: &[Val]) -> Answer {
    let joined: String = values.iter().map(text).collect();
    if joined.len() > TEXT_BYTES_MAX {
        return Err(format!("a text that a formula makes has at most {TEXT_BYTES_MAX} bytes"));
    }
    Ok(Val::Text(joined))
}

fn flat(values: Vec<Val>) -> Vec<Val> {
    let flat = values.into_iter().flat_map(|value| match value {
        Val::List(list) => list,
        value => vec![value],
    });
    flat.filter(|value| !is_empty(value)).collect()
}

fn aggregate(function: Function, values: &[Val]) -> Answer {
    if function == Function::Count {
        return Ok(Val::Number(values.len().into()));
    }
    let mut numbers = Vec::with_capacity(values.len());
    for value in values {
        numbers.extend(number(value)?);
    }
    let too_large = || "a number is too large to be computed exactly".to_owned();
    let sum = || numbers.iter().try_fold(Decimal::ZERO, |sum, n| sum.checked_add(*n)).ok_or_else(too_large);
    let result = match function {
        Function::Sum => Some(sum()?),
        Function::Avg if !numbers.is_empty() => sum()?.checked_div(numbers.len().into()),
        Function::Min => numbers.iter().min().copied(),
        Function::Max => numbers.iter().max().copied(),
        _ => None,
    };
    Ok(result.map_or(Val::Empty, Val::Number))
}

/// Halves are rounded away from zero, as on an invoice.
fn round(value: &Val, places: &Val) -> Answer {
    let (Some(value), Some(places)) = (number(value)?, number(places)?) else { return Ok(Val::Empty) };
    let places = u32::try_from(places).ok().filter(|places| *places <= 10);
    let places = places.ok_or("a number is rounded to 0 to 10 places")?;
    Ok(Val::Number(value.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero)))
}

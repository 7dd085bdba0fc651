//! Formulas of calculated fields: arithmetic over a record's own values, with exact decimals.
//!
//! ```text
//! price * quantity            if(country = "DE", 0.19, 0)          round(sum(lines.qty * lines.price), 2)
//! ```
//!
//! Names are fields of the record, or of the row in a column of a table; `money.amount` and `table.column` go one level
//! down. What is empty stays empty: a sum with an empty part is empty, and so is a division by zero. Nothing in a formula
//! loops, and what it looks at is bounded; it knows no clock, no chance and no other record.

mod eval;
mod parse;

use std::collections::BTreeSet;

use serde_json::Value;

pub(crate) use eval::Names;
use eval::Val;
use parse::Node;

/// Bytes of a formula.
pub(crate) const FORMULA_BYTES_MAX: usize = 1_000;

/// Parts of a formula, and how deep they are nested.
const NODES_MAX: usize = 200;
const DEPTH_MAX: usize = 20;

/// Steps of one evaluation; a part over a table takes one for each row.
const STEPS_MAX: usize = 50_000;

/// A formula that was understood.
#[derive(Debug)]
pub(crate) struct Formula(Node);

impl Formula {
    /// # Errors
    /// What is wrong, for whoever wrote it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > FORMULA_BYTES_MAX {
            return Err(format!("a formula has at most {FORMULA_BYTES_MAX} bytes"));
        }
        parse::parse(text).map(Self)
    }

    /// The names that it looks at, each as it is written, e.g. `price` or `lines.price`.
    pub(crate) fn names(&self) -> BTreeSet<&str> {
        let mut names = BTreeSet::new();
        self.0.names(&mut names);
        names
    }

    /// Its value; `Null` when it is empty.
    ///
    /// # Errors
    /// What does not fit together, e.g. a text that is multiplied.
    pub(crate) fn eval(&self, names: &Names<'_>) -> Result<Value, String> {
        let mut steps = STEPS_MAX;
        Ok(match eval::eval(&self.0, names, &mut steps)? {
            Val::Empty | Val::List(_) => Value::Null,
            Val::YesNo(yes) => yes.into(),
            Val::Number(number) => number.normalize().to_string().into(),
            Val::Text(text) => text.into(),
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;

    fn eval(formula: &str) -> Result<Value, String> {
        let record = json!({
            "net": "19.90", "rate": 0.19, "qty": 3, "name": "Ann", "yes": true, "zero": 0,
            "price": {"amount": "10.10", "currency": "EUR"},
            "lines": [{"qty": 2, "price": "1.10"}, {"qty": 1, "price": "0.05"}, {"qty": 5}],
        });
        Formula::parse(formula)?.eval(&Names { fields: &record })
    }

    #[test]
    fn arithmetic_is_exact() {
        for (formula, value) in [
            ("0.1 + 0.2", json!("0.3")),
            ("net * 3 - 0.70", json!("59")),
            ("round(net * rate, 2)", json!("3.78")),
            ("round(2.5, 0) + round(-2.5, 0)", json!("0")),
            ("1 + 2 * 3 - -4", json!("11")),
            ("(1 + 2) * 3 % 4", json!("1")),
            ("price.amount * 2", json!("20.2")),
            ("min(3, net, 7) + max(1, 2) + abs(-1)", json!("6")),
        ] {
            assert_eq!(eval(formula).unwrap(), value, "{formula}");
        }
    }

    #[test]
    fn tables_are_summed() {
        assert_eq!(eval("sum(lines.qty * lines.price)").unwrap(), json!("2.25"));
        assert_eq!(eval("count(lines.price)").unwrap(), json!("2"));
        assert_eq!(eval("avg(lines.qty)").unwrap(), json!("2.6666666666666666666666666667"));
        assert_eq!(eval("sum(lines.none)").unwrap(), json!("0"));
        assert_eq!(eval("max(lines.qty)").unwrap(), json!("5"));
    }

    #[test]
    fn texts_and_conditions() {
        for (formula, value) in [
            ("if(qty > 2 and not (name = \"Bob\"), \"many\", \"few\")", json!("many")),
            ("concat(name, \" \", qty, \" \", price.currency)", json!("Ann 3 EUR")),
            ("upper(name)", json!("ANN")),
            ("len(name) >= 3 or false", json!(true)),
            ("yes = true", json!(true)),
            ("coalesce(missing, net, 1)", json!("19.90")),
            ("if(empty(missing), 1, 2)", json!("1")),
        ] {
            assert_eq!(eval(formula).unwrap(), value, "{formula}");
        }
    }

    #[test]
    fn what_is_empty_stays_empty_and_errors_are_said() {
        for formula in ["missing + 1", "1 / zero", "1 % 0", "missing = 1", "if(missing, 1, 2)", "-missing"] {
            assert_eq!(eval(formula).unwrap(), Value::Null, "{formula}");
        }
        assert!(eval("name * 2").unwrap_err().contains("number"));
        assert!(eval("9999999999999999999999999999 * 10000").unwrap_err().contains("large"));
        for bad in ["", "1 +", "foo(1)", "if(1)", "\"x", "a..b", "1 2", "a.b.c", "$x", "round(1)"] {
            assert!(Formula::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_formula_is_bounded() {
        let nested = |n: usize| format!("{}1{}", "(".repeat(n), ")".repeat(n));
        assert!(Formula::parse(&nested(DEPTH_MAX - 1)).is_ok() && Formula::parse(&nested(DEPTH_MAX + 1)).is_err());
        let chained = |n: usize| vec!["1"; n].join("+");
        assert!(Formula::parse(&chained(100)).is_ok() && Formula::parse(&chained(102)).is_err());
        assert!(Formula::parse(&format!("{}1", "not ".repeat(50))).is_err());
        assert!(Formula::parse(&" ".repeat(FORMULA_BYTES_MAX + 1)).unwrap_err().contains("bytes"));
        let record = json!({"lines": vec![json!({"n": 1}); 1_000]});
        let many = format!("sum({})", vec!["lines.n"; 49].join("+"));
        let names = Names { fields: &record };
        assert!(Formula::parse("sum(lines.n + lines.n)").unwrap().eval(&names).is_ok());
        assert!(Formula::parse(&many).unwrap().eval(&names).unwrap_err().contains("steps"));
    }
}

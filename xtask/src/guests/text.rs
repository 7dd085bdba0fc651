//! Components written by hand, where the exact instructions matter.
//!
//! The first line of a file says what it is: `;; validation`, `;; mapping` or `;; workflow` for a core
//! module of that world, `;; component` for the text of a whole component. A line `;; repeat N` stands
//! for N copies of the line after it, `$#` in it for the number of the copy.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use super::encode;

pub(crate) fn component(file: &Path) -> Result<Vec<u8>> {
    let text = fs::read_to_string(file)?;
    let kind = text.lines().next().and_then(|line| line.strip_prefix(";; ")).unwrap_or_default();
    let bytes = wat::parse_str(repeat(&text)?)?;
    match kind {
        "component" => Ok(bytes),
        "validation" | "mapping" | "workflow" => encode::component_of_world(bytes, kind),
        _ => bail!("its first line is none of `;; validation`, `;; mapping`, `;; workflow`, `;; component`"),
    }
}

fn repeat(text: &str) -> Result<String> {
    let mut whole = String::with_capacity(text.len());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(times) = line.trim().strip_prefix(";; repeat ") else {
            whole.push_str(line);
            whole.push('\n');
            continue;
        };
        let copied = lines.next().context("nothing follows `;; repeat`")?;
        for number in 0..times.parse::<u32>().context("`;; repeat` wants a number")? {
            whole.push_str(&copied.replace("$#", &number.to_string()));
            whole.push('\n');
        }
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_line_can_stand_for_many() {
        #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
        assert_eq!(super::repeat("a\n  ;; repeat 2\nb$#\nc").unwrap(), "a\nb0\nb1\nc\n");
        assert!(super::repeat(";; repeat 2").is_err());
        assert!(super::repeat(";; repeat many\nb").is_err());
    }
}

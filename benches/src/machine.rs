//! What the figures were measured on.

use anyhow::Result;

/// One sentence.
pub fn describe() -> Result<String> {
    let of = |file: &str, name: &str| -> Result<String> {
        let text = std::fs::read_to_string(file)?;
        let value = text.lines().find_map(|line| line.strip_prefix(name));
        Ok(value.unwrap_or("unknown").trim_start_matches([' ', '\t', ':']).trim().to_owned())
    };
    let (model, memory) = (of("/proc/cpuinfo", "model name")?, of("/proc/meminfo", "MemTotal")?);
    let cores = std::thread::available_parallelism()?;
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease")?;
    Ok(format!("Measured on {model}, {cores} processors, {memory} of memory, Linux {}.", kernel.trim()))
}

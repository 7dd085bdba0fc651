//! What the figures were measured on.

use std::process::Command;

use anyhow::{Context as _, Result};

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
    let busy = std::fs::read_to_string("/proc/loadavg")?;
    let busy = busy.split(' ').next().unwrap_or("unknown").to_owned();
    let date = Command::new("date").args(["-u", "+%F"]).output()?.stdout;
    Ok(format!(
        "Measured on {model}, {cores} processors, {memory} of memory, Linux {}, {}; load average {busy} at the end.",
        kernel.trim(),
        String::from_utf8_lossy(&date).trim(),
    ))
}

/// A figure of a process's memory, in KiB, by the name that the kernel gives it.
pub fn memory_kib(process: u32, name: &str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find(|line| line.starts_with(name)).context("/proc has the figure")?;
    Ok(line.split_whitespace().nth(1).context("the figure has a value")?.parse()?)
}

/// Has the kernel forget the peak of this process's memory (`VmHWM:`).
pub fn forget_peak() -> Result<()> {
    Ok(std::fs::write("/proc/self/clear_refs", "5")?)
}

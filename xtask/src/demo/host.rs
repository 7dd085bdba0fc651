//! The host's process, from its configuration to its end.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::Setting;
use super::state::{BASE_DOMAIN, State, address};
use crate::shell;

/// How long the host may take to start.
const START_MAX: Duration = Duration::from_secs(30);

/// How long the host may take to end what it is doing.
const STOP_MAX: Duration = Duration::from_secs(10);

/// How often the host is looked at.
const TICK: Duration = Duration::from_millis(100);

/// A running host, stopped when this is dropped.
pub(super) struct Host {
    child: Child,
    stop: mpsc::Receiver<()>,
}

/// Writes the configuration of the host and says where it is.
pub(super) fn configure(data: &Path, setting: &Setting) -> Result<PathBuf> {
    let mut table = toml::Table::new();
    table.insert("listen".into(), address(setting.port).into());
    table.insert("base_domain".into(), BASE_DOMAIN.into());
    table.insert("data".into(), data.join("host").display().to_string().into());
    let templates = data.join("templates");
    fs::create_dir_all(&templates).with_context(|| format!("{} cannot be created", templates.display()))?;
    table.insert("templates".into(), templates.display().to_string().into());
    if let Some(limit) = setting.requests_per_minute {
        let tier = toml::Table::from_iter([("requests_per_minute".to_owned(), i64::from(limit).into())]);
        table.insert("tiers".into(), toml::Table::from_iter([("standard".to_owned(), tier.into())]).into());
    }
    let path = data.join("signalsync.toml");
    fs::write(&path, toml::to_string(&table)?).with_context(|| format!("{} cannot be written", path.display()))?;
    Ok(path)
}

/// Has the host's program make a key for the operator.
pub(super) fn operator_key(program: &Path, configuration: &Path) -> Result<String> {
    let mut command = Command::new(program);
    let key = shell::output(command.args(["operator-key", "--name", "demo", "--config"]).arg(configuration))?;
    Ok(key.trim().to_owned())
}

/// Starts the host and waits until it is ready.
pub(super) fn start(program: &Path, configuration: &Path, data: &Path, state: &State) -> Result<Host> {
    let log = File::create(data.join("host.log"))?;
    let child = Command::new(program)
        .args(["serve", "--config"])
        .arg(configuration)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        // Ctrl-C reaches this program, which then ends the host.
        .process_group(0)
        .spawn()
        .with_context(|| format!("{} cannot be started", program.display()))?;
    let (wish, stop) = mpsc::sync_channel(1);
    // A second wish, or one while the host is being ended, says nothing new.
    ctrlc::set_handler(move || wish.try_send(()).unwrap_or_default())?;
    let mut host = Host { child, stop };
    host.wait_until_ready(data, state)?;
    Ok(host)
}

impl Host {
    fn wait_until_ready(&mut self, data: &Path, state: &State) -> Result<()> {
        let (console, start) = (state.console(), Instant::now());
        let log = data.join("host.log");
        while start.elapsed() < START_MAX {
            if let Some(status) = self.child.try_wait()? {
                bail!("the host ended ({status}); see {}", log.display());
            }
            if console.get("/readyz").is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            if self.stop.recv_timeout(TICK).is_ok() {
                bail!("stopped");
            }
        }
        bail!("the host is not ready after {} s; see {}", START_MAX.as_secs(), log.display())
    }

    /// Waits for Ctrl-C, or for the host's own end, which is an error.
    pub(super) fn serve(&mut self) -> Result<()> {
        while self.stop.recv_timeout(TICK) == Err(mpsc::RecvTimeoutError::Timeout) {
            if let Some(status) = self.child.try_wait()? {
                bail!("the host ended ({status})");
            }
        }
        Ok(())
    }

    fn has_ended_within(&mut self, time: Duration) -> bool {
        let start = Instant::now();
        while start.elapsed() < time {
            match self.child.try_wait() {
                Ok(None) => std::thread::sleep(TICK),
                Ok(Some(_)) | Err(_) => return true,
            }
        }
        false
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if self.has_ended_within(Duration::from_millis(1)) {
            return;
        }
        let asked =
            rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), rustix::process::Signal::TERM);
        if asked.is_err() || !self.has_ended_within(STOP_MAX) {
            // It may have ended in between; there is nothing left to do about it.
            self.child.kill().ok();
            self.child.wait().ok();
        }
    }
}

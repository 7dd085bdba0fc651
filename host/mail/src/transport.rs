//! The way out: a relay, or files in a folder.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lettre::transport::smtp::PoolConfig;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use signalsync_core::MailId;
use signalsync_work::Setback;

use crate::config::{SmtpConfig, SmtpTls};
use crate::error::ConfigError;

/// Mails that are kept as files; the oldest go first.
const FILES_MAX: usize = 1_000;

/// How long a connection that is not used is kept.
const IDLE: Duration = Duration::from_secs(30);

/// Answers of a relay that speak of the installation and not of the mail: who it is, and whether it may send.
const ABOUT_US: [u16; 4] = [530, 534, 535, 538];

/// The way out.
pub(crate) enum Transport {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Folder(PathBuf),
}

impl Transport {
    /// Nothing is connected yet. `us` is the domain that mails come from.
    pub(crate) fn smtp(config: &SmtpConfig, us: &str) -> Result<Self, ConfigError> {
        let (tls, port) = match config.tls {
            SmtpTls::Starttls => (Tls::Required(parameters(config)?), 587),
            SmtpTls::Tls => (Tls::Wrapper(parameters(config)?), 465),
            SmtpTls::None if is_this_machine(&config.host) => (Tls::None, 25),
            SmtpTls::None => return impossible("smtp.tls", "without TLS the relay is on this machine: localhost"),
        };
        let pool = PoolConfig::new().max_size(config.connections_max.max(1)).idle_timeout(IDLE);
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
            .port(config.port.unwrap_or(port))
            .tls(tls)
            .timeout(Some(Duration::from_millis(config.timeout_ms.max(1))))
            .hello_name(ClientId::Domain(us.to_owned()))
            .pool_config(pool);
        match (&config.user, &config.password) {
            (None, None) => Ok(Self::Smtp(builder.build())),
            (Some(user), Some(password)) => {
                let credentials = Credentials::new(user.clone(), password.reveal().to_owned());
                Ok(Self::Smtp(builder.credentials(credentials).build()))
            }
            _ => impossible("smtp.user", "`user` and `password` belong together"),
        }
    }

    /// Mails become files here.
    pub(crate) fn folder(path: PathBuf) -> Result<Self, ConfigError> {
        let made = std::fs::create_dir_all(&path);
        made.map_err(|error| ConfigError::Unusable { path: path.clone(), error })?;
        Ok(Self::Folder(path))
    }

    /// Sends a mail, or says whether it is worth another try.
    pub(crate) async fn send(&self, id: MailId, mail: Message) -> Result<(), Setback> {
        match self {
            Self::Smtp(relay) => relay.send(mail).await.map(drop).map_err(|error| setback(&error)),
            Self::Folder(folder) => {
                let (folder, name, text) = (folder.clone(), format!("{id}.eml"), mail.formatted());
                let written = tokio::task::spawn_blocking(move || write(&folder, &name, &text, FILES_MAX)).await;
                written.map_err(Setback::again)?.map_err(Setback::again)
            }
        }
    }
}

fn impossible<T>(field: &'static str, why: &'static str) -> Result<T, ConfigError> {
    Err(ConfigError::Impossible { field, why })
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn parameters(config: &SmtpConfig) -> Result<TlsParameters, ConfigError> {
    let wrong = |error: lettre::transport::smtp::Error| ConfigError::Certificates(error.to_string());
    let mut builder = TlsParameters::builder(config.host.clone());
    if let Some(path) = &config.ca_file {
        let pem = std::fs::read(path).map_err(|error| ConfigError::Unusable { path: path.clone(), error })?;
        builder = builder.add_root_certificate(Certificate::from_pem(&pem).map_err(wrong)?);
    }
    builder.build().map_err(wrong)
}

/// 5xx about the mail will not change; everything else may.
fn setback(error: &lettre::transport::smtp::Error) -> Setback {
    let is_about_us = error.status().is_some_and(|code| ABOUT_US.contains(&u16::from(code)));
    let why = with_sources(error);
    if error.is_permanent() && !is_about_us { Setback::never(why) } else { Setback::again(why) }
}

fn with_sources(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// The same mail is the same file. It is there as a whole or not at all.
fn write(folder: &Path, name: &str, text: &[u8], files_max: usize) -> std::io::Result<()> {
    let unfinished = folder.join(format!(".{name}"));
    std::fs::write(&unfinished, text)?;
    std::fs::rename(&unfinished, folder.join(name))?;
    let mut files: Vec<_> = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    // Names are in the order of time.
    files.sort();
    let surplus = files.len().saturating_sub(files_max);
    files.iter().take(surplus).try_for_each(std::fs::remove_file)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_files_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        for n in 0..7 {
            write(folder.path(), &format!("{n}.eml"), b"x", 5).unwrap();
        }
        write(folder.path(), "4.eml", b"again", 5).unwrap();
        let mut names: Vec<_> = folder.path().read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["2.eml", "3.eml", "4.eml", "5.eml", "6.eml"]);
    }
}

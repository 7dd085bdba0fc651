//! Certificates: a folder of them, looked at again and again, so that a new one needs no restart.
//!
//! `NAME.pem` is a chain and `NAME.key` its private key, both PEM. NAME is a host name, or `_.` and a domain for all names
//! directly below it: `_.example.com.pem` serves every tenant, `acme.example.com.pem` only one, and before it.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use parking_lot::RwLock;
use rustls::ServerConfig;
use rustls::client::verify_server_name;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;

/// Certificates of one folder; more files are an error.
const CERTIFICATES_MAX: usize = 20_000;

/// Between two looks at the folder.
const LOOK_AGAIN: Duration = Duration::from_secs(10);

/// What a certificate for all names directly below a domain is called by.
const ANY: &str = "_";

/// The certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// The folder or a file in it cannot be read.
    #[error("{path}: {error}")]
    Unreadable { path: PathBuf, error: std::io::Error },
    /// A file is no PEM of the kind that it should be.
    #[error("{path}: {error}")]
    NoPem { path: PathBuf, error: rustls::pki_types::pem::Error },
    /// Certificate and key do not belong together, or are of a kind that is not known.
    #[error("{path}: {error}")]
    Unusable { path: PathBuf, error: rustls::Error },
    /// The certificate is for other names than the file says.
    #[error("{path}: the certificate is not valid for `{name}`; name the file after the host that it is for")]
    OtherName { path: PathBuf, name: String },
    /// Too many, or none at all.
    #[error("{path}: {found} certificates, where 1 to {CERTIFICATES_MAX} are expected as NAME.pem with NAME.key")]
    Count { path: PathBuf, found: usize },
}

/// One file, as it was when it was read.
#[derive(Debug, Clone)]
struct Read {
    changed: (SystemTime, SystemTime),
    key: Arc<CertifiedKey>,
}

/// The certificates of a folder by name.
#[derive(Debug)]
pub(crate) struct Certificates {
    folder: PathBuf,
    provider: Arc<CryptoProvider>,
    by_name: RwLock<HashMap<String, Read>>,
}

impl Certificates {
    /// Reads the folder.
    ///
    /// # Errors
    /// Something in it cannot be used, or there is nothing in it.
    pub(crate) fn open(folder: &Path) -> Result<Arc<Self>, CertificateError> {
        let this = Self {
            folder: folder.to_owned(),
            provider: Arc::new(ring::default_provider()),
            by_name: RwLock::default(),
        };
        this.reload()?;
        Ok(Arc::new(this))
    }

    /// How connections are secured with them: TLS 1.2 and 1.3, HTTP/2 before HTTP/1.1.
    pub(crate) fn config(self: &Arc<Self>) -> Arc<ServerConfig> {
        let builder = ServerConfig::builder_with_provider(Arc::clone(&self.provider));
        let versions = builder.with_safe_default_protocol_versions();
        let builder = versions.unwrap_or_else(|error| unreachable!("ring speaks TLS 1.2 and 1.3: {error}"));
        let mut config = builder.with_no_client_auth().with_cert_resolver(Arc::clone(self) as _);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Arc::new(config)
    }

    /// Looks again and again. What cannot be used is said in the log, and what was there before goes on.
    pub(crate) async fn follow(self: Arc<Self>) {
        let mut looks = tokio::time::interval(LOOK_AGAIN);
        loop {
            looks.tick().await;
            let this = Arc::clone(&self);
            let reloaded = tokio::task::spawn_blocking(move || this.reload()).await;
            match reloaded {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "certificates were not renewed; the ones before are in use"),
                Err(error) => tracing::error!(%error, "certificates were not looked at"),
            }
        }
    }

    /// Reads what has changed.
    pub(crate) fn reload(&self) -> Result<(), CertificateError> {
        let names = names(&self.folder)?;
        let before = self.by_name.read().clone();
        let mut now = HashMap::with_capacity(names.len());
        for name in names {
            let changed = self.changed(&name)?;
            let read = match before.get(&name).filter(|read| read.changed == changed) {
                Some(read) => read.clone(),
                None => Read { changed, key: Arc::new(self.read(&name)?) },
            };
            now.insert(name, read);
        }
        *self.by_name.write() = now;
        Ok(())
    }

    fn path(&self, name: &str, extension: &str) -> PathBuf {
        self.folder.join(format!("{name}.{extension}"))
    }

    fn changed(&self, name: &str) -> Result<(SystemTime, SystemTime), CertificateError> {
        let of = |path: PathBuf| {
            let time = fs::metadata(&path).and_then(|found| found.modified());
            time.map_err(|error| CertificateError::Unreadable { path, error })
        };
        Ok((of(self.path(name, "pem"))?, of(self.path(name, "key"))?))
    }

    fn read(&self, name: &str) -> Result<CertifiedKey, CertificateError> {
        let path = self.path(name, "pem");
        let no_pem = |error| CertificateError::NoPem { path: path.clone(), error };
        let unusable = |error| CertificateError::Unusable { path: path.clone(), error };
        let chain = CertificateDer::pem_file_iter(&path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let chain = chain.map_err(no_pem)?;
        let key = self.path(name, "key");
        let key = PrivateKeyDer::from_pem_file(&key).map_err(|error| CertificateError::NoPem { path: key, error })?;
        let certified = CertifiedKey::from_der(chain, key, &self.provider).map_err(unusable)?;
        let leaf = certified.end_entity_cert().map_err(unusable)?;
        let leaf = ParsedCertificate::try_from(leaf).map_err(unusable)?;
        let host = name.replacen(ANY, "any", usize::from(is_any(name)));
        let is_for = ServerName::try_from(host).is_ok_and(|host| verify_server_name(&leaf, &host).is_ok());
        if is_for { Ok(certified) } else { Err(CertificateError::OtherName { path, name: name.to_owned() }) }
    }

    fn find(&self, host: &str) -> Option<Arc<CertifiedKey>> {
        let by_name = self.by_name.read();
        let any = || by_name.get(&format!("{ANY}.{}", host.split_once('.')?.1));
        by_name.get(host).or_else(any).map(|read| Arc::clone(&read.key))
    }
}

impl ResolvesServerCert for Certificates {
    /// A client that names no host, or one that nothing is for, gets no connection.
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.find(&hello.server_name()?.to_ascii_lowercase())
    }
}

fn is_any(name: &str) -> bool {
    name.split('.').next() == Some(ANY)
}

/// Names of the files that end in `.pem`.
fn names(folder: &Path) -> Result<Vec<String>, CertificateError> {
    let unreadable = |error| CertificateError::Unreadable { path: folder.to_owned(), error };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let name = entry.map_err(unreadable)?.file_name();
        names.extend(name.to_str().and_then(|name| name.strip_suffix(".pem")).map(str::to_ascii_lowercase));
    }
    match names.len() {
        1..=CERTIFICATES_MAX => Ok(names),
        found => Err(CertificateError::Count { path: folder.to_owned(), found }),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn put(folder: &Path, file: &str, names: &[&str]) -> Vec<u8> {
        let key = KeyPair::generate().unwrap();
        let names = names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let certificate = CertificateParams::new(names).unwrap().self_signed(&key).unwrap();
        fs::write(folder.join(format!("{file}.key")), key.serialize_pem()).unwrap();
        fs::write(folder.join(format!("{file}.pem")), certificate.pem()).unwrap();
        certificate.der().to_vec()
    }

    fn found(certificates: &Certificates, host: &str) -> Option<Vec<u8>> {
        certificates.find(host).map(|key| key.end_entity_cert().unwrap().to_vec())
    }

    #[test]
    fn the_nearest_name_is_served() {
        let folder = tempfile::tempdir().unwrap();
        let all = put(folder.path(), "_.example.com", &["*.example.com"]);
        let acme = put(folder.path(), "acme.example.com", &["acme.example.com"]);
        let certificates = Certificates::open(folder.path()).unwrap();
        assert_eq!(found(&certificates, "acme.example.com"), Some(acme));
        assert_eq!(found(&certificates, "globex.example.com"), Some(all));
        for nobody in ["example.com", "a.b.example.com", "evil.com", ""] {
            assert_eq!(found(&certificates, nobody), None, "{nobody}");
        }
    }

    #[test]
    fn what_is_renewed_is_served_and_what_is_broken_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "a.test", &["a.test"]);
        let certificates = Certificates::open(folder.path()).unwrap();
        let renewed = put(folder.path(), "a.test", &["a.test"]);
        certificates.reload().unwrap();
        assert_eq!(found(&certificates, "a.test"), Some(renewed.clone()));
        fs::write(folder.path().join("a.test.pem"), "nothing").unwrap();
        assert!(certificates.reload().is_err());
        assert_eq!(found(&certificates, "a.test"), Some(renewed));
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_a_reason() {
        let folder = tempfile::tempdir().unwrap();
        let refused = || Certificates::open(folder.path()).unwrap_err();
        assert!(matches!(refused(), CertificateError::Count { found: 0, .. }));
        put(folder.path(), "b.test", &["a.test"]);
        assert!(matches!(refused(), CertificateError::OtherName { name, .. } if name == "b.test"));
        put(folder.path(), "b.test", &["b.test"]);
        fs::remove_file(folder.path().join("b.test.key")).unwrap();
        assert!(matches!(refused(), CertificateError::Unreadable { .. }));
        fs::write(folder.path().join("b.test.key"), KeyPair::generate().unwrap().serialize_pem()).unwrap();
        assert!(matches!(refused(), CertificateError::Unusable { .. }));
    }
}

//! A relay on this machine: it speaks SMTP (RFC 5321), with STARTTLS, TLS and AUTH PLAIN, and fails as it is told.

use std::collections::VecDeque;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use parking_lot::Mutex;
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWrite, AsyncWriteExt as _, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// base64 of `\0user\0password`.
const PROOF: &str = "AHVzZXIAcGFzc3dvcmQ=";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protection {
    None,
    Starttls,
    Tls,
}

/// A mail as the relay got it.
#[derive(Debug, Clone)]
pub(crate) struct Got {
    pub(crate) to: String,
    pub(crate) text: String,
    pub(crate) signed_in: bool,
    pub(crate) protected: bool,
}

#[derive(Clone)]
pub(crate) struct Relay {
    pub(crate) port: u16,
    /// The certificate of the authority, as PEM.
    pub(crate) authority: String,
    pub(crate) got: Arc<Mutex<Vec<Got>>>,
    pub(crate) connections: Arc<Mutex<usize>>,
    /// Answers to `RCPT`, first one first; with none left, everybody is welcome.
    pub(crate) answers: Arc<Mutex<VecDeque<&'static str>>>,
    protection: Protection,
    acceptor: TlsAcceptor,
}

impl Relay {
    pub(crate) async fn start(protection: Protection) -> Self {
        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![certified.cert.der().clone()], key).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let relay = Self {
            port: listener.local_addr().unwrap().port(),
            authority: pem(certified.cert.der()),
            got: Arc::default(),
            connections: Arc::default(),
            answers: Arc::default(),
            protection,
            acceptor: TlsAcceptor::from(Arc::new(config)),
        };
        let serving = relay.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *serving.connections.lock() += 1;
                let relay = serving.clone();
                // A client that goes away ends its conversation.
                tokio::spawn(async move { drop(relay.serve(stream).await) });
            }
        });
        relay
    }

    async fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        if self.protection == Protection::Tls {
            let stream = self.acceptor.accept(stream).await?;
            return self.talk(&mut BufStream::new(stream), true, true).await.map(drop);
        }
        let mut clear = BufStream::new(stream);
        if self.talk(&mut clear, false, true).await? {
            let stream = self.acceptor.accept(clear.into_inner()).await?;
            self.talk(&mut BufStream::new(stream), true, false).await?;
        }
        Ok(())
    }

    /// True when the client wants to go on under TLS.
    async fn talk(
        &self,
        stream: &mut (impl AsyncWrite + AsyncBufRead + Unpin),
        protected: bool,
        greets: bool,
    ) -> std::io::Result<bool> {
        if greets {
            say(stream, "220 relay.test").await?;
        }
        let (mut to, mut signed_in) = (String::new(), false);
        loop {
            let line = hear(stream).await?;
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" if self.protection == Protection::Starttls && !protected => {
                    say(stream, "250-relay.test\r\n250-STARTTLS\r\n250 8BITMIME").await?;
                }
                "EHLO" => say(stream, "250-relay.test\r\n250-AUTH PLAIN\r\n250 8BITMIME").await?,
                "STARTTLS" => {
                    say(stream, "220 go on").await?;
                    return Ok(true);
                }
                "AUTH" if line.ends_with(PROOF) => {
                    signed_in = true;
                    say(stream, "235 welcome").await?;
                }
                "AUTH" => say(stream, "535 who are you").await?,
                "RCPT" => {
                    let answer = self.answers.lock().pop_front();
                    if answer == Some("hang up") {
                        return Ok(false);
                    }
                    line.split(['<', '>']).nth(1).unwrap_or_default().clone_into(&mut to);
                    say(stream, answer.unwrap_or("250 ok")).await?;
                }
                "DATA" => {
                    say(stream, "354 go on").await?;
                    let text = hear_mail(stream).await?;
                    self.got.lock().push(Got { to: to.clone(), text, signed_in, protected });
                    say(stream, "250 taken").await?;
                }
                "QUIT" => return say(stream, "221 bye").await.map(|()| false),
                _ => say(stream, "250 ok").await?,
            }
        }
    }
}

fn pem(certificate: &[u8]) -> String {
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(certificate))
}

async fn say(stream: &mut (impl AsyncWrite + Unpin), line: &str) -> std::io::Result<()> {
    stream.write_all(format!("{line}\r\n").as_bytes()).await?;
    stream.flush().await
}

async fn hear(stream: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<String> {
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end().to_owned())
}

async fn hear_mail(stream: &mut (impl AsyncBufRead + Unpin)) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        match hear(stream).await?.as_str() {
            "." => return Ok(text),
            line => {
                text += &format!("{}\n", line.strip_prefix("..").map_or(line.to_owned(), |rest| format!(".{rest}")))
            }
        }
    }
}

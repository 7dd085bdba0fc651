//! The connection to the relay is protected, or there is none.

use std::sync::Arc;

use signalsync_mail::{ConfigError, MailConfig, Sender, SmtpConfig, SmtpTls, Status};

use crate::lab::{Lab, smtp};
use crate::relay::{Protection, Relay};

async fn lab(relay: &Relay, tls: SmtpTls, trusts: bool) -> (Lab, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let authority = folder.path().join("authority.pem");
    std::fs::write(&authority, &relay.authority).unwrap();
    let smtp = smtp(relay, tls, trusts.then_some(authority));
    (Lab::new(MailConfig { smtp: Some(smtp), ..MailConfig::default() }).await, folder)
}

#[tokio::test]
async fn a_protected_relay_gets_its_mail_protected() {
    for (protection, tls) in [(Protection::Starttls, SmtpTls::Starttls), (Protection::Tls, SmtpTls::Tls)] {
        let relay = Relay::start(protection).await;
        let (lab, _folder) = lab(&relay, tls, true).await;
        let driving = lab.drive();
        let id = lab.queue("ada@example.com").await.unwrap();
        lab.until(id, Status::Sent).await;
        driving.end().await;
        let got = relay.got.lock().clone();
        assert!(got.len() == 1 && got[0].protected && got[0].signed_in, "{tls:?}");
    }
}

#[tokio::test]
async fn nothing_is_said_to_a_relay_that_is_not_the_right_one_or_not_protected() {
    for (protection, tls, trusts) in [
        (Protection::Starttls, SmtpTls::Starttls, false),
        (Protection::Tls, SmtpTls::Tls, false),
        (Protection::None, SmtpTls::Starttls, true),
    ] {
        let relay = Relay::start(protection).await;
        let (lab, _folder) = lab(&relay, tls, trusts).await;
        let driving = lab.drive();
        let id = lab.queue("ada@example.com").await.unwrap();
        driving.until_set_back(1).await;
        driving.end().await;
        let entry = lab.entry(id).await;
        assert!(entry.status == Status::Queued && entry.problem.is_some(), "{protection:?}");
        assert!(relay.got.lock().is_empty());
    }
}

#[tokio::test]
async fn what_cannot_work_is_said_at_the_start() {
    let relay = Relay::start(Protection::None).await;
    let right = smtp(&relay, SmtpTls::None, None);
    let lab = Lab::new(MailConfig::default()).await;
    let start = |smtp: SmtpConfig, from: &str| {
        let config = MailConfig { smtp: Some(smtp), from: from.to_owned(), ..MailConfig::default() };
        let sender = Sender::new(&config, lab.folder(), Arc::clone(&lab.stores), Arc::new(lab.clock.clone()));
        sender.map(drop).map_err(|error| match error {
            ConfigError::Impossible { field, .. } => field,
            ConfigError::Unusable { .. } => "file",
            ConfigError::Certificates(_) => "certificates",
        })
    };
    let from = "no-reply@example.com";
    assert_eq!(start(right.clone(), from), Ok(()));
    assert_eq!(start(right.clone(), "nobody"), Err("from"));
    assert_eq!(start(SmtpConfig { host: "relay.example.com".to_owned(), ..right.clone() }, from), Err("smtp.tls"));
    assert_eq!(start(SmtpConfig { password: None, ..right.clone() }, from), Err("smtp.user"));
    let missing = Some("/nonexistent.pem".into());
    assert_eq!(start(SmtpConfig { tls: SmtpTls::Tls, ca_file: missing, ..right.clone() }, from), Err("file"));
    assert!(!format!("{right:?}").contains("password\""), "a password is not shown: {right:?}");
}

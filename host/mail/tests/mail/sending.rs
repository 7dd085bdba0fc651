//! What the relay gets, what it answers, and what the log says then.

use signalsync_mail::{MailConfig, Status, list, set_divert};
use signalsync_work::{dead_letters, list as list_work};

use crate::lab::{LINK, Lab, address, with_relay};

#[tokio::test]
async fn a_mail_arrives_in_both_forms_in_the_recipients_language() {
    let (relay, lab) = with_relay().await;
    let driving = lab.drive();
    let id = lab.queue("ada@example.com").await.unwrap();
    let entry = lab.until(id, Status::Sent).await;
    driving.end().await;
    assert_eq!((entry.to, entry.language.as_str(), entry.diverted_to), (address("ada@example.com"), "de", None));
    let got = relay.got.lock().clone();
    assert_eq!((got.len(), got[0].to.as_str(), got[0].signed_in), (1, "ada@example.com", true));
    for part in [
        "From: SignalSync <no-reply@localhost>",
        "To: ada@example.com",
        &format!("Message-ID: <{id}@localhost>"),
        "Date: Tue, 14 Nov 2023 22:13:20 +0000",
        "Auto-Submitted: auto-generated",
        "multipart/alternative",
        "text/plain; charset=utf-8",
        "text/html; charset=utf-8",
    ] {
        assert!(got[0].text.contains(part), "{part} in {}", got[0].text);
    }
    let body = got[0].text.replace("=\n", "").replace("=3D", "=").replace("&#x2f;", "/");
    assert_eq!(body.matches(LINK).count(), 3, "the whole link, in the text and twice on the page: {body}");
}

#[tokio::test]
async fn what_a_relay_cannot_do_now_is_tried_again() {
    let (relay, lab) = with_relay().await;
    *relay.answers.lock() = ["450 mailbox busy", "hang up", "421 too many of you"].into();
    let driving = lab.drive();
    let id = lab.queue("ada@example.com").await.unwrap();
    for attempt in 1..=3 {
        driving.until_set_back(attempt).await;
        let entry = lab.entry(id).await;
        assert_eq!(entry.status, Status::Queued);
        assert!(entry.problem.is_some(), "the log says why it has not been sent");
        lab.to_next_attempt().await;
    }
    lab.until(id, Status::Sent).await;
    driving.end().await;
    assert_eq!(relay.got.lock().len(), 1);
}

#[tokio::test]
async fn what_a_relay_will_never_do_is_not_tried_again() {
    let (relay, lab) = with_relay().await;
    *relay.answers.lock() = ["550 no such mailbox"].into();
    let driving = lab.drive();
    let bad = lab.queue("gone@example.com").await.unwrap();
    let entry = lab.until(bad, Status::Failed).await;
    assert!(entry.problem.unwrap().contains("no such mailbox") && entry.ended_at.is_some());
    let good = lab.queue("ada@example.com").await.unwrap();
    lab.until(good, Status::Sent).await;
    driving.end().await;
    assert_eq!(relay.got.lock().len(), 1);
    let failed = list(&lab.begin().await, Some(Status::Failed), None, 10).unwrap();
    assert_eq!(failed.items.len(), 1);
    let left =
        (dead_letters(&mut lab.begin().await, None, 10).unwrap(), list_work(&mut lab.begin().await, None, 10).unwrap());
    assert_eq!((left.0.items.len(), left.1.items.len()), (0, 0), "nothing is left that holds the link");
}

#[tokio::test]
async fn while_a_relay_does_not_know_us_mails_wait() {
    let (relay, mut lab) = with_relay().await;
    let mut smtp = lab.config.smtp.clone().unwrap();
    smtp.password = Some("wrong".to_owned().into());
    let right = lab.config.smtp.replace(smtp);
    let driving = lab.drive();
    let id = lab.queue("ada@example.com").await.unwrap();
    driving.until_set_back(1).await;
    driving.end().await;
    let problem = lab.entry(id).await.problem.unwrap();
    assert!(problem.contains("who are you") && !problem.contains("wrong"), "{problem}");
    lab.config.smtp = right;
    let driving = lab.drive();
    lab.to_next_attempt().await;
    lab.until(id, Status::Sent).await;
    driving.end().await;
    assert_eq!(relay.got.lock().len(), 1);
}

#[tokio::test]
async fn a_queued_mail_survives_a_restart_and_its_secret_does_not_survive_the_sending() {
    let (relay, lab) = with_relay().await;
    let id = lab.queue("ada@example.com").await.unwrap();
    let entry = lab.entry(id).await;
    assert_eq!(entry.data["link"], "https://acme.example.com/join#AbCd…");
    assert!(!format!("{entry:?}").contains(LINK), "the log does not hold the link");
    assert!(entry.text.contains("join#AbCd…"));
    let work = list_work(&mut lab.begin().await, None, 10).unwrap();
    assert!(work.items.len() == 1 && !format!("{work:?}").contains(LINK), "no list shows the link");
    let lab = lab.restart();
    let driving = lab.drive();
    let entry = lab.until(id, Status::Sent).await;
    driving.end().await;
    assert!(relay.got.lock()[0].text.contains("AbCdEfGh"));
    assert!(!format!("{entry:?}").contains(LINK));
    assert!(list_work(&mut lab.begin().await, None, 10).unwrap().items.is_empty());
}

#[tokio::test]
async fn a_tenants_mails_can_all_go_to_one_address() {
    let (relay, lab) = with_relay().await;
    let queued_before = lab.queue("ada@example.com").await.unwrap();
    lab.change(|tx| set_divert(tx, Some(address("trial@example.org"))).unwrap()).await;
    let driving = lab.drive();
    let entry = lab.until(queued_before, Status::Diverted).await;
    assert_eq!(entry.diverted_to, Some(address("trial@example.org")));
    lab.change(|tx| set_divert(tx, None).unwrap()).await;
    let id = lab.queue("ada@example.com").await.unwrap();
    lab.until(id, Status::Sent).await;
    driving.end().await;
    let got = relay.got.lock().clone();
    assert_eq!(got.iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["trial@example.org", "ada@example.com"]);
    assert!(!got[0].text.contains("To: ada@") && got[0].text.contains("Subject: [ada@example.com] "));
}

#[tokio::test]
async fn connections_are_used_again() {
    let (relay, lab) = with_relay().await;
    let driving = lab.drive();
    for n in 0..10 {
        let id = lab.queue(&format!("user{n}@example.com")).await.unwrap();
        lab.until(id, Status::Sent).await;
    }
    driving.end().await;
    assert_eq!((relay.got.lock().len(), *relay.connections.lock() <= 2), (10, true));
}

#[tokio::test]
async fn without_a_relay_mails_are_files() {
    let lab = Lab::new(MailConfig::default()).await;
    let driving = lab.drive();
    let id = lab.queue("ada@example.com").await.unwrap();
    lab.until(id, Status::Sent).await;
    driving.end().await;
    let text = std::fs::read_to_string(lab.folder().join(format!("{id}.eml"))).unwrap();
    assert!(text.contains("To: ada@example.com\r\n") && text.contains("multipart/alternative"));
    assert_eq!(lab.folder().read_dir().unwrap().count(), 1);
}

//! A mail is there exactly when its cause is, and no tenant sends without end.

use signalsync_core::Timestamp;
use signalsync_mail::{Mail, MailConfig, MailError, Status, Template, get, list};

use crate::lab::{Lab, START, address};

#[tokio::test]
async fn a_mail_is_queued_exactly_when_its_cause_is() {
    let lab = Lab::new(MailConfig::default()).await;
    let mail = Mail {
        to: &address("ada@example.com"),
        template: Template::Test,
        language: "en",
        data: &[("tenant", "Acme")],
        secret_link: None,
    };
    let mut dropped = lab.begin().await;
    let id = lab.outbox.queue(&mut dropped, &lab.scope(), &mail).unwrap();
    drop(dropped);
    assert!(matches!(get(&mut lab.begin().await, id), Err(MailError::NotFound)));
    let incomplete = Mail { data: &[], ..mail };
    let refused = lab.outbox.queue(&mut lab.begin().await, &lab.scope(), &incomplete);
    assert!(matches!(refused, Err(MailError::Template(_))));
    let id = lab.change(|tx| lab.outbox.queue(tx, &lab.scope(), &mail)).await.unwrap();
    let driving = lab.drive();
    lab.until(id, Status::Sent).await;
    driving.end().await;
    assert_eq!(lab.folder().read_dir().unwrap().count(), 1);
}

#[tokio::test]
async fn a_tenant_queues_so_many_mails_in_an_hour() {
    let lab = Lab::new(MailConfig { per_tenant_per_hour_max: 3, ..MailConfig::default() }).await;
    for _ in 0..3 {
        lab.queue("ada@example.com").await.unwrap();
    }
    let refused = lab.queue("ada@example.com").await;
    let hour_over = Timestamp(START.0 + 3_600_000);
    assert!(matches!(refused, Err(MailError::TooMany { limit: 3, again_at }) if again_at == hour_over));
    lab.clock.advance(3_600_000);
    lab.queue("ada@example.com").await.unwrap();
}

#[tokio::test]
async fn the_log_keeps_its_newest_and_comes_in_pages() {
    let lab = Lab::new(MailConfig { log_kept: 5, ..MailConfig::default() }).await;
    let mut ids = Vec::new();
    for _ in 0..7 {
        ids.push(lab.queue("ada@example.com").await.unwrap());
    }
    let first = list(&lab.begin().await, None, None, 3).unwrap();
    let before = first.next.as_ref().unwrap().parse().unwrap();
    let rest = list(&lab.begin().await, Some(Status::Queued), Some(before), 3).unwrap();
    let listed: Vec<_> = first.items.iter().chain(&rest.items).map(|entry| entry.id).collect();
    assert_eq!(listed, ids[2..].iter().rev().copied().collect::<Vec<_>>());
    let driving = lab.drive();
    for id in &ids[2..] {
        lab.until(*id, Status::Sent).await;
    }
    driving.end().await;
    assert_eq!(lab.folder().read_dir().unwrap().count(), 7, "mails whose entries made room are sent all the same");
}

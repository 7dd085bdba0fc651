//! Which calendar is whose, and how many there may be.

use std::sync::Arc;

use serde_json::{Value, json};
use signalsync_calendar::stored::{
    CALENDARS_MAX, CalendarDraft, CalendarError, Calendars, DEPARTMENTS_MAX, USER_BYTES_MAX, add_use, drop_use, of,
};
use signalsync_core::{CalendarName, DepartmentId};
use signalsync_store::{Precondition, Transaction};

use crate::lab::Lab;

struct Fixture {
    lab: Lab,
    calendars: Calendars,
}

async fn fixture() -> Fixture {
    let lab = Lab::at("2026-01-05T08:00:00Z").await;
    let calendars = Calendars::new(lab.stores.clone(), Arc::new(lab.clock.clone()));
    Fixture { lab, calendars }
}

fn draft(more: Value) -> CalendarDraft {
    let mut draft = json!({"calendar": {"zone": "UTC", "hours": {"monday": ["09:00-17:00"]}}});
    draft.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(draft).unwrap()
}

impl Fixture {
    async fn put(&self, name: &str, more: Value) -> Result<(), CalendarError> {
        let put = self.calendars.put(&self.lab.scope, &name.parse().unwrap(), draft(more), Precondition::None).await;
        put.map(drop)
    }

    async fn delete(&self, name: &str) -> Result<(), CalendarError> {
        self.calendars.delete(&self.lab.scope, &name.parse().unwrap(), Precondition::None).await
    }

    async fn change<T>(&self, edit: impl FnOnce(&mut Transaction) -> T) -> T {
        let mut tx = self.lab.stores.tenant(&self.lab.scope).await.unwrap().begin().await.unwrap();
        let done = edit(&mut tx);
        tx.commit().await.unwrap();
        done
    }

    async fn of(&self, path: &[DepartmentId]) -> Option<String> {
        self.change(|tx| of(tx, path).unwrap().map(|kept| kept.name.to_string())).await
    }
}

#[tokio::test]
async fn the_nearest_calendar_up_the_tree_counts_and_then_the_default() {
    let fixture = fixture().await;
    let [root, plant, line] = [(); 3].map(|()| DepartmentId::new());
    assert_eq!(fixture.of(&[line, plant, root]).await, None);
    fixture.put("office", json!({})).await.unwrap();
    assert_eq!(fixture.of(&[]).await.as_deref(), Some("office"));
    assert_eq!(fixture.of(&[line, plant, root]).await.as_deref(), Some("office"));
    fixture.put("plant", json!({"departments": [plant]})).await.unwrap();
    assert_eq!(fixture.of(&[line, plant, root]).await.as_deref(), Some("plant"));
    assert_eq!(fixture.of(&[root]).await.as_deref(), Some("office"));
    fixture.put("shifts", json!({"departments": [line]})).await.unwrap();
    assert_eq!(fixture.of(&[line, plant, root]).await.as_deref(), Some("shifts"));
    fixture.put("shifts", json!({"departments": []})).await.unwrap();
    assert_eq!(fixture.of(&[line, plant, root]).await.as_deref(), Some("plant"));
}

#[tokio::test]
async fn a_calendar_that_somebody_works_by_stays() {
    let fixture = fixture().await;
    fixture.put("office", json!({})).await.unwrap();
    let office: CalendarName = "office".parse().unwrap();
    fixture.change(|tx| add_use(tx, &office, "workflow/repairs").unwrap()).await;
    let refused = fixture.delete("office").await;
    assert!(matches!(&refused, Err(CalendarError::InUse { by, .. }) if by == "workflow/repairs"), "{refused:?}");
    fixture.change(|tx| drop_use(tx, &office, "workflow/repairs").unwrap()).await;
    fixture.delete("office").await.unwrap();
    let unknown = fixture.change(|tx| add_use(tx, &office, "workflow/repairs")).await;
    assert!(matches!(unknown, Err(CalendarError::NotFound)));
}

#[tokio::test]
async fn calendars_departments_and_users_have_limits() {
    let fixture = fixture().await;
    let departments = |count: usize| (0..count).map(|_| DepartmentId::new()).collect::<Vec<_>>();
    fixture.put("c0", json!({"departments": departments(DEPARTMENTS_MAX)})).await.unwrap();
    let many = fixture.put("c0", json!({"departments": departments(DEPARTMENTS_MAX + 1)})).await;
    assert!(matches!(many, Err(CalendarError::TooMany { limit: DEPARTMENTS_MAX, .. })));
    let long = fixture.put("c0", json!({"title": "x".repeat(101)})).await;
    assert!(matches!(long, Err(CalendarError::Invalid(_))));
    for number in 1..CALENDARS_MAX {
        fixture.put(&format!("c{number}"), json!({})).await.unwrap();
    }
    let many = fixture.put("one-more", json!({})).await;
    assert!(matches!(many, Err(CalendarError::TooMany { limit: CALENDARS_MAX, .. })));
    let name: CalendarName = "c0".parse().unwrap();
    fixture.change(|tx| add_use(tx, &name, &"x".repeat(USER_BYTES_MAX)).unwrap()).await;
    let long = fixture.change(|tx| add_use(tx, &name, &"x".repeat(USER_BYTES_MAX + 1))).await;
    assert!(matches!(long, Err(CalendarError::Invalid(_))));
}

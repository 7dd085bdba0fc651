//! Service levels: what is counted is the working time of the spans in which the clock ran.

use proptest::prelude::*;
use signalsync_calendar::{Reach, ServiceClock};
use signalsync_core::Timestamp;

use crate::lab::{at, calendar, office};

#[test]
fn a_target_is_reached_in_working_time_and_not_while_it_is_paused() {
    let office = calendar(office());
    let mut clock = ServiceClock::new(240);
    assert_eq!(clock.when_reached(&office, 100), Ok(Reach::Paused));
    clock.start(at("2026-01-09T14:00:00Z"));
    assert_eq!(clock.when_reached(&office, 50), Ok(Reach::At(at("2026-01-09T16:00:00Z"))));
    assert_eq!(clock.when_reached(&office, 100), Ok(Reach::At(at("2026-01-12T10:00:00Z"))));
    assert_eq!(clock.when_reached(&office, 125), Ok(Reach::At(at("2026-01-12T11:00:00Z"))));
    clock.pause(&office, at("2026-01-12T09:00:00Z"));
    assert_eq!(clock.elapsed(&office, at("2026-01-20T00:00:00Z")).as_secs(), 3 * 60 * 60);
    assert_eq!(clock.when_reached(&office, 75), Ok(Reach::Already));
    assert_eq!(clock.when_reached(&office, 76), Ok(Reach::Paused));
    clock.start(at("2026-01-13T10:00:00Z"));
    assert_eq!(clock.when_reached(&office, 100), Ok(Reach::At(at("2026-01-13T11:00:00Z"))));
}

#[test]
fn a_clock_outlives_its_storage_and_a_clock_that_goes_back() {
    let office = calendar(office());
    let mut clock = ServiceClock::new(60);
    clock.start(at("2026-01-09T14:00:00Z"));
    let stored = serde_json::to_string(&clock).unwrap();
    assert_eq!(stored, r#"{"target-minutes":60,"counted-ms":0,"running-since":"2026-01-09T14:00:00.000Z"}"#);
    assert_eq!(serde_json::from_str::<ServiceClock>(&stored).unwrap(), clock);
    clock.pause(&office, at("2026-01-09T13:00:00Z"));
    assert_eq!(clock, ServiceClock::new(60));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn starts_and_pauses_add_up_to_the_spans_between_them(
        steps in prop::collection::vec((any::<bool>(), 0_u64..200_000_000), 1..20),
    ) {
        let office = calendar(office());
        let (mut clock, mut now, mut since, mut spans) = (ServiceClock::new(60), 1_767_000_000_000, None, Vec::new());
        for (starts, pause) in steps {
            now += pause;
            if starts {
                clock.start(Timestamp(now));
                since.get_or_insert(now);
            } else {
                clock.pause(&office, Timestamp(now));
                spans.extend(since.take().map(|since| (since, now)));
            }
        }
        now += 1;
        spans.extend(since.map(|since| (since, now)));
        let sum: u128 = spans.iter().map(|(from, until)| {
            office.working_between(Timestamp(*from), Timestamp(*until)).as_millis()
        }).sum();
        prop_assert_eq!(clock.elapsed(&office, Timestamp(now)).as_millis(), sum);
    }
}

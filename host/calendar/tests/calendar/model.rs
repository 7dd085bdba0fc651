//! The same questions, answered by a model that looks at the clock on the wall minute by minute.

use jiff::Timestamp as Instant;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use proptest::prelude::*;
use serde_json::{Value, json};
use signalsync_core::Timestamp;

use crate::lab::{DAYS, calendar};

const MINUTE_MS: u64 = 60_000;

/// Zones, each with times around which something happens to its clock.
const PLACES: &[(&str, &[&str])] = &[
    ("Europe/Berlin", &["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z", "2026-12-24T10:00:00Z"]),
    ("America/New_York", &["2026-03-08T07:00:00Z", "2026-11-01T06:00:00Z", "2026-01-01T00:00:00Z"]),
    ("Pacific/Apia", &["2011-12-30T10:00:00Z", "2011-09-24T14:00:00Z"]),
    ("Australia/Lord_Howe", &["2026-04-04T15:00:00Z", "2026-10-03T15:30:00Z"]),
    ("Africa/Casablanca", &["2026-02-15T02:00:00Z", "2026-03-22T02:00:00Z"]),
    ("Asia/Kathmandu", &["1985-12-31T18:30:00Z"]),
    ("UTC", &["2026-06-01T00:00:00Z"]),
];

struct Model {
    zone: TimeZone,
    document: Value,
}

impl Model {
    fn new(document: &Value) -> Self {
        let zone = TimeZoneDatabase::bundled().get(document["zone"].as_str().unwrap()).unwrap();
        Self { zone, document: document.clone() }
    }

    fn is_working(&self, at: u64) -> bool {
        let shown = Instant::from_millisecond(i64::try_from(at).unwrap()).unwrap().to_zoned(self.zone.clone());
        let (date, minute) = (shown.date().to_string(), shown.strftime("%H:%M").to_string());
        let holds = |hours: &Value| {
            let (from, until) = hours.as_str().unwrap().split_once('-').unwrap();
            from <= minute.as_str() && minute.as_str() < until
        };
        let of_day = |entries: &Value| -> Vec<Value> {
            let entries = entries.as_array().into_iter().flatten();
            entries.filter(|entry| date.ends_with(entry["on"].as_str().unwrap())).cloned().collect()
        };
        if let Some(exception) = of_day(&self.document["exceptions"]).first() {
            return exception["hours"].as_array().unwrap().iter().any(holds);
        }
        let weekday = DAYS[shown.weekday().to_monday_zero_offset().unsigned_abs() as usize];
        let usual = self.document["hours"][weekday].as_array().is_some_and(|hours| hours.iter().any(holds));
        let taken = of_day(&self.document["holidays"]);
        usual && !taken.iter().any(|holiday| holiday["hours"].is_null() || holds(&holiday["hours"]))
    }

    /// Nothing changes within a minute, so parts of one are counted whole or not at all.
    fn between(&self, from: u64, until: u64) -> u64 {
        let (mut at, mut sum) = (from, 0);
        while at < until {
            let next = (at / MINUTE_MS * MINUTE_MS + MINUTE_MS).min(until);
            sum += if self.is_working(at) { next - at } else { 0 };
            at = next;
        }
        sum
    }
}

fn hours() -> impl Strategy<Value = Vec<String>> {
    prop::collection::btree_set(0_u32..=48, 0..5).prop_map(|edges| {
        let edges: Vec<_> = edges.into_iter().map(|half| format!("{:02}:{:02}", half / 2, half % 2 * 30)).collect();
        edges.chunks_exact(2).map(|pair| format!("{}-{}", pair[0], pair[1])).collect()
    })
}

/// Days around which the times of the place lie.
fn day(around: &str, offset: i64) -> String {
    let date = around[..10].parse::<jiff::civil::Date>().unwrap();
    date.checked_add(jiff::Span::new().days(offset)).unwrap().to_string()
}

prop_compose! {
    fn place()(place in prop::sample::select(PLACES))(time in prop::sample::select(place.1), zone in Just(place.0))
        -> (&'static str, &'static str) { (zone, time) }
}

prop_compose! {
    fn world()(place in place())(
        week in prop::collection::vec(hours(), 7),
        holidays in prop::collection::vec((-2_i64..=2, prop::option::of(0_u32..47), any::<bool>()), 0..3),
        exception in prop::option::of((-2_i64..=2, hours())),
        place in Just(place),
    ) -> (Value, u64) {
        let (zone, around) = place;
        let mut document = json!({"zone": zone, "hours": {"monday": ["09:00-17:00"]}});
        for (day, hours) in DAYS.iter().zip(week).filter(|(_, hours)| !hours.is_empty()) {
            document["hours"][day] = json!(hours);
        }
        let holidays: Vec<_> = holidays.into_iter().map(|(offset, part, yearly)| {
            let on = day(around, offset);
            let mut holiday = json!({"name": "x", "on": if yearly { &on[5..] } else { &on }});
            if let Some(half) = part {
                let (next, from) = (half + 1, half);
                holiday["hours"] =
                    json!(format!("{:02}:{:02}-{:02}:{:02}", from / 2, from % 2 * 30, next / 2, next % 2 * 30));
            }
            holiday
        }).collect();
        document["holidays"] = json!(holidays);
        let exception = exception.map(|(offset, hours)| json!({"name": "x", "on": day(around, offset), "hours": hours}));
        document["exceptions"] = json!(exception.into_iter().collect::<Vec<_>>());
        (document, around.parse::<Timestamp>().unwrap().0)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn working_time_is_what_the_clock_on_the_wall_shows(
        (document, around) in world(),
        before in 0_u64..(36 * 60 * MINUTE_MS),
        length in 0_u64..(72 * 60 * MINUTE_MS),
        minutes in 0_u32..(20 * 60),
    ) {
        let (model, calendar) = (Model::new(&document), calendar(document));
        let (from, until) = (around - before, around - before + length);
        let between = calendar.working_between(Timestamp(from), Timestamp(until));
        prop_assert_eq!(between.as_millis(), u128::from(model.between(from, until)));
        prop_assert_eq!(calendar.is_working(Timestamp(from)), model.is_working(from));

        let due = calendar.add_working(Timestamp(from), minutes).unwrap();
        let wanted = u64::from(minutes) * MINUTE_MS;
        prop_assert_eq!(model.between(from, due.0), wanted, "enough has passed");
        prop_assert!(minutes == 0 || model.is_working(due.0 - 1), "and not before");

        let next = calendar.next_working(Timestamp(from)).unwrap();
        prop_assert!(model.is_working(next.0));
        prop_assert_eq!(model.between(from, next.0), 0);
    }
}

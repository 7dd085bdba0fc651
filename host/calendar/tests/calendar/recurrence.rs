//! The examples of RFC 5545, section 3.8.5.3: expectations are written down from its text.

use proptest::prelude::*;
use serde_json::json;
use signalsync_calendar::{HORIZON, Schedule};
use signalsync_core::Timestamp;

use crate::lab::at;

fn rule(zone: &str, start: &str, rrule: &str) -> Result<Schedule, String> {
    let document = json!({"zone": zone, "rule": {"recurrence": {"start": start, "rrule": rrule}}});
    serde_json::from_value(document).map_err(|error| error.to_string())
}

/// The days on which a rule of New York fires, as `1997-09-02`; always at nine.
fn days(start: &str, rrule: &str, max: usize) -> Vec<String> {
    let schedule = rule("America/New_York", &format!("{start}T09:00:00"), rrule).unwrap();
    let zone = jiff::tz::TimeZoneDatabase::bundled().get("America/New_York").unwrap();
    let shown = schedule
        .occurrences_between(Timestamp(0), HORIZON, max)
        .into_iter()
        .map(|at| jiff::Timestamp::from_millisecond(i64::try_from(at.0).unwrap()).unwrap().to_zoned(zone.clone()));
    shown
        .map(|at| {
            assert_eq!(at.strftime("%H:%M:%S").to_string(), "09:00:00");
            at.date().to_string()
        })
        .collect()
}

/// Days in the words of the RFC: a year or a month, then days.
fn written(text: &str) -> Vec<String> {
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (mut year, mut month, mut days) = ("", 0, Vec::new());
    for word in text.split([' ', ',', ';']).filter(|word| !word.is_empty()) {
        match months.iter().position(|name| *name == word) {
            Some(place) => month = place + 1,
            None if word.len() == 4 => year = word,
            None => days.push(format!("{year}-{month:02}-{word:0>2}")),
        }
    }
    days
}

#[track_caller]
fn all(start: &str, rrule: &str, expected: &str) {
    assert_eq!(days(start, rrule, 1_000), written(expected), "{rrule}");
}

/// The rule goes on.
#[track_caller]
fn first(start: &str, rrule: &str, expected: &str) {
    let expected = written(expected);
    assert_eq!(days(start, rrule, expected.len()), expected, "{rrule}");
}

const START: &str = "1997-09-02";

#[test]
fn daily_rules_of_the_rfc() {
    all(START, "FREQ=DAILY;COUNT=10", "1997 Sep 2,3,4,5,6,7,8,9,10,11");
    first(START, "FREQ=DAILY;INTERVAL=2", "1997 Sep 2,4,6,8,10,12,14,16,18,20,22,24,26,28,30 Oct 2,4");
    all(START, "FREQ=DAILY;INTERVAL=10;COUNT=5", "1997 Sep 2,12,22 Oct 2,12");
    let until_christmas_eve = days(START, "FREQ=DAILY;UNTIL=19971224T000000Z", 1_000);
    assert_eq!((until_christmas_eve.len(), until_christmas_eve[112].as_str()), (113, "1997-12-23"));
    let january = "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU,MO,TU,WE,TH,FR,SA";
    let january = days("1998-01-01", january, 1_000);
    assert_eq!(january, days("1998-01-01", "FREQ=DAILY;UNTIL=20000131T140000Z;BYMONTH=1", 1_000));
    assert_eq!((january.len(), january[92].as_str()), (93, "2000-01-31"));
}

#[test]
fn weekly_rules_of_the_rfc() {
    all(START, "FREQ=WEEKLY;COUNT=10", "1997 Sep 2,9,16,23,30 Oct 7,14,21,28 Nov 4");
    all(
        START,
        "FREQ=WEEKLY;UNTIL=19971224T000000Z",
        "1997 Sep 2,9,16,23,30 Oct 7,14,21,28 Nov 4,11,18,25 Dec 2,9,16,23",
    );
    first(START, "FREQ=WEEKLY;INTERVAL=2;WKST=SU", "1997 Sep 2,16,30 Oct 14,28 Nov 11,25 Dec 9,23 1998 Jan 6,20 Feb 3");
    all(START, "FREQ=WEEKLY;COUNT=10;WKST=SU;BYDAY=TU,TH", "1997 Sep 2,4,9,11,16,18,23,25,30 Oct 2");
    all(
        "1997-09-01",
        "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
        "1997 Sep 1,3,5,15,17,19,29 Oct 1,3,13,15,17,27,29,31 Nov 10,12,14,24,26,28 Dec 8,10,12,22",
    );
    all(START, "FREQ=WEEKLY;INTERVAL=2;COUNT=8;WKST=SU;BYDAY=TU,TH", "1997 Sep 2,4,16,18,30 Oct 2,14,16");
    all("1997-08-05", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997 Aug 5,10,19,24");
    all("1997-08-05", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997 Aug 5,17,19,31");
}

#[test]
fn monthly_rules_of_the_rfc() {
    all(
        "1997-09-05",
        "FREQ=MONTHLY;COUNT=10;BYDAY=1FR",
        "1997 Sep 5 Oct 3 Nov 7 Dec 5 1998 Jan 2 Feb 6 Mar 6 Apr 3 May 1 Jun 5",
    );
    all("1997-09-05", "FREQ=MONTHLY;UNTIL=19971224T000000Z;BYDAY=1FR", "1997 Sep 5 Oct 3 Nov 7 Dec 5");
    all(
        "1997-09-07",
        "FREQ=MONTHLY;INTERVAL=2;COUNT=10;BYDAY=1SU,-1SU",
        "1997 Sep 7,28 Nov 2,30 1998 Jan 4,25 Mar 1,29 May 3,31",
    );
    all("1997-09-22", "FREQ=MONTHLY;COUNT=6;BYDAY=-2MO", "1997 Sep 22 Oct 20 Nov 17 Dec 22 1998 Jan 19 Feb 16");
    first("1997-09-28", "FREQ=MONTHLY;BYMONTHDAY=-3", "1997 Sep 28 Oct 29 Nov 28 Dec 29 1998 Jan 29 Feb 26");
    all(START, "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=2,15", "1997 Sep 2,15 Oct 2,15 Nov 2,15 Dec 2,15 1998 Jan 2,15");
    all(
        "1997-09-30",
        "FREQ=MONTHLY;COUNT=10;BYMONTHDAY=1,-1",
        "1997 Sep 30 Oct 1,31 Nov 1,30 Dec 1,31 1998 Jan 1,31 Feb 1",
    );
    all(
        "1997-09-10",
        "FREQ=MONTHLY;INTERVAL=18;COUNT=10;BYMONTHDAY=10,11,12,13,14,15",
        "1997 Sep 10,11,12,13,14,15 1999 Mar 10,11,12,13",
    );
    first(
        START,
        "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU",
        "1997 Sep 2,9,16,23,30 Nov 4,11,18,25 1998 Jan 6,13,20,27 Mar 3,10,17,24,31",
    );
    first(START, "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "1998 Feb 13 Mar 13 Nov 13 1999 Aug 13 2000 Oct 13");
    first(
        "1997-09-13",
        "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13",
        "1997 Sep 13 Oct 11 Nov 8 Dec 13 1998 Jan 10 Feb 7 Mar 7 Apr 11 May 9 Jun 13",
    );
    all("1997-09-04", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997 Sep 4 Oct 7 Nov 6");
    first(
        "1997-09-29",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
        "1997 Sep 29 Oct 30 Nov 27 Dec 30 1998 Jan 29 Feb 26 Mar 30",
    );
    all("2007-01-15", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "2007 Jan 15,30 Feb 15 Mar 15,30");
}

#[test]
fn yearly_rules_of_the_rfc() {
    all(
        "1997-06-10",
        "FREQ=YEARLY;COUNT=10;BYMONTH=6,7",
        "1997 Jun 10 Jul 10 1998 Jun 10 Jul 10 1999 Jun 10 Jul 10 2000 Jun 10 Jul 10 2001 Jun 10 Jul 10",
    );
    all(
        "1997-03-10",
        "FREQ=YEARLY;INTERVAL=2;COUNT=10;BYMONTH=1,2,3",
        "1997 Mar 10 1999 Jan 10 Feb 10 Mar 10 2001 Jan 10 Feb 10 Mar 10 2003 Jan 10 Feb 10 Mar 10",
    );
    all(
        "1997-01-01",
        "FREQ=YEARLY;INTERVAL=3;COUNT=10;BYYEARDAY=1,100,200",
        "1997 Jan 1 Apr 10 Jul 19 2000 Jan 1 Apr 9 Jul 18 2003 Jan 1 Apr 10 Jul 19 2006 Jan 1",
    );
    first("1997-05-19", "FREQ=YEARLY;BYDAY=20MO", "1997 May 19 1998 May 18 1999 May 17");
    first("1997-05-12", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "1997 May 12 1998 May 11 1999 May 17");
    first("1997-03-13", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "1997 Mar 13,20,27 1998 Mar 5,12,19,26 1999 Mar 4,11,18,25");
    first(
        "1997-06-05",
        "FREQ=YEARLY;BYDAY=TH;BYMONTH=6,7,8",
        "1997 Jun 5,12,19,26 Jul 3,10,17,24,31 Aug 7,14,21,28 1998 Jun 4,11,18,25 Jul 2,9,16,23,30 Aug 6,13,20,27",
    );
    first(
        "1996-11-05",
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
        "1996 Nov 5 2000 Nov 7 2004 Nov 2",
    );
}

#[test]
fn a_day_can_have_several_times_and_no_rule_repeats_within_a_day() {
    let text = "FREQ=DAILY;BYHOUR=9,10,11,12,13,14,15,16;BYMINUTE=0,20,40";
    let schedule = rule("America/New_York", "1997-09-02T09:00:00", text).unwrap();
    let day = schedule.occurrences_between(Timestamp(0), at("1997-09-02T23:00:00Z"), 100);
    assert_eq!(
        (day.len(), day[0], day[1], day[23]),
        (24, at("1997-09-02T13:00:00Z"), at("1997-09-02T13:20:00Z"), at("1997-09-02T20:40:00Z"),)
    );
    for text in ["FREQ=HOURLY;INTERVAL=3;UNTIL=19970902T170000Z", "FREQ=MINUTELY;INTERVAL=15;COUNT=6", "FREQ=SECONDLY"]
    {
        let error = rule("America/New_York", "1997-09-02T09:00:00", text).unwrap_err();
        assert!(error.contains("it repeats within a day"), "{error}");
    }
}

#[test]
fn what_is_no_rule_is_refused_with_the_reason() {
    let quarters = |count: u32| {
        let hours: Vec<_> = (0..count).map(|hour| hour.to_string()).collect();
        format!("FREQ=DAILY;BYMINUTE=0,15,30,45;BYHOUR={}", hours.join(","))
    };
    assert!(rule("UTC", "2026-01-01T00:00:00", &quarters(24)).is_ok());
    let every_ten = format!("{},10,20", quarters(24).replace(";BYHOUR", ",5,10;BYHOUR"));
    for (text, why) in [
        ("", "is no recurrence rule"),
        ("COUNT=3", "is no recurrence rule"),
        ("FREQ=SOMETIMES", "is no recurrence rule"),
        ("FREQ=DAILY;COUNT=10001", "`COUNT` is at most 10000"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20270101", "both `UNTIL` and `COUNT`"),
        ("FREQ=DAILY;UNTIL=20270101;UNTIL=20280101", "`UNTIL` stands twice"),
        ("FREQ=DAILY;UNTIL=soon", "`UNTIL=soon` is no time"),
        ("FREQ=DAILY;BYSECOND=0,30", "`BYSECOND` is not possible"),
        (every_ten.as_str(), "more than 96 times a day"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "never fires"),
        ("FREQ=MONTHLY;BYMONTH=2,4;BYMONTHDAY=31", "never fires"),
    ] {
        let error = rule("UTC", "2026-01-01T00:00:00", text).unwrap_err();
        assert!(error.contains(why), "{text}: {error}");
    }
    assert!(rule("UTC", "2026-01-01T00:00:00", "FREQ=DAILY;COUNT=10000").is_ok());
    let long =
        |bytes: usize| format!("FREQ=DAILY;BYMONTH={}1", "1,".repeat(bytes)).chars().take(bytes).collect::<String>();
    assert!(rule("UTC", "2026-01-01T00:00:00", &long(501)).unwrap_err().contains("at most 500 bytes"));
    assert!(rule("UTC", "2200-01-01T00:00:00", "FREQ=DAILY").unwrap_err().contains("never fires"));
}

#[test]
fn a_clock_that_changes_moves_what_it_skips_and_does_not_repeat() {
    let berlin = rule("Europe/Berlin", "2026-03-01T02:30:00", "FREQ=DAILY").unwrap();
    let days = berlin.occurrences_between(at("2026-03-28T00:00:00Z"), at("2026-03-30T12:00:00Z"), 10);
    assert_eq!(days, [at("2026-03-28T01:30:00Z"), at("2026-03-29T01:30:00Z"), at("2026-03-30T00:30:00Z")]);
    let autumn = berlin.occurrences_between(at("2026-10-24T12:00:00Z"), at("2026-10-26T12:00:00Z"), 10);
    assert_eq!(autumn, [at("2026-10-25T00:30:00Z"), at("2026-10-26T01:30:00Z")]);
    // In the night of the change, 02:30 is shown at 03:30, and so comes behind 03:00.
    let both = rule("Europe/Berlin", "2026-03-29T00:00:00", "FREQ=DAILY;BYHOUR=2,3;BYMINUTE=0,30").unwrap();
    let night = both.occurrences_between(at("2026-03-28T23:30:00Z"), at("2026-03-29T05:00:00Z"), 10);
    assert_eq!(night, [at("2026-03-29T01:00:00Z"), at("2026-03-29T01:30:00Z")]);
    let until = rule("Europe/Berlin", "2026-01-05T09:00:00", "FREQ=DAILY;UNTIL=20260107").unwrap();
    assert_eq!(until.occurrences_between(Timestamp(0), HORIZON, 10).len(), 3, "the last day belongs to it");
    assert_eq!(until.next_after(at("2026-01-07T08:00:00Z")), None);
}

prop_compose! {
    fn some_rule()(
        (freq, by) in prop::sample::select(vec![
            ("DAILY", ""), ("DAILY", ";BYDAY=MO,FR"), ("DAILY", ";BYHOUR=3,15"),
            ("WEEKLY", ""), ("WEEKLY", ";BYDAY=TU,SU"), ("WEEKLY", ";BYDAY=TU,SU;WKST=SU"),
            ("MONTHLY", ""), ("MONTHLY", ";BYMONTHDAY=-1,31"), ("MONTHLY", ";BYDAY=MO,TU;BYSETPOS=-1"),
            ("YEARLY", ""), ("YEARLY", ";BYMONTH=2;BYMONTHDAY=29"), ("YEARLY", ";BYWEEKNO=1,53;BYDAY=MO"),
            ("YEARLY", ";BYYEARDAY=1,-1"),
        ]),
        interval in 1_u32..5,
    ) -> String { format!("FREQ={freq};INTERVAL={interval}{by}") }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// A rule that is counted is walked through from its start; others are looked up close to the time that is asked for.
    /// Twice a day for ten years is counted to less than 10,000.
    #[test]
    fn looking_up_finds_what_walking_finds(
        text in some_rule(),
        day in 0_i64..3_000,
        from in 0_u64..(10 * 365 * 24 * 60 * 60 * 1_000),
    ) {
        let start = jiff::civil::date(2000, 1, 1).checked_add(jiff::Span::new().days(day)).unwrap();
        let start = format!("{start}T09:30:00");
        let looked = rule("Europe/Berlin", &start, &text);
        let walked = rule("Europe/Berlin", &start, &format!("{text};COUNT=10000"));
        let (Ok(looked), Ok(walked)) = (&looked, &walked) else {
            // A leap day in years that are none.
            prop_assert!(text.contains("BYMONTHDAY=29") && looked.is_err() && walked.is_err());
            return Ok(());
        };
        let from = Timestamp(at("2000-01-01T00:00:00Z").0 + from);
        let until = Timestamp(from.0 + 3 * 365 * 24 * 60 * 60 * 1_000);
        prop_assert_eq!(looked.occurrences_between(from, until, 20), walked.occurrences_between(from, until, 20));
    }

    #[test]
    fn no_text_ends_the_process(text in "[A-Z0-9=;,:TZ+-]{0,60}", cron in "[0-9A-Z*/,#@L? -]{0,30}") {
        let _ = rule("UTC", "2026-01-01T00:00:00", &text);
        let _ = rule("UTC", "2026-01-01T00:00:00", &format!("FREQ=DAILY;{text}"));
        let _ = serde_json::from_value::<Schedule>(json!({"zone": "UTC", "rule": {"cron": cron}}));
    }
}

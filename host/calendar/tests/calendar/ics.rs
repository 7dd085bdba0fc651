//! Holidays out of iCalendar files.

use jiff::civil::date;
use proptest::prelude::*;
use signalsync_calendar::ics::{EVENTS_MAX, Found, ICS_BYTES_MAX, InvalidIcs, Window, holidays};

const WINDOW: Window = Window { first: date(2025, 1, 1), last: date(2030, 12, 31) };

fn read(file: &[u8]) -> Result<Found, InvalidIcs> {
    holidays(file, &"Europe/Berlin".parse().unwrap(), WINDOW)
}

fn file(events: &[&str]) -> String {
    let events: Vec<_> = events.iter().map(|event| format!("BEGIN:VEVENT\r\n{event}\r\nEND:VEVENT\r\n")).collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}END:VCALENDAR\r\n", events.concat())
}

/// Each as `day hours name`.
#[track_caller]
fn found(events: &[&str]) -> Vec<String> {
    let found = read(file(events).as_bytes()).unwrap();
    let hours = |hours: Option<signalsync_calendar::Hours>| hours.map(|hours| format!(" {hours}")).unwrap_or_default();
    found.holidays.iter().map(|one| format!("{}{} {}", one.on, hours(one.hours), one.name)).collect()
}

#[track_caller]
fn refused(events: &[&str], line: usize, why: &str) {
    let error = read(file(events).as_bytes()).unwrap_err();
    assert!(error.line == line && error.what.contains(why), "{error}");
}

#[test]
fn whole_days_and_parts_of_days_become_holidays() {
    assert_eq!(found(&["SUMMARY:New Year\r\nDTSTART;VALUE=DATE:20260101"]), ["2026-01-01 New Year"]);
    assert_eq!(
        found(&["SUMMARY:Easter\r\nDTSTART;VALUE=DATE:20260403\r\nDTEND;VALUE=DATE:20260405"]),
        ["2026-04-03 Easter", "2026-04-04 Easter"],
        "DTEND is the first day that does not belong to it"
    );
    assert_eq!(found(&["DTSTART;VALUE=DATE:20260101\r\nDURATION:P2D"]), ["2026-01-01 Holiday", "2026-01-02 Holiday"]);
    assert_eq!(
        found(&[
            "SUMMARY:Eve\r\nDTSTART;TZID=Europe/Berlin:20261224T120000\r\nDTEND;TZID=Europe/Berlin:20261225T093000"
        ]),
        ["2026-12-24 12:00-24:00 Eve", "2026-12-25 00:00-09:30 Eve"]
    );
    assert_eq!(found(&["SUMMARY:Utc\r\nDTSTART:20260701T100000Z\r\nDURATION:PT90M"]), ["2026-07-01 12:00-13:30 Utc"]);
    assert_eq!(found(&["SUMMARY:Here\r\nDTSTART:20260701T100000\r\nDURATION:PT1H"]), ["2026-07-01 10:00-11:00 Here"]);
    assert_eq!(
        found(&["SUMMARY:There\r\nDTSTART;TZID=America/New_York:20260701T180000\r\nDURATION:PT1H"]),
        ["2026-07-02 00:00-01:00 There"]
    );
    assert!(found(&["DTSTART:20260701T100000"]).is_empty(), "it takes no time");
}

#[test]
fn what_comes_every_year_on_the_same_day_is_written_so_and_all_else_written_out() {
    assert_eq!(found(&["SUMMARY:Unity\r\nDTSTART;VALUE=DATE:19901003\r\nRRULE:FREQ=YEARLY"]), ["10-03 Unity"]);
    assert_eq!(
        found(&[
            "SUMMARY:X\r\nDTSTART;VALUE=DATE:20201224\r\nDTEND;VALUE=DATE:20201227\r\nRRULE:FREQ=YEARLY;INTERVAL=1"
        ]),
        ["12-24 X", "12-25 X", "12-26 X"]
    );
    assert_eq!(
        found(&[
            "SUMMARY:Eve\r\nDTSTART:20101224T140000\r\nDURATION:PT10H\r\nRRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24"
        ]),
        ["12-24 14:00-24:00 Eve"]
    );
    // Thanksgiving: the fourth Thursday of November.
    assert_eq!(
        found(&["SUMMARY:T\r\nDTSTART;VALUE=DATE:20201126\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH"]),
        ["2025-11-27 T", "2026-11-26 T", "2027-11-25 T", "2028-11-23 T", "2029-11-22 T", "2030-11-28 T"]
    );
    assert_eq!(
        found(&["SUMMARY:U\r\nDTSTART;VALUE=DATE:20250501\r\nRRULE:FREQ=YEARLY;UNTIL=20270501"]),
        ["2025-05-01 U", "2026-05-01 U", "2027-05-01 U"]
    );
    assert_eq!(
        found(&["SUMMARY:L\r\nDTSTART;VALUE=DATE:20290501\r\nRRULE:FREQ=YEARLY"]),
        ["2029-05-01 L", "2030-05-01 L"],
        "not before it begins"
    );
    let every_month = "SUMMARY:M\r\nDTSTART;VALUE=DATE:20300131\r\nRRULE:FREQ=MONTHLY;COUNT=3";
    assert_eq!(found(&[every_month]), ["2030-01-31 M", "2030-03-31 M", "2030-05-31 M"]);
}

#[test]
fn days_are_left_out_moved_and_added() {
    let rule = "UID:u1\r\nSUMMARY:R\r\nDTSTART;VALUE=DATE:20260501\r\nRRULE:FREQ=YEARLY;COUNT=4";
    assert_eq!(found(&[&format!("{rule}\r\nEXDATE;VALUE=DATE:20270501,20280501")]), ["2026-05-01 R", "2029-05-01 R"]);
    assert_eq!(
        found(&[rule, "UID:u1\r\nSUMMARY:Moved\r\nRECURRENCE-ID;VALUE=DATE:20270501\r\nDTSTART;VALUE=DATE:20270503"]),
        ["2026-05-01 R", "2028-05-01 R", "2029-05-01 R", "2027-05-03 Moved"]
    );
    assert_eq!(
        found(&["SUMMARY:A\r\nDTSTART;VALUE=DATE:20260501\r\nRDATE;VALUE=DATE:20260601"]),
        ["2026-05-01 A", "2026-06-01 A"]
    );
    let timed = "SUMMARY:T\r\nDTSTART;TZID=Europe/Berlin:20260501T090000\r\nDURATION:PT1H\r\nRRULE:FREQ=YEARLY;COUNT=2";
    assert_eq!(found(&[&format!("{timed}\r\nEXDATE:20260501T070000Z")]), ["2027-05-01 09:00-10:00 T"]);
    assert!(found(&["STATUS:CANCELLED\r\nDTSTART;VALUE=DATE:20260501"]).is_empty());
}

#[test]
fn folded_lines_escaped_texts_and_foreign_line_ends_are_read() {
    assert_eq!(
        found(&["SUMMARY;LANGUAGE=\"de;x:y\":Tag der \r\n Arbeit\\, und\\nmehr\r\nDTSTART;\r\n VALUE=DATE:20260501"]),
        ["2026-05-01 Tag der Arbeit, und mehr"]
    );
    let plain = file(&["SUMMARY:Plain\r\nDTSTART:20260501"]).replace("\r\n", "\n");
    assert_eq!(read(plain.as_bytes()).unwrap().holidays.len(), 1);
    let marked = [b"\xef\xbb\xbf".as_slice(), plain.as_bytes()].concat();
    assert_eq!(read(&marked).unwrap().holidays.len(), 1);
    // A line may be folded in the middle of a character.
    let folded = file(&["SUMMARY:Gr#\r\nDTSTART:20260501"]);
    let (before, behind) = folded.split_once('#').unwrap();
    let folded = [before.as_bytes(), b"\xc3\r\n \xbcn", behind.as_bytes()].concat();
    assert_eq!(read(&folded).unwrap().holidays[0].name, "Grün");
    let long = found(&[&format!("SUMMARY:{}\r\nDTSTART:20260501", "é".repeat(80))]);
    assert_eq!(long, [format!("2026-05-01 {}", "é".repeat(50))]);
}

#[test]
fn what_is_unknown_is_skipped_and_counted() {
    let event = "DTSTAMP:20260101T000000Z\r\nX-COLOUR:red\r\nX-COLOUR:blue\r\nDTSTART:20260501\r\n\
                 BEGIN:VALARM\r\nTRIGGER:-PT15M\r\nEND:VALARM";
    let text = file(&[event]).replace("END:VCALENDAR", "BEGIN:VTODO\r\nDUE:soon\r\nEND:VTODO\r\nEND:VCALENDAR");
    let found = read(text.as_bytes()).unwrap();
    assert_eq!((found.events, found.holidays.len()), (1, 1));
    let skipped: Vec<_> = found.skipped.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    assert_eq!(skipped, [("DTSTAMP", 1), ("VALARM", 1), ("VTODO", 1), ("X-COLOUR", 2)]);
    let many: Vec<_> = (0..80).map(|number| format!("X-{number}:1")).collect();
    let found = read(file(&[&format!("{}\r\nDTSTART:20260501", many.join("\r\n"))]).as_bytes()).unwrap();
    assert_eq!((found.skipped.len(), found.skipped["others"]), (51, 30));
}

#[test]
fn what_cannot_be_understood_is_refused_with_its_line() {
    refused(&["SUMMARY:ok\r\nDTSTART:2026-05-01"], 5, "`2026-05-01` is no day and no time");
    refused(&["DTSTART:20260230"], 4, "is no day and no time");
    refused(&["DTSTART;TZID=Mars/Olympus:20260501T000000"], 4, "`Mars/Olympus` is no time zone");
    refused(&["DTSTART:20260501\r\nRRULE:FREQ=HOURLY"], 5, "it repeats within a day");
    refused(&["DTSTART:20260501\r\nRRULE:FREQ=NEVER"], 5, "is no recurrence rule");
    refused(&["DTSTART:20260501\r\nDURATION:long"], 5, "`long` is no duration");
    refused(&["DTSTART:20260501\r\nDTEND:20260401"], 3, "ends before it begins");
    refused(&["DTSTART:20260501\r\nDTEND:20290401"], 3, "more than a year");
    refused(&["SUMMARY:no start"], 3, "no `DTSTART`");
    refused(&["just a text"], 4, "no `:`");
    refused(&["DTSTART;X:20260501"], 4, "a parameter is");
    refused(&["A B:c"], 4, "the name of a property");
    for (text, line, why) in [
        ("", 1, "does not begin with"),
        ("BEGIN:VCARD\nEND:VCARD\n", 1, "does not begin with"),
        ("VERSION:2.0\n", 1, "outside of"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", 3, "`VEVENT` is open"),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\nEND:VCALENDAR\n", 3, "nothing is open"),
        ("BEGIN:VCALENDAR\nBEGIN:VEVENT\n", 3, "the file ends"),
    ] {
        let error = read(text.as_bytes()).unwrap_err();
        assert!(error.line == line && error.what.contains(why), "{text:?}: {error}");
    }
    assert!(read(b"BEGIN:VCALENDAR\nX:\xff\n").unwrap_err().what.contains("not UTF-8"));
}

#[test]
fn files_have_limits() {
    let events = |count: usize| vec!["DTSTART:20260501"; count];
    assert_eq!(read(file(&events(EVENTS_MAX)).as_bytes()).unwrap().events, EVENTS_MAX);
    assert!(read(file(&events(EVENTS_MAX + 1)).as_bytes()).unwrap_err().what.contains("more than 2000 events"));
    let padded = |bytes: usize| {
        let text = file(&["DTSTART:20260501"]);
        format!("{text}{}", "\n".repeat(bytes - text.len()))
    };
    assert!(read(padded(ICS_BYTES_MAX).as_bytes()).is_ok());
    assert!(read(padded(ICS_BYTES_MAX + 1).as_bytes()).unwrap_err().what.contains("more than 1048576 bytes"));
    let nested = |depth: usize| format!("{}{}", "BEGIN:VCALENDAR\n".repeat(depth), "END:VCALENDAR\n".repeat(depth));
    assert!(read(nested(8).as_bytes()).is_ok());
    assert!(read(nested(9).as_bytes()).unwrap_err().what.contains("nested deeper than 8"));
    assert!(read("BEGIN:VCALENDAR\n".repeat(60_000).as_bytes()).is_err(), "and nothing overflows");
    refused(&["DTSTART:20250101\r\nRRULE:FREQ=DAILY"], 3, "more than 1000 times");
    let many: Vec<_> =
        ["20250101", "20270101"].map(|start| format!("DTSTART:{start}\r\nRRULE:FREQ=DAILY;COUNT=501")).into();
    refused(&[&many[0], &many[1]], 7, "more than 1000 holidays");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_file_ends_the_process(lines in prop::collection::vec(
        prop::sample::select(vec![
            "BEGIN:VCALENDAR", "END:VCALENDAR", "BEGIN:VEVENT", "END:VEVENT", "DTSTART:20260131", "DTSTART:20260131T235959",
            "DTSTART;TZID=Pacific/Apia:20111230T090000", "DTEND:99991231", "DTEND:00010101T000000", "DURATION:-P9W",
            "DURATION:P9999W", "RRULE:FREQ=DAILY", "RRULE:FREQ=YEARLY;BYDAY=-53MO", "EXDATE:20260131", "RDATE:20260131,2",
            "RECURRENCE-ID:20260131", "UID:u", " folded", "SUMMARY:\\", "",
        ]), 0..20)) {
        let text = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\n{}", lines.join("\n"));
        let _ = read(text.as_bytes());
    }
}

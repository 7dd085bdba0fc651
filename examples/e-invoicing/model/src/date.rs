//! Calendar dates in the form of XML Schema: `2026-01-31`, with or without an offset from UTC.

/// Minutes from 0000-01-01T00:00Z (proleptic Gregorian calendar) to the begin of a date.
///
/// None when the text is no date of the years 0001 to 9999.
///
/// ```
/// use e_invoicing_model::date::minutes;
///
/// assert!(minutes("2026-02-01") > minutes("2026-01-31"));
/// assert!(minutes("2026-01-31+01:00") < minutes("2026-01-31Z"));
/// assert_eq!(minutes("2026-02-30"), None);
/// ```
pub fn minutes(text: &str) -> Option<i64> {
    let (date, offset) = text.trim().split_at_checked(10)?;
    Some(days(date)? * 1440 - offset_minutes(offset)?)
}

/// `YYYY-MM-DD` as days.
fn days(date: &str) -> Option<i64> {
    let mut parts = date.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = digits(parts.next()?, 2)?;
    let day = digits(parts.next()?, 2)?;
    let is_date = parts.next().is_none() && year >= 1 && (1..=days_in(year, month)?).contains(&day);
    is_date.then(|| days_before_year(year) + days_before_month(year, month) + day - 1)
}

/// Nothing, `Z`, or `+hh:mm` up to 14 hours, as minutes east of UTC.
fn offset_minutes(text: &str) -> Option<i64> {
    let (sign, clock) = match text.split_at_checked(1) {
        None | Some(("Z", "")) => return Some(0),
        Some(("+", clock)) => (1, clock),
        Some(("-", clock)) => (-1, clock),
        Some(_) => return None,
    };
    let (hours, minutes) = clock.split_once(':')?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    let total = hours * 60 + minutes;
    (minutes < 60 && total <= 14 * 60).then_some(sign * total)
}

fn digits(text: &str, length: usize) -> Option<i64> {
    let is_number = text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> Option<i64> {
    match month {
        2 if is_leap(year) => Some(29),
        2 => Some(28),
        4 | 6 | 9 | 11 => Some(30),
        1..=12 => Some(31),
        _ => None,
    }
}

fn days_before_year(year: i64) -> i64 {
    let before = year - 1;
    365 * year + before / 4 - before / 100 + before / 400
}

fn days_before_month(year: i64, month: i64) -> i64 {
    (1..month).filter_map(|month| days_in(year, month)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_follow_each_other() {
        for (one, next) in [
            ("2023-12-31", "2024-01-01"),
            ("2024-02-28", "2024-02-29"),
            ("2024-02-29", "2024-03-01"),
            ("1900-02-28", "1900-03-01"),
            ("2000-02-29", "2000-03-01"),
        ] {
            assert_eq!(minutes(next).map(|next| next - 1440), minutes(one), "{one}");
        }
    }

    #[test]
    fn offsets_move_the_begin_of_the_day() {
        assert_eq!(minutes("2026-01-31+14:00").map(|at| at + 14 * 60), minutes("2026-01-31"));
        assert_eq!(minutes("2026-01-31-05:30").map(|at| at - 330), minutes("2026-01-31Z"));
    }

    #[test]
    fn what_is_no_date_is_none() {
        for bad in [
            "",
            "2026",
            "2026-1-01",
            "2026-13-01",
            "2026-00-01",
            "2026-04-31",
            "2025-02-29",
            "0000-01-01",
            "2026-01-31T",
            "2026-01-31+15:00",
            "2026-01-31+01:60",
            "2026-01-31+1:00",
            "2026/01/31",
            "+026-01-31",
            "é026-01-31",
            "2026-01-3é",
        ] {
            assert_eq!(minutes(bad), None, "{bad}");
        }
    }
}

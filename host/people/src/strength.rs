//! Whether a password is good enough: long enough for the tenant, and not what a guesser tries first.

use std::collections::BTreeSet;
use std::fmt;

use serde::Serialize;

use crate::name::MailAddress;
use crate::outgoing::Place;
use crate::password::{PASSWORD_BYTES_MAX, Password};
use crate::person::fold;
use crate::policy::SignInPolicy;

/// Letters of a name that make it a part that a password must not have. Shorter ones stand in too many words.
const TELLING_CHARS_MIN: usize = 4;

/// Different characters of a password at least.
const DIFFERENT_MIN: usize = 5;

/// Characters that must be left when everything is taken out that guessers try.
const LEFT_MIN: usize = 4;

/// Characters that follow each other in the alphabet, in numbers or on a keyboard, and count as nothing.
const RUN_CHARS: usize = 4;

/// What guessers try first, with what people put around it taken off.
const COMMON: &str = include_str!("common.txt");

/// Keyboards and alphabets, for runs like `qwer` and `4321`.
const RUNS: [&str; 6] =
    ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiopü", "asdfghjkl", "zxcvbnm"];

/// Why a password is not good enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flaw {
    /// Fewer characters than this.
    TooShort(u32),
    /// More bytes than this.
    TooLong(usize),
    /// Fewer kinds of characters than this.
    TooFewClasses(u32),
    /// Made of very few different characters, or of what guessers try first.
    Guessable,
    /// The person's or the tenant's name, or a part of the address, is in it.
    TellsWho,
    /// It is one of the newest passwords.
    UsedBefore,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort(min) => write!(f, "it needs at least {min} characters"),
            Self::TooLong(max) => write!(f, "it has more than {max} bytes"),
            Self::TooFewClasses(min) => {
                write!(f, "it needs {min} of these: small letters, capitals, digits, other characters")
            }
            Self::Guessable => f.write_str("it is easily guessed"),
            Self::TellsWho => f.write_str("your name, your address or your organisation's name is in it"),
            Self::UsedBefore => f.write_str("you had it before"),
        }
    }
}

/// Who chooses the password.
pub(crate) struct Chooser<'a> {
    pub(crate) name: &'a str,
    pub(crate) mail: &'a MailAddress,
    pub(crate) place: Place<'a>,
}

/// Everything that is wrong with a password, but for those of before.
pub(crate) fn flaws(password: &Password, policy: &SignInPolicy, who: &Chooser<'_>) -> Vec<Flaw> {
    let text = password.as_str();
    if text.len() > PASSWORD_BYTES_MAX {
        return vec![Flaw::TooLong(PASSWORD_BYTES_MAX)];
    }
    let (min, classes) = (policy.password_length_min, policy.password_classes_min);
    let folded = fold(text);
    let found = [
        ((text.chars().count() as u64) < u64::from(min)).then_some(Flaw::TooShort(min)),
        (self::classes(text) < classes).then_some(Flaw::TooFewClasses(classes)),
        is_guessable(&folded).then_some(Flaw::Guessable),
        tells_who(&folded, who).then_some(Flaw::TellsWho),
    ];
    found.into_iter().flatten().collect()
}

fn classes(text: &str) -> u32 {
    let kind = |c: char| match c {
        c if c.is_lowercase() => 0,
        c if c.is_uppercase() => 1,
        c if c.is_numeric() => 2,
        _ => 3,
    };
    text.chars().map(kind).collect::<BTreeSet<u8>>().len() as u32
}

fn is_guessable(folded: &str) -> bool {
    let different = folded.chars().collect::<BTreeSet<_>>().len();
    different < DIFFERENT_MIN || [folded.to_owned(), unmasked(folded)].iter().any(|text| left(text) < LEFT_MIN)
}

/// `p4ssw0rd` is `password`.
fn unmasked(folded: &str) -> String {
    let letter = |c| match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    folded.chars().map(letter).collect()
}

/// How many different letters there are besides common words, runs, and the digits and signs that people add.
fn left(folded: &str) -> usize {
    let mut rest = folded.to_owned();
    for word in COMMON.lines().filter(|line| !line.is_empty()) {
        rest = rest.replace(word, " ");
    }
    let rest = without_runs(&rest);
    rest.chars().filter(|c| c.is_alphabetic()).collect::<BTreeSet<_>>().len()
        + rest.chars().filter(char::is_ascii_digit).collect::<BTreeSet<_>>().len() / 2
}

fn without_runs(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut kept = vec![true; chars.len()];
    for (start, window) in chars.windows(RUN_CHARS).enumerate() {
        if is_run(window) {
            kept[start..start + RUN_CHARS].fill(false);
        }
    }
    chars.iter().zip(kept).map(|(c, kept)| if kept { *c } else { ' ' }).collect()
}

fn is_run(window: &[char]) -> bool {
    let (forwards, backwards) = (window.iter().collect::<String>(), window.iter().rev().collect::<String>());
    RUNS.iter().any(|run| run.contains(&forwards) || run.contains(&backwards))
}

fn tells_who(folded: &str, who: &Chooser<'_>) -> bool {
    let (local, domain) = who.mail.halves();
    let of_domain = domain.split('.').rev().skip(1);
    let texts = [who.name, local, who.place.name].into_iter().chain(of_domain).map(fold);
    let words: Vec<String> = texts
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let telling = words.iter().filter(|word| word.chars().count() >= TELLING_CHARS_MIN);
    let unmasked = unmasked(folded);
    telling.into_iter().any(|word| folded.contains(word.as_str()) || unmasked.contains(word.as_str()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn check(text: &str, policy: &SignInPolicy) -> Vec<Flaw> {
        let mail = "j.smith@northwind.example".parse().unwrap();
        let place = Place { name: "Acme Works", url: "https://acme.example.org" };
        flaws(&text.into(), policy, &Chooser { name: "Joséphine Lee", mail: &mail, place })
    }

    #[test]
    fn good_passwords_pass() {
        for good in ["correct horse battery", "mein-Hut-hat-3-Ecken", "tG7#kq!29xLmP", "日本語の長い合言葉ですよね笑"]
        {
            assert_eq!(check(good, &SignInPolicy::default()), [], "{good}");
        }
    }

    #[test]
    fn what_guessers_try_is_refused() {
        for bad in [
            "password1234",
            "Passw0rd2026!",
            "P@$$w0rd!!!!",
            "qwertzuiop12",
            "123456789012",
            "aaaaaaaaaaaaaa",
            "abcdefghijkl",
            "abababababab",
            "letmein-letmein",
            "iloveyou2024",
            "passwort!2026",
            "Sommer2026!!",
            "admin-admin-1",
        ] {
            assert!(check(bad, &SignInPolicy::default()).contains(&Flaw::Guessable), "{bad}");
        }
    }

    #[test]
    fn a_password_does_not_tell_who_has_it() {
        for bad in [
            "josephine rides a bike",
            "the JOSÉPHINE way up",
            "blue SMITH-forge hat",
            "go northwind, go far",
            "j0s3ph1ne rides far",
            "my work at works hall",
        ] {
            assert_eq!(check(bad, &SignInPolicy::default()), [Flaw::TellsWho], "{bad}");
        }
        assert_eq!(check("fleeting blue moons", &SignInPolicy::default()), [], "`Lee` is too short to tell");
    }

    #[test]
    fn the_tenant_demands_length_and_kinds() {
        let policy = SignInPolicy { password_length_min: 16, password_classes_min: 4, ..SignInPolicy::default() };
        assert_eq!(check("tG7#kq!29xLmPvQ", &policy), [Flaw::TooShort(16)]);
        assert_eq!(check("tG7#kq!29xLmPvQz", &policy), []);
        assert_eq!(check("tG7kqB29xLmPvQzw", &policy), [Flaw::TooFewClasses(4)]);
        assert_eq!(check(&"xyzäb-".repeat(100), &policy), [Flaw::TooLong(512)]);
    }
}

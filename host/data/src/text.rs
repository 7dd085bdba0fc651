//! Texts as they are compared: Unicode normal form C, case folded. And the words that they are found by.

use std::collections::BTreeSet;

use icu_casemap::CaseMapper;
use unicode_normalization::UnicodeNormalization as _;

/// Words of a record by which it is found; a longer text is found by its first ones.
pub(crate) const WORDS_MAX: usize = 500;

/// Bytes of a word that are looked at.
const WORD_BYTES_MAX: usize = 64;

/// The form in which texts are equal that differ only in case or in how accents are composed.
pub fn folded(text: &str) -> String {
    let composed: String = text.nfc().collect();
    CaseMapper::new().fold_string(&composed).nfc().collect()
}

/// The distinct words of some texts, folded.
pub(crate) fn words<'a>(texts: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for text in texts {
        let folded = folded(text);
        for word in folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
            if words.len() == WORDS_MAX {
                return words;
            }
            words.insert(cut(word, WORD_BYTES_MAX).to_owned());
        }
    }
    words
}

/// The beginning of a text, at most so many bytes.
pub(crate) fn cut(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_composition_make_no_difference() {
        assert_eq!(folded("STRASSE"), folded("straße"));
        assert_eq!(folded("ÉCOLE"), folded("e\u{301}cole"));
        assert_eq!(folded("ΣΑΣ"), folded("σας"));
        assert_ne!(folded("ecole"), folded("école"), "an accent is a letter of its own");
    }

    #[test]
    fn words_are_letters_and_digits_and_bounded() {
        let words_of = |text: &str| words(std::iter::once(text)).into_iter().collect::<Vec<_>>();
        assert_eq!(words_of("Müller & Söhne GmbH, Nr. 17/4"), ["17", "4", "gmbh", "müller", "nr", "söhne"]);
        let long = (0..WORDS_MAX + 5).map(|n| format!("w{n} ")).collect::<String>();
        assert_eq!(words_of(&long).len(), WORDS_MAX);
        assert_eq!(words_of(&"é".repeat(100))[0].len(), WORD_BYTES_MAX);
    }
}

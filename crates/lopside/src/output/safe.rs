//! Text from telemetry is hostile: an image path may hold escape sequences, marks that turn text around, or line breaks. Every text
//! goes through [`text`] before a person sees it, and JSON writes the same characters as `\u` escapes.

use std::borrow::Cow;

/// Whether a character may act on a terminal or a page, or cannot be seen.
pub(crate) fn acts(character: char) -> bool {
    matches!(character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        // Soft hyphen, Arabic letter mark, Hangul fillers, Mongolian vowel separator.
        | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' | '\u{180b}'..='\u{180f}'
        // Zero-width characters, direction marks, line and paragraph separators, embeddings, isolates, invisible operators.
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        // Variation selectors, byte order mark, interlinear annotations, tags.
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// The text with every such character as a visible escape: `\n`, `\x1b`, `\u{202e}`.
pub(crate) fn text(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut told = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '\n' => told.push_str("\\n"),
            '\r' => told.push_str("\\r"),
            '\t' => told.push_str("\\t"),
            character if acts(character) && u32::from(character) < 0x100 => {
                told.push_str(&format!("\\x{:02x}", u32::from(character)));
            }
            character if acts(character) => told.push_str(&format!("\\u{{{:x}}}", u32::from(character))),
            character => told.push(character),
        }
    }
    Cow::Owned(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_is_seen() {
        assert_eq!(text("C:\\Windows\\é.exe"), "C:\\Windows\\é.exe");
        assert_eq!(
            text("a\u{1b}[31mb\nc\u{202e}d\u{200b}e\u{9b}"),
            "a\\x1b[31mb\\nc\\u{202e}d\\u{200b}e\\x9b"
        );
        for code in 0..=0x10_ffff {
            if let Some(character) = char::from_u32(code) {
                let one = character.to_string();
                assert!(!text(&one).contains(acts));
                assert!(!character.is_control() || acts(character));
            }
        }
    }
}

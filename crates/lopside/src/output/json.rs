//! JSON, with every character that could act on a terminal or page as an escape.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use crate::output::safe::acts;

/// Writes one value on one line.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn line(writer: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *writer, Escaping(CompactFormatter));
    value.serialize(&mut serializer)?;
    writer.write_all(b"\n")
}

/// Writes one value over several lines.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn pretty(writer: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    let mut serializer =
        serde_json::Serializer::with_formatter(&mut *writer, Escaping(PrettyFormatter::new()));
    value.serialize(&mut serializer)?;
    writer.write_all(b"\n")
}

/// A formatter that escapes more than JSON asks for.
struct Escaping<F>(F);

macro_rules! forward {
    ($($name:ident($($argument:ident: $kind:ty),*);)*) => {$(
        fn $name<W: ?Sized + Write>(&mut self, writer: &mut W $(, $argument: $kind)*) -> io::Result<()> {
            self.0.$name(writer $(, $argument)*)
        }
    )*};
}

impl<F: Formatter> Formatter for Escaping<F> {
    forward! {
        begin_array();
        end_array();
        begin_array_value(first: bool);
        end_array_value();
        begin_object();
        end_object();
        begin_object_key(first: bool);
        end_object_key();
        begin_object_value();
        end_object_value();
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, character)) = rest.char_indices().find(|(_, character)| acts(*character)) {
            let (before, from) = rest.split_at(at);
            writer.write_all(before.as_bytes())?;
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = from.split_at(character.len_utf8()).1;
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_survives_as_escapes() {
        let text = "a\u{1b}[31m\u{202e}\u{e0041}é\n\"";
        let mut written = Vec::new();
        line(&mut written, &serde_json::json!({ "k": text })).unwrap();
        let written = String::from_utf8(written).unwrap();
        assert!(written.contains("\\u001b[31m\\u202e\\udb40\\udc41é"), "{written}");
        let back: serde_json::Value = serde_json::from_str(&written).unwrap();
        assert_eq!(back["k"], text);
        let mut pretty_form = Vec::new();
        pretty(&mut pretty_form, &back).unwrap();
        assert!(String::from_utf8(pretty_form).unwrap().contains("\n  \"k\""));
    }
}

//! JSON, read as far as it goes: where the document ends, which strings it holds, and where it stops being JSON.
//!
//! Samples are cut and content is hostile, so this reads leniently and remembers where it stopped instead of refusing the whole.

/// A string value, as it stands between its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    /// The keys that lead to it, joined by dots; places in arrays are `[]`.
    pub(crate) path: String,
    /// Where it stands.
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// How the reading of a document went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Json {
    /// Bytes that are part of the document.
    pub(crate) end: usize,
    /// The document ended.
    pub(crate) complete: bool,
    /// It stopped being JSON before the bytes ended.
    pub(crate) broken: bool,
    /// Its string values, in order, up to a bound.
    pub(crate) texts: Vec<Text>,
    /// Whole numbers it holds: lengths may be among them.
    pub(crate) numbers: Vec<u64>,
    /// Members and elements read.
    pub(crate) items: usize,
    /// Control characters inside strings, which JSON does not allow.
    pub(crate) controls: usize,
}

const DEPTH: usize = 64;
const TEXTS: usize = 4096;

/// Reads the document that starts at the first byte. `None` if none does: it has to be an object or an array with at least one
/// member, or an empty one.
pub(crate) fn read(bytes: &[u8]) -> Option<Json> {
    if !matches!(bytes.first()?, b'{' | b'[') {
        return None;
    }
    let mut reader = Reader { bytes, at: 0, json: Json::default(), stack: Vec::new(), path: String::new() };
    let outcome = reader.document();
    let mut json = reader.json;
    json.end = reader.at;
    match outcome {
        Step::Done => json.complete = true,
        Step::Broken => json.broken = true,
        Step::Cut => {}
    }
    let empty = json.complete && json.end <= 8;
    (json.items > 0 || empty).then_some(json)
}

/// The stretch of a broken document after which it goes on and ends at the end of the bytes.
pub(crate) fn gap(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut reader = Reader { bytes, at: 0, json: Json::default(), stack: Vec::new(), path: String::new() };
    if reader.document() != Step::Broken || reader.stack.is_empty() {
        return None;
    }
    let (from, depth, path) = (reader.at, reader.stack.clone(), reader.path.clone());
    let mut tries = 0;
    for to in from + 1..bytes.len() {
        let Some(b',' | b'}' | b']' | b'"' | b'{' | b':' | b'[') = bytes.get(to) else { continue };
        tries += 1;
        if tries > 512 {
            break;
        }
        for start in [Resume::AfterValue, Resume::Value, Resume::Member, Resume::Colon] {
            let mut tail =
                Reader { bytes, at: to, json: Json::default(), stack: depth.clone(), path: path.clone() };
            if tail.resume(start) == Step::Done
                && bytes.get(tail.at..).is_some_and(|rest| rest.trim_ascii().is_empty())
            {
                return Some((from, to));
            }
        }
    }
    None
}

/// What is expected where a document goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Resume {
    AfterValue,
    Value,
    Member,
    Colon,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Done,
    Broken,
    Cut,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    json: Json,
    /// Open containers: whether it is an object, and the length of the path before it.
    stack: Vec<(bool, usize)>,
    path: String,
}

impl Reader<'_> {
    fn document(&mut self) -> Step {
        loop {
            // A value is expected here.
            match self.value() {
                Step::Done => {}
                other => return other,
            }
            if let Some(step) = self.after_value() {
                return step;
            }
        }
    }

    fn resume(&mut self, from: Resume) -> Step {
        match from {
            Resume::AfterValue => {
                if let Some(step) = self.after_value() {
                    return step;
                }
            }
            Resume::Value => {}
            Resume::Member => {
                let step = self.member();
                if step != Step::Done {
                    return step;
                }
            }
            Resume::Colon => {
                if self.peek() != Some(b':') {
                    return Step::Broken;
                }
                self.at += 1;
            }
        }
        self.document()
    }

    /// Reads one value, or opens containers down to the first scalar or empty container.
    fn value(&mut self) -> Step {
        loop {
            self.space();
            let Some(byte) = self.peek() else { return Step::Cut };
            match byte {
                b'{' | b'[' => {
                    if self.stack.len() >= DEPTH {
                        return Step::Broken;
                    }
                    self.at += 1;
                    let object = byte == b'{';
                    self.stack.push((object, self.path.len()));
                    self.space();
                    match self.peek() {
                        None => return Step::Cut,
                        Some(b'}') if object => return self.close(),
                        Some(b']') if !object => return self.close(),
                        Some(_) => {}
                    }
                    let step = self.member();
                    if step != Step::Done {
                        return step;
                    }
                }
                b'"' => {
                    let start = self.at + 1;
                    let step = self.string();
                    if self.json.texts.len() < TEXTS && (step != Step::Broken) {
                        let end = if step == Step::Done { self.at - 1 } else { self.at };
                        self.json.texts.push(Text { path: self.path.clone(), start, end: end.max(start) });
                    }
                    return step;
                }
                b'-' | b'0'..=b'9' => return self.number(),
                b't' => return self.word(b"true"),
                b'f' => return self.word(b"false"),
                b'n' => return self.word(b"null"),
                _ => return Step::Broken,
            }
        }
    }

    /// After a value: the next member, or the ends of containers. `None` where another value follows.
    fn after_value(&mut self) -> Option<Step> {
        loop {
            let Some((object, _)) = self.stack.last().copied() else { return Some(Step::Done) };
            self.space();
            match self.peek() {
                None => return Some(Step::Cut),
                Some(b',') => {
                    self.at += 1;
                    self.space();
                    let step = self.member();
                    return (step != Step::Done).then_some(step);
                }
                Some(b'}') if object => {
                    self.close();
                }
                Some(b']') if !object => {
                    self.close();
                }
                Some(_) => return Some(Step::Broken),
            }
        }
    }

    fn close(&mut self) -> Step {
        self.at += 1;
        if let Some((_, length)) = self.stack.pop() {
            self.path.truncate(length);
        }
        Step::Done
    }

    /// The start of a member: its key in an object, nothing in an array.
    fn member(&mut self) -> Step {
        let Some((object, length)) = self.stack.last().copied() else { return Step::Broken };
        self.path.truncate(length);
        if !object {
            self.json.items += 1;
            if self.path.len() < 400 {
                self.path.push_str("[]");
            }
            return Step::Done;
        }
        if self.peek().is_none() {
            return Step::Cut;
        }
        if self.peek() != Some(b'"') {
            return Step::Broken;
        }
        let start = self.at + 1;
        let step = self.string();
        if step != Step::Done {
            return step;
        }
        let key = self.bytes.get(start..self.at - 1).unwrap_or_default();
        if self.path.len() < 400 {
            self.path.push('.');
            self.path.push_str(&String::from_utf8_lossy(key.get(..key.len().min(60)).unwrap_or(key)));
        }
        self.space();
        match self.peek() {
            None => Step::Cut,
            Some(b':') => {
                self.at += 1;
                self.json.items += 1;
                Step::Done
            }
            Some(_) => Step::Broken,
        }
    }

    fn string(&mut self) -> Step {
        self.at += 1;
        loop {
            match self.peek() {
                None => return Step::Cut,
                Some(b'"') => {
                    self.at += 1;
                    return Step::Done;
                }
                Some(b'\\') => {
                    match self.bytes.get(self.at + 1) {
                        None => return Step::Cut,
                        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' | b'u') => {}
                        Some(_) => self.json.controls += 1,
                    }
                    self.at += 2;
                }
                Some(byte) => {
                    if byte < 0x20 {
                        self.json.controls += 1;
                    }
                    self.at += 1;
                }
            }
        }
    }

    fn number(&mut self) -> Step {
        let start = self.at;
        while let Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        let text = self.bytes.get(start..self.at).unwrap_or_default();
        if self.json.numbers.len() < TEXTS
            && let Some(number) = super::decimal(text)
        {
            self.json.numbers.push(number);
        }
        if text == b"-" { Step::Broken } else { Step::Done }
    }

    fn word(&mut self, word: &[u8]) -> Step {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        if rest.starts_with(word) {
            self.at += word.len();
            Step::Done
        } else if word.starts_with(rest) {
            self.at = self.bytes.len();
            Step::Cut
        } else {
            Step::Broken
        }
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_ends_where_it_ends() {
        let json = read(br#"{"a":[1,{"b":"x\"y"},[]],"c":null} tail"#).unwrap();
        assert!(json.complete);
        assert_eq!(json.end, 34);
        assert_eq!(json.texts.len(), 1);
        assert_eq!(json.texts[0].path, ".a[].b");
        assert_eq!(json.numbers, [1]);
    }

    #[test]
    fn cut_and_broken_are_told_apart() {
        let cut = read(br#"{"a":"bc"#).unwrap();
        assert!(!cut.complete && !cut.broken);
        let broken = read(br#"{"a":1,"b":2 QWERTY "c":3}"#).unwrap();
        assert!(broken.broken);
        assert_eq!(broken.end, 13);
        assert_eq!(read(b"{x"), None);
        assert_eq!(read(b"text"), None);
        assert!(read(b"{}").unwrap().complete);
    }

    #[test]
    fn depth_is_bounded() {
        let deep = vec![b'['; 100_000];
        assert!(read(&deep).is_some_and(|json| json.broken));
    }
}

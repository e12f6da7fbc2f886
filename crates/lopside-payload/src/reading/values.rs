//! Values under the names of their places: of heads, of forms, of JSON.

use std::collections::BTreeMap;

use super::{Reading, VALUES, Value};
use crate::content::{encoding, find, http, json, records};

/// Shorter values say nothing.
const SHORTEST: usize = 6;
/// Marks between the cells of a line, how many of one a line has, and the fewest lines that show it.
const CELL_MARKS: [u8; 3] = [b'|', b'\t', b';'];
const CELLS: std::ops::RangeInclusive<usize> = 2..=40;
const CELL_LINES: usize = 6;
/// The mark before text of XML that is not parsed.
const CDATA: &[u8] = b"<![CDATA[";
/// The longest command, the shortest argument that may be encoded, and how many of one line are taken.
const COMMAND: usize = 16;
const ARGUMENT: usize = 40;
const ARGUMENTS: usize = 4;
/// Elements of one document.
const ELEMENTS: usize = 1_000;

impl Reading<'_> {
    /// Comments of a page, those that are conditions or notes of words left out by what their values look like later.
    pub(super) fn comments(&mut self, turn: u32, body: &[u8]) {
        let mut at = 0;
        while let Some(start) = find(body, b"<!--", at) {
            let Some(end) = find(body, b"-->", start + 4) else { break };
            self.value(
                "comment".into(),
                turn,
                body.get(start + 4..end).unwrap_or_default().trim_ascii().to_vec(),
            );
            at = end + 3;
        }
    }

    /// Comments of scripts and styles: lines behind a mark, and what stands between the marks of C.
    pub(super) fn script_comments(&mut self, turn: u32, body: &[u8]) {
        const MARKS: [&[u8]; 4] = [b"//", b"#", b"--", b"REM "];
        for line in body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).take(ELEMENTS) {
            if let Some(text) = MARKS.iter().find_map(|mark| line.strip_prefix(*mark)) {
                self.value("comment".into(), turn, text.trim_ascii().to_vec());
            }
        }
        let mut at = 0;
        for _ in 0..ELEMENTS {
            let Some(start) = find(body, b"/*", at) else { return };
            let Some(end) = find(body, b"*/", start + 2) else { return };
            let text = body.get(start + 2..end).unwrap_or_default();
            self.value("comment".into(), turn, text.trim_ascii().to_vec());
            at = end + 2;
        }
    }

    /// The values of a head.
    pub(super) fn head(&mut self, turn: u32, message: &http::Message<'_>) {
        if message.request() {
            let target = message.target();
            let query = memchr::memchr(b'?', target);
            let path = target.get(..query.unwrap_or(target.len())).unwrap_or_default();
            self.value("path".into(), turn, path.to_vec());
            if let Some(query) = query {
                self.pairs("query", turn, target.get(query + 1..).unwrap_or_default(), b'&');
            }
        }
        for (name, value) in &message.headers {
            match name.as_str() {
                "cookie" => self.pairs("cookie", turn, value, b';'),
                // Cookies come back as they were set, escapes included: marks of base64 are among them.
                "set-cookie" => {
                    self.value(format!("header.{name}"), turn, encoding::percent(value, false));
                }
                _ => {
                    self.parameters(name, turn, value);
                    self.value(format!("header.{name}"), turn, value.to_vec());
                }
            }
        }
        let room = VALUES.saturating_sub(self.extensions.len());
        self.extensions.extend(message.extensions.iter().take(room).map(|extension| extension.to_vec()));
    }

    /// The parameters of a header that has several with `;` between: by their names, those without by their places.
    fn parameters(&mut self, header: &str, turn: u32, value: &[u8]) {
        if memchr::memchr_iter(b';', value).count() < 2 || !value.iter().all(u8::is_ascii_graphic) {
            return;
        }
        for (place, parameter) in value.split(|byte| *byte == b';').enumerate().take(64) {
            let equals = memchr::memchr(b'=', parameter).filter(|equals| equals + 1 < parameter.len());
            let (name, value) = parameter.split_at(equals.unwrap_or(0));
            let name = match equals {
                Some(_) => {
                    String::from_utf8_lossy(name.get(..name.len().min(60)).unwrap_or_default()).into_owned()
                }
                None => (place + 1).to_string(),
            };
            let value = value.strip_prefix(b"=").unwrap_or(value);
            self.value(format!("parameter.{header}.{name}"), turn, value.to_vec());
        }
    }

    /// `name=value` pairs.
    pub(super) fn pairs(&mut self, prefix: &str, turn: u32, text: &[u8], separator: u8) {
        if prefix == "form"
            && let Some(first) = text.split(|byte| *byte == b'=').next()
        {
            self.form_starts.push(first.get(..first.len().min(4096)).unwrap_or(first).to_vec());
        }
        for pair in text.split(|byte| *byte == separator).take(256) {
            let pair = pair.trim_ascii();
            let Some(equals) = memchr::memchr(b'=', pair) else {
                self.value(format!("{prefix}."), turn, pair.to_vec());
                continue;
            };
            let name = String::from_utf8_lossy(pair.get(..equals.min(60)).unwrap_or_default()).into_owned();
            let value = encoding::percent(pair.get(equals + 1..).unwrap_or_default(), false);
            self.value(format!("{prefix}.{name}"), turn, value);
        }
    }

    /// The values of a body: JSON strings or fields of a form.
    pub(super) fn fields(&mut self, turn: u32, declared: &str, body: &[u8]) {
        if let Some(json) = json::read(body) {
            self.json(turn, body, &json);
        } else if body.trim_ascii_start().starts_with(b"<?xml") || declared.contains("xml") {
            self.elements("xml", turn, body);
            self.attributes(turn, body);
            self.comments(turn, body);
        } else if declared == "text/html" {
            self.elements("html", turn, body);
        } else if declared.starts_with("text/") && declared.contains("csv") {
            self.columns(turn, body);
        } else if piped(body) {
            self.pairs("line", turn, body, b'|');
        } else if declared == "application/x-www-form-urlencoded" || form(body) {
            self.pairs("form", turn, body, b'&');
        } else if declared == "text/plain" {
            self.lines(turn, body);
        }
    }

    /// The columns of a table, by the names in its first line.
    fn columns(&mut self, turn: u32, body: &[u8]) {
        let mut lines = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        let Some(head) = lines.next() else { return };
        let count = |separator: &u8| head.iter().filter(|byte| *byte == separator).count();
        let Some(separator) = [b',', b';', b'\t', b'|'].into_iter().max_by_key(count) else { return };
        let names: Vec<String> = head
            .split(|byte| *byte == separator)
            .map(|name| {
                String::from_utf8_lossy(name.get(..name.len().min(60)).unwrap_or_default()).into_owned()
            })
            .collect();
        for line in lines.take(ELEMENTS) {
            for (name, value) in names.iter().zip(line.split(|byte| *byte == separator)) {
                self.value(format!("csv.{name}"), turn, value.trim_ascii().to_vec());
            }
        }
    }

    /// The texts of elements of XML and pages that hold nothing else.
    fn elements(&mut self, format: &str, turn: u32, body: &[u8]) {
        let mut at = 0;
        for _ in 0..ELEMENTS {
            let Some(close) = find(body, b"</", at) else { return };
            let before = body.get(at..close).unwrap_or_default();
            let text = match before.strip_suffix(b"]]>") {
                Some(before) => find(before, CDATA, 0).and_then(|start| before.get(start + CDATA.len()..)),
                None => before.rsplit(|byte| *byte == b'>').next(),
            };
            let name = body.get(close + 2..).unwrap_or_default();
            let name = name.split(|byte| matches!(byte, b'>' | b' ')).next().unwrap_or_default();
            let name =
                String::from_utf8_lossy(name.get(..name.len().min(60)).unwrap_or_default()).into_owned();
            self.value(format!("{format}.{name}"), turn, text.unwrap_or_default().to_vec());
            at = close + 2;
        }
    }

    /// The values of lines `name: value`, as heads of mails and reports of programs have them.
    pub(super) fn lines(&mut self, turn: u32, text: &[u8]) {
        let lines = || text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        if lines().take(4).filter_map(named_line).count() < 2 {
            return;
        }
        for (name, value) in lines().take(ELEMENTS).filter_map(named_line) {
            self.value(format!("line.{}", String::from_utf8_lossy(name)), turn, value.to_vec());
        }
    }

    /// The cells of lines that a mark parts, by their places.
    pub(super) fn cells(&mut self, turn: u32, text: &[u8], mark: u8) {
        for line in text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).take(ELEMENTS) {
            for (place, cell) in line.split(|byte| *byte == mark).enumerate() {
                // A name and a value in one cell are words and a number.
                if memchr::memchr(b':', cell).is_some() {
                    continue;
                }
                self.value(format!("cell.{}", place + 1), turn, cell.trim_ascii().to_vec());
            }
        }
    }

    /// The long words of lines that begin with a command (`DATA 6c6f…`), by its name, and lines of one such word behind it: what is
    /// encoded in a protocol of lines.
    pub(super) fn arguments(&mut self, turn: u32, text: &[u8]) {
        let start = text.get(..text.len().min(COMMAND + 1)).unwrap_or(text);
        if command(start).is_none() {
            return;
        }
        let mut last: &[u8] = &[];
        for line in text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).take(ELEMENTS) {
            let name = command(line);
            last = name.unwrap_or(last);
            let words = line.split(|byte| *byte == b' ');
            let words = words.filter(|word| word.len() >= ARGUMENT && is_dense(word));
            // What begins with no command is a line of its data, or no line of commands.
            for word in words.filter(|word| name.is_some() || word.len() == line.len()).take(ARGUMENTS) {
                self.value(format!("argument.{}", String::from_utf8_lossy(last)), turn, word.to_vec());
            }
        }
    }

    /// The contents of the records of a message, by their types or their places.
    pub(super) fn records(&mut self, turn: u32, records: &[records::Record<'_>]) {
        for (place, record) in records.iter().enumerate() {
            let kind = record.kind.iter().fold(String::new(), |kind, byte| format!("{kind}{byte:02x}"));
            let name = if kind.is_empty() { format!("record.{place}") } else { format!("record.{kind}") };
            self.value(name, turn, record.content.to_vec());
        }
    }

    /// The attributes of elements of XML, by the names of both.
    fn attributes(&mut self, turn: u32, body: &[u8]) {
        let mut at = 0;
        for _ in 0..ELEMENTS {
            let Some(open) = memchr::memchr(b'<', body.get(at..).unwrap_or_default()) else { return };
            at += open + 1;
            let rest = body.get(at..).unwrap_or_default();
            if !rest.first().is_some_and(u8::is_ascii_alphabetic) {
                continue;
            }
            let Some(close) = memchr::memchr(b'>', rest) else { return };
            let tag = rest.get(..close).unwrap_or_default();
            let mut parts = tag.split(|byte| *byte == b'"');
            let mut before = parts.next().unwrap_or_default();
            let element = before.split(u8::is_ascii_whitespace).next().unwrap_or_default();
            let element = String::from_utf8_lossy(element.get(..element.len().min(60)).unwrap_or_default())
                .into_owned();
            while let (Some(value), Some(behind)) = (parts.next(), parts.next()) {
                let name = before.strip_suffix(b"=").unwrap_or(before).trim_ascii();
                let name = name.rsplit(u8::is_ascii_whitespace).next().unwrap_or_default();
                let name =
                    String::from_utf8_lossy(name.get(..name.len().min(60)).unwrap_or_default()).into_owned();
                self.value(format!("xml.{element}.{name}"), turn, value.to_vec());
                before = behind;
            }
            at += close;
        }
    }

    pub(super) fn json(&mut self, turn: u32, body: &[u8], json: &json::Json) {
        for text in &json.texts {
            let value = body.get(text.start..text.end).unwrap_or_default();
            let value = if memchr::memchr(b'\\', value).is_some() { unescape(value) } else { value.to_vec() };
            self.value(format!("json{}", text.path), turn, value);
        }
    }

    pub(super) fn value(&mut self, name: String, turn: u32, bytes: Vec<u8>) {
        if bytes.len() < SHORTEST || self.slots.len() > VALUES {
            return;
        }
        let values = self.slots.entry(name).or_default();
        if values.len() < VALUES / 8 {
            values.push(Value { turn, bytes });
        }
    }
}

/// The mark between the cells of lines, where nearly all lines of some texts have the same number of one.
pub(super) fn cell_mark(texts: &[&[u8]]) -> Option<u8> {
    let lines = texts.iter().flat_map(|text| text.split(|byte| *byte == b'\n').take(ELEMENTS));
    let lines: Vec<&[u8]> = lines.filter(|line| line.len() >= SHORTEST).take(ELEMENTS).collect();
    CELL_MARKS.into_iter().find(|mark| {
        let mut counts = BTreeMap::new();
        for line in &lines {
            *counts.entry(line.iter().filter(|byte| *byte == mark).count()).or_insert(0usize) += 1;
        }
        let most = counts.into_iter().max_by_key(|(_, lines)| *lines);
        most.is_some_and(|(count, with)| {
            CELLS.contains(&count) && with >= CELL_LINES && with * 5 >= lines.len() * 4
        })
    })
}

/// The name and the value of a line.
fn named_line(line: &[u8]) -> Option<(&[u8], &[u8])> {
    const LONGEST: usize = 32;
    let colon = line.iter().take(LONGEST).position(|byte| *byte == b':')?;
    let name = line.get(..colon)?;
    let word = name.first().is_some_and(u8::is_ascii_alphabetic)
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_. ".contains(byte));
    let value = line.get(colon + 1..)?.strip_prefix(b" ")?;
    word.then_some((name, value))
}

/// The command that a line begins with: one word of letters before a blank.
fn command(line: &[u8]) -> Option<&[u8]> {
    let blank = line.iter().take(COMMAND + 1).position(|byte| *byte == b' ')?;
    line.get(..blank).filter(|word| !word.is_empty() && word.iter().all(u8::is_ascii_alphabetic))
}

/// Whether a word is no address, no document and no list of words: without quotes, three of four of its characters are letters or digits,
/// and one in 24 or more is a digit.
fn is_dense(word: &[u8]) -> bool {
    let own = word.iter().filter(|byte| byte.is_ascii_alphanumeric()).count();
    let digits = word.iter().filter(|byte| byte.is_ascii_digit()).count();
    let plain = word.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'"') && !word.starts_with(b"<");
    own * 4 >= word.len() * 3 && digits * 24 >= word.len() && plain && find(word, b"://", 0).is_none()
}

/// Whether text is `name=value` pairs joined by `|`.
pub(super) fn piped(bytes: &[u8]) -> bool {
    let start = bytes.get(..bytes.len().min(200)).unwrap_or(bytes);
    let named = |pair: &[u8]| {
        let name = pair.split(|byte| *byte == b'=').next().unwrap_or_default();
        (1..pair.len()).contains(&name.len())
            && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(byte))
    };
    let cut = start.len() < bytes.len();
    let mut pairs: Vec<&[u8]> = start.split(|byte| *byte == b'|').collect();
    if cut && pairs.len() > 1 {
        pairs.pop();
    }
    pairs.len() >= 2
        && pairs.iter().all(|pair| named(pair))
        && start.iter().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Whether text is `name=value` pairs joined by `&`.
pub(super) fn form(bytes: &[u8]) -> bool {
    let start = bytes.get(..bytes.len().min(200)).unwrap_or(bytes);
    let name = start.iter().position(|byte| *byte == b'=').unwrap_or(0);
    (1..=180).contains(&name)
        && start.get(..name).is_some_and(|name| {
            name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_-.[]%".contains(byte))
        })
        && start.iter().all(|byte| byte.is_ascii_graphic())
}

/// Resolves the escapes of a JSON string, those of four hex digits left as they are.
fn unescape(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut escaped = false;
    for byte in text {
        if escaped {
            escaped = false;
            match byte {
                b'n' => bytes.push(b'\n'),
                b'r' => bytes.push(b'\r'),
                b't' => bytes.push(b'\t'),
                b'u' => bytes.extend_from_slice(b"\\u"),
                other => bytes.push(*other),
            }
        } else if *byte == b'\\' {
            escaped = true;
        } else {
            bytes.push(*byte);
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use crate::reading::{Stretch, read};
    use std::borrow::Cow;

    /// The values of whole messages of a stream, by the names of their places.
    fn slots(messages: &[&[u8]]) -> Vec<(String, String)> {
        let stretch = |(turn, message): (u32, &&'static [u8])| Stretch {
            bytes: Cow::Borrowed(*message),
            tail: &[],
            turn,
            index: u64::from(turn),
            length: message.len() as u64,
            datagram: false,
            whole: true,
            headless: false,
        };
        let messages: Vec<&'static [u8]> = messages.iter().map(|message| &*message.to_vec().leak()).collect();
        let stretches: Vec<Stretch<'_>> = (0..).zip(&messages).map(stretch).collect();
        let reading = read(&stretches, [40_000, 4444], 4.0);
        let named = reading.slots.iter().flat_map(|(name, values)| {
            values.iter().map(|value| (name.clone(), String::from_utf8_lossy(&value.bytes).into_owned()))
        });
        named.collect()
    }

    fn value(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[test]
    fn values_of_lines_forms_and_xml_behind_headers_are_found() {
        assert_eq!(
            slots(&[b"host: desk-17\nstate: it is ready\nnot a named line"]),
            [value("line.host", "desk-17"), value("line.state", "it is ready")]
        );
        assert_eq!(
            slots(&[b"25:host=desk-17&user=j.smith,"]),
            [value("form.host", "desk-17"), value("form.user", "j.smith")]
        );
        assert_eq!(
            slots(&[b"DATA 17 90\r\n<?xml version=\"1.0\"?><msg><note><![CDATA[a < b, and c]]></note><at>desk-17</at></msg>"]),
            [value("xml.at", "desk-17"), value("xml.note", "a < b, and c")]
        );
    }

    #[test]
    fn arguments_of_commands_are_found_where_they_may_be_encoded() {
        let hex = "6c697374206f66207468652066696c65732c20616e6420746865697220";
        assert_eq!(
            slots(&[format!("DATA {hex}\r\nput 7 {hex} end\r\n{hex}\r\nquit\r\n").as_bytes()]),
            [value("argument.DATA", hex), value("argument.put", hex), value("argument.put", hex)]
        );
        let others = [
            format!("<134>1 {hex}"),
            format!("see https://a.example/{hex}"),
            "one comma,separated,list,that,is,long,and,has,only,words".into(),
            format!("{hex} {hex}"),
            format!("CONNECT {{\"jwt\":\"{hex}\""),
            format!("CALL <a>{hex}</a>"),
        ];
        for text in others {
            assert_eq!(slots(&[text.as_bytes()]), [], "{text}");
        }
    }

    #[test]
    fn parameters_of_headers_are_found() {
        let found =
            slots(&[b"GET / HTTP/1.1\r\nHost: a\r\nX-Client: ver=4.0.17;user=j.smith;kzc3PwiNaM1\r\n\r\n"]);
        assert!(found.contains(&value("parameter.x-client.user", "j.smith")));
        assert!(found.contains(&value("parameter.x-client.3", "kzc3PwiNaM1")));
    }

    #[test]
    fn contents_of_records_are_found_by_their_types() {
        let messages: Vec<Vec<u8>> = (0..6u8)
            .map(|n| [b"\x07\x07\x01\0\x06a host\x02\0\x09a text ".as_slice(), &[b'a' + n, b'!']].concat())
            .collect();
        let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        let found = slots(&messages);
        assert_eq!(found.len(), 12);
        assert_eq!(found.first(), Some(&value("record.01", "a host")));
        assert_eq!(found.last(), Some(&value("record.02", "a text f!")));
    }

    #[test]
    fn cells_of_lines_are_found_by_their_places() {
        let messages: Vec<Vec<u8>> = (0..6)
            .map(|n| format!("a.count:{n}|desk-17|it is ready, and quiet|{n}\n").into_bytes())
            .collect();
        let messages: Vec<&[u8]> = messages.iter().map(Vec::as_slice).collect();
        let found = slots(&messages);
        assert_eq!(found.len(), 12);
        assert_eq!(found.first(), Some(&value("cell.2", "desk-17")));
        assert_eq!(found.last(), Some(&value("cell.3", "it is ready, and quiet")));
        // As many marks as chance would have are no cells.
        let uneven: Vec<Vec<u8>> =
            (0..24).map(|n| "a text|".repeat(if n % 3 == 0 { 3 } else { n }).into_bytes()).collect();
        let uneven: Vec<&[u8]> = uneven.iter().map(Vec::as_slice).collect();
        assert!(slots(&uneven).is_empty());
    }
}

//! DNS messages: queries and answers, with and without EDNS.

/// Type of addresses of four bytes.
pub(crate) const A: u16 = 1;
/// Type of texts.
pub(crate) const TXT: u16 = 16;
/// Type of addresses of sixteen bytes.
pub(crate) const AAAA: u16 = 28;
/// Type of other names.
pub(crate) const CNAME: u16 = 5;
/// Type of names for addresses.
pub(crate) const PTR: u16 = 12;
/// Type of mail hosts.
pub(crate) const MX: u16 = 15;
/// Type of signatures.
pub(crate) const RRSIG: u16 = 46;
/// Type of service bindings.
pub(crate) const HTTPS: u16 = 65;
/// Type without a meaning of its own.
pub(crate) const NULL: u16 = 10;

/// EDNS option: padding.
pub(crate) const PADDING: u16 = 12;
/// EDNS option: cookie.
pub(crate) const COOKIE: u16 = 10;

/// What is asked.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    /// The query's number.
    pub(crate) id: u16,
    /// The name, labels with dots between.
    pub(crate) name: String,
    /// The type.
    pub(crate) kind: u16,
}

/// EDNS: options, and to which block size the message is padded with what.
#[derive(Debug, Clone, Default)]
pub(crate) struct Edns {
    /// Option codes and their data.
    pub(crate) options: Vec<(u16, Vec<u8>)>,
    /// Padded with zeros to a multiple of this.
    pub(crate) block: Option<usize>,
}

/// A query.
pub(crate) fn query(question: &Question, edns: Option<&Edns>) -> Vec<u8> {
    message(question, 0x0100, &[], edns)
}

/// An answer: types and data of the records.
pub(crate) fn answer(question: &Question, records: &[(u16, Vec<u8>)], edns: Option<&Edns>) -> Vec<u8> {
    message(question, 0x8180, records, edns)
}

/// An answer that there is no such name.
pub(crate) fn no_such_name(question: &Question) -> Vec<u8> {
    message(question, 0x8183, &[], None)
}

/// A name in wire format.
pub(crate) fn wire_name(name: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(name.len() + 2);
    for label in name.split('.').filter(|label| !label.is_empty()) {
        let label = &label.as_bytes()[..label.len().min(63)];
        bytes.push(label.len() as u8);
        bytes.extend(label);
    }
    bytes.push(0);
    bytes
}

/// The data of a TXT record: texts of at most 255 bytes.
pub(crate) fn texts(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() + 8);
    for part in text.chunks(255) {
        bytes.push(part.len() as u8);
        bytes.extend(part);
    }
    if bytes.is_empty() {
        bytes.push(0);
    }
    bytes
}

fn message(question: &Question, flags: u16, records: &[(u16, Vec<u8>)], edns: Option<&Edns>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(128);
    bytes.extend(question.id.to_be_bytes());
    bytes.extend(flags.to_be_bytes());
    for count in [1, records.len() as u16, 0, u16::from(edns.is_some())] {
        bytes.extend(count.to_be_bytes());
    }
    bytes.extend(wire_name(&question.name));
    bytes.extend(question.kind.to_be_bytes());
    bytes.extend(1u16.to_be_bytes());
    for (kind, data) in records {
        bytes.extend([0xc0, 12]);
        bytes.extend(kind.to_be_bytes());
        bytes.extend(1u16.to_be_bytes());
        bytes.extend(300u32.to_be_bytes());
        bytes.extend((data.len() as u16).to_be_bytes());
        bytes.extend(data);
    }
    if let Some(edns) = edns {
        extend_edns(&mut bytes, edns);
    }
    bytes
}

fn extend_edns(bytes: &mut Vec<u8>, edns: &Edns) {
    bytes.push(0);
    bytes.extend(41u16.to_be_bytes());
    bytes.extend(1_232u16.to_be_bytes());
    bytes.extend([0; 4]);
    let mut options = Vec::new();
    for (code, data) in &edns.options {
        options.extend(code.to_be_bytes());
        options.extend((data.len() as u16).to_be_bytes());
        options.extend(data);
    }
    if let Some(block) = edns.block {
        let length = bytes.len() + 2 + options.len() + 4;
        let missing = length.next_multiple_of(block) - length;
        options.extend(PADDING.to_be_bytes());
        options.extend((missing as u16).to_be_bytes());
        options.resize(options.len() + missing, 0);
    }
    bytes.extend((options.len() as u16).to_be_bytes());
    bytes.extend(options);
}

//! What content says of a conversation: its protocol, and the name of the destination.
//!
//! A [`Probe`] looks at the first content of each end and is done as soon as it knows; only answers of the domain name system are
//! read to the end, since each may name another address.

pub(super) mod dns;
mod http;
mod ports;
pub(super) mod quic;
mod service;
pub(super) mod tls;

use lopside_model::name;
use lopside_model::record::NameSource;

pub(super) use ports::told;
use quic::Initials;
use service::Guess;
use tls::Hello;

/// Datagrams that are looked at before a conversation is of no known protocol.
const MOST_DATAGRAMS: u32 = 4;
/// Bytes of content that must have been looked at before it is said to be of no known protocol.
const LEAST_LOOKED_AT: usize = 16;
/// Messages of the domain name system in one stream that are read.
const LONGEST_MESSAGE: usize = 16 << 10;

/// Looks at the content of one conversation.
#[derive(Debug, Default)]
pub(super) struct Probe {
    stage: Stage,
    heads: [Vec<u8>; 2],
    /// Content that was looked at without an answer.
    looked_at: usize,
    datagrams: u32,
    /// The protocol.
    pub(super) service: Option<&'static str>,
    /// The name of the destination, and the end that gave it: the one that asked.
    pub(super) name: Option<(NameSource, String)>,
    /// The end that the content shows to be the one that asked.
    pub(super) client: Option<usize>,
}

#[derive(Debug, Default)]
enum Stage {
    /// The protocol is not known yet.
    #[default]
    Looking,
    /// The hello of this end is waited for.
    Tls(usize),
    /// The head of the request of this end is waited for.
    Http(usize),
    /// Messages with their length before them.
    Dns,
    /// Hellos in datagrams.
    Quic(Box<Initials>),
    /// Nothing more is wanted.
    Done,
}

impl Probe {
    /// Whether nothing more is wanted.
    pub(super) fn is_done(&self) -> bool {
        matches!(self.stage, Stage::Done)
    }

    /// Whether enough content was looked at to say that it is of no known protocol.
    pub(super) fn has_looked(&self) -> bool {
        self.looked_at >= LEAST_LOOKED_AT && self.is_done()
    }

    /// Bytes of memory beside the structure itself.
    pub(super) fn heap(&self) -> usize {
        let initials = if let Stage::Quic(initials) = &self.stage { initials.heap() } else { 0 };
        self.heads.iter().map(Vec::capacity).sum::<usize>() + initials
    }

    /// The next bytes of a stream, in order.
    pub(super) fn stream(&mut self, from: usize, bytes: &[u8], answers: &mut dyn FnMut(&dns::Answer)) {
        if self.is_done() || bytes.is_empty() {
            return;
        }
        let Some(head) = self.heads.get_mut(from) else { return };
        let mut own = std::mem::take(head);
        // Most protocols are known by the first segment: then nothing is copied.
        let kept = !own.is_empty();
        if kept {
            own.extend_from_slice(bytes);
        }
        let used = self.look(from, if kept { &own } else { bytes }, answers);
        if self.is_done() {
            self.heads = [Vec::new(), Vec::new()];
            return;
        }
        if kept {
            own.drain(..used.min(own.len()));
        } else {
            own.extend_from_slice(bytes.get(used..).unwrap_or_default());
        }
        if let Some(head) = self.heads.get_mut(from) {
            *head = own;
        }
    }

    /// Bytes of a stream are missing: what begins there cannot be told any more.
    pub(super) fn gap(&mut self) {
        self.finish();
    }

    /// A datagram.
    pub(super) fn datagram(&mut self, from: usize, bytes: &[u8], answers: &mut dyn FnMut(&dns::Answer)) {
        if matches!(self.stage, Stage::Looking) {
            self.datagrams += 1;
            match service::datagram(bytes) {
                Guess::Known("quic") => {
                    self.client = Some(from);
                    self.stage = Stage::Quic(Box::default());
                }
                Guess::Known(service) => {
                    self.service = Some(service);
                    if service == "dns" {
                        self.stage = Stage::Dns;
                        self.client =
                            bytes.get(2).map(|flags| if flags & 0x80 > 0 { 1 - from } else { from });
                    } else {
                        self.finish();
                    }
                }
                Guess::More | Guess::Unknown => {
                    self.looked_at += bytes.len();
                    if self.datagrams >= MOST_DATAGRAMS {
                        self.finish();
                    }
                }
            }
        }
        match &mut self.stage {
            Stage::Dns => {
                if let Some(answer) = dns::answer(bytes) {
                    answers(&answer);
                }
            }
            Stage::Quic(initials) if self.client == Some(from) => {
                let hello = initials.add(bytes);
                if initials.certain {
                    self.service = Some("quic");
                }
                match hello {
                    Hello::Name(name) => {
                        self.name = Some((NameSource::QuicSni, name));
                        self.finish();
                    }
                    Hello::More => {}
                    Hello::NoName | Hello::None => {
                        if self.service.is_none() {
                            self.client = None;
                            self.looked_at += bytes.len();
                        }
                        self.finish();
                    }
                }
            }
            _ => {}
        }
    }

    /// Says that the conversation is over: what is known is all there is.
    pub(super) fn finish(&mut self) {
        self.stage = Stage::Done;
        self.heads = [Vec::new(), Vec::new()];
    }

    /// Looks at what one end sent so far; how many bytes of it are not needed any more.
    fn look(&mut self, from: usize, bytes: &[u8], answers: &mut dyn FnMut(&dns::Answer)) -> usize {
        if matches!(self.stage, Stage::Looking) {
            self.guess(from, bytes);
        }
        match self.stage {
            Stage::Tls(end) if end == from => {
                match tls::client_hello(bytes) {
                    Hello::Name(name) => self.name = Some((NameSource::Sni, name)),
                    Hello::More if bytes.len() < tls::LONGEST => return 0,
                    _ => {}
                }
                self.finish();
                bytes.len()
            }
            Stage::Http(end) if end == from => {
                match http::head(bytes) {
                    http::Head::Host(name) => self.name = Some((NameSource::HttpHost, name)),
                    http::Head::More => return 0,
                    http::Head::NoHost => {}
                }
                self.finish();
                bytes.len()
            }
            Stage::Dns => messages(bytes, answers).unwrap_or_else(|| {
                self.finish();
                bytes.len()
            }),
            // Content of the other end while one is waited for.
            Stage::Tls(_) | Stage::Http(_) => bytes.len(),
            Stage::Looking | Stage::Quic(_) | Stage::Done => 0,
        }
    }

    fn guess(&mut self, from: usize, bytes: &[u8]) {
        let peer = self.heads.get(1 - from.min(1)).map(Vec::as_slice).unwrap_or_default();
        match service::stream(bytes, peer) {
            Guess::Known(service) => {
                self.service = Some(service);
                let asks = bytes.get(5) == Some(&1);
                match service {
                    "ssl" if asks => {
                        self.client = Some(from);
                        self.stage = Stage::Tls(from);
                    }
                    "http" if !bytes.starts_with(b"HTTP/") => {
                        self.client = Some(from);
                        self.stage = Stage::Http(from);
                    }
                    "dns" => self.stage = Stage::Dns,
                    _ => self.finish(),
                }
            }
            Guess::Unknown => {
                self.looked_at += bytes.len();
                // The other end may still say what it is, where it has not.
                if !peer.is_empty() || self.looked_at > service::ENOUGH {
                    self.finish();
                }
            }
            Guess::More if bytes.len() > service::ENOUGH => self.finish(),
            Guess::More => {}
        }
    }
}

/// Reads whole messages from the start; how many bytes they took, or `None` where they are none.
fn messages(mut bytes: &[u8], answers: &mut dyn FnMut(&dns::Answer)) -> Option<usize> {
    let all = bytes.len();
    while let Some(([high, low], rest)) = bytes.split_first_chunk::<2>() {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        if length > LONGEST_MESSAGE {
            return None;
        }
        let Some((message, after)) = rest.split_at_checked(length) else { break };
        if let Some(answer) = dns::answer(message) {
            answers(&answer);
        }
        bytes = after;
    }
    Some(all - bytes.len())
}

/// A host name as a protocol carries it: printable, and no address.
fn host_name(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    if !text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        return None;
    }
    name::clean(text)
}

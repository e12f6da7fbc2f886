//! HTTP/1.1 for families and controls alike: the same clients, servers, paths and answers.

use super::order::{Order, Side, Talk};
use super::prose;
use crate::chance::Chance;

const AGENTS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:142.0) Gecko/20100101 Firefox/142.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36 \
     Edg/139.0.0.0",
    "python-requests/2.32.3",
    "Go-http-client/1.1",
    "okhttp/4.12.0",
    "Microsoft BITS/7.8",
    "curl/8.9.1",
    "axios/1.7.2",
];

const SERVERS: &[&str] =
    &["nginx", "nginx/1.26.1", "Apache", "Apache/2.4.62 (Unix)", "Microsoft-IIS/10.0", "envoy"];

/// One client and one server for the length of a conversation.
#[derive(Debug, Clone)]
pub(crate) struct Web {
    host: String,
    agent: &'static str,
    server: &'static str,
    paths: Vec<String>,
    language: bool,
    chunked: bool,
    date: usize,
    /// How long answers to what was sent are, in the middle.
    answer: usize,
}

impl Web {
    /// A client and a server.
    pub(crate) fn new(order: &mut Order) -> Self {
        let chance = &mut order.chance;
        let paths = (0..1 + chance.below(4)).map(|_| path(chance)).collect();
        Self {
            host: order.host.clone(),
            agent: chance.pick(AGENTS),
            server: chance.pick(SERVERS),
            paths,
            language: chance.happens(0.5),
            chunked: chance.happens(0.2),
            date: chance.below(80_000),
            answer: chance.one(&[0, 0, 0, 120, 400, 1_500]),
        }
    }

    /// One of the paths of the conversation.
    pub(crate) fn path(&self, chance: &mut Chance) -> String {
        self.paths.get(chance.below(self.paths.len())).cloned().unwrap_or_default()
    }

    /// A request. `more` are further headers.
    pub(crate) fn request(
        &self,
        method: &str,
        target: &str,
        more: &[(&str, String)],
        body: Option<(&str, &[u8])>,
    ) -> Vec<u8> {
        let mut text =
            format!("{method} {target} HTTP/1.1\r\nHost: {}\r\nUser-Agent: {}\r\n", self.host, self.agent);
        text.push_str("Accept: */*\r\n");
        if self.language {
            text.push_str("Accept-Language: en-US,en;q=0.9\r\nAccept-Encoding: gzip, deflate\r\n");
        }
        header_lines(&mut text, more);
        let mut bytes = Vec::new();
        if let Some((kind, body)) = body {
            if !kind.is_empty() {
                text.push_str(&format!("Content-Type: {kind}\r\n"));
            }
            text.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
            bytes.extend(text.as_bytes());
            bytes.extend(body);
        } else {
            text.push_str("\r\n");
            bytes.extend(text.as_bytes());
        }
        bytes
    }

    /// A response.
    pub(crate) fn response(
        &mut self,
        status: &str,
        more: &[(&str, String)],
        body: Option<(&str, &[u8])>,
    ) -> Vec<u8> {
        self.date += 1;
        let (hours, minutes, seconds) = (self.date / 3_600 % 24, self.date / 60 % 60, self.date % 60);
        let mut text = format!(
            "HTTP/1.1 {status}\r\nServer: {}\r\nDate: Tue, 03 Mar 2026 {hours:02}:{minutes:02}:{seconds:02} GMT\r\n",
            self.server
        );
        header_lines(&mut text, more);
        text.push_str("Connection: keep-alive\r\n");
        let mut bytes = Vec::new();
        match body {
            Some((kind, body)) if self.chunked && body.len() > 400 => {
                text.push_str(&format!("Content-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n"));
                bytes.extend(text.as_bytes());
                bytes.extend(chunks(body, 4_096));
            }
            Some((kind, body)) => {
                if !kind.is_empty() {
                    text.push_str(&format!("Content-Type: {kind}\r\n"));
                }
                text.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
                bytes.extend(text.as_bytes());
                bytes.extend(body);
            }
            None if status.starts_with("204") || status.starts_with("304") => {
                text.push_str("\r\n");
                bytes.extend(text.as_bytes());
            }
            None => {
                text.push_str("Content-Length: 0\r\n\r\n");
                bytes.extend(text.as_bytes());
            }
        }
        bytes
    }

    /// What a server says to what was sent: little, or the state of things.
    pub(crate) fn short_answer(&mut self, chance: &mut Chance) -> Vec<u8> {
        if self.answer > 0 && chance.happens(0.9) {
            let size = chance.spread(self.answer as f64, 0.6) as usize;
            let text = prose::json(chance, &["id", "status", "updated", "note"], size);
            return self.response("200 OK", &[], Some(("application/json", text.as_bytes())));
        }
        match chance.below(5) {
            0 => self.response("204 No Content", &[], None),
            1 => self.response("200 OK", &[], None),
            2 => self.response("200 OK", &[], Some(("text/plain", b"OK"))),
            3 => {
                let text = format!("{{\"status\":\"ok\",\"id\":{}}}", chance.below(1_000_000));
                self.response("200 OK", &[], Some(("application/json", text.as_bytes())))
            }
            _ => {
                let length = 30 + chance.below(200);
                let text = format!("{{\"result\":\"{}\"}}", prose::words(chance, length));
                self.response("200 OK", &[], Some(("application/json; charset=utf-8", text.as_bytes())))
            }
        }
    }

    /// One exchange in which the side that matters sends a body of a type.
    pub(crate) fn exchange(&mut self, order: &mut Order, talk: &mut Talk, number: usize, body: &Body<'_>) {
        let target = self.path(&mut order.chance);
        if order.sender(number) == Side::Out {
            let method = order.chance.pick(&["POST", "POST", "POST", "PUT"]);
            let request = self.request(method, &target, body.headers, Some((body.kind, &body.bytes)));
            talk.say(Side::Out, request, body.junk);
            talk.back(self.short_answer(&mut order.chance));
        } else {
            let target = match order.chance.below(3) {
                0 => target,
                1 => format!("{target}?page={}", order.chance.below(90)),
                _ => format!("{target}/{}", order.chance.below(9_000)),
            };
            talk.out(self.request("GET", &target, &[], None));
            let response = self.response("200 OK", body.headers, Some((body.kind, &body.bytes)));
            talk.say(Side::In, response, body.junk);
        }
    }
}

/// The body of a request or a response.
#[derive(Debug, Clone, Default)]
pub(crate) struct Body<'b> {
    /// Its declared type.
    pub(crate) kind: &'b str,
    /// Further headers of the message that carries it.
    pub(crate) headers: &'b [(&'b str, String)],
    /// The body.
    pub(crate) bytes: Vec<u8>,
    /// How many of its bytes are junk.
    pub(crate) junk: usize,
}

impl<'b> Body<'b> {
    /// A body without junk and headers.
    pub(crate) fn new(kind: &'b str, bytes: impl Into<Vec<u8>>) -> Self {
        Self { kind, headers: &[], bytes: bytes.into(), junk: 0 }
    }

    /// How many of its bytes are junk.
    pub(crate) fn with_junk(mut self, junk: usize) -> Self {
        self.junk = junk;
        self
    }

    /// With further headers.
    pub(crate) fn with_headers(mut self, headers: &'b [(&'b str, String)]) -> Self {
        self.headers = headers;
        self
    }
}

fn header_lines(text: &mut String, more: &[(&str, String)]) {
    for (name, value) in more {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
}

/// A body in chunks.
pub(crate) fn chunks(body: &[u8], size: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(body.len() + 64);
    for chunk in body.chunks(size.max(1)) {
        bytes.extend(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend(chunk);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n\r\n");
    bytes
}

/// The path of something.
fn path(chance: &mut Chance) -> String {
    let mut path = String::new();
    if chance.happens(0.4) {
        path.push_str(chance.pick(&["/api/v1", "/api/v2", "/rest", "/svc", "/app"]));
    }
    for _ in 0..1 + chance.below(2) {
        path.push('/');
        path.push_str(prose::word(chance));
    }
    if chance.happens(0.2) {
        path.push_str(chance.pick(&[".php", ".aspx", ".do"]));
    }
    path
}

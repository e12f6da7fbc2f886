//! Makers of content for tests.

/// A small generator of chance (SplitMix64), so that tests need no crate for it.
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Chance {
        Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0xD1B5_4A32_D192_ED03)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Below `limit`, which is at least 1.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }

    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| (self.next() >> 40) as u8).collect()
    }

    pub(crate) fn of(&mut self, symbols: &[u8], length: usize) -> Vec<u8> {
        (0..length).map(|_| symbols[self.below(symbols.len())]).collect()
    }
}

/// A conversation under way.
pub(crate) struct Talk {
    sampler: crate::Sampler,
    settings: crate::Settings,
    time: i64,
}

impl Default for Talk {
    fn default() -> Talk {
        Talk { sampler: crate::Sampler::new(), settings: crate::Settings::default(), time: 0 }
    }
}

impl Talk {
    /// Bytes from the source.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.time += 1000;
        self.sampler.push(&self.settings, crate::Direction::Out, self.time, bytes);
    }

    /// Bytes from the source after a silence.
    pub(crate) fn send_later(&mut self, bytes: &[u8]) {
        self.time += 5_000_000;
        self.send(bytes);
    }

    /// Bytes from the other end.
    pub(crate) fn reply(&mut self, bytes: &[u8]) {
        self.time += 1000;
        self.sampler.push(&self.settings, crate::Direction::In, self.time, bytes);
    }

    /// A datagram from the source.
    pub(crate) fn datagram(&mut self, bytes: &[u8]) {
        self.time += 1000;
        self.sampler.datagram(&self.settings, crate::Direction::Out, self.time, bytes, bytes.len());
    }

    /// A request with a body.
    pub(crate) fn post(&mut self, declared: &str, body: &[u8]) {
        let head = format!(
            "POST /api/v1/report HTTP/1.1\r\nHost: a.example\r\nContent-Type: {declared}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        self.send(&[head.as_bytes(), body].concat());
    }

    /// An answer of HTTP.
    pub(crate) fn answer(&mut self, body: &[u8]) {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        self.reply(&[head.as_bytes(), body].concat());
    }

    /// A request for a page, and the page.
    pub(crate) fn page(&mut self, target: &str, declared: &str, body: &[u8]) {
        self.send(format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
        let head =
            format!("HTTP/1.1 200 OK\r\nContent-Type: {declared}\r\nContent-Length: {}\r\n\r\n", body.len());
        self.reply(&[head.as_bytes(), body].concat());
    }

    pub(crate) fn judge(self) -> lopside_model::payload::Payload {
        let judged = self.sampler.finish(&self.settings, &crate::Context::default()).unwrap();
        println!("{} {:?}", judged.verdict.name(), judged.reasons);
        judged
    }
}

/// Base64.
pub(crate) fn encode(bytes: &[u8]) -> Vec<u8> {
    const SYMBOLS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = Vec::new();
    for group in bytes.chunks(3) {
        let word =
            group.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        for place in 0..4 {
            text.push(if place <= group.len() {
                SYMBOLS[(word >> (18 - 6 * place)) as usize & 63]
            } else {
                b'='
            });
        }
    }
    text
}

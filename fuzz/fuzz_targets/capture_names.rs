//! Content of streams and datagrams: TLS, HTTP, QUIC, the domain name system, and what tells protocols apart.
#![no_main]

use lopside_fuzz::capture::{Capture, Given};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    const STARTS: [&[u8]; 6] = [
        b"",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost: ",
        b"\xc3\x00\x00\x00\x01\x08\x83\x94\xc8\xf0\x3e\x51\x57\x08\x00\x00\x44\x9e",
        b"\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x04drop\x07example\x00\x00\x01\x00\x01",
        b"\x00\x40\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x04drop\x07example\x00\x00\x01\x00\x01",
    ];
    let mut given = Given(bytes);
    let start = STARTS[usize::from(given.byte()) % STARTS.len()];
    let step = 1 + usize::from(given.byte()) * 4;
    let port = if given.byte() & 1 > 0 { 443 } else { 53 };
    let content = [start, given.0].concat();
    let mut capture = Capture::new(101);
    capture.segment(1_773_220_440, false, (0, 0, 2), b"");
    let mut seq = 1;
    for piece in content.chunks(step) {
        capture.segment(1_773_220_440, false, (seq, 1, 16), piece);
        seq += piece.len() as u32;
        capture.datagram(1_773_220_440, seq & 1 > 0, port, piece);
    }
    capture.datagram(1_773_220_440, false, port, &content[..content.len().min(60_000)]);
    lopside_fuzz::read_stream(&capture.0);
});

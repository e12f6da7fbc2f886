//! What lies between a frame and a conversation: tunnels, fragments, datagrams, messages, names.

use lopside_model::bytes::Quality;
use lopside_model::net;
use lopside_model::payload::{Payload, Side, Verdict};
use lopside_payload::Settings;

use super::names::dns::tests::message;
use super::reader::Options;
use super::testing::{
    CLIENT, Capture, FIN, SERVER, SYN, Tcp, counts, ethernet, fragment, ip, ip_six, read_with, udp,
};

const GATE: [u8; 4] = [198, 51, 100, 1];
const FAR: [u8; 4] = [198, 51, 100, 2];

/// What a tunnel carries.
fn inner() -> Vec<u8> {
    ip(CLIENT, SERVER, 17, &udp(50_000, 9, b"abc"))
}

#[test]
fn a_tunnel_and_what_is_in_it_are_two_flows_of_which_one_names_the_other() {
    let vxlan = [[8, 0, 0, 0, 0, 0, 7, 0].as_slice(), &ethernet(&inner())].concat();
    let gre = [[0, 0, 8, 0].as_slice(), &inner()].concat();
    let gre_with_key =
        [[0x30, 0, 0x65, 0x58, 0, 0, 0, 1, 0, 0, 0, 2].as_slice(), &ethernet(&inner())].concat();
    let erspan = [[0x10, 0, 0x88, 0xbe, 0, 0, 0, 2].as_slice(), &[0; 8], &ethernet(&inner())].concat();
    for (protocol, content) in
        [(17, udp(61_000, 4_789, &vxlan)), (47, gre), (47, gre_with_key), (47, erspan), (4, inner())]
    {
        let mut capture = Capture::new();
        capture.packet(&ip(GATE, FAR, protocol, &content));
        let told = capture.told();
        assert_eq!(told.skipped, []);
        let [outer, carried] = told.flows.as_slice() else { panic!("{:#?}", told.flows) };
        let (outer, carried) =
            if outer.tunnel_parents.is_none() { (outer, carried) } else { (carried, outer) };
        assert_eq!((outer.protocol, carried.source_bytes), (protocol, Some(3)));
        assert_eq!(carried.tunnel_parents, outer.uid);
        assert_eq!(carried.source_ip, net::bits(CLIENT.into()));
    }
}

#[test]
fn tunnels_without_end_come_to_one() {
    let mut packet = inner();
    for _ in 0..40 {
        packet = ip(GATE, FAR, 4, &packet);
    }
    let mut capture = Capture::new();
    capture.packet(&packet);
    assert_eq!(capture.told().skipped, [(1, "a packet has too many tunnels in one another".into())]);
}

#[test]
fn fragments_make_one_datagram_in_whatever_order() {
    let datagram = udp(50_000, 9, &[7; 3_000]);
    let pieces = |at: usize, to: usize| {
        fragment(
            CLIENT,
            SERVER,
            17,
            &datagram[at..to.min(datagram.len())],
            (77, at as u16, to < datagram.len()),
        )
    };
    for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
        let mut capture = Capture::new();
        for place in order {
            capture.packet(&pieces(place * 1_480, (place + 1) * 1_480));
        }
        // One comes twice.
        capture.packet(&pieces(0, 1_480));
        let told = capture.told();
        assert_eq!(told.flows[0].source_bytes, Some(3_000));
        assert_eq!(told.flows[0].source_packets, Some(3));
    }
}

#[test]
fn each_layer_is_counted_for_itself() {
    let mut capture = Capture::new();
    // An Ethernet header of 14 bytes, one of IP of 20, one of UDP of 8; fragments have the first two each.
    capture.packet(&ip(CLIENT, SERVER, 17, &udp(50_000, 9, b"abc")));
    let datagram = udp(50_000, 9, &[7; 1_200]);
    for (at, to) in [(0, 800), (800, 1_208)] {
        let more = to < datagram.len();
        capture.packet(&fragment(CLIENT, SERVER, 17, &datagram[at..to], (77, at as u16, more)));
    }
    let told = capture.told();
    let [flow] = told.flows.as_slice() else { panic!("{:#?}", told.flows) };
    assert_eq!((flow.source_bytes, flow.source_packets), (Some(1_203), Some(3)));
    assert_eq!(flow.source_ip_bytes, Some(1_203 + 2 * 8 + 3 * 20));
    assert_eq!(flow.source_frame_bytes, Some(1_203 + 2 * 8 + 3 * (20 + 14)));
    assert_eq!((flow.destination_packets, flow.destination_ip_bytes), (Some(0), Some(0)), "nobody answered");
}

#[test]
fn a_datagram_of_which_a_fragment_is_missing_is_a_lower_bound() {
    let datagram = udp(50_000, 9, &[7; 3_000]);
    let mut capture = Capture::new();
    capture.packet(&fragment(CLIENT, SERVER, 17, &datagram[..1_480], (77, 0, true)));
    capture.packet(&fragment(CLIENT, SERVER, 17, &datagram[2_960..], (77, 2_960, false)));
    let flow = capture.flow();
    assert_eq!(counts(&flow), (Some(1_520), Some(0), Some(1_480)));
    assert_eq!(Quality::from_code(flow.source_quality), Quality::LowerBound);
}

#[test]
fn a_segment_in_fragments_of_ipv6() {
    let segment = Tcp { flags: SYN, seq: 1_000, content: &[7; 2_000], ..Tcp::default() }.bytes(50_000, 443);
    let piece = |at: usize, to: usize, more: u16| {
        let head = [[6, 0].as_slice(), &(at as u16 | more).to_be_bytes(), &9_u32.to_be_bytes()].concat();
        ip_six(44, &[head.as_slice(), &segment[at..to]].concat())
    };
    let mut capture = Capture::new();
    capture.packet(&piece(1_000, 2_020, 0)).packet(&piece(0, 1_000, 1));
    let flow = capture.flow();
    assert_eq!((flow.protocol, flow.source_bytes, flow.source_port), (6, Some(2_000), 50_000));
}

#[test]
fn datagrams_end_after_a_pause() {
    let mut capture = Capture::new();
    capture.udp(50_000, 9, b"abc").udp_back(9, 50_000, b"defg");
    capture.clock += 50_000;
    capture.udp(50_000, 9, b"abc");
    capture.clock += 61_000;
    capture.udp(50_000, 9, b"z");
    let told = capture.told();
    assert_eq!(
        told.flows.iter().map(|flow| (flow.source_bytes, flow.destination_bytes)).collect::<Vec<_>>(),
        [(Some(6), Some(4)), (Some(1), Some(0))]
    );
}

#[test]
fn a_request_and_its_answer_are_one_flow_of_messages() {
    let mut capture = Capture::new();
    capture.packet(&ip(CLIENT, SERVER, 1, b"\x08\x00\x00\x00\x00\x01\x00\x01abcdef"));
    capture.packet(&ip(SERVER, CLIENT, 1, b"\x00\x00\x00\x00\x00\x01\x00\x01abcdef"));
    let flow = capture.flow();
    assert_eq!((flow.source_port, flow.destination_port, counts(&flow)), (8, 0, (Some(6), Some(6), Some(0))));
    let mut answer = Capture::new();
    answer.packet(&ip(SERVER, CLIENT, 1, b"\x00\x00\x00\x00\x00\x01\x00\x01abcdef"));
    let flow = answer.flow();
    assert_eq!(
        (flow.source_ip, flow.source_port, flow.initiator_known),
        (net::bits(CLIENT.into()), 8, false)
    );
}

#[test]
fn an_answer_that_is_seen_first_does_not_make_its_sender_the_one_who_asked() {
    let mut capture = Capture::new();
    capture.udp_back(53, 50_000, &message()).udp_back(53, 50_000, &message());
    let flow = capture.flow();
    assert_eq!((flow.source_port, flow.initiator_known, flow.service), (50_000, false, Some("dns")));
}

#[test]
fn answers_become_lookups_of_the_client() {
    let mut capture = Capture::new();
    capture.udp_back(53, 50_000, &message());
    let framed = [(message().len() as u16).to_be_bytes().as_slice(), &message()].concat();
    capture.handshake();
    for (at, piece) in [(0, &framed[..30]), (30, &framed[30..])] {
        capture.back(&Tcp { seq: 5_001 + at, ack: 1_001, content: piece, ..Tcp::default() });
    }
    let told = capture.told();
    let address = net::bits("203.0.113.77".parse().unwrap());
    assert_eq!(told.lookups, [("drop.example".into(), address), ("drop.example".into(), address)]);
}

#[test]
fn a_hello_over_several_segments_names_the_flow() {
    let stream =
        super::names::tls::tests::records(&super::names::tls::tests::hello("drop.example", 3_000), 1_200);
    let mut capture = Capture::new();
    capture.handshake();
    let pieces: Vec<_> = stream.chunks(1_000).enumerate().collect();
    // The second comes last, and one comes twice.
    for place in [0, 2, 3, 0, 1] {
        if let Some((number, piece)) = pieces.get(place) {
            capture.out(&Tcp {
                seq: 1_001 + *number as u32 * 1_000,
                ack: 5_001,
                content: piece,
                ..Tcp::default()
            });
        }
    }
    let told = capture.told();
    assert_eq!(told.names, ["drop.example"]);
    assert_eq!((told.flows[0].service, told.flows[0].missed_bytes), (Some("ssl"), Some(0)));
}

#[test]
fn a_quic_hello_names_the_flow() {
    let frames = super::names::quic::tests::piece(0, &super::names::tls::tests::hello("cdn.example", 900));
    let mut capture = Capture::new();
    capture.udp(50_000, 443, &super::names::quic::tests::initial(0, 0, &frames)).udp_back(
        443,
        50_000,
        &[0x41; 50],
    );
    let told = capture.told();
    assert_eq!(
        (told.names.as_slice(), told.flows[0].service),
        (["cdn.example".to_owned()].as_slice(), Some("quic"))
    );
}

#[test]
fn a_port_does_not_make_a_protocol() {
    let service = |port: u16, client: &'static [u8], server: &'static [u8]| {
        let mut capture = Capture::new();
        let out = |capture: &mut Capture, segment: Tcp<'_>| {
            capture.packet(&ip(CLIENT, SERVER, 6, &segment.bytes(50_000, port)));
        };
        out(&mut capture, Tcp { flags: SYN, seq: 0, ..Tcp::default() });
        out(&mut capture, Tcp { seq: 1, ack: 1, content: client, ..Tcp::default() });
        let answer = Tcp { seq: 1, ack: 1 + client.len() as u32, content: server, ..Tcp::default() };
        capture.packet(&ip(SERVER, CLIENT, 6, &answer.bytes(port, 50_000)));
        out(&mut capture, Tcp { flags: FIN | 16, seq: 1 + client.len() as u32, ack: 1, ..Tcp::default() });
        let told = capture.told();
        (told.flows[0].service, told.names.first().cloned())
    };
    let request = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n";
    assert_eq!(service(80, request, b"HTTP/1.1 200 OK\r\n\r\n"), (Some("http"), Some("a.example".into())));
    assert_eq!(service(4_444, request, b""), (Some("http"), Some("a.example".into())));
    assert_eq!(service(443, request, b""), (Some("http,-ssl"), Some("a.example".into())));
    assert_eq!(service(443, b"SSH-2.0-x\r\n", b"SSH-2.0-y\r\n"), (Some("ssh,-ssl"), None));
    assert_eq!(service(443, &[0x9a; 40], &[0x9b; 40]), (Some("-ssl"), None));
    assert_eq!(service(50_001, &[0x9a; 40], &[0x9b; 40]), (None, None));
}

/// The profile of the only flow of a capture, where content is looked at.
fn profile(capture: &Capture) -> Option<Payload> {
    let options = Options { payload: Some(Settings::default()), ..Options::default() };
    let told = read_with(capture.bytes(), &options);
    assert_eq!(told.flows.len(), 1);
    Payload::decode(told.flows[0].payload?)
}

#[test]
fn content_is_judged_where_that_is_asked_for_and_nowhere_else() {
    let mut capture = Capture::new();
    let text = b"2026-03-11 09:14:02 syncd[412]: sent 184 files to drop.example\n".repeat(20);
    capture.handshake();
    for (number, piece) in text.chunks(500).enumerate() {
        capture.out(&Tcp { seq: 1_001 + 500 * number as u32, ack: 5_001, content: piece, ..Tcp::default() });
    }
    let payload = profile(&capture).unwrap();
    assert_eq!((payload.side, payload.junk, payload.sampled_bytes), (Side::Out, false, text.len() as u64));
    assert_eq!(capture.flow().payload, None);
}

#[test]
fn the_side_is_told_from_the_one_who_opened() {
    let mut capture = Capture::new();
    // The answer to an opening is seen first.
    capture.back(&Tcp { flags: SYN | 16, seq: 5_000, ack: 1_001, content: b"" });
    capture.out(&Tcp {
        seq: 1_001,
        ack: 5_001,
        content: &b"a line of some text, and more\n".repeat(9),
        ..Tcp::default()
    });
    assert_eq!(profile(&capture).unwrap().side, Side::Out);
}

#[test]
fn encrypted_content_is_not_judged() {
    let mut capture = Capture::new();
    let stream =
        super::names::tls::tests::records(&super::names::tls::tests::hello("drop.example", 30), 1_200);
    capture.handshake().out(&Tcp { seq: 1_001, ack: 5_001, content: &stream, ..Tcp::default() });
    assert_eq!(profile(&capture).unwrap().verdict, Verdict::NotApplicable);
}

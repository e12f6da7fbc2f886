//! Every corner of TCP that a capture shows, by name.

use lopside_model::bytes::Quality;
use lopside_model::tables::Flow;
use lopside_model::time::SECOND;

use super::reader::Options;
use super::testing::{ACK, Capture, FIN, RST, SYN, Tcp, counts, read_with};

fn data(seq: u32, content: &[u8]) -> Tcp<'_> {
    Tcp { seq, ack: 5_001, content, ..Tcp::default() }
}

fn qualities(flow: &Flow<'_>) -> (Quality, Quality) {
    (Quality::from_code(flow.source_quality), Quality::from_code(flow.destination_quality))
}

#[test]
fn a_whole_conversation() {
    let mut capture = Capture::new();
    capture.handshake().out(&data(1_001, b"0123456789"));
    capture.back(&Tcp { seq: 5_001, ack: 1_011, content: b"yes", ..Tcp::default() });
    capture.out(&Tcp { flags: FIN | ACK, seq: 1_011, ack: 5_004, content: b"" });
    capture.back(&Tcp { flags: FIN | ACK, seq: 5_004, ack: 1_012, content: b"" });
    capture.out(&Tcp { seq: 1_012, ack: 5_005, ..Tcp::default() });
    let flow = capture.flow();
    assert_eq!(counts(&flow), (Some(10), Some(3), Some(0)));
    assert_eq!(qualities(&flow), (Quality::Exact, Quality::Exact));
    assert_eq!((flow.source_port, flow.destination_port, flow.state), (51_544, 8_443, Some("SF")));
    assert!(flow.initiator_known && flow.opening && flow.answered);
    assert_eq!((flow.source_packets, flow.destination_packets, flow.record), (Some(5), Some(3), 1));
    assert_eq!(flow.end.unwrap() - flow.start, 7_000);
}

#[test]
fn retransmissions_and_overlaps_count_once() {
    let mut capture = Capture::new();
    capture.handshake();
    for (seq, content) in
        [(1_001, b"01234".as_slice()), (1_001, b"01234"), (1_003, b"234567"), (1_001, b"0123456789")]
    {
        capture.out(&data(seq, content));
    }
    assert_eq!(counts(&capture.flow()), (Some(10), Some(0), Some(0)));
}

#[test]
fn out_of_order_is_no_loss() {
    let mut capture = Capture::new();
    capture.handshake().out(&data(1_006, b"56789")).out(&data(1_001, b"01234"));
    assert_eq!(counts(&capture.flow()), (Some(10), Some(0), Some(0)));
}

#[test]
fn a_hole_is_missed_and_makes_a_lower_bound() {
    let mut capture = Capture::new();
    capture.handshake().out(&data(1_001, b"01234")).out(&data(1_106, b"56789"));
    let flow = capture.flow();
    assert_eq!(counts(&flow), (Some(10), Some(0), Some(100)));
    assert_eq!(qualities(&flow), (Quality::LowerBound, Quality::Exact));
}

#[test]
fn what_the_other_end_has_and_the_capture_has_not_is_missed() {
    let mut capture = Capture::new();
    capture.handshake().out(&data(1_001, b"01234"));
    capture.back(&Tcp { seq: 5_001, ack: 1_506, ..Tcp::default() });
    let flow = capture.flow();
    assert_eq!(counts(&flow), (Some(5), Some(0), Some(500)));
    assert_eq!(qualities(&flow).0, Quality::LowerBound);
}

#[test]
fn numbers_wrap() {
    let mut capture = Capture::new();
    let mut seq = u32::MAX - 1_999;
    capture.out(&Tcp { flags: SYN, seq: seq.wrapping_sub(1), ..Tcp::default() });
    for _ in 0..5 {
        capture.out(&data(seq, &[7; 1_000]));
        seq = seq.wrapping_add(1_000);
    }
    assert_eq!(capture.told().flows[0].source_bytes, Some(5_000));
}

#[test]
fn a_keep_alive_repeats_a_byte() {
    let mut capture = Capture::new();
    capture.handshake().out(&data(1_001, b"0123456789"));
    for _ in 0..3 {
        capture.out(&data(1_010, b"\0"));
        capture.out(&data(1_010, b""));
        capture.back(&Tcp { seq: 5_001, ack: 1_011, ..Tcp::default() });
    }
    assert_eq!(counts(&capture.flow()), (Some(10), Some(0), Some(0)));
}

#[test]
fn a_probe_of_a_closed_window_counts_as_the_byte_that_it_is() {
    let mut capture = Capture::new();
    capture.handshake().out(&data(1_001, b"01234")).out(&data(1_006, b"5")).out(&data(1_006, b"56789"));
    assert_eq!(counts(&capture.flow()), (Some(10), Some(0), Some(0)));
}

#[test]
fn segments_that_the_card_was_to_cut_count_whole() {
    let mut capture = Capture::new();
    capture.handshake().out(&data(1_001, &[7; 60_000])).out(&data(61_001, &vec![7; 70_000]));
    assert_eq!(counts(&capture.flow()), (Some(130_000), Some(0), Some(0)));
}

#[test]
fn the_word_of_a_reset_is_no_content() {
    let mut capture = Capture::new();
    capture.handshake().out(&data(1_001, b"01234"));
    capture.back(&Tcp { flags: RST | ACK, seq: 5_001, ack: 1_006, content: b"go away" });
    let flow = capture.flow();
    assert_eq!(counts(&flow), (Some(5), Some(0), Some(0)));
    assert_eq!(flow.state, Some("RSTR"));
}

#[test]
fn both_may_open_at_once() {
    let mut capture = Capture::new();
    capture.out(&Tcp { flags: SYN, seq: 1_000, ..Tcp::default() });
    capture.back(&Tcp { flags: SYN, seq: 5_000, ..Tcp::default() });
    capture.out(&Tcp { flags: SYN | ACK, seq: 1_000, ack: 5_001, content: b"" });
    capture.back(&Tcp { flags: SYN | ACK, seq: 5_000, ack: 1_001, content: b"" });
    capture.out(&data(1_001, b"01234"));
    let flow = capture.flow();
    assert_eq!(counts(&flow), (Some(5), Some(0), Some(0)));
    assert_eq!((flow.source_port, flow.initiator_known), (51_544, true));
}

#[test]
fn content_in_the_opening_counts() {
    let mut capture = Capture::new();
    capture.out(&Tcp { flags: SYN, seq: 1_000, ack: 0, content: b"early" }).out(&data(1_006, b"late"));
    assert_eq!(capture.told().flows[0].source_bytes, Some(9));
}

#[test]
fn a_start_in_the_middle_is_no_loss_and_no_opening() {
    let mut capture = Capture::new();
    capture.back(&Tcp { seq: 9_000, ack: 2_000, content: b"abc", ..Tcp::default() });
    capture.out(&data(2_000, b"01234"));
    let flow = capture.flow();
    // The lower port is taken for the one that serves.
    assert_eq!((flow.source_port, counts(&flow)), (51_544, (Some(5), Some(3), Some(0))));
    assert!(!flow.initiator_known && !flow.opening);
    assert_eq!(flow.state, Some("OTH"));
}

#[test]
fn what_was_acknowledged_before_it_came_was_sent_before_the_capture() {
    let mut capture = Capture::new();
    capture.back(&Tcp { seq: 9_000, ack: 2_000, ..Tcp::default() });
    // A keep-alive, a repeated segment, then something new.
    capture.out(&data(1_999, b"\0")).out(&data(1_990, b"0123456789")).out(&data(2_000, b"new"));
    assert_eq!(counts(&capture.flow()), (Some(3), Some(0), Some(0)));
}

#[test]
fn an_answer_to_an_opening_shows_who_opened() {
    let mut capture = Capture::new();
    capture.back(&Tcp { flags: SYN | ACK, seq: 5_000, ack: 1_001, content: b"" }).out(&data(1_001, b"01234"));
    let flow = capture.flow();
    assert_eq!((flow.source_port, flow.initiator_known, flow.source_bytes), (51_544, true, Some(5)));
}

#[test]
fn a_port_that_is_used_again_is_another_conversation() {
    let mut capture = Capture::new();
    capture.handshake().out(&data(1_001, b"01234"));
    // The opening comes twice, and then one with another number.
    capture.out(&Tcp { flags: SYN, seq: 1_000, ..Tcp::default() });
    capture.out(&Tcp { flags: SYN, seq: 90_000, ..Tcp::default() });
    capture.back(&Tcp { flags: SYN | ACK, seq: 70_000, ack: 90_001, content: b"" });
    capture.out(&Tcp { seq: 90_001, ack: 70_001, content: b"again!", ..Tcp::default() });
    let told = capture.told();
    assert_eq!(told.flows.iter().map(|flow| flow.source_bytes).collect::<Vec<_>>(), [Some(5), Some(6)]);
    assert!(told.flows[0].uid != told.flows[1].uid);
}

#[test]
fn the_same_ports_the_other_way_round_are_another_conversation() {
    let mut capture = Capture::new();
    capture.handshake().out(&Tcp { flags: RST, seq: 1_001, ack: 0, content: b"" });
    capture.back(&Tcp { flags: SYN, seq: 80_000, ..Tcp::default() });
    let told = capture.told();
    assert_eq!(told.flows.iter().map(|flow| flow.source_port).collect::<Vec<_>>(), [51_544, 8_443]);
}

#[test]
fn one_direction_alone_is_not_measured() {
    let mut capture = Capture::new();
    capture.out(&Tcp { flags: SYN, seq: 1_000, ..Tcp::default() });
    capture.out(&Tcp { seq: 1_001, ack: 5_001, ..Tcp::default() }).out(&data(1_001, b"01234"));
    let flow = capture.flow();
    assert_eq!((counts(&flow).0, flow.destination_bytes), (Some(5), None));
    assert_eq!(qualities(&flow), (Quality::Exact, Quality::Unmeasured));
    assert!(flow.unmeasured_why.is_some());
    // Acknowledgements tell how much there was, and no more.
    capture.out(&Tcp { seq: 1_006, ack: 9_001, ..Tcp::default() });
    let flow = capture.flow();
    assert_eq!((flow.destination_bytes, qualities(&flow).1), (Some(4_000), Quality::SequenceOnly));
}

#[test]
fn an_opening_that_nobody_answers_got_nothing_back() {
    let mut capture = Capture::new();
    capture.out(&Tcp { flags: SYN, seq: 1_000, ..Tcp::default() });
    let flow = capture.flow();
    assert_eq!((counts(&flow), flow.answered, flow.state), ((Some(0), Some(0), Some(0)), false, Some("S0")));
    capture.back(&Tcp { flags: RST | ACK, seq: 0, ack: 1_001, content: b"" });
    let flow = capture.flow();
    assert_eq!((counts(&flow), flow.answered, flow.state), ((Some(0), Some(0), Some(0)), false, Some("REJ")));
}

#[test]
fn a_snap_length_cuts_content_and_not_counts() {
    for snap in [54, 60, 68, 96] {
        let mut capture = Capture::new();
        capture.snap = snap;
        capture.handshake().out(&data(1_001, &[7; 1_000])).out(&data(2_001, &[7; 1_000]));
        let flow = capture.flow();
        assert_eq!((counts(&flow), qualities(&flow).0), ((Some(2_000), Some(0), Some(0)), Quality::Exact));
    }
}

#[test]
fn a_time_that_is_a_year_off_splits_nothing() {
    let mut capture = Capture::new();
    capture.handshake().out(&data(1_001, b"01234"));
    let mut bytes = capture.out(&data(1_006, b"56789")).bytes().to_vec();
    let before = bytes.len();
    capture.out(&data(1_011, b"abcde"));
    bytes.extend(&capture.bytes()[before..]);
    // The second to last frame: a year later.
    let at = before - 16 - 14 - 40 - 5;
    let seconds = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) + 31_536_000;
    bytes[at..at + 4].copy_from_slice(&seconds.to_le_bytes());
    let told = super::testing::read(&bytes);
    assert_eq!(told.flows.len(), 1);
    assert_eq!(told.flows[0].source_bytes, Some(15));
}

#[test]
fn a_flood_of_openings_stays_within_the_memory() {
    let mut capture = Capture::new();
    for number in 0..50_000_u32 {
        let segment = Tcp { flags: SYN, seq: number, ..Tcp::default() }.bytes(number as u16, 443);
        let [_, a, b, c] = number.to_be_bytes();
        capture.packet(&super::testing::ip([10, a, b, c], super::testing::SERVER, 6, &segment));
    }
    let told = read_with(capture.bytes(), &Options { memory: 1 << 20, ..Options::default() });
    assert_eq!(told.flows.len(), 50_000);
    let mut few = super::testing::Told::default();
    let info = crate::source::InputInfo { input: 0, name: "x", sensor: "x" };
    let pressed_out = super::reader::read_bytes(
        &info,
        capture.bytes(),
        &Options { memory: 1 << 20, ..Options::default() },
        &mut few,
    );
    assert!(pressed_out > 30_000, "{pressed_out}");
}

#[test]
fn the_one_that_is_idle_for_longest_goes_first() {
    let mut capture = Capture::new();
    capture.handshake();
    for number in 0..4_000_u32 {
        let [_, a, b, c] = number.to_be_bytes();
        let segment = Tcp { flags: SYN, seq: number, ..Tcp::default() }.bytes(50_000, 443);
        capture.packet(&super::testing::ip([10, a, b, c], super::testing::SERVER, 6, &segment));
        capture.clock += 20;
        if number % 50 == 0 {
            capture.out(&data(1_001 + number, &[7; 50]));
        }
    }
    let told = read_with(capture.bytes(), &Options { memory: 1 << 20, ..Options::default() });
    let long: Vec<_> = told.flows.iter().filter(|flow| flow.destination_port == 8_443).collect();
    assert_eq!((long.len(), long[0].source_bytes), (1, Some(4_000)));
    assert!(long[0].end.unwrap() - long[0].start > 60 * SECOND);
}

#[test]
fn reset_and_finish_close_without_waiting_for_the_end() {
    let mut capture = Capture::new();
    capture.handshake().out(&Tcp { flags: RST | ACK, seq: 1_001, ack: 5_001, content: b"" });
    capture.clock += 300_000;
    // Another conversation makes time pass: late packets of the first are then one of their own.
    capture.udp(5_000, 5_001, b"x").udp(5_000, 5_001, b"x");
    capture.back(&Tcp { seq: 5_001, ack: 1_001, ..Tcp::default() });
    assert_eq!(capture.told().flows.len(), 3);
}

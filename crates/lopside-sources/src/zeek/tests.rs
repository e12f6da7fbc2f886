//! Every quirk by name, counts of real captures, and mutations of every log.

use lopside_model::record::FlowKind;
use lopside_model::{Layer, Micros, Quality, net};

use super::testing::{Kept, OwnedFlow, read};

const CONN: &str = "#separator \\x09
#set_separator\t,
#empty_field\t(empty)
#unset_field\t-
#path\tconn
#open\t2026-03-11-09-00-00
#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\tlocal_resp\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\ttunnel_parents
#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\tbool\tbool\tcount\tstring\tcount\tcount\tcount\tcount\tset[string]
";

const UPLOAD: &str = "1773220442.091862\tCnK3x81WfJq2aLr4Bd\t10.20.30.41\t51544\t203.0.113.77\t8443\ttcp\tssl\t611.204418\t184220193\t38214\tSF\tT\tF\t0\tShADadFf\t131002\t189460300\t66011\t2678700\t-
";

fn exact(count: u64) -> (Option<u64>, u8) {
    (Some(count), Quality::Exact.code())
}

const UNMEASURED: (Option<u64>, u8) = (None, 3);

fn tsv(rows: &str) -> Kept {
    read("site/conn.log", format!("{CONN}{rows}").as_bytes())
}

fn json(name: &str, line: &str) -> Kept {
    read(name, format!("{line}\n").as_bytes())
}

fn only(kept: &Kept) -> &OwnedFlow {
    assert_eq!(kept.skipped, []);
    assert_eq!(kept.flows.len(), 1);
    &kept.flows[0]
}

fn ip(text: &str) -> u128 {
    net::bits(net::parse_ip(text).unwrap())
}

#[test]
fn a_tsv_record_becomes_a_flow() {
    let kept = tsv(UPLOAD);
    let expected = OwnedFlow {
        sensor: "site".into(),
        uid: Some("CnK3x81WfJq2aLr4Bd".into()),
        start: 1_773_220_442_091_862,
        end: Some(1_773_220_442_091_862 + 611_204_418),
        protocol: 6,
        source: (ip("10.20.30.41"), 51_544),
        destination: (ip("203.0.113.77"), 8_443),
        kind: FlowKind::Final.code(),
        flags: [true, true, true],
        out: exact(184_220_193),
        back: exact(38_214),
        layer: Layer::Payload.code(),
        why: None,
        service: Some("ssl".into()),
        state: Some("SF".into()),
        local: [Some(1), Some(0)],
        parents: None,
        place: 9,
    };
    assert_eq!(only(&kept), &expected);
    assert_eq!(kept.seen.into_iter().collect::<Vec<_>>(), [("zeek-conn".to_owned(), 1)]);
}

#[test]
fn three_notations_of_json_say_the_same() {
    let rest = r#""proto":"tcp","service":"ssl","duration":611.204418,"orig_bytes":184220193,"resp_bytes":38214,"conn_state":"SF","local_orig":true,"local_resp":false,"missed_bytes":0,"history":"ShADadFf","orig_pkts":131002,"orig_ip_bytes":189460300,"resp_pkts":66011,"resp_ip_bytes":2678700}"#;
    let start = r#"{"ts":1773220442.091862,"uid":"CnK3x81WfJq2aLr4Bd","#;
    let dotted =
        r#""id.orig_h":"10.20.30.41","id.orig_p":51544,"id.resp_h":"203.0.113.77","id.resp_p":8443,"#;
    let under = r#""id_orig_h":"10.20.30.41","id_orig_p":51544,"id_resp_h":"203.0.113.77","id_resp_p":8443,"#;
    let nested = r#""id":{"orig_h":"10.20.30.41","orig_p":51544,"resp_h":"203.0.113.77","resp_p":8443},"#;
    let mut expected = only(&tsv(UPLOAD)).clone();
    expected.place = 1;
    for tuple in [dotted, under, nested] {
        assert_eq!(only(&json("site/conn.log", &format!("{start}{tuple}{rest}"))), &expected, "{tuple}");
    }
    for ts in [
        "1773220442091.862",
        r#""2026-03-11T09:14:02.091862Z""#,
        r#""1773220442.091862""#,
        "1.773220442091862e9",
    ] {
        let line = format!("{start}{dotted}{rest}").replacen("1773220442.091862", ts, 1);
        assert_eq!(only(&json("site/conn.log", &line)), &expected, "{ts}");
    }
}

#[test]
fn unset_duration_and_bytes_are_absent() {
    let kept = tsv(
        "1692161622.036086\tC1\t192.168.1.41\t52605\t192.168.1.4\t53\tudp\tdns\t-\t-\t-\tSHR\tT\tT\t0\t^d\t0\t0\t1\t62\t-\n",
    );
    let flow = only(&kept);
    assert_eq!((flow.end, flow.out, flow.back), (None, UNMEASURED, UNMEASURED));
    assert_eq!(flow.flags, [false, false, true]);
}

#[test]
fn offloaded_counts_above_the_ip_bytes_stay_exact() {
    let kept = tsv(
        "1588205199.827696\tC1\t10.0.1.6\t56880\t10.0.0.4\t445\ttcp\tgssapi,smb,krb\t10.761076\t4020\t1681\tRSTO\t-\t-\t0\tShADdaR\t12\t1307\t11\t2133\t-\n",
    );
    let flow = only(&kept);
    assert_eq!((flow.out, flow.back), (exact(4_020), exact(1_681)));
    assert_eq!(flow.service.as_deref(), Some("gssapi,smb,krb"));
    assert_eq!(flow.local, [None, None]);
}

#[test]
fn a_one_sided_flow_has_no_outbound_bytes() {
    let kept = tsv(
        "1692161643.549491\tC1\t192.168.1.41\t55213\t10.0.5.13\t80\ttcp\t-\t1.201128\t0\t403\tSHR\tT\tT\t0\t^hadf\t0\t0\t5\t615\t-\n",
    );
    let flow = only(&kept);
    assert_eq!((flow.out, flow.back), (UNMEASURED, exact(403)));
    assert!(flow.why.as_deref().unwrap().contains("one-sided"));
}

#[test]
fn the_header_decides_about_columns_separators_and_null_spellings() {
    let text = "#separator |\n#set_separator|;\n#empty_field|EMPTY\n#unset_field|NONE\n#path|conn\n#fields|proto|new|id.resp_p|id.resp_h|id.orig_p|id.orig_h|ts|service|tunnel_parents|uid\ntcp|x|443|2001:db8::1|50000|fe80::1%12|1773220442.5|NONE|C1;C2|EMPTY\n";
    for separator in ["#separator |", "#separator \\x7c"] {
        let kept = read("conn.log", text.replacen("#separator |", separator, 1).as_bytes());
        let flow = only(&kept);
        assert_eq!(flow.destination, (ip("2001:db8::1"), 443));
        assert_eq!(flow.source, (ip("fe80::1"), 50_000));
        assert_eq!((flow.service.clone(), flow.uid.clone()), (None, None));
        assert_eq!(flow.parents.as_deref(), Some("C1,C2"));
    }
}

#[test]
fn headers_come_again_where_files_were_put_together() {
    let other = "#separator \\x09\n#set_separator\t,\n#path\tdns\n#fields\tts\tid.orig_h\tquery\tanswers\tTTLs\n1.0\t10.0.0.1\ta.example\t192.0.2.1\t60.000000\n#close\t2026-03-11-10-00-00\n";
    let kept = tsv(&format!("{UPLOAD}#close\t2026-03-11-10-00-00\n{other}{CONN}{UPLOAD}"));
    assert_eq!(kept.flows.len(), 2);
    assert_eq!(kept.rows, ["lookup Some(10.0.0.1) a.example 192.0.2.1 Some(60)"]);
    assert_eq!(kept.skipped, []);
}

#[test]
fn blocks_start_with_the_header_that_holds_there() {
    // More than a block of one megabyte, twice.
    let many = UPLOAD.repeat(9_000);
    let kept = tsv(&format!("{many}{}{many}", CONN.replace("\tservice\t", "\tother\t")));
    assert_eq!(kept.flows.len(), 18_000);
    assert_eq!(kept.flows.iter().filter(|flow| flow.service.is_some()).count(), 9_000);
}

#[test]
fn a_missing_close_and_a_cut_last_line() {
    let cut = UPLOAD.get(..60).unwrap();
    let kept = tsv(&format!("{UPLOAD}{cut}"));
    assert_eq!(kept.flows.len(), 1);
    assert_eq!(kept.skipped, [(10, "fewer columns than the #fields line has".to_owned())]);
}

#[test]
fn escapes_are_resolved() {
    let kept = read(
        "files.log",
        b"#separator \\x09\n#path\tfiles\n#fields\tts\tfuid\tuid\tmime_type\tfilename\tis_orig\tseen_bytes\n1.0\tF1\tC1\ttext/plain\tr\\xc3\\xa9sum\\xc3\\xa9\\x09\\\\x\tT\t5\n",
    );
    assert_eq!(kept.rows, ["file  C1 Some(1) Some(\"text/plain\") Some(\"résumé\\t\\\\x\") Some(5) None"]);
}

#[test]
fn windows_line_ends_and_utf_16_are_read() {
    let text = format!("{CONN}{UPLOAD}").replace('\n', "\r\n");
    assert_eq!(read("conn.log", text.as_bytes()).flows.len(), 1);
    let wide: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    assert_eq!(read("conn.log", &wide).flows.len(), 1);
}

#[test]
fn bytes_that_are_not_utf_8_lose_no_record() {
    let mut text = format!("{CONN}{UPLOAD}").into_bytes();
    text.extend(UPLOAD.replace("ssl", "s\u{1}l").bytes().map(|byte| if byte == 1 { 0xff } else { byte }));
    let kept = read("conn.log", &text);
    assert_eq!(kept.flows.len(), 2);
    assert_eq!(kept.flows[1].service.as_deref(), Some("s\u{fffd}l"));
}

#[test]
fn a_record_that_cannot_be_read_says_which_field() {
    for (from, to, field) in [
        ("1773220442.091862", "yesterday", "ts"),
        ("1773220442.091862", "-", "ts"),
        ("10.20.30.41", "wks-1", "id.orig_h"),
        ("203.0.113.77", "-", "id.resp_h"),
        ("51544", "65536", "id.orig_p"),
        ("8443", "-1", "id.resp_p"),
        ("184220193", "-5", "orig_bytes"),
        ("38214", "9223372036854775808", "resp_bytes"),
        ("131002", "many", "orig_pkts"),
        ("189460300", "99999999999999999999999", "orig_ip_bytes"),
        ("66011", "1e3", "resp_pkts"),
        ("2678700", "0x10", "resp_ip_bytes"),
        ("\t0\tSh", "\t-1\tSh", "missed_bytes"),
        ("tcp", "smoke", "proto"),
    ] {
        let kept = tsv(&UPLOAD.replace(from, to));
        assert_eq!(kept.flows, [], "{field}");
        assert!(kept.seen.is_empty());
        assert!(kept.skipped[0].1.starts_with(field), "{field}: {:?}", kept.skipped);
        assert_eq!(kept.skipped[0].0, 9);
    }
}

#[test]
fn a_wrong_type_where_nobody_looks_loses_no_record() {
    let kept = tsv(&UPLOAD.replace("611.204418", "long").replace("\tT\tF\t", "\tyes\tno\t"));
    let flow = only(&kept);
    assert_eq!((flow.end, flow.local), (None, [None, None]));
    let line = r#"{"ts":1.5,"uid":{"a":1},"id.orig_h":"10.0.0.1","id.orig_p":"5","id.resp_h":"10.0.0.2","id.resp_p":6.0,"proto":"udp","orig_bytes":"7","resp_bytes":8,"missed_bytes":null,"history":["Dd"],"service":3,"conn_state":false}"#;
    let kept = json("conn.log", line);
    let flow = only(&kept);
    assert_eq!((flow.source.1, flow.destination.1, flow.out.0, flow.back.0), (5, 6, Some(7), Some(8)));
}

#[test]
fn odd_times_and_large_counts() {
    for (ts, start) in [
        ("-11644473600.0", Some(-11_644_473_600_000_000_i64)),
        ("253402300799.0", None),
        ("0", Some(0)),
        ("19.981745", Some(19_981_745)),
    ] {
        let kept = tsv(&UPLOAD.replace("1773220442.091862", ts));
        match start {
            Some(start) => assert_eq!(only(&kept).start, start),
            // A year 9999 in seconds is taken for milliseconds: a time in 1978, not a panic.
            None => assert_eq!(kept.flows.len() + kept.skipped.len(), 1),
        }
    }
    let kept = tsv(&UPLOAD.replace("184220193", "9223372036854775807"));
    assert_eq!(only(&kept).out.0, Some(9_223_372_036_854_775_807));
}

#[test]
fn who_opened_it_is_not_always_known() {
    for (history, expected) in [
        ("ShADadFf", [true, true, true]),
        ("^hadf", [true, true, true]),
        ("DdA", [false, false, true]),
        ("S", [true, true, false]),
        ("Sr", [true, true, false]),
        ("^r", [false, false, false]),
    ] {
        let kept = tsv(&UPLOAD.replace("ShADadFf", history).replace("184220193\t38214", "0\t0"));
        assert_eq!(only(&kept).flags, expected, "{history}");
    }
}

#[test]
fn icmp_of_both_versions_and_unknown_transports() {
    let row = |ip: &str, proto: &str| tsv(&UPLOAD.replace("10.20.30.41", ip).replace("tcp", proto));
    assert_eq!(only(&row("fe80::1", "icmp")).protocol, 58);
    assert_eq!(only(&row("10.0.0.1", "icmp")).protocol, 1);
    assert_eq!(only(&row("10.0.0.1", "unknown_transport")).protocol, 255);
    let line = r#"{"ts":1.5,"uid":"C","id.orig_h":"10.0.0.1","id.orig_p":0,"id.resp_h":"10.0.0.2","id.resp_p":0,"proto":"unknown_transport","ip_proto":47,"conn_state":"OTH"}"#;
    assert_eq!(only(&json("conn.log", line)).protocol, 47);
}

#[test]
fn conn_long_is_a_running_total() {
    let kept = read(
        "conn_long.log",
        format!("{CONN}{UPLOAD}").replace("#path\tconn", "#path\tconn_long").as_bytes(),
    );
    assert_eq!(only(&kept).kind, FlowKind::Running.code());
    let line = r#"{"ts":1.5,"uid":"C","id.orig_h":"10.0.0.1","id.orig_p":1,"id.resp_h":"10.0.0.2","id.resp_p":2,"proto":"tcp","conn_state":"S1","orig_pkts":3}"#;
    assert_eq!(only(&json("a/conn_long.log", line)).kind, FlowKind::Running.code());
    assert_eq!(only(&json("a/x.json", line)).kind, FlowKind::Final.code());
    assert_eq!(
        only(&json("a/x.json", &line.replace("{", r#"{"_path":"conn_long","#))).kind,
        FlowKind::Running.code()
    );
}

#[test]
fn a_mixed_stream_is_told_apart_record_by_record() {
    let lines = [
        r#"{"_path":"conn","_system_name":"east","ts":1.5,"uid":"C1","id.orig_h":"10.0.0.1","id.orig_p":1,"id.resp_h":"10.0.0.2","id.resp_p":2,"proto":"udp","history":"Dd","orig_pkts":1,"resp_pkts":1,"orig_bytes":1,"resp_bytes":2}"#,
        r#"{"@stream":"dns","@system":"west","ts":"2026-03-11T09:14:02.118034Z","uid":"C2","id_orig_h":"10.0.0.1","id_orig_p":1,"id_resp_h":"10.0.0.2","id_resp_p":53,"query":"A.Example.","answers":["cname.example","192.0.2.7","2001:db8::7"],"TTLs":[5.0,60.0,61.5]}"#,
        r#"{"ts":1.5,"uid":"C3","id":{"orig_h":"10.0.0.1","orig_p":1,"resp_h":"10.0.0.2","resp_p":443},"version":"TLSv12","cipher":"x","server_name":"Drop.Example","established":true}"#,
        r#"{"ts":1.5,"uid":"C4","id.orig_h":"10.0.0.1","id.orig_p":1,"id.resp_h":"10.0.0.2","id.resp_p":443,"version":"1","client_initial_dcid":"ab","server_name":"quic.example"}"#,
        r#"{"ts":1.5,"uid":"C5","id.orig_h":"10.0.0.1","id.orig_p":1,"id.resp_h":"10.0.0.2","id.resp_p":80,"trans_depth":1,"method":"POST","host":"web.example:8080","resp_fuids":["F1"]}"#,
        r#"{"ts":1.5,"fuid":"F1","tx_hosts":["10.0.0.1"],"conn_uids":["C5","C6"],"source":"HTTP","is_orig":true,"seen_bytes":9}"#,
        r#"{"ts":1.5,"uids":["C7"],"mac":"00:0C:29:AA:BB:CC","host_name":"WKS-1.corp.example","assigned_addr":"10.0.0.9","lease_time":86400.0,"msg_types":["DISCOVER","OFFER","REQUEST","ACK"]}"#,
        r#"{"ts":1.5,"uids":["C7"],"mac":"00:0c:29:aa:bb:cc","assigned_addr":"10.0.0.9","msg_types":["DISCOVER","OFFER"]}"#,
        r#"{"_path":"weird","ts":1.5,"name":"truncated_header"}"#,
        r#"{"_path":"made_up","ts":1.5,"uid":"C9"}"#,
        r#"{"some":"thing"}"#,
    ];
    let kept = read("all/zeek.json", lines.join("\n").as_bytes());
    assert_eq!(kept.flows[0].sensor, "east");
    assert_eq!(
        kept.rows,
        [
            "lookup Some(10.0.0.1) a.example 192.0.2.7 Some(60)",
            "lookup Some(10.0.0.1) a.example 2001:db8::7 Some(61)",
            "name all-zeek Some(\"C3\") 1500000 0 drop.example",
            "name all-zeek Some(\"C4\") 1500000 1 quic.example",
            "name all-zeek Some(\"C5\") 1500000 2 web.example",
            "file all-zeek C5 Some(1) None None Some(9) None",
            "file all-zeek C6 Some(1) None None Some(9) None",
            "lease 10.0.0.9 Some(\"wks-1\") Some(\"00:0c:29:aa:bb:cc\") Some(86400)",
        ]
        .map(|row| row.replace("all-zeek", "all/zeek"))
    );
    let ignored: Vec<_> = kept.ignored.iter().map(|(kind, count)| (kind.as_str(), *count)).collect();
    assert_eq!(ignored, [("zeek-other", 1), ("zeek-weird", 1)]);
    assert_eq!(kept.seen.values().sum::<u64>(), 8);
}

#[test]
fn long_names_and_targets_are_told_with_their_conversation() {
    let ends = r#""id.orig_h":"10.0.0.1","id.orig_p":7,"id.resp_h":"10.0.0.2","id.resp_p":53"#;
    let dns = |name: &str| {
        format!(r#"{{"_path":"dns","ts":1.5,"uid":"C1",{ends},"proto":"udp","query":"{name}"}}"#)
    };
    let http = |length: usize| {
        let uri = "a".repeat(length);
        format!(
            r#"{{"_path":"http","ts":1.5,"uid":"C2",{ends},"trans_depth":1,"method":"GET","uri":"{uri}"}}"#
        )
    };
    let lines = [dns("0123456789abcde.t.example"), dns("0123456789ABCDEF.t.example"), http(127), http(128)];
    let kept = read("all.json", lines.join("\n").as_bytes());
    assert_eq!(
        kept.rows,
        [
            r#"query /all C1 Some(1) None Some("0123456789abcdef.t.example") Some(26) None"#,
            "target /all C2 Some(1) None None Some(128) None",
        ]
    );
    assert_eq!(kept.skipped, []);
}

#[test]
fn names_that_are_addresses_name_nothing() {
    let line = r#"{"_path":"http","ts":1.5,"uid":"C5","id.orig_h":"10.0.0.1","id.orig_p":1,"id.resp_h":"10.0.0.2","id.resp_p":80,"host":"192.168.0.4"}"#;
    let kept = json("http.log", line);
    assert_eq!((kept.rows.len(), kept.seen["zeek-http"]), (0, 1));
}

#[test]
fn the_length_of_a_requests_body_is_kept_beside_its_name() {
    let line = r#"{"_path":"http","ts":1.5,"uid":"C5","id.orig_h":"10.0.0.1","id.orig_p":1,"id.resp_h":"203.0.113.2","id.resp_p":80,"host":"a.example","request_body_len":700,"orig_mime_types":["application/zip","text/plain"]}"#;
    let kept = json("http.log", line);
    assert_eq!(kept.rows.last().unwrap(), "body  C5 Some(1) Some(\"application/zip\") None Some(700) None");
    let kept = json("http.log", &line.replace("700", "0"));
    assert!(kept.rows.iter().all(|row| row.starts_with("name ")), "{:?}", kept.rows);
}

#[test]
fn times_do_not_pass_through_floats() {
    let kept = tsv(&UPLOAD.replace("1773220442.091862", "4102444799.999999"));
    assert_eq!(Micros(only(&kept).start).to_string(), "2099-12-31T23:59:59.999999Z");
}

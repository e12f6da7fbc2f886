//! Thousands of damaged copies of each log: none may end the program, and no record may be counted twice.

use super::testing::read;

/// A sample of each log as TSV: path, fields, record.
const TSV: [(&str, &str, &str); 8] = [
    (
        "conn",
        "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tlocal_orig\tlocal_resp\tmissed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\ttunnel_parents",
        "1773220442.091862\tCnK3x81\t10.20.30.41\t51544\t203.0.113.77\t8443\ttcp\tssl\t611.204418\t184220193\t38214\tSF\tT\tF\t0\tShADadFf\t131002\t189460300\t66011\t2678700\tCa,Cb",
    ),
    (
        "dns",
        "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tquery\tanswers\tTTLs",
        "1.5\tC\t10.0.0.1\t5\tfe80::1\t53\ta.example\tb.example,192.0.2.1,2001:db8::1\t60.000000,5.0,1.0",
    ),
    (
        "ssl",
        "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tversion\tserver_name",
        "1.5\tC\t10.0.0.1\t5\t10.0.0.2\t443\tTLSv12\tdrop.example",
    ),
    (
        "ssl",
        "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tserver_name\tsubject\tvalidation_status",
        "1.5\tC\t10.0.0.1\t5\t10.0.0.2\t443\t10.0.0.2\tCN=*.drop.example,O=Drop\\\\, Inc.\tok",
    ),
    (
        "quic",
        "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tclient_initial_dcid\tserver_name",
        "1.5\tC\t10.0.0.1\t5\t10.0.0.2\t443\tab\tdrop.example",
    ),
    (
        "http",
        "ts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\ttrans_depth\tmethod\thost",
        "1.5\tC\t10.0.0.1\t5\t10.0.0.2\t80\t1\tPOST\tweb.example:8080",
    ),
    (
        "files",
        "ts\tfuid\tconn_uids\tmime_type\tfilename\tis_orig\tseen_bytes",
        "1.5\tF1\tC1,C2\ttext/plain\tr\\xc3\\xa9sum\\x09\tT\t5",
    ),
    (
        "dhcp",
        "ts\tuids\tmac\thost_name\tassigned_addr\tlease_time\tmsg_types",
        "1.5\tC1,C2\t00:0c:29:aa:bb:cc\tWKS-1.corp\t10.0.0.9\t86400.0\tREQUEST,ACK",
    ),
];

/// SplitMix64: the same damage on every machine.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((word ^ (word >> 31)) % limit.max(1) as u64).unwrap()
    }
}

/// What is put in somewhere: nulls, limits, separators, escapes and half of an escape.
const ODDITIES: [&[u8]; 22] = [
    b"-",
    b"(empty)",
    b"9223372036854775808",
    b"-1",
    b"65536",
    b"1e400",
    b"NaN",
    b"253402300800",
    b"\t",
    b"\n",
    b"\n#",
    b"#fields\t",
    b"#separator \\x",
    b"\\x0",
    b"\\xzz",
    b"\xff\xfe",
    b"\0",
    b"::ffff:1.2.3.4%1",
    b"\"",
    b"{",
    b"]",
    b"\xf0\x9f\x98\x80",
];

fn damage(text: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut bytes = text.to_vec();
    for _ in 0..=chance.below(4) {
        let at = chance.below(bytes.len());
        let end = (at + chance.below(24)).min(bytes.len());
        match chance.below(6) {
            0 => bytes[at] = chance.below(256).to_le_bytes()[0],
            1 => bytes.truncate(end.max(1)),
            2 => drop(bytes.drain(at..end)),
            3 => drop(bytes.splice(at..at, ODDITIES[chance.below(ODDITIES.len())].iter().copied())),
            4 => drop(bytes.splice(at..end, ODDITIES[chance.below(ODDITIES.len())].iter().copied())),
            _ => {
                let copy = bytes[at..end].to_vec();
                let to = chance.below(bytes.len());
                drop(bytes.splice(to..to, copy));
            }
        }
        if bytes.is_empty() {
            bytes.push(b'\n');
        }
    }
    bytes
}

fn survive(name: &str, sample: &[u8], seed: u64) {
    let mut chance = Chance(seed);
    for _ in 0..2_000 {
        let bytes = damage(sample, &mut chance);
        let kept = read(name, &bytes);
        let lines = bytes.split(|byte| *byte == b'\n').count() as u64
            + bytes.iter().filter(|byte| **byte == b'{').count() as u64;
        let told =
            kept.seen.values().sum::<u64>() + kept.ignored.values().sum::<u64>() + kept.skipped.len() as u64;
        assert!(told <= lines, "{} of {lines}: {:?}", told, String::from_utf8_lossy(&bytes));
        assert!(kept.flows.len() as u64 <= lines);
        for flow in &kept.flows {
            assert_eq!(flow.out.0.is_none(), flow.out.1 == 3);
            assert_eq!(flow.back.0.is_none(), flow.back.1 == 3);
        }
    }
}

#[test]
fn damaged_tsv_of_every_log() {
    for (seed, (log, fields, row)) in TSV.into_iter().enumerate() {
        let text = format!(
            "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\t{log}\n#fields\t{fields}\n{row}\n{row}\n#close\tx\n"
        );
        survive(&format!("{log}.log"), text.as_bytes(), seed as u64);
    }
}

#[test]
fn damaged_json_of_every_log() {
    for (seed, (log, fields, row)) in TSV.into_iter().enumerate() {
        let members: Vec<String> = fields
            .split('\t')
            .zip(row.split('\t'))
            .map(|(name, value)| match value {
                value if value.contains(',') => format!("\"{name}\":[\"{}\"]", value.replace(',', "\",\"")),
                "T" => format!("\"{name}\":true"),
                value if value.parse::<f64>().is_ok() => format!("\"{name}\":{value}"),
                value => format!("\"{name}\":\"{}\"", value.replace('\\', "\\\\")),
            })
            .collect();
        let line = format!("{{\"_path\":\"{log}\",{}}}\n", members.join(","));
        assert_eq!(read("x.json", line.as_bytes()).seen.values().sum::<u64>(), 1, "{line}");
        survive("x.json", format!("{line}{line}").as_bytes(), 100 + seed as u64);
        let nested =
            line.replace("\"id.orig_h\":", "\"id\":{\"orig_h\":").replace("\"id.resp_p\":", "\"resp_p\":");
        survive(&format!("{log}.log"), nested.as_bytes(), 200 + seed as u64);
    }
}

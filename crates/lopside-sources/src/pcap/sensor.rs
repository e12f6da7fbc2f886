//! Which sensor wrote a capture: each file is one, but for files of a ring.

/// Digits of the number and of the time that dumpcap and Wireshark give to a file of a ring: `uplink_00012_20260311091400.pcapng`.
const RING_NUMBER: usize = 5;
const RING_TIME: usize = 14;

/// The sensor of a capture with this display name. Files of a ring have one in common: what goes on from one to the next is one flow.
pub(super) fn sensor_of(name: &str) -> &str {
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    // tcpdump numbers the files after their ending: uplink.pcap, uplink.pcap1, uplink.pcap2.
    let digits = ending.bytes().rev().take_while(u8::is_ascii_digit).count();
    let known = ["pcap", "pcapng", "cap"]
        .iter()
        .any(|known| ending.len() == known.len() + digits && ending.starts_with(known));
    if known && digits > 0 {
        return name.get(..name.len() - digits).unwrap_or(name);
    }
    without(stem, RING_TIME).and_then(|stem| without(stem, RING_NUMBER)).unwrap_or(name)
}

/// The text before an underline and so many digits at its end.
fn without(text: &str, digits: usize) -> Option<&str> {
    let (before, number) = text.rsplit_once('_')?;
    (number.len() == digits && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(before)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_ring_are_of_one_sensor_and_others_are_not() {
        let same = |a: &str, b: &str| sensor_of(a) == sensor_of(b);
        assert!(same("a/uplink_00001_20260311091400.pcapng", "a/uplink_00002_20260311101400.pcapng"));
        assert!(same("a/uplink.pcap", "a/uplink.pcap1") && same("a/uplink.pcap1", "a/uplink.pcap27"));
        assert!(!same("a/uplink_00001_20260311091400.pcapng", "b/uplink_00001_20260311091400.pcapng"));
        assert!(!same("a/WORKSTATION5_2020-09-20025716.cap", "a/WORKSTATION6_2020-09-20025716.cap"));
        assert!(!same("a/day1.pcap", "a/day2.pcap"));
    }
}

//! Who wrote an event.

use crate::source::Sink;

use super::values::guid;

/// The providers that are read, and all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// Microsoft-Windows-Sysmon.
    Sysmon,
    /// Microsoft-Windows-Security-Auditing.
    Security,
    /// Any other.
    Other,
}

const SYSMON: u128 = 0x5770385f_c22a_43e0_bf4c_06f5698ffbd9;
const SECURITY: u128 = 0x54849625_5478_4994_a5ba_3e3b0328c30d;

impl Provider {
    /// The provider by its GUID, else its name, else its log.
    #[must_use]
    pub fn of(provider_guid: Option<&str>, name: Option<&str>, channel: Option<&str>) -> Provider {
        // As both write themselves.
        match provider_guid {
            Some("{5770385F-C22A-43E0-BF4C-06F5698FFBD9}" | "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}") => {
                return Provider::Sysmon;
            }
            Some("{54849625-5478-4994-A5BA-3E3B0328C30D}" | "{54849625-5478-4994-a5ba-3e3b0328c30d}") => {
                return Provider::Security;
            }
            _ => {}
        }
        let by_guid = provider_guid.and_then(guid).map(|bits| match bits {
            SYSMON => Provider::Sysmon,
            SECURITY => Provider::Security,
            _ => Provider::Other,
        });
        let by_name = || {
            name.map(|name| match name {
                name if name.eq_ignore_ascii_case("Microsoft-Windows-Sysmon") => Provider::Sysmon,
                name if name.eq_ignore_ascii_case("Microsoft-Windows-Security-Auditing") => {
                    Provider::Security
                }
                _ => Provider::Other,
            })
        };
        by_guid.or_else(by_name).unwrap_or_else(|| Provider::of_channel(channel.unwrap_or_default()))
    }

    /// The provider that writes to this log.
    #[must_use]
    pub fn of_channel(channel: &str) -> Provider {
        if channel.eq_ignore_ascii_case("Microsoft-Windows-Sysmon/Operational") {
            Provider::Sysmon
        } else if channel.eq_ignore_ascii_case("Security") {
            Provider::Security
        } else {
            Provider::Other
        }
    }

    /// Tells the sink that an event of this provider was passed over: `sysmon-7`, `security-4624`, `windows-event`.
    pub fn ignore(self, id: u32, sink: &mut dyn Sink) {
        let prefix = match self {
            Provider::Sysmon => "sysmon-",
            Provider::Security => "security-",
            Provider::Other => return sink.ignored("windows-event"),
        };
        // Most events are passed over, so the name is put together without an allocation.
        let mut name = [0_u8; 24];
        let mut at = name.len();
        let mut rest = id;
        loop {
            at -= 1;
            if let Some(place) = name.get_mut(at) {
                *place = b'0' + (rest % 10) as u8;
            }
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        at -= prefix.len();
        if let Some(place) = name.get_mut(at..at + prefix.len()) {
            place.copy_from_slice(prefix.as_bytes());
        }
        let name = name.get(at..).and_then(|bytes| str::from_utf8(bytes).ok());
        sink.ignored(name.unwrap_or("windows-event"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::windows::testing::Kept;

    #[test]
    fn the_guid_wins_over_the_name_and_the_name_over_the_log() {
        let sysmon = Some("{5770385F-C22A-43E0-BF4C-06F5698FFBD9}");
        assert_eq!(Provider::of(sysmon, Some("x"), Some("Security")), Provider::Sysmon);
        assert_eq!(Provider::of(None, Some("Microsoft-Windows-Eventlog"), Some("Security")), Provider::Other);
        assert_eq!(Provider::of(Some("-"), None, Some("security")), Provider::Security);
        assert_eq!(Provider::of(None, None, None), Provider::Other);
    }

    #[test]
    fn ignored_events_are_named() {
        let mut sink = Kept::default();
        Provider::Sysmon.ignore(7, &mut sink);
        Provider::Security.ignore(u32::MAX, &mut sink);
        Provider::Security.ignore(0, &mut sink);
        Provider::Other.ignore(7, &mut sink);
        let names: Vec<_> = sink.ignored.keys().map(String::as_str).collect();
        assert_eq!(names, ["security-0", "security-4294967295", "sysmon-7", "windows-event"]);
    }
}

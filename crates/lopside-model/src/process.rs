//! A process as findings and transfers tell it.

use serde::{Deserialize, Serialize};

/// A process: what is known of it, absent where it is not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Process {
    /// Full path of the image.
    pub image: Option<String>,
    /// Last component of the path.
    pub name: Option<String>,
    /// Process id.
    pub pid: Option<u32>,
    /// Process GUID in braces, lower-case.
    pub guid: Option<String>,
    /// User as `DOMAIN\name`.
    pub user: Option<String>,
    /// Command line.
    pub command_line: Option<String>,
    /// Image of the parent.
    pub parent_image: Option<String>,
    /// Company of the version resource: what the image says of itself.
    #[serde(default)]
    pub company: Option<String>,
    /// Product of the version resource.
    #[serde(default)]
    pub product: Option<String>,
    /// Services of a service host.
    pub services: Vec<String>,
    /// How many processes this entry stands for (at least 1).
    pub instances: u32,
}

/// The last component of a Windows path, in its own case.
pub fn file_name(path: &str) -> &str {
    path.rsplit(['\\', '/']).next().unwrap_or(path)
}

/// Reads a GUID in any common notation; the zero GUID is `None`.
pub fn parse_guid(text: &str) -> Option<u128> {
    let mut value = 0_u128;
    let mut count = 0;
    for byte in text.bytes() {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            b'-' | b'{' | b'}' => continue,
            _ => return None,
        };
        count += 1;
        if count > 32 {
            return None;
        }
        value = value << 4 | u128::from(digit);
    }
    (count == 32 && value != 0).then_some(value)
}

/// A GUID in braces, lower-case.
pub fn format_guid(guid: u128) -> String {
    let hex = format!("{guid:032x}");
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{{{}-{}-{}-{}-{}}}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_round_trip() {
        let text = "{7b1f22c0-3256-69b1-4e02-000000001f00}";
        assert_eq!(format_guid(parse_guid(&text.to_uppercase()).unwrap()), text);
        assert_eq!(parse_guid("{00000000-0000-0000-0000-000000000000}"), None);
        assert_eq!(parse_guid("{7b1f22c0}"), None);
        assert_eq!(parse_guid("x"), None);
    }

    #[test]
    fn names() {
        assert_eq!(file_name(r"C:\Windows\explorer.exe"), "explorer.exe");
        assert_eq!(file_name("System"), "System");
    }
}

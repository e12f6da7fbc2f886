//! Image paths with everything volatile folded: drives and devices, profiles, versions, GUIDs, running numbers.

use super::Place;

/// Folders of the system below the drive, as paths begin and as keys tell them.
const ROOTS: &[(&str, &str)] = &[
    (r"\windows\", r"%systemroot%\"),
    (r"\winnt\", r"%systemroot%\"),
    (r"\program files (x86)\", r"%programfiles%\"),
    (r"\program files\", r"%programfiles%\"),
    (r"\programdata\", r"%programdata%\"),
    (r"\users\all users\", r"%programdata%\"),
    (r"\users\public\", r"%public%\"),
];

/// Environment variables that telemetry leaves in paths, and what they stand for.
const VARIABLES: &[(&str, &str)] = &[
    (r"%windir%\", r"%systemroot%\"),
    (r"%systemroot%\", r"%systemroot%\"),
    (r"\systemroot\", r"%systemroot%\"),
    (r"%programfiles(x86)%\", r"%programfiles%\"),
    (r"%programfiles%\", r"%programfiles%\"),
    (r"%programw6432%\", r"%programfiles%\"),
    (r"%programdata%\", r"%programdata%\"),
    (r"%allusersprofile%\", r"%programdata%\"),
    (r"%public%\", r"%public%\"),
    (r"%userprofile%\", r"%userprofile%\"),
    (r"%localappdata%\", r"%userprofile%\appdata\local\"),
    (r"%appdata%\", r"%userprofile%\appdata\roaming\"),
    (r"%temp%\", r"%userprofile%\appdata\local\temp\"),
    (r"%tmp%\", r"%userprofile%\appdata\local\temp\"),
    (r"%systemdrive%\", r"\"),
];

/// Folders whose next part is the name of a user.
const PROFILES: &[&str] = &[r"\users\", r"\documents and settings\"];

/// The key of a path: lower-case, without drive or device, volatile parts as `#`.
pub(super) fn key(image: &str) -> String {
    let path = rooted(image);
    let (root, rest) = split_root(&path);
    let mut key = String::with_capacity(path.len());
    key.push_str(root);
    for (n, part) in rest.split('\\').enumerate() {
        if n > 0 {
            key.push('\\');
        }
        fold_into(&mut key, part);
    }
    key
}

/// The class of the folder that holds an image, from its key.
pub(super) fn place(key: &str) -> Place {
    let any = |starts: &[&str]| starts.iter().any(|start| key.starts_with(start));
    let holds = |parts: &[&str]| parts.iter().any(|part| key.contains(part));
    if !key.contains('\\') {
        let kernel = ["system", "registry", "memcompression", "memory compression", "secure system", "idle"];
        return if kernel.contains(&key) { Place::Kernel } else { Place::Unknown };
    }
    if any(&[r"\\"]) {
        return Place::Network;
    }
    if holds(&[r"\$recycle.bin\", r"\recycler\", r"\temp\", r"\tmp\"])
        || (any(&["%userprofile%"])
            && holds(&[r"\downloads\", r"\inetcache\", r"\temporary internet files\"]))
    {
        return Place::Temporary;
    }
    if any(&["%systemroot%"]) {
        let open = [
            r"%systemroot%\tasks\",
            r"%systemroot%\tracing\",
            r"%systemroot%\debug\",
            r"\spool\drivers\color\",
        ];
        return if holds(&open) { Place::Shared } else { Place::Windows };
    }
    if any(&["%programfiles%", r"%programdata%\microsoft\windows defender\platform\"]) {
        return Place::Programs;
    }
    if any(&["%programdata%", "%public%", r"\perflogs\"]) {
        return Place::Shared;
    }
    if any(&["%userprofile%"]) { Place::Profile } else { Place::Other }
}

/// Lower-case, backslashes only, without quotes, drive and device: `\windows\x.exe`, `\\server\share\x.exe`, or a bare name.
fn rooted(image: &str) -> String {
    let mut path = image.trim().trim_matches('"').to_ascii_lowercase();
    if path.contains('/') {
        path = path.replace('/', "\\");
    }
    for prefix in [r"\\?\unc\", r"\device\mup\", r"\device\lanmanredirector\", r"\??\unc\"] {
        if let Some(rest) = path.strip_prefix(prefix) {
            // A redirector names the drive before the server: \;Z:0000000000012345\server\share.
            let rest =
                rest.strip_prefix(';').and_then(|rest| rest.split_once('\\')).map_or(rest, |(_, rest)| rest);
            return format!(r"\\{rest}");
        }
    }
    for prefix in [r"\\?\", r"\??\", r"\\.\"] {
        if let Some(rest) = path.strip_prefix(prefix) {
            path = rest.to_owned();
        }
    }
    if let Some(rest) = path.strip_prefix(r"\device\").and_then(|rest| rest.split_once('\\')) {
        return format!(r"\{}", rest.1);
    }
    match path.split_once(':') {
        Some((drive, rest)) if drive.len() == 1 && rest.starts_with('\\') => rest.to_owned(),
        _ => path,
    }
}

/// The root as keys tell it, and what lies below it.
fn split_root(path: &str) -> (&'static str, &str) {
    for (start, root) in VARIABLES.iter().chain(ROOTS) {
        if let Some(rest) = path.strip_prefix(start) {
            return (root, rest);
        }
    }
    for start in PROFILES {
        if let Some((_, rest)) = path.strip_prefix(start).and_then(|rest| rest.split_once('\\')) {
            return (r"%userprofile%\", rest);
        }
    }
    ("", path)
}

/// Adds one part of a path with what is volatile in it as `#`.
pub(super) fn fold_into(key: &mut String, part: &str) {
    if is_version(part) || super::super::process::parse_guid(part).is_some() {
        key.push('#');
        return;
    }
    // Packages: name_version_architecture__publisher.
    if let Some((name, _)) = part.split_once('_').filter(|(_, rest)| rest.contains("__")) {
        key.push_str(name);
        key.push_str("_#");
        return;
    }
    let (stem, end) = match part.rsplit_once('.') {
        Some((stem, end)) if end.len() <= 4 && end.bytes().all(|b| b.is_ascii_alphabetic()) => {
            (stem, Some(end))
        }
        _ => (part, None),
    };
    if is_random(stem) {
        key.push('#');
    } else {
        fold_numbers(key, stem);
    }
    if let Some(end) = end {
        key.push('.');
        key.push_str(end);
    }
}

/// `114.0.1823.79`, `v2.0.5`, `app-1.2.3`, `20240105`.
fn is_version(part: &str) -> bool {
    let number = part.strip_prefix("app-").or_else(|| part.strip_prefix('v')).unwrap_or(part);
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    digits > 0
        && number.starts_with(|c: char| c.is_ascii_digit())
        && number.bytes().all(|b| b.is_ascii_digit() || b".-_".contains(&b))
}

/// At least eight hexadecimal digits, letters and figures mixed: nobody names things so.
fn is_random(stem: &str) -> bool {
    let figures = stem.bytes().filter(u8::is_ascii_digit).count();
    stem.len() >= 8
        && figures >= 2
        && figures < stem.len()
        && stem.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

/// Copies text with runs of two and more figures (and versions: figures with dots between) as `#`; 32, 64 and 86 stay, as in
/// `system32` and `x64`.
fn fold_numbers(key: &mut String, text: &str) {
    let bytes = text.as_bytes();
    if !bytes.iter().any(u8::is_ascii_digit) {
        key.push_str(text);
        return;
    }
    let mut rest = text.char_indices().peekable();
    while let Some((from, c)) = rest.next() {
        if !c.is_ascii_digit() {
            key.push(c);
            continue;
        }
        let mut end = from + 1;
        while bytes.get(end).is_some_and(|b| {
            b.is_ascii_digit() || (b"._".contains(b) && bytes.get(end + 1).is_some_and(u8::is_ascii_digit))
        }) {
            end += 1;
        }
        while rest.peek().is_some_and(|(at, _)| *at < end) {
            rest.next();
        }
        let number = text.get(from..end).unwrap_or_default();
        if number.len() == 1 || matches!(number, "32" | "64" | "86") {
            key.push_str(number);
        } else {
            key.push('#');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dos_and_device_paths_are_one() {
        for image in [
            r"C:\Program Files\Foo\foo.exe",
            r"\device\harddiskvolume3\program files\foo\foo.exe",
            r"\Device\HarddiskVolume12\Program Files (x86)\Foo\foo.exe",
            r"\??\C:\Program Files\Foo\foo.exe",
            r"\\?\D:\Program Files\Foo\FOO.EXE",
            r"%ProgramFiles%\Foo\foo.exe",
            r#""C:\Program Files\Foo\foo.exe""#,
        ] {
            assert_eq!(key(image), r"%programfiles%\foo\foo.exe", "{image}");
        }
    }

    #[test]
    fn a_copy_elsewhere_is_another() {
        assert_ne!(key(r"C:\Windows\System32\svchost.exe"), key(r"C:\Windows\svchost.exe"));
        assert_eq!(key(r"C:\Tools\x.exe"), r"\tools\x.exe");
        assert_eq!(key("System"), "system");
    }

    #[test]
    fn volatile_parts() {
        for (image, expected) in [
            (
                r"C:\Users\jo.doe\AppData\Local\slack\app-4.35.126\slack.exe",
                r"%userprofile%\appdata\local\slack\#\slack.exe",
            ),
            (
                r"C:\Program Files (x86)\Microsoft\EdgeWebView\Application\114.0.1823.79\msedgewebview2.exe",
                r"%programfiles%\microsoft\edgewebview\application\#\msedgewebview2.exe",
            ),
            (
                r"C:\Program Files\WindowsApps\MSTeams_23306.3314.2555.9628_x64__8wekyb3d8bbwe\ms-teams.exe",
                r"%programfiles%\windowsapps\msteams_#\ms-teams.exe",
            ),
            (
                r"C:\Windows\Temp\{7B1F22C0-3256-69B1-4E02-000000001F00}\setup.exe",
                r"%systemroot%\temp\#\setup.exe",
            ),
            (
                r"C:\Users\jo\AppData\Local\Temp\_MEI90322\x.exe",
                r"%userprofile%\appdata\local\temp\_mei#\x.exe",
            ),
            (r"C:\Users\jo\AppData\Local\Temp\3f9a01bc77\x.exe", r"%userprofile%\appdata\local\temp\#\x.exe"),
            (r"C:\Program Files\Java\jre1.8.0_291\bin\java.exe", r"%programfiles%\java\jre#\bin\java.exe"),
            (
                r"C:\ProgramData\Microsoft\Windows Defender\Platform\4.18.2301.6-0\MsMpEng.exe",
                r"%programdata%\microsoft\windows defender\platform\#\msmpeng.exe",
            ),
            (r"C:\Windows\System32\rundll32.exe", r"%systemroot%\system32\rundll32.exe"),
            (r"C:\Windows\SysWOW64\cmd.exe", r"%systemroot%\syswow64\cmd.exe"),
            (r"C:\PROGRA~1\Foo\foo.exe", r"\progra~1\foo\foo.exe"),
            (r"C:\Program Files\7-Zip\7z.exe", r"%programfiles%\7-zip\7z.exe"),
            (r"\Device\Mup\srv\share\x.exe", r"\\srv\share\x.exe"),
            (r"\Device\Mup\;Z:0000000000012345\srv\share\x.exe", r"\\srv\share\x.exe"),
            (r"C:\Users\jö\Größe12\ñ.exe", r"%userprofile%\größe#\ñ.exe"),
        ] {
            assert_eq!(key(image), expected);
        }
    }

    #[test]
    fn places() {
        for (image, expected) in [
            ("System", Place::Kernel),
            ("x.exe", Place::Unknown),
            (r"C:\Windows\System32\svchost.exe", Place::Windows),
            (r"C:\Windows\Temp\x.exe", Place::Temporary),
            (r"C:\Windows\Tasks\x.exe", Place::Shared),
            (r"C:\Program Files\Foo\foo.exe", Place::Programs),
            (r"C:\ProgramData\Kestrel\syncd.exe", Place::Shared),
            (r"C:\Users\Public\x.exe", Place::Shared),
            (r"C:\Users\jo\Downloads\x.exe", Place::Temporary),
            (r"C:\Users\jo\AppData\Local\Temp\x.exe", Place::Temporary),
            (r"C:\Users\jo\AppData\Local\slack\slack.exe", Place::Profile),
            (r"C:\$Recycle.Bin\S-1-5-21\x.exe", Place::Temporary),
            (r"\\srv\share\x.exe", Place::Network),
            (r"D:\Tools\x.exe", Place::Other),
        ] {
            assert_eq!(place(&key(image)), expected, "{image}");
        }
    }
}

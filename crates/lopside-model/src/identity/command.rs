//! What a service host, a proxy of code or an interpreter really runs, from its command line.

use super::{Place, path};
use crate::net::StableHash;
use crate::process::file_name;

/// Adds what `image` (lower-case name) runs to its key; nothing where the command line does not say.
pub(super) fn append(key: &mut String, name: &str, command_line: &str, parent: Option<&str>) {
    let mut words = Words(command_line.trim());
    words.next();
    let stem = name.strip_suffix(".exe").unwrap_or(name);
    match stem {
        "svchost" => service_host(key, command_line, parent),
        "rundll32" => library(key, words),
        "regsvr32" => registered(key, words),
        "dllhost" => tagged(key, words, "/processid:"),
        "msiexec" => package(key, words),
        "msbuild" | "installutil" | "regasm" | "regsvcs" | "mshta" | "wscript" | "cscript" => {
            script(key, words, "/");
        }
        "msedgewebview2" => webview(key, words),
        "powershell" | "pwsh" => powershell(key, words),
        "cmd" => shell(key, words),
        "java" | "javaw" => java(key, words),
        "chrome" | "msedge" | "firefox" | "brave" | "opera" | "vivaldi" => remote_controlled(key, words),
        _ if is_interpreter(stem) => interpreter(key, words),
        _ => {}
    }
}

/// `-s Service`, else `-k group`, of a service host.
pub(super) fn service(command_line: &str) -> Option<&str> {
    after(command_line, "-s").or_else(|| after(command_line, "-k"))
}

/// The words of a command line: quotes hold spaces together and are taken off.
#[derive(Clone, Copy)]
struct Words<'a>(&'a str);

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let text = self.0.trim_start();
        if text.is_empty() {
            return None;
        }
        let (word, rest) = match text.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => text.split_once(char::is_whitespace).unwrap_or((text, "")),
        };
        self.0 = rest;
        Some(word)
    }
}

fn after<'a>(command_line: &'a str, option: &str) -> Option<&'a str> {
    let mut words = Words(command_line);
    words.find(|word| word.eq_ignore_ascii_case(option))?;
    words.next().filter(|word| !word.starts_with('-'))
}

fn lower(text: &str) -> String {
    text.to_ascii_lowercase()
}

/// Adds a file: its folded name and the class of its folder.
fn push_file(key: &mut String, file: &str) {
    let folded = path::key(file);
    key.push_str(file_name(&folded));
    key.push('|');
    key.push_str(match path::place(&folded) {
        Place::Kernel => "kernel",
        Place::Windows => "windows",
        Place::Programs => "programs",
        Place::Shared => "shared",
        Place::Profile => "profile",
        Place::Temporary => "temporary",
        Place::Network => "network",
        Place::Other => "other",
        Place::Unknown => "unknown",
    });
}

/// Adds a short hash of code, in which numbers do not count.
fn push_inline(key: &mut String, code: &str) {
    let mut folded = String::with_capacity(code.len());
    for word in code.split_whitespace() {
        path::fold_into(&mut folded, &lower(word));
        folded.push(' ');
    }
    key.push_str(&format!("inline:{:08x}", StableHash::of(folded.as_bytes()) >> 32));
}

fn service_host(key: &mut String, command_line: &str, parent: Option<&str>) {
    key.push('/');
    let started = parent.is_none_or(|parent| file_name(parent).eq_ignore_ascii_case("services.exe"));
    match service(command_line) {
        Some(service) if started => {
            // Services of one user carry a number: OneSyncSvc_4a1b2.
            let service = lower(service);
            key.push_str(service.split_once('_').map_or(service.as_str(), |(name, _)| name));
        }
        Some(_) => key.push_str("not started by services.exe"),
        None => key.push_str("without a service"),
    }
}

/// rundll32: the library and its export.
fn library(key: &mut String, mut words: Words<'_>) {
    let Some(word) = words.next() else { return };
    let (file, export) = word.split_once(',').unwrap_or((word, ""));
    let mut later = words.map(|word| word.trim_start_matches(',')).filter(|word| !word.is_empty());
    let export = if export.is_empty() { later.next().unwrap_or("") } else { export };
    key.push('/');
    push_file(key, file);
    if !export.is_empty() && export.len() < 64 {
        key.push(',');
        path::fold_into(key, &lower(export));
    }
}

/// regsvr32: where it takes a script from, else the library.
fn registered(key: &mut String, words: Words<'_>) {
    let tail = |word: &str| {
        word.get(..3)
            .is_some_and(|start| start.eq_ignore_ascii_case("/i:") || start.eq_ignore_ascii_case("-i:"))
    };
    if let Some(word) = words.into_iter().find(|word| tail(word)) {
        key.push_str("/i:");
        push_file(key, word.get(3..).unwrap_or_default());
    } else {
        script(key, words, "/");
    }
}

fn tagged(key: &mut String, mut words: Words<'_>, tag: &str) {
    let value = |word: &str| {
        let start = word.get(..tag.len())?;
        start.eq_ignore_ascii_case(tag).then(|| lower(word.get(tag.len()..).unwrap_or_default()))
    };
    if let Some(value) = words.find_map(value) {
        key.push('/');
        key.push_str(&value);
    }
}

fn package(key: &mut String, mut words: Words<'_>) {
    let file = |word: &&str| {
        word.to_ascii_lowercase().contains(".msi") || crate::process::parse_guid(word).is_some()
    };
    if let Some(word) = words.find(file) {
        key.push('/');
        push_file(key, word);
    } else if Words(words.0).count() == 0 {
        key.push_str("/service");
    }
}

/// The first word that is no option: the file that is run.
fn script(key: &mut String, mut words: Words<'_>, separator: &str) {
    if let Some(word) = words.find(|word| !word.starts_with(['-', '/'])) {
        key.push_str(separator);
        let scheme = word.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
        match scheme.as_deref() {
            Some("javascript" | "vbscript" | "about") => key.push_str("inline"),
            Some("http" | "https") => key.push_str("web"),
            _ => push_file(key, word),
        }
    }
}

fn webview(key: &mut String, words: Words<'_>) {
    tagged(key, words, "--webview-exe-name=");
}

fn remote_controlled(key: &mut String, mut words: Words<'_>) {
    let telling = |word: &str| {
        ["--headless", "--remote-debugging-port", "--remote-debugging-pipe"]
            .iter()
            .any(|flag| word.starts_with(flag))
    };
    if words.any(telling) {
        key.push_str("/remote-controlled");
    }
}

/// Whether `word` abbreviates a parameter (`-enc` of `-encodedcommand`).
fn abbreviates(word: &str, parameter: &str, least: usize) -> bool {
    let Some(word) = word.strip_prefix(['-', '/']) else { return false };
    word.len() >= least && parameter.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

fn powershell(key: &mut String, mut words: Words<'_>) {
    loop {
        let from_here = words;
        let Some(word) = words.next() else { return };
        if abbreviates(word, "file", 1) {
            if let Some(file) = words.next() {
                key.push(':');
                push_file(key, file);
            }
            return;
        }
        if abbreviates(word, "encodedcommand", 1) || word.eq_ignore_ascii_case("-ec") {
            key.push_str(":encoded-");
            return push_inline(key, words.0);
        }
        if abbreviates(word, "command", 1) {
            key.push(':');
            return push_inline(key, words.0);
        }
        let takes_value = [
            ("executionpolicy", 2),
            ("windowstyle", 1),
            ("version", 1),
            ("inputformat", 3),
            ("outputformat", 1),
        ];
        if takes_value.iter().any(|(parameter, least)| abbreviates(word, parameter, *least))
            || word.eq_ignore_ascii_case("-ep")
        {
            words.next();
        } else if !word.starts_with(['-', '/']) {
            key.push(':');
            if lower(word).ends_with(".ps1") {
                push_file(key, word);
            } else {
                push_inline(key, from_here.0);
            }
            return;
        }
    }
}

fn shell(key: &mut String, mut words: Words<'_>) {
    let runs = |word: &&str| ["/c", "/k", "/r"].iter().any(|flag| word.eq_ignore_ascii_case(flag));
    if words.find(runs).is_some()
        && let Some(program) = words.next()
    {
        key.push(':');
        path::fold_into(key, &lower(file_name(program)));
    }
}

fn java(key: &mut String, mut words: Words<'_>) {
    while let Some(word) = words.next() {
        match word {
            "-jar" => {
                if let Some(file) = words.next() {
                    key.push(':');
                    push_file(key, file);
                }
                return;
            }
            "-cp" | "-classpath" | "--class-path" | "-p" | "--module-path" => {
                words.next();
            }
            _ if word.starts_with('-') => {}
            class => {
                key.push(':');
                path::fold_into(key, &lower(class));
                return;
            }
        }
    }
}

fn is_interpreter(stem: &str) -> bool {
    let stem = stem.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    matches!(
        stem,
        "python"
            | "pythonw"
            | "py"
            | "pyw"
            | "node"
            | "ruby"
            | "rubyw"
            | "perl"
            | "php"
            | "bash"
            | "sh"
            | "wsl"
            | "autohotkey"
            | "autoit"
            | "deno"
            | "bun"
            | "lua"
    )
}

fn interpreter(key: &mut String, mut words: Words<'_>) {
    while let Some(word) = words.next() {
        match word {
            "-m" => {
                if let Some(module) = words.next() {
                    key.push_str(":-m ");
                    path::fold_into(key, &lower(module));
                }
                return;
            }
            "-c" | "-e" | "-r" | "--eval" => return key.push_str(":inline"),
            "-X" | "-W" => {
                words.next();
            }
            _ if word.starts_with('-') => {}
            file => {
                key.push(':');
                return push_file(key, file);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Identity, ProcessFacts};

    fn key(image: &str, command_line: &str) -> String {
        let facts =
            ProcessFacts { image: Some(image), command_line: Some(command_line), ..ProcessFacts::default() };
        Identity::of(&facts).unwrap().key
    }

    const SYSTEM: &str = r"C:\Windows\System32\";

    fn system(name: &str, arguments: &str) -> String {
        let key = key(&format!("{SYSTEM}{name}"), &format!(r"{SYSTEM}{name} {arguments}"));
        key.strip_prefix(r"%systemroot%\system32\").unwrap().to_owned()
    }

    #[test]
    fn service_hosts() {
        assert_eq!(system("svchost.exe", "-k netsvcs -p -s DoSvc"), "svchost.exe/dosvc");
        assert_eq!(system("svchost.exe", "-k LocalService"), "svchost.exe/localservice");
        assert_eq!(
            system("svchost.exe", "-k UnistackSvcGroup -s OneSyncSvc_4a1b2"),
            "svchost.exe/onesyncsvc"
        );
        assert_eq!(system("svchost.exe", ""), "svchost.exe/without a service");
        let odd = ProcessFacts {
            image: Some(r"C:\Windows\System32\svchost.exe"),
            command_line: Some("svchost.exe -k netsvcs -s BITS"),
            parent_image: Some(r"C:\Users\jo\x.exe"),
            ..ProcessFacts::default()
        };
        assert!(Identity::of(&odd).unwrap().key.ends_with("/not started by services.exe"));
    }

    #[test]
    fn proxies() {
        assert_eq!(
            system("rundll32.exe", r"C:\Windows\System32\davclnt.dll,DavSetCookie host http://h/"),
            "rundll32.exe/davclnt.dll|windows,davsetcookie"
        );
        assert_eq!(
            system("rundll32.exe", r#""C:\Users\jo\a b.dll", Start"#),
            "rundll32.exe/a b.dll|profile,start"
        );
        assert_eq!(
            system("regsvr32.exe", "/s /n /u /i:http://h/file.sct scrobj.dll"),
            "regsvr32.exe/i:file.sct|other"
        );
        assert_eq!(
            system("dllhost.exe", "/Processid:{AB8902B4-09CA-4BB6-B78D-A8F59079A8D5}"),
            "dllhost.exe/{ab8902b4-09ca-4bb6-b78d-a8f59079a8d5}"
        );
        assert_eq!(system("mshta.exe", "javascript:close()"), "mshta.exe/inline");
        assert_eq!(
            system("wscript.exe", r#"//B "C:\Users\jo\Downloads\offer 12345.js""#),
            "wscript.exe/offer #.js|temporary"
        );
        assert_eq!(
            system("msiexec.exe", r"/i C:\Users\jo\Downloads\tool-1.2.3.msi /qn"),
            "msiexec.exe/tool-#.msi|temporary"
        );
        assert_eq!(system("msiexec.exe", "/V"), "msiexec.exe/service");
    }

    #[test]
    fn interpreters() {
        assert_eq!(system("python.exe", r"-u C:\Scripts\sync_2024.py --fast"), "python.exe:sync_#.py|other");
        assert_eq!(system("python3.11.exe", "-m http.server 8000"), "python#.exe:-m http.server");
        assert_eq!(system("python.exe", "-c import"), "python.exe:inline");
        assert_eq!(
            system("powershell.exe", r"-NoProfile -ExecutionPolicy Bypass -File C:\ops\push.ps1"),
            "powershell.exe:push.ps1|other"
        );
        assert!(
            system("powershell.exe", "-w hidden -enc SQBFAFgA").starts_with("powershell.exe:encoded-inline:")
        );
        assert_eq!(
            system("powershell.exe", "-Command Get-Date 17"),
            system("powershell.exe", "-Command Get-Date 18")
        );
        assert_eq!(system("java.exe", r"-Xmx1g -cp C:\a.jar com.example.Main"), "java.exe:com.example.main");
        assert_eq!(system("java.exe", r"-jar C:\a.jar"), "java.exe:a.jar|other");
        assert_eq!(system("cmd.exe", r"/c C:\Windows\System32\curl.exe -T x"), "cmd.exe:curl.exe");
        assert_eq!(system("powershell.exe", ""), "powershell.exe");
    }

    #[test]
    fn browsers_fold_and_web_views_name_their_host() {
        let image = r"C:\Program Files\Google\Chrome\Application\chrome.exe";
        let root = key(image, "chrome.exe");
        assert_eq!(
            key(image, "chrome.exe --type=utility --utility-sub-type=network.mojom.NetworkService"),
            root
        );
        assert_ne!(key(image, "chrome.exe --headless --disable-gpu"), root);
        let view = r"C:\Program Files (x86)\Microsoft\EdgeWebView\Application\114.0.1\msedgewebview2.exe";
        assert!(
            key(view, "x --embedded-browser-webview=1 --webview-exe-name=ms-teams.exe")
                .ends_with("msedgewebview2.exe/ms-teams.exe")
        );
    }
}

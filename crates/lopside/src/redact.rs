//! `--redact`: users, hosts, paths below a profile and command lines become keyed hashes, the same value the same token.
//!
//! The token is the start of SHA-256 over the key's own hash and the value in lower case. Without `--redact-key` the key is a
//! constant, so that the same input gives the same bytes: then whoever tries many names can find a short one.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;

use lopside_engine::host::addresses::OTHER_ADDRESSES;
use lopside_model::finding::Finding;
use lopside_model::net::Scope;
use lopside_model::process::Process;
use sha2::{Digest, Sha256};

/// The key where none is given.
const CONSTANT: &str = "lopside redaction without a key of its own";
/// Bytes of the hash that a token shows.
const SHOWN: usize = 6;
/// Ends a path within a sentence.
const PATH_ENDS: [char; 9] = ['"', '\'', '<', '>', '|', '*', '?', '\n', '\t'];

/// What a value is, as its token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An account.
    User,
    /// A machine.
    Host,
    /// What stands below a user's profile.
    Path,
    /// A command line.
    Command,
    /// An input file.
    File,
    /// An entry of the list of sanctioned senders: its name may hold a host's.
    Entry,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::User => "user",
            Kind::Host => "host",
            Kind::Path => "path",
            Kind::Command => "command",
            Kind::File => "file",
            Kind::Entry => "entry",
        }
    }
}

/// Replaces values.
#[derive(Clone, Debug)]
pub(crate) struct Redactor {
    key: [u8; 32],
}

impl Redactor {
    /// With a secret, or with the constant.
    pub(crate) fn new(key: Option<&str>) -> Redactor {
        Redactor { key: Sha256::digest(key.unwrap_or(CONSTANT).as_bytes()).into() }
    }

    /// The token of a value.
    pub(crate) fn token(&self, kind: Kind, value: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(self.key);
        hash.update([kind as u8]);
        hash.update(value.to_lowercase().as_bytes());
        let mut token = format!("{}-", kind.word());
        for byte in hash.finalize().iter().take(SHOWN) {
            token.push_str(&format!("{byte:02x}"));
        }
        token
    }

    /// A host's name; an address stays, since addresses are shown anyway.
    pub(crate) fn host(&self, name: &str) -> String {
        if name.is_empty() || name == OTHER_ADDRESSES || name.parse::<IpAddr>().is_ok() {
            name.to_owned()
        } else {
            self.token(Kind::Host, name)
        }
    }

    /// The name of a peer: inside, it is a host.
    pub(crate) fn domain(&self, name: &str, scope: Scope) -> String {
        if scope == Scope::External { name.to_owned() } else { self.host(name) }
    }

    /// A path: what stands below a profile becomes a token, anything else stays.
    pub(crate) fn path<'p>(&self, path: &'p str) -> Cow<'p, str> {
        match profile(path) {
            Some(end) => {
                let (folder, below) = path.split_at(end);
                Cow::Owned(format!("{folder}{}", self.token(Kind::Path, below)))
            }
            None => Cow::Borrowed(path),
        }
    }

    /// An input's name: a token with the name's last ending.
    pub(crate) fn file(&self, name: &str) -> String {
        let ending = name
            .rsplit(['/', '\\', '!'])
            .next()
            .and_then(|last| last.rsplit_once('.'))
            .map_or("", |(_, end)| end);
        let plain = !ending.is_empty()
            && ending.len() <= 8
            && ending.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let token = self.token(Kind::File, name);
        if plain { format!("{token}.{ending}") } else { token }
    }

    /// A process; its name goes where its path does.
    pub(crate) fn process(&self, process: &mut Process) {
        if let Some(image) = &process.image {
            let redacted = self.path(image).into_owned();
            if redacted != *image {
                process.name = Some(lopside_model::process::file_name(&redacted).to_owned());
                process.image = Some(redacted);
            }
        }
        process.user = process.user.as_deref().map(|user| self.token(Kind::User, user));
        process.command_line = process.command_line.as_deref().map(|line| self.token(Kind::Command, line));
        process.parent_image = process.parent_image.as_deref().map(|image| self.path(image).into_owned());
    }

    /// A finding, the sentences in it included.
    pub(crate) fn finding(&self, finding: &Finding) -> Finding {
        let mut told = finding.clone();
        let words = self.words(finding);
        let text = |text: &mut String| *text = self.sentence(text, &words);
        text(&mut told.title);
        text(&mut told.reason);
        text(&mut told.counterfactual);
        told.not_seen.iter_mut().for_each(text);
        told.attribution.reason.iter_mut().for_each(text);
        for factor in &mut told.factors {
            text(&mut factor.text);
            factor.value.iter_mut().for_each(text);
            factor.usual.iter_mut().for_each(text);
            factor.excerpt = None;
        }
        told.techniques.iter_mut().for_each(|technique| text(&mut technique.because));
        told.host.name = finding.host.name.as_deref().map(|name| self.host(name));
        if let Some(process) = &mut told.process {
            self.process(process);
        }
        if let Some(domain) = &mut told.destination.domain {
            *domain = self.domain(domain, finding.destination.scope);
        }
        if let Some(decision) = &mut told.decision {
            decision.note = decision.note.as_deref().map(|note| self.sentence(note, &words));
            decision.author = decision.author.as_deref().map(|author| self.token(Kind::User, author));
        }
        if let Some(envelope) = &mut told.envelope {
            envelope.entry = self.token(Kind::Entry, &envelope.entry);
            envelope.owner = self.token(Kind::User, &envelope.owner);
            envelope.reason = self.sentence(&envelope.reason, &words);
        }
        told.owner = finding.owner.as_deref().map(|owner| self.token(Kind::User, owner));
        for evidence in &mut told.evidence {
            evidence.file = self.file(&evidence.file);
        }
        told
    }

    /// What a finding's sentences may repeat, and what stands for it.
    fn words(&self, finding: &Finding) -> Vec<(String, String)> {
        let mut words = BTreeMap::new();
        let mut add = |value: &str, token: String| {
            if value.chars().count() > 1 && token != value {
                words.insert(value.to_lowercase(), token);
            }
        };
        if let Some(name) = &finding.host.name {
            add(name, self.host(name));
        }
        if let Some(envelope) = &finding.envelope {
            let token = self.token(Kind::Entry, &envelope.entry);
            add(&format!("\"{}\"", envelope.entry), format!("\"{token}\""));
        }
        for owner in finding.owner.iter().chain(finding.envelope.as_ref().map(|envelope| &envelope.owner)) {
            add(owner, self.token(Kind::User, owner));
        }
        if let Some(domain) = &finding.destination.domain {
            add(domain, self.domain(domain, finding.destination.scope));
        }
        if let Some(process) = &finding.process {
            let mut redacted = process.clone();
            self.process(&mut redacted);
            let pairs = [
                (&process.user, redacted.user),
                (&process.command_line, redacted.command_line),
                (&process.image, redacted.image),
                (&process.name, redacted.name),
                (&process.parent_image, redacted.parent_image),
            ];
            for (value, token) in pairs {
                if let (Some(value), Some(token)) = (value, token) {
                    add(value, token);
                }
            }
        }
        let mut words: Vec<(String, String)> = words.into_iter().collect();
        words.sort_by(|one, other| other.0.len().cmp(&one.0.len()).then_with(|| one.0.cmp(&other.0)));
        words
    }

    /// A sentence with those words replaced, and every path below a profile.
    fn sentence(&self, text: &str, words: &[(String, String)]) -> String {
        let mut text = text.to_owned();
        for (word, token) in words {
            text = replace_ignoring_case(&text, word, token);
        }
        let mut told = String::new();
        let mut rest = text.as_str();
        while let Some(start) = profile(rest) {
            let (before, below) = rest.split_at(start);
            let end = below.find(PATH_ENDS).unwrap_or(below.len());
            let end = below.find(". ").or_else(|| below.find(", ")).map_or(end, |stop| stop.min(end));
            let (path, after) = below.split_at(end);
            told.push_str(before);
            if path.starts_with("path-") {
                told.push_str(path);
            } else {
                told.push_str(&self.token(Kind::Path, path));
            }
            rest = after;
        }
        told.push_str(rest);
        told
    }
}

/// Where the name of a profile begins in a path or sentence: behind `\Users\` or what older systems called it.
fn profile(text: &str) -> Option<usize> {
    const FOLDERS: [&str; 6] =
        ["\\users\\", "/users/", "\\documents and settings\\", "/home/", "\\profiles\\", "\\profiles$\\"];
    let lower = text.to_ascii_lowercase();
    FOLDERS
        .iter()
        .filter_map(|folder| Some(lower.find(folder)? + folder.len()))
        .min()
        .filter(|end| *end < text.len())
}

/// Replaces each occurrence of `word` (lower-case) whatever its case.
fn replace_ignoring_case(text: &str, word: &str, token: &str) -> String {
    let lower = text.to_lowercase();
    // Lower-casing may change lengths outside of ASCII; then places do not agree, and only the exact spelling is found.
    if lower.len() != text.len() {
        return text.replace(word, token);
    }
    let mut told = String::new();
    let mut from = 0;
    while let Some(at) = lower.get(from..).and_then(|rest| rest.find(word)).map(|at| at + from) {
        let (Some(before), Some(_)) = (text.get(from..at), text.get(at + word.len()..)) else { break };
        told.push_str(before);
        told.push_str(token);
        from = at + word.len();
    }
    told.push_str(text.get(from..).unwrap_or(""));
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_value_is_the_same_token() {
        let redactor = Redactor::new(Some("secret"));
        assert_eq!(redactor.token(Kind::User, r"CORP\jo"), redactor.token(Kind::User, r"corp\JO"));
        assert_ne!(redactor.token(Kind::User, "a"), redactor.token(Kind::Host, "a"));
        assert_ne!(redactor.token(Kind::User, "a"), Redactor::new(None).token(Kind::User, "a"));
        assert_eq!(redactor.host("10.0.0.1"), "10.0.0.1");
    }

    #[test]
    fn paths_below_a_profile() {
        let redactor = Redactor::new(None);
        let path = redactor.path(r"C:\Users\jo\Downloads\offer.exe");
        assert!(path.starts_with(r"C:\Users\path-") && !path.contains("offer"), "{path}");
        assert_eq!(redactor.path(r"C:\Windows\x.exe"), r"C:\Windows\x.exe");
        assert!(redactor.file("logs/ws-17.json").ends_with(".json"));
        assert!(!redactor.file("logs/ws-17.json").contains("ws-17"));
    }

    #[test]
    fn sentences_name_nobody() {
        let redactor = Redactor::new(None);
        let words =
            vec![(r"corp\jo".to_owned(), "user-1".to_owned()), ("ws-17".to_owned(), "host-1".to_owned())];
        let text = r"WS-17: started by C:\Users\jo\x.js, as Corp\Jo on ws-17";
        let told = redactor.sentence(text, &words);
        assert!(told.starts_with("host-1: started by C:\\Users\\path-"), "{told}");
        assert!(told.ends_with(", as user-1 on host-1"), "{told}");
        assert_eq!(redactor.sentence("İ corp\\jo", &words), "İ user-1");
    }
}

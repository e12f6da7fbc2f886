//! Invented names: of people, companies, products, hosts, files. Ordinary software and planted senders draw theirs
//! from the same generators, so that a name gives nothing away.

use crate::chance::Chance;

const ONSETS: &[&str] = &[
    "b", "br", "c", "cl", "cor", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "kl", "l", "m", "n", "p",
    "pr", "qu", "r", "s", "sh", "sk", "sp", "st", "t", "tr", "v", "w", "z",
];
const VOWELS: &[&str] = &["a", "e", "i", "o", "u", "a", "e", "o", "ai", "ea", "io", "ee"];
const CODAS: &[&str] = &["", "", "", "n", "r", "l", "s", "x", "nt", "rd", "ck", "m", "sk", "th", "ve"];
const NOUNS: &[&str] = &[
    "Sync", "Agent", "Service", "Client", "Update", "Helper", "Host", "Monitor", "Manager", "Connect",
    "Link", "Bridge", "Tray", "Desk", "View", "Studio", "Report", "Backup", "Transfer", "Upload", "Cloud",
    "Drive", "Assist", "Scan", "Node", "Runtime", "Broker", "Launcher", "Sign", "Flow", "Note", "Print",
    "Track", "Data", "Plan", "Core",
];
const SUFFIXES: &[&str] =
    &["Software", "Systems", "Labs", "GmbH", "Ltd", "Inc.", "AB", "Technologies", "B.V.", "Group"];
const GIVEN: &[&str] = &[
    "ada", "ben", "carla", "dmitri", "elif", "femi", "greta", "hana", "ivan", "jo", "kira", "liam", "mei",
    "nora", "omar", "paula", "quinn", "rosa", "sven", "tomas", "uma", "vera", "wen", "yara", "zane", "anna",
    "marc", "lena", "paul", "nils",
];
const TOP_LEVELS: &[&str] =
    &["com", "com", "com", "net", "io", "org", "eu", "de", "co.uk", "app", "cloud", "tech"];

/// A word that could be a name: two or three syllables, lower case.
pub(crate) fn word(chance: &mut Chance) -> String {
    let syllables = if chance.happens(0.3) { 3 } else { 2 };
    let mut word = String::new();
    for _ in 0..syllables {
        word.push_str(chance.pick(ONSETS));
        word.push_str(chance.pick(VOWELS));
    }
    word.push_str(chance.pick(CODAS));
    word
}

/// The word with a capital.
pub(crate) fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A person's account, like `jo.strelan` or `jstrelan`.
pub(crate) fn account(chance: &mut Chance) -> String {
    let (given, family) = (chance.pick(GIVEN), word(chance));
    match chance.below(3) {
        0 => format!("{}{family}", &given.chars().take(1).collect::<String>()),
        1 => format!("{given}.{family}"),
        _ => format!("{}.{family}", &given.chars().take(1).collect::<String>()),
    }
}

/// A registrable domain for an owner, like `strelan-cloud.com`.
pub(crate) fn domain(chance: &mut Chance, owner: &str) -> String {
    let tail = match chance.below(4) {
        0 => format!("-{}", chance.pick(NOUNS).to_lowercase()),
        1 => chance.pick(&["hq", "app", "cdn", "data", "soft"]).to_owned(),
        _ => String::new(),
    };
    format!("{owner}{tail}.{}", chance.pick(TOP_LEVELS))
}

/// A label in front of a domain, like `eu-upload`.
pub(crate) fn label(chance: &mut Chance) -> String {
    const LABELS: &[&str] = &[
        "api",
        "www",
        "upload",
        "sync",
        "edge",
        "eu",
        "us-west",
        "files",
        "data",
        "ingest",
        "gw",
        "app",
        "cdn",
        "push",
        "relay",
        "media",
        "s3",
        "backup",
        "telemetry",
        "portal",
        "node",
        "drop",
        "transfer",
        "share",
    ];
    match chance.below(4) {
        0 => format!("{}{}", chance.pick(LABELS), chance.range(1, 40)),
        1 => format!("{}-{}", chance.pick(LABELS), chance.pick(LABELS)),
        _ => chance.pick(LABELS).to_owned(),
    }
}

/// A piece of software: who made it, its file, what it calls itself and where it lies.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Software {
    pub(crate) vendor: String,
    pub(crate) company: String,
    pub(crate) product: String,
    pub(crate) file: String,
    /// What the file's version resource says it was called; may differ from the file or be missing.
    pub(crate) original: String,
    /// May hold `%USERPROFILE%`.
    pub(crate) folder: String,
    pub(crate) per_user: bool,
}

impl Software {
    /// Invents a piece of software.
    pub(crate) fn draw(chance: &mut Chance) -> Self {
        let vendor = word(chance);
        let company = format!("{} {}", capital(&vendor), chance.pick(SUFFIXES));
        let noun = chance.pick(NOUNS);
        let product = match chance.below(3) {
            0 => format!("{} {noun}", capital(&vendor)),
            1 => format!("{} {noun}", capital(&word(chance))),
            _ => format!("{}{noun}", capital(&word(chance))),
        };
        let file = file_name(chance, &vendor, &product, noun);
        let original = match chance.below(20) {
            0..=12 => file.clone(),
            13..=15 => "-".to_owned(),
            16 | 17 => format!("{}.exe", word(chance)),
            _ => format!("{}.exe", noun.to_lowercase()),
        };
        let (folder, per_user) = folder(chance, &vendor, &product);
        Self { vendor, company, product, file, original, folder, per_user }
    }

    /// The image's full path for an account.
    pub(crate) fn image(&self, account: &str) -> String {
        format!("{}\\{}", self.folder.replace("%USERPROFILE%", &profile(account)), self.file)
    }
}

/// The profile folder of an account.
pub(crate) fn profile(account: &str) -> String {
    format!("C:\\Users\\{account}")
}

/// A file or folder that a person might have sent.
pub(crate) fn document(chance: &mut Chance) -> String {
    const THINGS: &[&str] = &[
        "report",
        "budget",
        "drawings",
        "contracts",
        "photos",
        "export",
        "archive",
        "plans",
        "backup",
        "minutes",
        "orders",
        "payroll",
        "catalogue",
        "video",
        "dump",
        "project",
        "invoices",
        "build",
        "logs",
        "slides",
    ];
    const ENDINGS: &[&str] =
        &["zip", "7z", "pdf", "bak", "tar.gz", "mp4", "xlsx", "iso", "pst", "csv", "log", "bin"];
    format!("{}-{}.{}", chance.pick(THINGS), word(chance), chance.pick(ENDINGS))
}

fn file_name(chance: &mut Chance, vendor: &str, product: &str, noun: &str) -> String {
    let squeezed = product.replace(' ', "");
    match chance.below(7) {
        0 => format!("{squeezed}.exe"),
        1 => format!("{}.exe", squeezed.to_lowercase()),
        2 => format!("{vendor}{}.exe", noun.to_lowercase()),
        3 => format!("{}{noun}.exe", capital(vendor)),
        4 => format!("{}.exe", word(chance)),
        5 => format!("{}svc.exe", vendor.chars().take(4).collect::<String>()),
        _ => format!("{}-{}.exe", vendor, noun.to_lowercase()),
    }
}

fn folder(chance: &mut Chance, vendor: &str, product: &str) -> (String, bool) {
    let maker = capital(vendor);
    match chance.below(12) {
        0..=2 => (format!("C:\\Program Files\\{maker}\\{product}"), false),
        3 => (format!("C:\\Program Files\\{product}"), false),
        4 => (format!("C:\\Program Files (x86)\\{maker}"), false),
        5 | 6 => (format!("C:\\ProgramData\\{maker}"), false),
        7 => (format!("%USERPROFILE%\\AppData\\Local\\{maker}"), true),
        8 => (format!("%USERPROFILE%\\AppData\\Local\\Programs\\{product}"), true),
        9 => (format!("%USERPROFILE%\\AppData\\Roaming\\{maker}"), true),
        10 => (format!("C:\\{maker}"), false),
        _ => (format!("%USERPROFILE%\\Downloads\\{product}"), true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_has_a_path() {
        let mut chance = Chance::of(1, "names", 0, 0);
        for _ in 0..200 {
            let image = Software::draw(&mut chance).image("jo");
            assert!(image.starts_with("C:\\") && image.ends_with(".exe") && !image.contains('%'), "{image}");
        }
    }
}

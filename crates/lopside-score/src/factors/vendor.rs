//! Whether the destination bears the name of the program's vendor.
//!
//! Measures: the first label of the registrable domain against the words of the company, of the file name and of the folders of the
//! image. Usual: software talks to its own vendor, whoever else has it. Silent when: the destination has no name, or the image is not
//! known. Limits: a name costs little, and who chooses the name of a program and of a domain can make them agree; words that
//! name no vendor do not count. Source of the formula: equality, or the beginning.

use super::{Factor, NO_PROCESS, Told, Weighed};
use crate::case::Case;
use crate::evidence::Term;
use lopside_model::channel::Sender;
use lopside_model::identity::Place;
use lopside_model::name::registrable;

/// See the module.
pub(super) struct Vendor;

/// A word shorter than this names nobody.
const SHORT: usize = 4;
/// What a name is worth of which the vendor's is only the beginning.
const BEGINNING: f64 = 0.6;

/// The label of the destination that names its owner.
fn label(case: &Case<'_>) -> Option<String> {
    let (name, source) = case.channel.name.as_ref()?;
    let domain = registrable(name);
    let label = domain.split('.').next().filter(|_| source.is_relied_on() && domain.contains('.'))?;
    Some(label.to_ascii_lowercase())
}

/// The first of the words of a sender that may name its vendor for which `found` says something.
fn first_word<F>(
    case: &Case<'_>,
    sender: &Sender,
    mut found: impl FnMut(&str) -> Option<F>,
) -> Option<(F, String)> {
    let stop = &case.usual.prior().vendor_stop_words;
    let mut found = |word: &str| {
        // Whether a word counts is asked last: there are many that do not.
        let found = found(word).filter(|_| word.len() >= SHORT && !stop.iter().any(|stop| stop == word))?;
        Some((found, word.to_owned()))
    };
    let image = sender.process.image.as_deref().unwrap_or_default().to_ascii_lowercase();
    let mut parts: Vec<&str> = image.split(['\\', '/']).collect();
    // The folder of a profile names a person.
    if let Some(users) = parts.iter().position(|part| *part == "users") {
        parts.drain(..(users + 2).min(parts.len()));
    }
    if let Some(last) = parts.last_mut() {
        *last = last.strip_suffix(".exe").unwrap_or(last);
    }
    let company = sender.company.as_ref().map(|company| company.to_ascii_lowercase());
    let mut letters = String::new();
    for part in parts.into_iter().chain(company.as_deref()) {
        let mut words = part.split(|c: char| !c.is_ascii_alphanumeric());
        if let Some(found) = words.find_map(&mut found) {
            return Some(found);
        }
        letters.clear();
        letters.extend(part.chars().filter(char::is_ascii_alphanumeric));
        if let Some(found) = found(&letters) {
            return Some(found);
        }
    }
    (case.channel.place == Place::Windows).then(|| found("microsoft")).flatten()
}

/// How far the destination bears a name of the sender, and which.
fn own(case: &Case<'_>, label: &str, sender: &Sender) -> Option<(f64, String)> {
    let first = label.split('-').next();
    let plain: String = label.chars().filter(char::is_ascii_alphanumeric).collect();
    first_word(case, sender, |word| {
        if word == plain {
            Some(1.0)
        } else if first == Some(word) || (word.len() > SHORT && plain.starts_with(word)) {
            Some(BEGINNING)
        } else {
            None
        }
    })
}

fn best(case: &Case<'_>, label: &str) -> Option<(f64, String)> {
    own(case, label, case.day.senders.first()?)
}

impl Factor for Vendor {
    fn name(&self) -> &'static str {
        "vendor"
    }

    fn terms(&self) -> &'static [Term] {
        &[Term::Vendor]
    }

    fn weigh(&self, case: &Case<'_>) -> Weighed {
        if !case.has_process() {
            return Weighed::NotMeasured(NO_PROCESS);
        }
        let Some(label) = label(case) else {
            return Weighed::NotMeasured("no name is known for the destination");
        };
        match best(case, &label) {
            Some((strength, _)) => Weighed::Evidence([(Term::Vendor, strength)].into()),
            None => Weighed::Usual,
        }
    }

    fn tell(&self, case: &Case<'_>) -> Told {
        match label(case).and_then(|label| best(case, &label)) {
            Some((_, word)) => Told {
                value: Some(word.clone()),
                usual: None,
                text: format!("the destination bears the name of the program or its vendor: {word}"),
            },
            None => {
                Told { text: "the destination does not bear the program's name".into(), ..Told::default() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{channel, on};
    use crate::weigh::tests::{strength, usual_of};
    use lopside_model::record::NameSource;

    fn of(image: &str, company: Option<&str>, name: Option<&str>) -> f64 {
        let mut sent = on(channel("h", Some("x"), name.unwrap_or("203.0.113.9")), 1, 1 << 30, 1_000);
        sent.name = name.map(|name| (name.to_owned(), NameSource::Sni));
        let sender = sent.days[0].senders.first_mut().unwrap();
        sender.process.image = Some(image.into());
        sender.company = company.map(str::to_owned);
        strength(&Vendor, &sent, &usual_of(std::slice::from_ref(&sent)), Term::Vendor)
    }

    #[test]
    fn names_that_agree() {
        let image = r"C:\Program Files\Notewise\Notewise Recorder\nwrec.exe";
        assert_eq!(of(image, None, Some("up.notewise.example")), 1.0);
        assert_eq!(of(image, None, Some("notewise-files.example")), BEGINNING);
        assert_eq!(of(image, None, Some("notewisecdn.example")), BEGINNING);
        assert_eq!(of(image, None, Some("other.example")), 0.0);
        assert_eq!(of(image, None, None), 0.0);
        assert_eq!(of(r"C:\x\a.exe", Some("Acme Corporation"), Some("acme.example")), 1.0);
    }

    #[test]
    fn words_that_name_nobody_do_not_count() {
        assert_eq!(of(r"C:\Program Files\Cloud Sync\x.exe", None, Some("cloud.example")), 0.0);
        assert_eq!(of(r"C:\Users\maria\AppData\Local\x\x.exe", None, Some("maria.example")), 0.0);
        assert_eq!(of(r"C:\abc\x.exe", None, Some("abc.example")), 0.0);
    }
}

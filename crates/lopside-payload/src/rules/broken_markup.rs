//! Noise in XML and HTML where their grammar has no place for it.
//!
//! Speaks for: tags that break their grammar, or do not match, around a run of noise; noise that is text of an element of XML between its
//! elements. Silent for: values of attributes and text of elements, whatever these are; careless pages (without noise at the fault).
//! Minimum: 2 documents, 16 symbols of noise in each, 48 in all.

use super::{Look, Pool};
use crate::class::Class;
use crate::content::document::Kind;
use crate::content::markup::faults;
use crate::evidence::Evidence;
use crate::noise::{Run, runs};
use crate::statistics::even;

/// What is looked at of a document.
const LENGTH: usize = 16 << 10;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let mut pool = Pool::default();
    for unit in look.reading.units.iter().filter(|unit| !unit.headless) {
        let Class::Document(kind @ (Kind::Xml | Kind::Html)) = unit.class else { continue };
        let text = unit.bytes.get(..unit.bytes.len().min(LENGTH)).unwrap_or(&unit.bytes);
        let longest = faults(text, kind == Kind::Xml)
            .into_iter()
            .filter_map(|(from, to)| text.get(from..to))
            .flat_map(|fault| runs(fault, look.limit).into_iter().filter(|run| !is_value(fault, run)))
            .max_by_key(|run| run.core.len());
        if let Some(run) = longest {
            pool.put(inner(run.core), text.len(), true);
        }
    }
    if pool.count < 2 || pool.same || pool.bytes.len() < 48 {
        return Vec::new();
    }
    let Some(noise) = even(&pool.bytes, look.limit) else { return Vec::new() };
    let text = format!(
        "{} documents break the grammar of markup at runs of noise: {} {} ({:.1} standard deviations), {:.0} % of them",
        pool.count,
        pool.total,
        noise.alphabet.name(),
        noise.deviations,
        pool.share() * 100.0
    );
    let found = Evidence::contradiction(pool.count, pool.share(), text);
    vec![found.with_deviations(noise.deviations).with_example(&pool.first)]
}

/// Whether a run is the value of an attribute with quotes around it: a tag that was cut open goes on as far as the quotes of the next.
fn is_value(fault: &[u8], run: &Run<'_>) -> bool {
    let before = fault.get(..run.start).unwrap_or_default();
    let behind = fault.get(run.start + run.token.len()..).unwrap_or_default();
    let end = behind.iter().find(|byte| **byte != b'=');
    end.is_some_and(|quote| matches!(quote, b'"' | b'\'') && before.ends_with(&[b'=', *quote]))
}

/// A run without what may be the rest of a name or of a word at its ends: a few such letters in each run would make all runs together
/// uneven.
fn inner(core: &[u8]) -> &[u8] {
    const REST: usize = 8;
    core.get(REST..core.len().saturating_sub(REST)).filter(|inner| inner.len() >= 2 * REST).unwrap_or(core)
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    const BASE62: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    fn judged(kind: &str, make: impl Fn(&mut Chance, String) -> String) -> bool {
        let mut chance = Chance::new(3);
        let mut talk = Talk::default();
        for _ in 0..3 {
            let noise = String::from_utf8(chance.of(BASE62, 48)).unwrap();
            talk.post(kind, make(&mut chance, noise).as_bytes());
            talk.answer(b"ok");
        }
        talk.judge().junk
    }

    #[test]
    fn noise_in_tags_and_between_elements_is_junk() {
        let cases: [fn(String) -> String; 4] = [
            |noise| format!("<?xml version=\"1.0\"?><a><b id={noise}\"7\">x</b></a>"),
            |noise| format!("<?xml version=\"1.0\"?><a><b id=\"7\"{noise}>x</b></a>"),
            |noise| format!("<?xml version=\"1.0\"?><a><q{noise}b>x</b></a>"),
            |noise| format!("<?xml version=\"1.0\"?><a><b>x</b>{noise}<c>y</c></a>"),
        ];
        for make in cases {
            assert!(judged("text/xml", |_, noise| make(noise)));
        }
        assert!(judged("text/html", |_, noise| format!(
            "<!DOCTYPE html><html><meta charset=\"utf-8\"{noise}><p>x</p></html>"
        )));
        assert!(judged("text/html", |_, noise| format!(
            "<!DOCTYPE html><html {noise}lang=\"en\"><p>x</p></html>"
        )));
    }

    #[test]
    fn noise_in_tags_is_told_with_rests_of_their_names_at_its_ends() {
        const NAMES: [(&str, &str); 5] =
            [("<tit", "le>"), ("</titl", "e>"), ("<ht", "ml>"), ("</hea", "d>"), ("<bo", "dy>")];
        let mut chance = Chance::new(5);
        let mut talk = Talk::default();
        for n in 0..30 {
            let noise = String::from_utf8(chance.of(BASE62, 140)).unwrap();
            let (before, behind) = NAMES[n % 5];
            talk.post(
                "text/html",
                format!("<!DOCTYPE html><html>{before}{noise}{behind}<p>x</p></html>").as_bytes(),
            );
            talk.answer(b"ok");
        }
        assert!(talk.judge().junk);
    }

    #[test]
    fn noise_where_markup_has_a_place_for_it_is_not() {
        let cases: [fn(String) -> String; 5] = [
            |noise| {
                format!(
                    "<!DOCTYPE html><html><p>see <a href=\"/of</p><script nonce=\"{noise}==\"></script></html>"
                )
            },
            |noise| format!("<?xml version=\"1.0\"?><a><b id=\"{noise}\"/><c x='1'>{noise}</c></a>"),
            |noise| format!("<?xml version=\"1.0\"?><a><![CDATA[{noise}]]><b>x</b></a>"),
            |noise| format!("<!DOCTYPE html><html><body><b>Key:</b>{noise}<br><p class=x>unclosed</html>"),
            |noise| {
                format!(
                    "<!DOCTYPE html><html><script>if (a<b) t=\"{noise}\"</script><a href=/x?t={noise}>y</a></html>"
                )
            },
        ];
        for make in cases {
            assert!(!judged("text/html", |_, noise| make(noise)));
        }
    }

    #[test]
    fn one_fault_of_a_page_or_of_a_template_is_not() {
        let mut chance = Chance::new(6);
        let mut key = || String::from_utf8(chance.of(BASE62, 64)).unwrap();
        let page = |key: &str, number: usize| {
            format!("<!DOCTYPE html><html><meta charset=\"utf-8\"{key}><p>page {number}</p></html>")
        };
        let told = |pages: Vec<String>| {
            let mut talk = Talk::default();
            for (number, page) in pages.into_iter().enumerate() {
                talk.page(&format!("/{number}"), "text/html", page.as_bytes());
            }
            talk.judge().reasons.iter().any(|reason| reason.contains("grammar of markup"))
        };
        let keys: Vec<String> = (0..3).map(|_| key()).collect();
        assert!(told(keys.iter().map(|key| page(key, 1)).collect()));
        assert!(!told(vec![page(&keys[0], 1), "<!DOCTYPE html><html><p>page 2</p></html>".into()]));
        assert!(!told((0..3).map(|number| page(&keys[0], number)).collect()));
    }
}

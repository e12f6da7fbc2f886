//! Findings for people: what was sent where, then the reasons with their points, then what was not measured.

use std::collections::BTreeMap;

use lopside_model::bytes::Quality;
use lopside_model::finding::{Factor, FactorState, Finding};

use crate::output::layout::{self, hang, hang_lines, left, right};
use crate::output::{safe, units};
use crate::scoring::{Scored, Thresholds};
use crate::terminal::Terminal;

/// Digits of an id that are shown where they are enough to tell findings apart.
const ID_DIGITS: usize = 8;
/// From so many points a factor is told on a line of its own.
const TOLD: f64 = 0.5;

/// How findings are told.
pub(crate) struct Telling<'t> {
    /// Where to.
    terminal: &'t Terminal,
    /// From which score each severity begins, where known.
    thresholds: Option<&'t Thresholds>,
    /// Ids of all findings of the run, sorted: a shown one is as long as it must be.
    ids: Vec<&'t str>,
    /// What is said once for all findings, and not with each.
    said_once: Option<&'t str>,
    /// Hosts whose clock was corrected, in words.
    clocks: Option<&'t BTreeMap<String, String>>,
}

impl<'t> Telling<'t> {
    /// Tells findings of this run.
    pub(crate) fn new(terminal: &'t Terminal, findings: &'t [Finding]) -> Telling<'t> {
        let mut ids: Vec<&str> = findings.iter().map(|finding| finding.id.as_str()).collect();
        ids.sort_unstable();
        Telling { terminal, thresholds: None, ids, said_once: None, clocks: None }
    }

    /// With the scores from which each severity begins, what the end of the run says of all findings, and hosts' clocks.
    pub(crate) fn against(self, scored: &'t Scored) -> Telling<'t> {
        Telling {
            thresholds: Some(&scored.thresholds),
            said_once: Some(&scored.rests_on),
            clocks: Some(&scored.clocks),
            ..self
        }
    }
}

impl Telling<'_> {
    /// One finding, in paragraphs of its own.
    pub(crate) fn finding(&self, finding: &Finding) -> String {
        let mut told = hang_lines("", &self.head(finding));
        told.push_str(&hang("  ", &amounts(finding), self.width()));
        if let Some(whole) = whole_channel(finding) {
            told.push_str(&hang("  ", &whole, self.width()));
        }
        told.push_str(&factors(finding, self.width()));
        let lines = [
            decided(finding),
            Some(self.total(finding)),
            self.attribution(finding),
            self.not_seen(finding),
            Some(format!("owner: {}", owner(finding))),
        ];
        for line in lines.into_iter().flatten() {
            told.push_str(&hang("  ", &line, self.width()));
        }
        told.push_str(&format!("  explain: lopside explain {}\n", self.short_id(&finding.id)));
        told
    }

    /// One finding that could not be measured, in a few lines.
    pub(crate) fn unmeasured(&self, finding: &Finding) -> String {
        let sent = match (finding.bytes_out, finding.bytes_out_quality) {
            (Some(bytes), Quality::SequenceOnly) => {
                format!("{} sent by the sensor's account of sequence numbers", units::bytes(bytes))
            }
            (Some(bytes), _) => format!("{} sent, what came back was not measured", units::bytes(bytes)),
            (None, _) => "what was sent was not measured".into(),
        };
        let first = finding.not_seen.first();
        let why = first.map_or(String::new(), |why| format!("; not seen: {}", safe::text(why)));
        let mut pieces = vec![host(finding).into_owned(), process(finding).into_owned()];
        pieces.push(format!("-> {}:", destination(finding)));
        pieces.extend(format!("{sent}{why}").split(' ').map(str::to_owned));
        let mut lines = layout::join(pieces, " ", self.width().saturating_sub(4));
        for line in lines.iter_mut().skip(1) {
            line.insert_str(0, "  ");
        }
        let mut told = hang_lines("  ", &lines);
        told.push_str(&format!("  explain: lopside explain {}\n", self.short_id(&finding.id)));
        told
    }

    /// As many digits of an id as tell it from the others.
    pub(crate) fn short_id<'i>(&self, id: &'i str) -> &'i str {
        let short = id.get(..ID_DIGITS).unwrap_or(id);
        let from = self.ids.partition_point(|other| *other < short);
        let same = self.ids.iter().skip(from).take_while(|other| other.starts_with(short)).take(2).count();
        if same > 1 { id } else { short }
    }

    fn width(&self) -> usize {
        self.terminal.width
    }

    fn head(&self, finding: &Finding) -> Vec<String> {
        let word = finding.severity.name().to_uppercase();
        let severity = self.terminal.paint(Terminal::severity(finding.severity), &word);
        let mut pieces = vec![format!("{word}  {:.0}", finding.score), host(finding).into_owned()];
        pieces.push(process(finding).into_owned());
        if let Some(user) = finding.process.as_ref().and_then(|process| process.user.as_deref()) {
            pieces.push(safe::text(user).into_owned());
        }
        let protocol =
            finding.destination.app_protocol.as_deref().or(finding.destination.transport.as_deref());
        let protocol = protocol.map_or(String::new(), |name| format!(" ({})", safe::text(name)));
        pieces.push(format!("->  {}{protocol}", destination(finding)));
        let mut lines = layout::join(pieces, "  ", self.width().saturating_sub(4));
        for line in lines.iter_mut().skip(1) {
            *line = format!("    {line}");
        }
        if let Some(first) = lines.first_mut()
            && let Some(rest) = first.strip_prefix(&word)
        {
            *first = format!("{severity}{rest}");
        }
        lines
    }

    fn attribution(&self, finding: &Finding) -> Option<String> {
        let clock = self.clocks.zip(finding.host.name.as_ref()).and_then(|(clocks, host)| clocks.get(host));
        let clock = clock.map_or(String::new(), |words| format!("; {words}"));
        Some(format!("{}{clock}", attribution(finding)?))
    }

    fn not_seen(&self, finding: &Finding) -> Option<String> {
        let told = |item: &&String| {
            self.said_once != Some(item.as_str())
                && !payload_told(finding, item)
                && !(item.starts_with("the process:") && finding.process.is_none())
        };
        let items: Vec<String> =
            finding.not_seen.iter().filter(told).map(|item| safe::text(item).into_owned()).collect();
        (!items.is_empty()).then(|| format!("not seen: {}", items.join("; ")))
    }

    fn total(&self, finding: &Finding) -> String {
        let mut told = format!(
            "total {:.0} points: {}, so score {:.1}",
            finding.total,
            rarity(finding.score),
            finding.score
        );
        if let Some(thresholds) = self.thresholds {
            told.push_str(&format!(
                " (medium from {:.1}, high from {:.1})",
                thresholds.medium, thresholds.high
            ));
        }
        format!("{told}; confidence {:.2}", finding.confidence)
    }
}

/// What a score says: how many ordinary channel-days have such a total.
pub(crate) fn rarity(score: f64) -> String {
    let one_of = 10_f64.powf(score / 10.0);
    if score >= 100.0 {
        return "as high in fewer than 1 of 10,000,000,000 ordinary channel-days".into();
    }
    // Three figures: more would claim more than an estimate knows.
    let magnitude = 10_f64.powf((one_of.log10().floor() - 2.0).max(0.0));
    format!(
        "as high in 1 of {} ordinary channel-days",
        units::count(((one_of / magnitude).round() * magnitude) as u64)
    )
}

/// The host of a finding.
pub(crate) fn host(finding: &Finding) -> std::borrow::Cow<'_, str> {
    finding.host.name.as_deref().map_or("(host unknown)".into(), safe::text)
}

/// The path of the process, else its name.
pub(crate) fn process(finding: &Finding) -> std::borrow::Cow<'_, str> {
    let known =
        finding.process.as_ref().and_then(|process| process.image.as_deref().or(process.name.as_deref()));
    known.map_or("(process unknown)".into(), safe::text)
}

/// What a person decided.
pub(crate) fn decided(finding: &Finding) -> Option<String> {
    let decision = finding.decision.as_ref()?;
    let author =
        decision.author.as_deref().map_or(String::new(), |author| format!(" by {}", safe::text(author)));
    let note = decision.note.as_deref().map_or(String::new(), |note| format!(": {}", safe::text(note)));
    Some(format!(
        "decided: {}{author}, {} UTC{note}",
        spoken(&decision.verdict),
        units::minute(decision.time)
    ))
}

/// Who answers for it, and how much depends on that.
pub(crate) fn owner(finding: &Finding) -> String {
    let owner =
        finding.owner.as_deref().map_or("none is known".into(), |owner| safe::text(owner).into_owned());
    match &finding.criticality {
        Some(criticality) => format!("{owner} (criticality {})", safe::text(criticality)),
        None => owner,
    }
}

/// The destination with its port.
pub(crate) fn destination(finding: &Finding) -> String {
    let destination = &finding.destination;
    let address = destination.ips.first();
    let place = match (&destination.domain, address) {
        (Some(domain), _) => safe::text(domain).into_owned(),
        (None, Some(ip)) if ip.is_ipv6() && destination.port.is_some() => format!("[{ip}]"),
        (None, Some(ip)) => ip.to_string(),
        (None, None) => "(destination unknown)".into(),
    };
    let more = match (&destination.domain, destination.ips.len()) {
        (None, count @ 2..) => format!(" and {} more", count - 1),
        _ => String::new(),
    };
    match destination.port {
        Some(port) if destination.ports.len() > 1 => {
            let ports = destination.ports.len() - 1;
            format!("{place}:{port} (and {ports} more port{}){more}", if ports == 1 { "" } else { "s" })
        }
        Some(port) => format!("{place}:{port}{more}"),
        None => format!("{place}{more}"),
    }
}

/// `sent 1.9 GB, received 12 MB (159:1), 24 flows in 3 h 10 min, 2026-03-05 19:02 to 22:12 UTC`.
pub(crate) fn amounts(finding: &Finding) -> String {
    let ratio = match (finding.ratio, finding.bytes_in) {
        (Some(_), Some(0)) => " (all sent)".into(),
        (Some(ratio), _) => format!(" ({})", units::number_to_one(ratio)),
        (None, _) => String::new(),
    };
    format!(
        "sent {}, received {}{ratio}, {} in {}, {}",
        amount(finding.bytes_out, finding.bytes_out_quality),
        amount(finding.bytes_in, finding.bytes_in_quality),
        units::counted(finding.flows, "flow"),
        units::duration(finding.last_seen.since(finding.first_seen)),
        units::span(finding.first_seen, finding.last_seen),
    )
}

/// Bytes with what must be said of them.
pub(crate) fn amount(count: Option<u64>, quality: Quality) -> String {
    match (count, quality) {
        (None, _) | (_, Quality::Unmeasured) => "an amount that was not measured".into(),
        (Some(0), Quality::Exact) => "nothing".into(),
        (Some(bytes), Quality::Exact) => units::bytes(bytes),
        (Some(bytes), Quality::LowerBound) => format!("at least {}", units::bytes(bytes)),
        (Some(bytes), Quality::SequenceOnly) => format!("{} by sequence numbers alone", units::bytes(bytes)),
    }
}

/// The whole channel, where the evidence is a part of it.
pub(crate) fn whole_channel(finding: &Finding) -> Option<String> {
    let (sent, received) = (finding.channel_bytes_out?, finding.channel_bytes_in?);
    if finding.bytes_out == Some(sent) && finding.bytes_in == Some(received) {
        return None;
    }
    Some(format!(
        "these are its most lopsided flows; the whole channel sent {} and received {} ({})",
        units::bytes(sent),
        units::bytes(received),
        units::ratio(sent, received)
    ))
}

fn factors(finding: &Finding, columns: usize) -> String {
    let mut weighty: Vec<&Factor> = finding
        .factors
        .iter()
        .filter(|factor| factor.state != FactorState::NotMeasured && factor.points.abs() >= TOLD)
        .collect();
    weighty.sort_by(|one, other| other.points.total_cmp(&one.points));
    let mut lines: Vec<(String, String, String)> = weighty
        .iter()
        .map(|factor| {
            (
                format!("{:+.0}", factor.points),
                spoken(&factor.name),
                safe::text(&factor.sentence()).into_owned(),
            )
        })
        .collect();
    lines.extend(not_measured(finding));
    let widest = lines
        .iter()
        .filter(|(points, ..)| points != "-")
        .map(|(_, name, _)| layout::width(name))
        .max()
        .unwrap_or(0);
    let mut told = String::new();
    for (points, name, text) in &lines {
        let label = format!("  {}  {}  ", right(points, 3), left(name, widest.max(7)));
        if points == "-" {
            told.push_str(&hang(&format!("  {}  ", right(points, 3)), &format!("{name}: {text}"), columns));
        } else {
            told.push_str(&hang(&label, text, columns));
        }
    }
    told
}

/// Factors that were not measured, together where the reason is the same.
fn not_measured(finding: &Finding) -> Vec<(String, String, String)> {
    let mut groups: Vec<(&str, Vec<String>)> = Vec::new();
    for factor in finding.factors.iter().filter(|factor| factor.state == FactorState::NotMeasured) {
        match groups.iter_mut().find(|(text, _)| *text == factor.text) {
            Some((_, names)) => names.push(spoken(&factor.name)),
            None => groups.push((&factor.text, vec![spoken(&factor.name)])),
        }
    }
    groups
        .into_iter()
        .map(|(text, names)| ("-".to_owned(), names.join(", "), safe::text(text).into_owned()))
        .collect()
}

/// A factor's name in words.
pub(crate) fn spoken(name: &str) -> String {
    safe::text(&name.replace('_', " ")).into_owned()
}

/// How the process was attached.
pub(crate) fn attribution(finding: &Finding) -> Option<String> {
    let attribution = &finding.attribution;
    let reason =
        attribution.reason.as_deref().map_or(String::new(), |reason| format!(": {}", safe::text(reason)));
    if finding.process.is_none() {
        let method = if attribution.method == "none" {
            String::new()
        } else {
            format!(" ({})", safe::text(&attribution.method))
        };
        return Some(format!("process not known{method}{reason}"));
    }
    let method = safe::text(&attribution.method).replace('_', " ");
    Some(format!("process known by {method}, confidence {:.2}{reason}", attribution.confidence))
}

fn payload_told(finding: &Finding, item: &str) -> bool {
    let Some(why) = item.strip_prefix("payload: ") else { return false };
    let told = |factor: &Factor| factor.text.strip_prefix("not measured: ") == Some(why);
    finding.factors.iter().any(|factor| factor.name == "payload" && told(factor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::sample::sample;

    #[test]
    fn a_finding_reads_well_at_80_columns() {
        let terminal = Terminal { width: 80, colour: false, watched: false };
        let finding = sample();
        let all = [finding.clone()];
        let telling = Telling::new(&terminal, &all);
        let told = telling.finding(&finding);
        assert!(told.lines().all(|line| layout::width(line) <= 80), "{told}");
        assert!(
            told.starts_with(
                "HIGH  55  ws-17  C:\\ProgramData\\Kestrel\\syncd.exe  CORP\\jo\n    ->  198.51"
            ),
            "{told}"
        );
        assert!(
            told.contains("sent 1.9 GB, received at least 12 MB (158:1), 24 flows in 3 h 10 min"),
            "{told}"
        );
        let (rare, volume) = (told.find("destination rarity").unwrap(), told.find("volume").unwrap());
        assert!(rare < volume, "{told}");
        assert!(told.contains("lopside explain 7f3a91c2\n") && !told.contains("usual port"), "{told}");
    }

    #[test]
    fn one_more_port_is_no_ports() {
        let mut finding = sample();
        finding.destination.ports = vec![443, 8_443];
        assert!(destination(&finding).ends_with(":8443 (and 1 more port)"), "{}", destination(&finding));
        finding.destination.ports.push(9_443);
        assert!(destination(&finding).ends_with(":8443 (and 2 more ports)"));
    }

    #[test]
    fn hostile_text_is_harmless() {
        let terminal = Terminal { width: 80, colour: false, watched: false };
        let mut finding = sample();
        let hostile = "a\u{1b}]0;x\u{7}\u{202e}\nb".to_owned();
        finding.host.name = Some(hostile.clone());
        finding.destination.domain = Some(hostile.clone());
        finding.destination.app_protocol = Some(hostile.clone());
        finding.attribution.reason = Some(hostile.clone());
        finding.not_seen = vec![hostile.clone()];
        finding.factors[0].text = hostile.clone();
        finding.factors[4].text = hostile.clone();
        let process = finding.process.as_mut().unwrap();
        (process.image, process.user) = (Some(hostile.clone()), Some(hostile));
        let telling = Telling::new(&terminal, &[]);
        for told in [telling.finding(&finding), telling.unmeasured(&finding)] {
            assert!(!told.contains(|c: char| c != '\n' && safe::acts(c)), "{told:?}");
        }
    }

    #[test]
    fn rarity_has_three_figures() {
        assert_eq!(rarity(55.0), "as high in 1 of 316,000 ordinary channel-days");
        assert_eq!(rarity(0.0), "as high in 1 of 1 ordinary channel-days");
        assert_eq!(rarity(12.3), "as high in 1 of 17 ordinary channel-days");
    }
}

//! From evidence to a verdict.

use lopside_model::Protocol;
use lopside_model::payload::{Payload, Side, Verdict};

use crate::class::Class;
use crate::content::known::{self, Known};
use crate::evidence::{Evidence, Weight};
use crate::excerpt::excerpt;
use crate::reading::{Reading, Stretch, read, stretches};
use crate::rules::{self, Look};
use crate::sample;
use crate::sampler::Sampler;
use crate::settings::Settings;
use crate::statistics::{along, entropy_bits, entropy_of_random, histogram, shape};

/// What is known of a conversation beside its content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Context<'a> {
    /// TCP, UDP or another.
    pub transport: Protocol,
    /// The port of the end that is told as the source.
    pub source_port: u16,
    /// The other port.
    pub destination_port: u16,
    /// The application protocol as told by content, in the words of Zeek (`ssl`, `quic`, `ssh`, `http`, `dns`), where it is known.
    pub service: Option<&'a str>,
}

/// The fewest bytes of content for any verdict.
pub const LEAST_BYTES: usize = 24;

impl Sampler {
    /// Ends the sampling and judges. `None` where no content was seen.
    pub fn finish(self, settings: &Settings, context: &Context<'_>) -> Option<Payload> {
        let sample = self.into_sample(settings)?;
        let (out, back) = (stretches(&sample.out, settings), stretches(&sample.back, settings));
        let limit = settings.entropy_threshold.deviations();
        let ports = [context.source_port, context.destination_port];
        let (out_reading, back_reading) = (read(&out, ports, limit), read(&back, ports, limit));
        let sent = side(&sample.out, &sample.back, &out, &out_reading, &back_reading, settings, context);
        let received = side(&sample.back, &sample.out, &back, &back_reading, &out_reading, settings, context);
        merge(sent, received)
    }
}

/// The profile of one direction; `None` where it sent nothing.
fn side(
    taken: &sample::Side,
    other_taken: &sample::Side,
    stretches: &[Stretch<'_>],
    reading: &Reading<'_>,
    other: &Reading<'_>,
    settings: &Settings,
    context: &Context<'_>,
) -> Option<Payload> {
    if taken.bytes == 0 {
        return None;
    }
    let framed = reading.framing.is_some();
    let sizes = if framed { &reading.frame_sizes } else { &taken.sizes };
    let mut payload = unjudged(stretches, sizes);
    if let Some(name) = encrypted(reading, other, context) {
        payload.verdict = Verdict::NotApplicable;
        payload.confidence = 0.95;
        payload
            .reasons
            .push(format!("{name}: its content is encrypted by design, so that randomness says nothing"));
        return Some(payload);
    }
    let sampled = payload.sampled_bytes;
    if sampled < LEAST_BYTES as u64 {
        payload.reasons.push(format!("{sampled} bytes of content; {LEAST_BYTES} are the fewest"));
        return Some(payload);
    }
    let limit = settings.entropy_threshold.deviations();
    let other_sizes = if other.framing.is_some() { &other.frame_sizes } else { &other_taken.sizes };
    let datagrams: Vec<(u64, &[u8])> =
        stretches.iter().filter(|s| s.datagram).map(|s| (s.index, s.bytes.as_ref())).collect();
    let counted = known::counter(&datagrams).is_some();
    let look = Look { reading, other, limit, framed, counted, sizes, other_sizes };
    let mut found = rules::find(&look);
    found.sort_by(|a, b| {
        b.weight.cmp(&a.weight).then(b.confidence.total_cmp(&a.confidence)).then(a.text.cmp(&b.text))
    });
    tell(&mut payload, &found, reading, framed);
    payload.excerpt = settings.excerpts.then(|| shown(&found, stretches)).flatten();
    Some(payload)
}

/// The numbers of a sample, before anything is said of it.
fn unjudged(stretches: &[Stretch<'_>], sizes: &[u32]) -> Payload {
    let mut counts = [0; 256];
    for stretch in stretches {
        for (sum, count) in counts.iter_mut().zip(histogram(&stretch.bytes)) {
            *sum += count;
        }
    }
    let sampled: u64 = counts.iter().map(|count| u64::from(*count)).sum();
    let null = entropy_of_random(usize::try_from(sampled).unwrap_or(usize::MAX));
    Payload {
        verdict: Verdict::TooLittle,
        junk: false,
        confidence: 0.5,
        reasons: Vec::new(),
        sampled_bytes: sampled,
        entropy_bits: (sampled > 0).then(|| entropy_bits(&counts)),
        expected_bits: (sampled > 0).then_some(null.mean),
        side: Side::Both,
        deviations: crate::statistics::collision(counts.iter().copied(), 256),
        junk_share: None,
        profile: along(stretches.iter().map(|stretch| (stretch.bytes.as_ref(), stretch.length))),
        shape: (sampled > 0).then(|| {
            let messages: Vec<&[u8]> = stretches.iter().map(|stretch| stretch.bytes.as_ref()).collect();
            shape(&messages, &counts, sizes)
        }),
        excerpt: None,
    }
}

/// A few bytes of what the gravest evidence rests on, or of the first message.
fn shown(found: &[Evidence], stretches: &[Stretch<'_>]) -> Option<String> {
    let example = found.first().map(|evidence| evidence.example.as_slice()).filter(|bytes| !bytes.is_empty());
    let start =
        || stretches.iter().map(|stretch| stretch.bytes.as_ref()).find(|bytes| bytes.len() >= LEAST_BYTES);
    example.or_else(start).map(excerpt)
}

/// A number of messages in words.
fn messages(count: usize) -> String {
    if count == 1 { "1 message".into() } else { format!("{count} messages") }
}

/// The name of an encrypted protocol that most messages speak, or that the context names.
fn encrypted(reading: &Reading<'_>, other: &Reading<'_>, context: &Context<'_>) -> Option<&'static str> {
    // Most packets of QUIC and DTLS do not say what they are; the first ones do.
    for known in [Known::Quic, Known::Dtls] {
        if reading.known.contains_key(&known) || other.known.contains_key(&known) {
            return Some(known.name());
        }
    }
    let by_content = reading
        .known
        .iter()
        .find(|(known, count)| known.encrypted() && **count * 2 >= reading.messages.min(4));
    if let Some((known, _)) = by_content {
        return Some(known.name());
    }
    match context.service {
        Some("ssl" | "tls") => Some("TLS"),
        Some("quic") => Some("QUIC"),
        Some("ssh") => Some("SSH"),
        Some("dtls") => Some("DTLS"),
        _ => None,
    }
}

fn tell(payload: &mut Payload, found: &[Evidence], reading: &Reading<'_>, framed: bool) {
    payload.reasons = found.iter().take(5).map(|evidence| evidence.text.clone()).collect();
    if let Some(first) = found.first() {
        payload.verdict = match first.weight {
            Weight::Contradiction => Verdict::Junk,
            Weight::Statistic => Verdict::Suspect,
            Weight::Padding => Verdict::Padded,
        };
        payload.junk = payload.verdict.is_junk();
        payload.confidence = first.confidence;
        payload.junk_share = (first.weight != Weight::Padding).then_some(first.share);
        payload.deviations = first.deviations.or(payload.deviations);
        if payload.junk {
            return;
        }
    }
    let (verdict, text) = kind(reading, framed);
    if found.is_empty() {
        payload.verdict = verdict;
        payload.confidence = if verdict == Verdict::Opaque { 0.7 } else { 0.9 };
    }
    payload.reasons.push(text);
}

/// What the content is when no rule speaks: the class of most of its bytes.
fn kind(reading: &Reading<'_>, framed: bool) -> (Verdict, String) {
    let (mut structured, mut compressed, mut opaque, mut plain) = (0, 0, 0, 0);
    for unit in &reading.units {
        let bytes = unit.bytes.len();
        match unit.class {
            Class::Document(kind) if kind.compressed() => compressed += bytes,
            Class::Document(_) => structured += bytes,
            Class::Random(_) => opaque += bytes,
            Class::Short => {}
            _ if framed => structured += bytes,
            _ => plain += bytes,
        }
    }
    let units = opaque + compressed + structured + plain;
    let heads =
        opaque.max(compressed) < structured + plain && structured < plain && !reading.exchanges.is_empty();
    if (units == 0 || heads)
        && let Some(told) = protocol(reading)
    {
        return (Verdict::Structured, told);
    }
    if units == 0 {
        return (Verdict::TooLittle, "no message is long enough to be classed".into());
    }
    let (verdict, part, what) = if opaque >= compressed.max(structured).max(plain) {
        (Verdict::Opaque, opaque, "looks random and nothing contradicts that")
    } else if compressed >= structured.max(plain) {
        (Verdict::Compressed, compressed, "is in compressed formats that were read")
    } else if structured >= plain {
        (Verdict::Structured, structured, "is structured and was read")
    } else {
        (Verdict::Plain, plain, "is text or binary values of no format that is read here")
    };
    (verdict, format!("{:.0} % of the content {what}", part as f64 * 100.0 / units as f64))
}

/// The protocol that was read, in words.
fn protocol(reading: &Reading<'_>) -> Option<String> {
    if !reading.exchanges.is_empty() {
        return Some(format!("{} of HTTP, read to their ends", messages(reading.exchanges.len())));
    }
    if !reading.dns.is_empty() {
        return Some(format!("{} of DNS, read to their ends", messages(reading.dns.len())));
    }
    let (known, count) = reading.known.iter().next()?;
    Some(format!("{} of {}", messages(*count), known.name()))
}

/// One profile of both directions: the graver verdict; of equals, the one with more content.
fn merge(sent: Option<Payload>, received: Option<Payload>) -> Option<Payload> {
    let (mut sent, mut received) = match (sent, received) {
        (Some(sent), Some(received)) => (sent, received),
        (Some(sent), None) => return Some(Payload { side: Side::Out, ..sent }),
        (None, received) => return received.map(|received| Payload { side: Side::In, ..received }),
    };
    sent.side = Side::Out;
    received.side = Side::In;
    if sent.verdict == received.verdict {
        let (mut main, minor) =
            if received.sampled_bytes > sent.sampled_bytes { (received, sent) } else { (sent, received) };
        main.side = Side::Both;
        main.confidence = main.confidence.max(minor.confidence);
        main.reasons.extend(minor.reasons);
        main.reasons.dedup();
        return Some(main);
    }
    let grave = |payload: &Payload| {
        (payload.verdict.max(Verdict::Opaque), payload.verdict != Verdict::TooLittle, payload.sampled_bytes)
    };
    Some(if grave(&received) > grave(&sent) { received } else { sent })
}

//! Opaque messages whose sizes are flat between two bounds.
//!
//! Speaks for: messages that are random through and through, with a random tail of random length that is hidden with the rest. Silent for: a framing
//! with lengths, counters in a header, sizes in blocks or as real messages have them. Minimum: 40 messages.

use super::Look;
use crate::class::Class;
use crate::evidence::Evidence;
use crate::reading::Carrier;
use crate::statistics::{SizeLaw, size_law_from};

const LEAST: usize = 40;
/// How much likelier a flat law has to be than the best other, as a natural logarithm.
const ADVANTAGE: f64 = 4.0;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    if look.counted {
        return Vec::new();
    }
    // Both ends speak one protocol: their sizes are one law, where both have one.
    let both = [look.sizes, look.other_sizes].concat();
    let sizes = if look.sizes.len() < 2 * LEAST { &both } else { look.sizes };
    if sizes.len() < LEAST || look.sizes.len() < 8 {
        return Vec::new();
    }
    let raw: Vec<_> = look
        .reading
        .units
        .iter()
        .filter(|unit| matches!(unit.carrier, Carrier::Stream | Carrier::Datagram))
        .collect();
    let opaque = raw.iter().filter(|unit| matches!(unit.class, Class::Random(_))).count();
    if raw.len() < 8 || opaque * 10 < raw.len() * 9 || opaque * 10 < look.reading.messages * 8 {
        return Vec::new();
    }
    let SizeLaw::Flat { least, most, advantage } = size_law_from(sizes, LEAST) else {
        return Vec::new();
    };
    if advantage < if look.framed { 1.5 * ADVANTAGE } else { ADVANTAGE } || most - least > 600 {
        return Vec::new();
    }
    let share = f64::from(most - least) / 2.0 / (f64::from(most + least) / 2.0).max(1.0);
    let text = format!(
        "{} opaque messages with sizes flat from {least} to {most} (likelihood ratio e^{advantage:.0}), as a random tail of random length gives",
        look.sizes.len()
    );
    vec![Evidence::statistic(sizes.len(), share.min(1.0), 0.55, text)]
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};
    use lopside_model::payload::Verdict;

    #[test]
    fn random_tails_of_random_length_are_suspect() {
        let mut chance = Chance::new(31);
        let (mut flat, mut real) = (Talk::default(), Talk::default());
        for _ in 0..120 {
            let length = 44 + chance.below(256);
            flat.datagram(&chance.bytes(length));
            let length = 44 + (chance.unit() * chance.unit() * 600.0) as usize;
            real.datagram(&chance.bytes(length));
        }
        assert_eq!(flat.judge().verdict, Verdict::Suspect);
        assert_eq!(real.judge().verdict, Verdict::Opaque);
    }
}

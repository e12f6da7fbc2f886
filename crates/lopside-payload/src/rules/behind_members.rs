//! Noise behind the members of tar archives, up to the blocks that they fill.
//!
//! Speaks for: archives whose members say their size, and evenly drawn bytes from there to the end of the block. Silent for: zeros, what
//! stood in the block before, which writers that do not clear their buffer leave. Minimum: 3 members, 64 bytes.

use super::{Look, Pool};
use crate::content::document::Kind;
use crate::content::place;
use crate::evidence::Evidence;
use crate::statistics::even;

/// The fewest members and bytes, and the shortest noise of one that is looked at.
const MEMBERS: usize = 3;
const BYTES: usize = 64;
const SHORTEST: usize = 4;
/// tar's block.
const BLOCK: usize = 512;

pub(crate) fn find(look: &Look<'_>) -> Vec<Evidence> {
    let units = look.reading.units.iter().filter(|unit| !unit.headless);
    let archives = units.filter(|unit| unit.document.is_some_and(|document| document.kind == Kind::Tar));
    let (mut pool, mut members) = (Pool::default(), 0);
    for unit in archives {
        let bytes = unit.bytes.as_ref();
        let mut at = 0;
        while let Some(size) = bytes.get(at..at + BLOCK).and_then(size) {
            let end = (at + BLOCK).saturating_add(size);
            let next = end.saturating_add((BLOCK - size % BLOCK) % BLOCK);
            members += 1;
            if let Some(rest) = bytes.get(end..next).filter(|rest| is_foreign(bytes, rest, end)) {
                pool.put(rest, next - at, true);
            }
            at = next;
        }
    }
    judge(&pool, members, look.limit).into_iter().collect()
}

/// The size of the member whose header a block is: its checksum counts its bytes, its own as spaces.
fn size(header: &[u8]) -> Option<usize> {
    let octal = |field: &[u8]| {
        let text = std::str::from_utf8(field).ok()?;
        let digits = text.trim_matches(|symbol| symbol == ' ' || symbol == '\0');
        u64::from_str_radix(digits, 8).ok()
    };
    let (before, sum, behind) = (header.get(..148)?, header.get(148..156)?, header.get(156..)?);
    let counted = before.iter().chain(behind).map(|byte| u64::from(*byte)).sum::<u64>() + 8 * u64::from(b' ');
    if octal(sum)? != counted {
        return None;
    }
    // Links, devices and folders have no content, whatever they say.
    let empty = matches!(header.get(156)?, b'1'..=b'6');
    octal(header.get(124..136)?).map(|size| if empty { 0 } else { place(size) })
}

/// Whether a rest is neither zeros nor what stood at its place in the block before.
fn is_foreign(bytes: &[u8], rest: &[u8], at: usize) -> bool {
    let before = at.checked_sub(BLOCK).and_then(|before| bytes.get(before..before + rest.len()));
    rest.len() >= SHORTEST && rest.iter().any(|byte| Some(byte) != rest.first()) && before != Some(rest)
}

fn judge(pool: &Pool, members: usize, limit: f64) -> Option<Evidence> {
    if pool.count < MEMBERS || pool.total < BYTES || pool.same {
        return None;
    }
    let drawn = even(&pool.bytes, limit)?;
    let text = format!(
        "{} of {members} members of tar archives have noise behind their end, where every writer has zeros: {} {} ({:.1} standard deviations)",
        pool.count,
        pool.total,
        drawn.alphabet.name(),
        drawn.deviations
    );
    let found = Evidence::contradiction(pool.count, pool.share(), text);
    Some(found.with_deviations(drawn.deviations).with_example(&pool.first))
}

#[cfg(test)]
mod tests {
    use crate::testing::{Chance, Talk};

    fn member(
        chance: &mut Chance,
        name: &str,
        fill: impl Fn(&mut Chance, &[u8], usize) -> Vec<u8>,
    ) -> Vec<u8> {
        let length = 200 + chance.below(900);
        let content = chance.of(b"to be or not to be ", length);
        let mut header = vec![0; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..136].copy_from_slice(format!("{length:011o}\0").as_bytes());
        header[148..156].fill(b' ');
        header[156] = b'0';
        header[257..263].copy_from_slice(b"ustar\0");
        let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        let left = (512 - length % 512) % 512;
        let fill = fill(chance, &content, left);
        [header, content, fill].concat()
    }

    fn is_junk(archives: usize, fill: impl Fn(&mut Chance, &[u8], usize) -> Vec<u8>) -> bool {
        let mut chance = Chance::new(17);
        let mut talk = Talk::default();
        for n in 0..archives {
            let member = member(&mut chance, &format!("notes/{n}.txt"), &fill);
            talk.post("application/x-tar", &[member, vec![0; 1024]].concat());
            talk.answer(b"ok");
        }
        talk.judge().reasons.iter().any(|reason| reason.contains("tar archives"))
    }

    #[test]
    fn noise_up_to_the_end_of_the_block_is_junk() {
        assert!(is_junk(4, |chance, _, left| chance.bytes(left)));
        assert!(is_junk(4, |chance, _, left| chance.of(b"0123456789abcdef", left)));
        assert!(!is_junk(2, |chance, _, left| chance.bytes(left)));
    }

    #[test]
    fn zeros_and_old_content_are_not() {
        assert!(!is_junk(6, |_, _, left| vec![0; left]));
        assert!(!is_junk(6, |_, content, left| content.iter().cycle().take(left).copied().collect()));
    }
}

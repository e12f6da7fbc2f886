//! A small table of names, looked up exactly and then without regard to case.

/// Maps member names to values of a source's choice (usually [`super::Step`]s).
#[derive(Debug, Clone)]
pub struct Names<T> {
    entries: Vec<(&'static str, T)>,
    /// Open addressing: places in `entries` plus one, 0 for free. The length is a power of two.
    table: Vec<u16>,
}

impl<T: Copy> Names<T> {
    /// A table of these names; of equal ones the first wins. At most 65,535.
    #[must_use]
    pub fn new(entries: &[(&'static str, T)]) -> Self {
        let size = (entries.len() * 4).next_power_of_two().max(8);
        let mut names = Self { entries: entries.to_vec(), table: vec![0; size] };
        names.entries.truncate(usize::from(u16::MAX));
        for (place, (name, _)) in names.entries.iter().enumerate() {
            let mut at = hash(name.as_bytes()) as usize;
            while let Some(free) = names.table.get_mut(at & (size - 1)) {
                if *free == 0 {
                    *free = place as u16 + 1;
                    break;
                }
                at += 1;
            }
        }
        names
    }

    /// The value for this name: of the name written exactly so, else of one that differs only in ASCII case.
    #[must_use]
    #[inline]
    pub fn get(&self, name: &[u8]) -> Option<T> {
        let mut at = hash(name) as usize;
        let mut similar = None;
        loop {
            let place = *self.table.get(at & (self.table.len() - 1))?;
            let Some((known, value)) = self.entries.get(usize::from(place).wrapping_sub(1)) else {
                return similar;
            };
            if known.as_bytes() == name {
                return Some(*value);
            }
            if similar.is_none() && known.as_bytes().eq_ignore_ascii_case(name) {
                similar = Some(*value);
            }
            at += 1;
        }
    }
}

/// Hashes length, start and end; ASCII case does not matter (the bit that tells it is set in all bytes).
#[inline]
fn hash(name: &[u8]) -> u32 {
    const FOLD: u64 = 0x2020_2020_2020_2020;
    let mixed = match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
        (Some(start), Some(end)) => {
            (u64::from_le_bytes(*start) | FOLD) ^ (u64::from_le_bytes(*end) | FOLD).rotate_left(29)
        }
        _ => match (name.first_chunk::<4>(), name.last_chunk::<4>()) {
            (Some(start), Some(end)) => {
                let start = u64::from(u32::from_le_bytes(*start));
                (start | u64::from(u32::from_le_bytes(*end)) << 32) | FOLD
            }
            _ => name.iter().fold(0, |sum: u64, byte| (sum << 8) | u64::from(byte | 0x20)),
        },
    };
    ((mixed ^ name.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exact_names_win_over_similar_ones() {
        let names = Names::new(&[("ProcessID", 1), ("ProcessId", 2), ("a", 3), ("SourcePort", 4)]);
        assert_eq!(names.get(b"ProcessID"), Some(1));
        assert_eq!(names.get(b"ProcessId"), Some(2));
        assert_eq!(names.get(b"processid"), Some(1));
        assert_eq!(names.get(b"A"), Some(3));
        assert_eq!(names.get(b"sourceport"), Some(4));
        assert_eq!(names.get(b"SourcePor"), None);
        assert_eq!(names.get(b""), None);
    }

    #[test]
    fn an_empty_table_knows_nothing() {
        assert_eq!(Names::<u8>::new(&[]).get(b"x"), None);
    }
}

//! Starts of processes that matter to what is sent after them: archivers and installers.
//!
//! In: the processes of a host. Out: [`Preludes`], asked by time.

use std::sync::LazyLock;

use lopside_model::Micros;
use lopside_model::channel::StartNote;
use lopside_model::time::HOUR;
use lopside_score::{Prelude, Prior};

use crate::host::processes::{Known, ProcessTable};

/// How long before the sending files are packed for it.
const PACKED: i64 = 2 * HOUR;
/// How long before the last sending of a day an installation counts.
const INSTALLED: i64 = 24 * HOUR;

pub(super) static PRIOR: LazyLock<Prior> = LazyLock::new(Prior::default);

/// The preludes of one host by time.
#[derive(Debug, Default)]
pub struct Preludes<'t> {
    packs: Vec<Known<'t>>,
    installs: Vec<Known<'t>>,
}

impl<'t> Preludes<'t> {
    /// Those among the processes of a host.
    pub fn of(processes: &ProcessTable<'t>) -> Preludes<'t> {
        let mut preludes = Preludes::default();
        for known in processes.iter() {
            let event = &known.event;
            let Some(image) = event.image else { continue };
            match PRIOR.prelude(image, event.original_name, event.command_line) {
                Some(Prelude::Packs) => preludes.packs.push(*known),
                Some(Prelude::Installs) => preludes.installs.push(*known),
                None => {}
            }
        }
        for list in [&mut preludes.packs, &mut preludes.installs] {
            list.sort_by_key(|known| (known.start, known.event.input, known.event.record));
        }
        preludes
    }

    /// The last archiver that started within two hours before a moment.
    pub fn packed(&self, first: i64) -> Option<StartNote> {
        last(&self.packs, first.saturating_sub(PACKED), first)
    }

    /// The last installer that started within a day before a moment.
    pub fn installed(&self, last_sent: i64) -> Option<StartNote> {
        last(&self.installs, last_sent.saturating_sub(INSTALLED), last_sent)
    }
}

fn last(list: &[Known<'_>], from: i64, until: i64) -> Option<StartNote> {
    let known = list.get(..list.partition_point(|known| known.start <= until))?.last()?;
    (known.start >= from).then(|| StartNote {
        time: Micros(known.start),
        image: known.event.image.unwrap_or_default().to_owned(),
        origin: known.origin(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::processes::tests::start;
    use crate::join::clock::Clocks;

    #[test]
    fn the_last_within_reach() {
        let starts = [
            start(7, None, r"C:\Program Files\7-Zip\7z.exe", HOUR),
            start(8, None, r"C:\Downloads\ToolSetup.exe", 2 * HOUR),
            start(9, None, r"C:\Windows\explorer.exe", 3 * HOUR),
        ];
        let table = ProcessTable::new("ws-0417", &starts, &[], 0, &Clocks::default());
        let preludes = Preludes::of(&table);
        assert_eq!(preludes.packed(2 * HOUR).map(|note| note.time), Some(Micros(HOUR)));
        assert_eq!(preludes.packed(HOUR - 1), None);
        assert_eq!(preludes.packed(4 * HOUR), None);
        assert!(preludes.installed(20 * HOUR).is_some_and(|note| note.image.ends_with("ToolSetup.exe")));
        assert_eq!(preludes.installed(27 * HOUR), None);
    }
}

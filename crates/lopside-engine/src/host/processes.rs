//! The processes of one host: who a GUID or a process id was at a moment, and what is known of it.
//!
//! In: starts and ends of the host, its clocks. Out: [`ProcessTable`]. Process ids are only good between start and end; an id is
//! used again for another process.

use hashbrown::HashMap;
use lopside_model::Micros;
use lopside_model::channel::Origin;
use lopside_model::process::file_name;
use lopside_model::record::EventClass;
use lopside_model::tables::{ProcessEnd, ProcessStart};
use lopside_model::time::SECOND;

use crate::error::EngineError;
use crate::host::tables::HostTransfers;
use crate::join::clock::Clocks;

/// A connection may be logged this long after its process ended.
const AFTER_END: i64 = 5 * 60 * SECOND;
/// A process may seem to start this long after its first connection.
const BEFORE_START: i64 = 5 * SECOND;
/// Two sources tell of one start within this time.
const SAME_START: i64 = 5 * SECOND;

/// What is known of one process.
#[derive(Clone, Copy, Debug)]
pub struct Known<'t> {
    /// Start, corrected.
    pub start: i64,
    /// End, corrected, where known.
    pub end: Option<i64>,
    /// The start event.
    pub event: ProcessStart<'t>,
}

impl Known<'_> {
    /// Where the start was written.
    pub fn origin(&self) -> Origin {
        Origin { input: self.event.input, record: self.event.record }
    }
}

/// The processes of one host.
#[derive(Debug, Default)]
pub struct ProcessTable<'t> {
    list: Vec<Known<'t>>,
    by_guid: HashMap<u128, usize>,
    by_pid: HashMap<u32, Vec<usize>>,
    /// Offset that was taken off the times of Sysmon process events.
    pub offset: i64,
}

impl<'t> ProcessTable<'t> {
    /// Builds the table of a host, with the offset that its process events have ([`sysmon_offset`]).
    pub fn new(
        host: &str,
        starts: &[ProcessStart<'t>],
        ends: &[ProcessEnd<'t>],
        offset: i64,
        clocks: &Clocks,
    ) -> ProcessTable<'t> {
        let mut table = ProcessTable { offset, ..ProcessTable::default() };
        let mut order: Vec<(i64, &ProcessStart<'t>)> = starts
            .iter()
            .map(|start| (table.corrected(host, start.class, start.time, clocks), start))
            .collect();
        order.sort_by_key(|(time, start)| (*time, start.class, start.input, start.record));
        for (time, start) in order {
            table.insert(time, *start);
        }
        for end in ends {
            let time = table.corrected(host, end.class, end.time, clocks);
            if let Some(index) = table.index_of(end.guid, end.pid, end.image, time)
                && let Some(known) = table.list.get_mut(index)
            {
                known.end = Some(known.end.map_or(time, |earlier| earlier.max(time)));
            }
        }
        table
    }

    /// All of them, by start.
    pub fn iter(&self) -> impl Iterator<Item = &Known<'t>> {
        self.list.iter()
    }

    /// The process that a GUID, else a process id with its image, meant at a moment.
    pub fn find(
        &self,
        guid: Option<u128>,
        pid: Option<u32>,
        image: Option<&str>,
        time: i64,
    ) -> Option<&Known<'t>> {
        self.list.get(self.index_of(guid, pid, image, time)?)
    }

    fn corrected(&self, host: &str, class: u8, time: i64, clocks: &Clocks) -> i64 {
        match EventClass::from_code(class) {
            EventClass::Sysmon1 | EventClass::Sysmon5 | EventClass::Sysmon10 => {
                time.saturating_sub(self.offset)
            }
            class => clocks.corrected(host, class, Micros(time)).0,
        }
    }

    fn insert(&mut self, time: i64, event: ProcessStart<'t>) {
        // Sysmon 1 and Security 4688 tell of the same start.
        if let Some(pid) = event.pid
            && let Some(index) = self.by_pid.get(&pid).and_then(|list| list.last().copied())
            && let Some(known) = self.list.get_mut(index)
            && known.event.class != event.class
            && (time - known.start).abs() <= SAME_START
            && same_image(known.event.image, event.image)
        {
            complete(&mut known.event, &event);
            if let Some(guid) = event.guid {
                self.by_guid.entry(guid).or_insert(index);
            }
            return;
        }
        let index = self.list.len();
        if let Some(guid) = event.guid {
            self.by_guid.entry(guid).or_insert(index);
        }
        if let Some(pid) = event.pid {
            let list = self.by_pid.entry(pid).or_default();
            // The id was free again: whatever had it before has ended.
            if let Some(known) = list.last().and_then(|last| self.list.get_mut(*last)) {
                known.end = Some(known.end.map_or(time, |end| end.min(time)));
            }
            list.push(index);
        }
        self.list.push(Known { start: time, end: None, event });
    }

    fn index_of(
        &self,
        guid: Option<u128>,
        pid: Option<u32>,
        image: Option<&str>,
        time: i64,
    ) -> Option<usize> {
        if let Some(index) = guid.and_then(|guid| self.by_guid.get(&guid)) {
            return Some(*index);
        }
        let list = self.by_pid.get(&pid?)?;
        list.iter().rev().copied().find(|index| {
            self.list.get(*index).is_some_and(|known| {
                known.start <= time.saturating_add(BEFORE_START)
                    && known.end.is_none_or(|end| time <= end.saturating_add(AFTER_END))
                    && (guid.is_none() || known.event.guid.is_none())
                    && same_image(known.event.image, image)
            })
        })
    }
}

fn complete<'t>(known: &mut ProcessStart<'t>, other: &ProcessStart<'t>) {
    known.guid = known.guid.or(other.guid);
    known.command_line = known.command_line.or(other.command_line);
    known.user = known.user.or(other.user);
    known.parent_image = known.parent_image.or(other.parent_image);
    known.parent_command_line = known.parent_command_line.or(other.parent_command_line);
    known.original_name = known.original_name.or(other.original_name);
    known.company = known.company.or(other.company);
    known.product = known.product.or(other.product);
    known.integrity = known.integrity.or(other.integrity);
    known.sha256 = known.sha256.or(other.sha256);
}

/// Whether two spellings may mean one image: the same file name, or one is unknown.
fn same_image(a: Option<&str>, b: Option<&str>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => file_name(a).eq_ignore_ascii_case(file_name(b)),
        _ => true,
    }
}

/// Sysmon writes process events and connections by different clocks: connections are sometimes wrong where process events are right,
/// sometimes the whole host is wrong. Of the two, the one that puts more starts shortly before their first flows is taken.
///
/// # Errors
/// When transfers cannot be read back.
pub fn sysmon_offset(
    host: &str,
    starts: &[ProcessStart<'_>],
    transfers: &mut HostTransfers<'_, '_>,
    clocks: &Clocks,
) -> Result<i64, EngineError> {
    let offset =
        clocks.get(host, EventClass::Sysmon3).and_then(|clock| clock.main()).map_or(0, |mode| mode.offset);
    if offset.abs() <= BEFORE_START {
        return Ok(0);
    }
    let by_guid: HashMap<u128, i64> = starts
        .iter()
        .filter(|start| start.class == EventClass::Sysmon1.code())
        .filter_map(|start| Some((start.guid?, start.time)))
        .collect();
    let shortly = |delta: i64| (-BEFORE_START..=60 * SECOND).contains(&delta);
    let (mut same_clock, mut own_clock) = (0_u32, 0_u32);
    transfers.each(|transfer| {
        if let Some(start) = transfer.guid.and_then(|guid| by_guid.get(&guid)) {
            same_clock += u32::from(shortly(transfer.start - (start - offset)));
            own_clock += u32::from(shortly(transfer.start - start));
        }
    })?;
    Ok(if same_clock > own_clock { offset } else { 0 })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn start(
        pid: u32,
        guid: Option<u128>,
        image: &'static str,
        time: i64,
    ) -> ProcessStart<'static> {
        ProcessStart {
            host: "ws-0417",
            class: EventClass::Sysmon1.code(),
            time,
            pid: Some(pid),
            guid,
            image: Some(image),
            command_line: None,
            user: None,
            parent_pid: None,
            parent_guid: None,
            parent_image: None,
            parent_command_line: None,
            original_name: None,
            company: None,
            product: None,
            integrity: None,
            sha256: None,
            input: 0,
            record: 1,
        }
    }

    fn end(pid: u32, time: i64) -> ProcessEnd<'static> {
        ProcessEnd {
            host: "ws-0417",
            class: EventClass::Sysmon5.code(),
            time,
            pid: Some(pid),
            guid: None,
            image: None,
            input: 0,
            record: 2,
        }
    }

    #[test]
    fn a_process_id_is_used_again() {
        let starts = [start(6_120, None, r"C:\a.exe", 0), start(6_120, None, r"C:\b.exe", 1_000 * SECOND)];
        let table = ProcessTable::new("ws-0417", &starts, &[], 0, &Clocks::default());
        let at = |time| table.find(None, Some(6_120), None, time).and_then(|known| known.event.image);
        assert_eq!(at(10 * SECOND), Some(r"C:\a.exe"));
        assert_eq!(at(1_010 * SECOND), Some(r"C:\b.exe"));
        assert_eq!(at(-100 * SECOND), None);
    }

    #[test]
    fn a_connection_after_the_end_of_its_process_still_finds_it() {
        let table = ProcessTable::new(
            "ws-0417",
            &[start(7, None, r"C:\a.exe", 0)],
            &[end(7, 60 * SECOND)],
            0,
            &Clocks::default(),
        );
        assert!(table.find(None, Some(7), Some("a.exe"), 65 * SECOND).is_some());
        assert!(table.find(None, Some(7), Some("a.exe"), 600 * SECOND).is_none());
    }

    #[test]
    fn sysmon_and_security_tell_of_one_start() {
        let mut audit = start(7, None, r"C:\Windows\a.exe", SECOND);
        audit.class = EventClass::Security4688.code();
        audit.command_line = Some("a.exe /x");
        let starts = [start(7, Some(9), r"C:\Windows\a.exe", 0), audit];
        let table = ProcessTable::new("ws-0417", &starts, &[], 0, &Clocks::default());
        assert_eq!(table.list.len(), 1);
        assert_eq!(table.find(Some(9), None, None, 0).unwrap().event.command_line, Some("a.exe /x"));
    }

    #[test]
    fn a_guid_wins_over_a_process_id() {
        let starts = [start(7, Some(1), r"C:\a.exe", 0), start(7, Some(2), r"C:\a.exe", 100 * SECOND)];
        let table = ProcessTable::new("ws-0417", &starts, &[], 0, &Clocks::default());
        assert_eq!(table.find(Some(1), Some(7), None, 500 * SECOND).unwrap().event.guid, Some(1));
        assert!(table.find(Some(3), Some(7), None, 500 * SECOND).is_none());
    }
}

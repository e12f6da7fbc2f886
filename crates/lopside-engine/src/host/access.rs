//! Who opened a sender before it sent.
//!
//! In: the accesses of a host by time, and the transfers of a channel's day. Out: the one that says most.

use std::collections::BTreeMap;

use lopside_model::Micros;
use lopside_model::channel::{AccessNote, Origin};
use lopside_model::process::parse_guid;
use lopside_model::tables::Access;
use lopside_model::time::HOUR;

use crate::host::preludes::PRIOR;
use crate::host::resolve::{HostView, Resolved};

/// The last process that opened one of the senders with rights to write into it, within the hour before it first sent.
pub(super) fn opened(view: &HostView<'_, '_>, transfers: &[&Resolved<'_>]) -> Option<AccessNote> {
    // Most hosts have few accesses and most days none near: nothing else is looked at then.
    let (earliest, latest) = (transfers.first()?.row.start, transfers.last()?.row.start);
    let first_near = view.accesses.partition_point(|(time, _)| *time < earliest.saturating_sub(HOUR));
    if view.accesses.get(first_near).is_none_or(|(time, _)| *time > latest) {
        return None;
    }
    let mut first_send: BTreeMap<u128, i64> = BTreeMap::new();
    for transfer in transfers {
        let guid =
            transfer.row.guid.or_else(|| parse_guid(transfer.note.as_deref()?.process.guid.as_deref()?));
        if let Some(guid) = guid {
            let time = first_send.entry(guid).or_insert(transfer.row.start);
            *time = (*time).min(transfer.row.start);
        }
    }
    let (time, access) = telling(view.accesses, &first_send)?;
    Some(AccessNote {
        time: Micros(*time),
        source_image: access.source_image.unwrap_or("unknown image").to_owned(),
        granted: access.granted,
        origin: Origin { input: access.input, record: access.record },
    })
}

/// The last access within the hour before a sender first sent. Windows opens what it starts and serves: such an access stands only where
/// there is no other, or the last one would hide who came before it.
fn telling<'a, 't>(
    accesses: &'a [(i64, Access<'t>)],
    first_send: &BTreeMap<u128, i64>,
) -> Option<&'a (i64, Access<'t>)> {
    let from = accesses
        .partition_point(|(time, _)| first_send.values().min().is_some_and(|first| *time < first - HOUR));
    let near = || {
        accesses.get(from..).unwrap_or_default().iter().rev().filter(|(time, access)| {
            access.target_guid.and_then(|guid| first_send.get(&guid)).is_some_and(|send| {
                (send - HOUR..=*send).contains(time) && access.source_guid != access.target_guid
            })
        })
    };
    let of_somebody = |(_, access): &&(i64, Access<'_>)| {
        !access.source_image.is_some_and(|image| PRIOR.opens_by_itself(image))
    };
    near().find(of_somebody).or_else(|| near().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn access(seconds: i64, by: &'static str) -> (i64, Access<'static>) {
        let access = Access {
            source_guid: Some(1),
            source_image: Some(by),
            target_guid: Some(7),
            ..Access::default()
        };
        (seconds * SECOND, access)
    }

    fn told(accesses: &[(i64, Access<'static>)], sent: i64) -> Option<&'static str> {
        let first_send = BTreeMap::from([(7, sent * SECOND)]);
        telling(accesses, &first_send).and_then(|(_, access)| access.source_image)
    }

    #[test]
    fn what_windows_opens_does_not_hide_who_came_before() {
        const LSASS: &str = r"C:\Windows\System32\lsass.exe";
        const OTHER: &str = r"C:\tools\inject.exe";
        let accesses = [access(100, OTHER), access(200, LSASS), access(9_000, OTHER)];
        assert_eq!(told(&accesses, 300), Some(OTHER));
        assert_eq!(told(&accesses[1..], 300), Some(LSASS));
        // More than an hour before, and after the sending.
        assert_eq!(told(&accesses, 3_750), Some(LSASS));
        assert_eq!(told(&accesses[2..], 300), None);
    }
}

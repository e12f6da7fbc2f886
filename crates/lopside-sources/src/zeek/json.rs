//! Zeek's JSON: one object a record, with the names of a tuple dotted (`id.orig_h`), underscored (`id_orig_h`) or nested
//! (`id: {orig_h}`). Logs may be mixed in one stream: `_path` or `@stream` names the log, else the file's name or the fields do.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::field::{COUNT, Field, NAMES, Row};
use super::log::{self, Log};
use super::read;
use crate::fields::{Fields, Kind, Names, Shape, Slot, Step};
use crate::source::{InputInfo, Outcome, Sink};

/// Room for one record of any log.
pub fn fields() -> Fields {
    Fields::new(COUNT)
}

/// Reads one object, if it is a record of Zeek.
pub fn read_object(
    info: &InputInfo<'_>,
    fields: &mut Fields,
    object: &[u8],
    place: u64,
    sink: &mut dyn Sink,
) -> Outcome {
    if fields.read_json(&*SHAPE, object).is_err() {
        return Outcome::NotMine;
    }
    let row = JsonRow(fields);
    let Some((log, name)) = log_of(&row, info.name) else { return Outcome::NotMine };
    read::record(&row, (log, &name), info, place, sink);
    Outcome::Done
}

/// Which log a record belongs to; `None` where it is no record of Zeek.
fn log_of<'a>(row: &'a JsonRow<'_>, input_name: &str) -> Option<(Log, Cow<'a, str>)> {
    let told = row.text(Field::Path);
    let zeek = row.has(Field::Ts) && (row.has(Field::Uid) || row.has(Field::Fuid) || row.has(Field::OrigIp));
    if let Some(name) = told {
        let log = Log::of(&name);
        let known = log != Log::Other || log::is_known(&name);
        return (known || zeek).then_some((log, name));
    }
    if !row.has(Field::Ts) {
        return None;
    }
    match read::log_by_fields(row) {
        // A running total has the fields of a final one.
        Some(Log::Conn) if input_name.contains("conn_long") && by_name(input_name) == Some("conn_long") => {
            Some((Log::ConnLong, Cow::Borrowed("conn_long")))
        }
        Some(log) => Some((log, Cow::Borrowed(""))),
        None => match by_name(input_name) {
            Some(name) => Some((Log::of(name), Cow::Borrowed(name))),
            None => zeek.then_some((Log::Other, Cow::Borrowed(""))),
        },
    }
}

/// The log that the input's file name speaks of.
fn by_name(input_name: &str) -> Option<&'static str> {
    let file_name = input_name.rsplit(['/', '\\', '!']).next().unwrap_or_default();
    log::in_file_name(&file_name.to_ascii_lowercase()).map(|(name, _)| name)
}

static SHAPE: LazyLock<ZeekShape> = LazyLock::new(ZeekShape::new);

/// The wanted members, at the top and inside of `id`.
struct ZeekShape {
    top: Names<Step<Level>>,
    id: Names<Step<Level>>,
}

#[derive(Clone, Copy)]
enum Level {
    Top,
    Id,
}

/// The names of the tuple that are not dotted.
const TUPLE: [(&str, &str, Field); 4] = [
    ("id_orig_h", "orig_h", Field::OrigIp),
    ("id_orig_p", "orig_p", Field::OrigPort),
    ("id_resp_h", "resp_h", Field::RespIp),
    ("id_resp_p", "resp_p", Field::RespPort),
];

impl ZeekShape {
    fn new() -> ZeekShape {
        let take = |field: Field| Step::Take(Slot(field as u16));
        let mut top: Vec<(&'static str, Step<Level>)> =
            NAMES.iter().map(|(name, field)| (*name, take(*field))).collect();
        top.extend(TUPLE.iter().map(|(underscored, _, field)| (*underscored, take(*field))));
        top.push(("id", Step::Enter(Level::Id)));
        let id: Vec<_> = TUPLE.iter().map(|(_, nested, field)| (*nested, take(*field))).collect();
        ZeekShape { top: Names::new(&top), id: Names::new(&id) }
    }
}

impl Shape for ZeekShape {
    type State = Level;

    fn root(&self) -> Level {
        Level::Top
    }

    fn step(&self, state: Level, key: &[u8]) -> Step<Level> {
        let names = match state {
            Level::Top => &self.top,
            Level::Id => &self.id,
        };
        names.get(key).unwrap_or(Step::Skip)
    }
}

/// One object.
struct JsonRow<'a>(&'a Fields);

fn slot(field: Field) -> Slot {
    Slot(field as u16)
}

impl Row for JsonRow<'_> {
    fn raw(&self, field: Field) -> Option<&str> {
        self.0.scalar(slot(field)).map(str::trim).filter(|text| !text.is_empty() && *text != "-")
    }

    fn text(&self, field: Field) -> Option<Cow<'_, str>> {
        self.0
            .text(slot(field))
            .filter(|text| !text.is_empty() && !matches!(*text, "-" | "(empty)"))
            .map(Cow::Borrowed)
    }

    fn each(&self, field: Field, take: &mut dyn FnMut(&str)) {
        self.0.list(slot(field)).for_each(take);
    }

    fn has(&self, field: Field) -> bool {
        !matches!(self.0.kind(slot(field)), Kind::Absent | Kind::Null)
    }
}

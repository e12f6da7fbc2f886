//! `files.log`: a file that was seen in a conversation, which is named only by its uid. Zeek before 5.1 lists the conversations
//! in `conn_uids`.

use lopside_model::Micros;
use lopside_model::record::Record;
use lopside_model::tables::FileSeen;

use super::field::{self, Field, Row, Wrong};
use super::read::Writer;

/// Conversations of one file that are kept.
const MOST_UIDS: usize = 64;

/// One record to a row for each of its conversations.
pub(super) fn read(row: &impl Row, time: Micros, writer: &mut Writer<'_>) -> Result<(), Wrong> {
    let mime = row.text(Field::MimeType);
    let name = row.text(Field::FileName);
    let from_source = field::flag(row, Field::IsOrig).map(u8::from);
    let seen_bytes = field::count(row, Field::SeenBytes, "").ok().flatten();
    let missing_bytes = field::count(row, Field::MissingBytes, "").ok().flatten();
    let sensor = writer.sensor(row);
    let mut uids: Vec<String> = row.text(Field::Uid).into_iter().map(std::borrow::Cow::into_owned).collect();
    if uids.is_empty() {
        row.each(Field::ConnUids, &mut |uid| {
            if uids.len() < MOST_UIDS {
                uids.push(uid.to_owned());
            }
        });
    }
    for uid in &uids {
        writer.put(&Record::FileSeen(FileSeen {
            sensor: &sensor,
            uid,
            time: time.0,
            from_source,
            mime: mime.as_deref(),
            name: name.as_deref(),
            seen_bytes,
            missing_bytes,
            input: writer.input(),
            record: writer.place(),
            ..FileSeen::default()
        }));
    }
    Ok(())
}

//! Archives: zip, tar, and office documents, which are zips.

use std::io::{Cursor, Write};

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::chance::Chance;
use crate::junk::prose;

/// A zip of about so many bytes, with logs and tables in it.
pub(crate) fn zip(chance: &mut Chance, bytes: usize) -> Vec<u8> {
    let count = 1 + chance.below(4);
    let each = bytes.saturating_sub(count * 130) * 3 / count;
    let mut files = Vec::new();
    for number in 0..count {
        let name = format!("{}_{number}.{}", prose::word(chance), chance.pick(&["log", "txt", "csv"]));
        let text = if number % 2 == 0 { prose::log(chance, each) } else { prose::csv(chance, each) };
        files.push((name, text.into_bytes()));
    }
    zipped(&files)
}

/// A document of a word processor, of about so many bytes.
pub(crate) fn docx(chance: &mut Chance, bytes: usize) -> Vec<u8> {
    let text = prose::sentences(chance, bytes.saturating_sub(900) * 3);
    let paragraphs: Vec<String> =
        text.lines().map(|line| format!("<w:p><w:r><w:t>{line}</w:t></w:r></w:p>")).collect();
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
    let types = format!(
        "{head}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default \
         Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override \
         PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.\
         document.main+xml\"/></Types>"
    );
    let relations = format!(
        "{head}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship \
         Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" \
         Target=\"word/document.xml\"/></Relationships>"
    );
    let document = format!(
        "{head}<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body>{}</w:body>\
         </w:document>",
        paragraphs.concat()
    );
    zipped(&[
        ("[Content_Types].xml".to_owned(), types.into_bytes()),
        ("_rels/.rels".to_owned(), relations.into_bytes()),
        ("word/document.xml".to_owned(), document.into_bytes()),
    ])
}

fn zipped(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        // A vector takes everything.
        drop(writer.start_file(name.as_str(), SimpleFileOptions::default()));
        drop(writer.write_all(bytes));
    }
    writer.finish().map(Cursor::into_inner).unwrap_or_default()
}

/// A tar of about so many bytes: files of text, each filled up with zeros to 512 bytes.
pub(crate) fn tar(chance: &mut Chance, bytes: usize) -> Vec<u8> {
    let mut archive = Vec::new();
    while archive.len() + 1_536 < bytes.max(2_048) {
        let length = chance.below(bytes.clamp(200, 3_000));
        let text = prose::log(chance, length);
        let mut header = [0u8; 512];
        let name = format!("{}/{}.log", prose::word(chance), prose::word(chance));
        let mut put = |at: usize, text: &str| header[at..at + text.len()].copy_from_slice(text.as_bytes());
        put(0, &name);
        put(100, "0000644");
        put(108, "0001750");
        put(116, "0001750");
        put(124, &format!("{:011o}", text.len()));
        put(136, &format!("{:011o}", 1_772_500_000 + chance.below(9_999)));
        put(148, "        0ustar\x0000");
        let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        archive.extend(header);
        archive.extend(text.as_bytes());
        archive.resize(archive.len().next_multiple_of(512), 0);
    }
    archive.resize(archive.len() + 1_024, 0);
    archive
}

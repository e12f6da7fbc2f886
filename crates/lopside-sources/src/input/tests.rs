//! Quirks of folders, containers and encodings, each by name.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;

use super::*;

type Streams = Vec<(String, Vec<u8>)>;

pub(super) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ::zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (place, (name, bytes)) in entries.iter().enumerate() {
        let method = [::zip::CompressionMethod::Deflated, ::zip::CompressionMethod::Stored][place % 2];
        let options = ::zip::write::SimpleFileOptions::default().compression_method(method);
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub(super) fn tar(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (name, bytes) in entries {
        let mut header = ::tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

/// All streams of some bytes, given as a file or as a reader.
pub(super) fn open(bytes: &[u8], limits: &Limits, as_file: bool) -> (Streams, Opened) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("in");
    fs::write(&path, bytes).unwrap();
    let mut inputs = walk(std::slice::from_ref(&path));
    inputs.files[0].name = "in".to_owned();
    let progress = AtomicU64::new(0);
    let opening = Opening { limits, spool_folder: folder.path(), progress: &progress, hash: as_file };
    let mut streams = Streams::new();
    let mut visit = |mut stream: InputStream<'_>| {
        let head = stream.head().to_vec();
        let mut content = Vec::new();
        stream.read_to_end(&mut content).unwrap();
        assert!(content.starts_with(&head));
        streams.push((stream.name, content));
    };
    let opened = if as_file {
        opening.open(&inputs.files[0], &mut visit)
    } else {
        opening.open_reader(&inputs.files[0], &mut &bytes[..], &mut visit)
    };
    if as_file {
        assert_eq!(progress.load(Ordering::Relaxed), bytes.len() as u64, "progress reaches the size");
        assert_eq!(opened.sha256.as_deref(), Some(sha256(bytes).as_str()));
    }
    (streams, opened)
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The same both ways, which must not differ.
fn open_both(bytes: &[u8]) -> (Streams, Vec<Fault>) {
    let (streams, opened) = open(bytes, &Limits::default(), true);
    let (again, other) = open(bytes, &Limits::default(), false);
    assert_eq!(streams, again);
    assert_eq!(opened.errors, other.errors);
    (streams, opened.errors.into_iter().map(|error| error.fault).collect())
}

fn named(name: &str, bytes: &[u8]) -> (String, Vec<u8>) {
    (name.to_owned(), bytes.to_vec())
}

/// Lines that do not compress to nothing.
fn text(lines: u32) -> Vec<u8> {
    let number = |line: u32| line.wrapping_mul(2_654_435_761);
    (0..lines).flat_map(|line| format!("{{\"n\":{line},\"x\":{}}}\n", number(line)).into_bytes()).collect()
}

#[test]
fn a_plain_file_is_one_stream() {
    assert_eq!(open_both(b"a\nb"), (vec![named("in", b"a\nb")], vec![]));
    assert_eq!(open_both(b""), (vec![named("in", b"")], vec![]));
}

#[test]
fn gzip_of_many_members_and_zstd_of_many_frames_are_one_stream() {
    let members = [gzip(b"one\n"), gzip(b""), gzip(b"two\n")].concat();
    assert_eq!(open_both(&members), (vec![named("in", b"one\ntwo\n")], vec![]));
    let frames = [zstd::encode_all(&b"one\n"[..], 1).unwrap(), zstd::encode_all(&b"two\n"[..], 1).unwrap()];
    assert_eq!(open_both(&frames.concat()), (vec![named("in", b"one\ntwo\n")], vec![]));
}

#[test]
fn zip_in_tar_gz_has_a_name_at_each_step() {
    let inner = zip(&[("logs/conn.log", b"c\n"), ("dns.log.gz", &gzip(b"d\n"))]);
    let outer = gzip(&tar(&[("a/b.zip", &inner), ("plain.txt", b"p\n")]));
    let names = ["in!a/b.zip!logs/conn.log", "in!a/b.zip!dns.log.gz", "in!plain.txt"];
    let expected = names.iter().zip([&b"c\n"[..], b"d\n", b"p\n"]).map(|(name, bytes)| named(name, bytes));
    assert_eq!(open_both(&outer), (expected.collect(), vec![]));
}

#[test]
fn truncated_gzip_gives_everything_before_the_end() {
    let text = text(50_000);
    let whole = gzip(&text);
    let (streams, faults) = open_both(&whole[..whole.len() / 2]);
    assert!(text.starts_with(&streams[0].1) && streams[0].1.len() > text.len() / 3);
    assert_eq!(faults, [Fault::Truncated(Container::Gzip)]);
}

#[test]
fn damaged_gzip_gives_what_stands_before_the_damage() {
    let text = text(50_000);
    let mut bytes = gzip(&text);
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].fill(0xff);
    let (streams, faults) = open_both(&bytes);
    let alike = streams[0].1.iter().zip(&text).take_while(|(one, other)| one == other).count();
    assert!(alike > text.len() / 3, "{alike}");
    assert!(matches!(faults[..], [Fault::Damaged { container: Container::Gzip, .. }]), "{faults:?}");
}

#[test]
fn truncated_zstd_tar_and_zip_give_what_stands_before_the_end() {
    let text = text(50_000);
    let zstd = zstd::encode_all(&text[..], 1).unwrap();
    let (streams, faults) = open_both(&zstd[..zstd.len() / 2]);
    assert!(text.starts_with(&streams[0].1) && !streams[0].1.is_empty());
    assert_eq!(faults, [Fault::Truncated(Container::Zstd)]);

    let tar = tar(&[("one", b"1"), ("two", &text)]);
    let (streams, faults) = open_both(&tar[..tar.len() / 2]);
    assert_eq!(streams[0], named("in!one", b"1"));
    assert!(text.starts_with(&streams[1].1) && !streams[1].1.is_empty());
    assert_eq!(faults, [Fault::Truncated(Container::Tar)]);

    let zip = zip(&[("one", b"1"), ("two", b"2222"), ("three", &text)]);
    let (streams, faults) = open_both(&zip[..zip.len() - 40]);
    assert_eq!(
        streams.iter().map(|stream| stream.0.as_str()).collect::<Vec<_>>(),
        ["in!one", "in!two", "in!three"]
    );
    assert_eq!(streams[2].1, text);
    assert!(matches!(faults[..], [Fault::Damaged { container: Container::Zip, .. }]), "{faults:?}");
}

#[test]
fn a_broken_entry_does_not_hide_its_neighbours() {
    let whole = gzip(&text(1000));
    let tar = tar(&[("a.gz", &whole[..whole.len() / 2]), ("b", b"b")]);
    let (streams, opened) = open(&tar, &Limits::default(), true);
    assert_eq!(streams[1], named("in!b", b"b"));
    assert_eq!(opened.errors.len(), 1);
    assert_eq!(opened.errors[0].name, "in!a.gz");
}

#[test]
fn a_broken_layer_is_reported_once() {
    let whole = gzip(&tar(&[("a", &text(50_000)), ("b", b"b")]));
    let (streams, faults) = open_both(&whole[..whole.len() / 2]);
    assert_eq!(streams.len(), 1);
    assert_eq!(faults, [Fault::Truncated(Container::Gzip)]);
}

#[test]
fn a_bomb_ends_with_a_sentence() {
    let bomb = gzip(&vec![b' '; 80 << 20]);
    let limits = Limits { ratio: 100, ratio_after: 1 << 20, ..Limits::default() };
    let (streams, opened) = open(&bomb, &limits, true);
    assert!(streams[0].1.len() < 10 << 20, "{}", streams[0].1.len());
    let message = opened.errors[0].to_string();
    assert_eq!(
        message,
        "in: inflates to more than 100 times its size, which looks like a decompression bomb; reading stopped"
    );
    let nested = gzip(&gzip(&bomb));
    assert_eq!(open(&nested, &limits, false).1.errors.len(), 1);

    let limits = Limits { inflated: 1 << 20, ..Limits::default() };
    assert_eq!(open(&bomb, &limits, true).1.errors[0].fault, Fault::TooLarge { limit: 1 << 20 });
}

#[test]
fn depth_entries_and_temporary_space_are_bounded() {
    let deep = (0..6).fold(b"x".to_vec(), |inner, _| gzip(&inner));
    let (streams, faults) = open_both(&deep);
    assert_eq!((streams, faults), (vec![], vec![Fault::TooDeep { limit: 4 }]));

    let names: Vec<String> = (0..20).map(|place| place.to_string()).collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    let limits = Limits { entries: 5, ..Limits::default() };
    for archive in [zip(&entries), tar(&entries)] {
        let (streams, opened) = open(&archive, &limits, true);
        assert_eq!(streams.len(), 5);
        assert_eq!(opened.errors[0].fault, Fault::TooManyEntries { limit: 5 });
    }

    let limits = Limits { spool: 10, ..Limits::default() };
    let (streams, opened) = open(&zip(&[("a", b"a")]), &limits, false);
    assert_eq!((streams, opened.errors[0].fault.clone()), (vec![], Fault::SpoolTooLarge { limit: 10 }));
}

#[test]
fn a_huge_tar_header_is_not_read_into_memory() {
    let mut header = ::tar::Header::new_gnu();
    header.set_entry_type(::tar::EntryType::GNULongName);
    header.set_size(64 << 20);
    header.set_path("././@LongLink").unwrap();
    header.set_cksum();
    let bytes = [header.as_bytes().as_slice(), &vec![b'n'; 64 << 20]].concat();
    let (streams, faults) = open_both(&gzip(&bytes));
    assert!(streams.is_empty());
    assert!(
        matches!(&faults[..], [Fault::Damaged { reason, .. }] if reason.contains("header")),
        "{faults:?}"
    );
}

#[test]
fn utf_16_and_marks_become_plain_utf_8() {
    let text = "{\"name\":\"J\u{f6}rg \u{1f600}\"}\r\n".repeat(5000);
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let plain = "{\"EventID\":3}\r\n".repeat(100);
    let unmarked: Vec<u8> = plain.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let unmarked_big: Vec<u8> = plain.encode_utf16().flat_map(u16::to_be_bytes).collect();
    assert_eq!(open_both(&[&[0xff, 0xfe], &little[..]].concat()).0[0].1, text.as_bytes());
    assert_eq!(open_both(&[&[0xfe, 0xff], &big[..]].concat()).0[0].1, text.as_bytes());
    assert_eq!(open_both(&gzip(&[&[0xff, 0xfe], &little[..]].concat())).0[0].1, text.as_bytes());
    assert_eq!(open_both(&unmarked).0[0].1, plain.as_bytes());
    assert_eq!(open_both(&unmarked_big).0[0].1, plain.as_bytes());
    assert_eq!(open_both(b"\xef\xbb\xbf{}").0[0].1, b"{}");
    // Half a unit at the end is a replacement character, invalid UTF-8 and binary data pass.
    assert_eq!(open_both(b"\xff\xfea\0b").0[0].1, "a\u{fffd}".as_bytes());
    assert_eq!(open_both(b"ElfFile\0\0\0\xff").0[0].1, b"ElfFile\0\0\0\xff");
}

#[test]
fn a_stream_becomes_a_file_to_seek_in() {
    let text = text(10_000);
    let limits = Limits::default();
    for (bytes, as_file) in [(text.clone(), true), (gzip(&text), true), (text.clone(), false)] {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("in");
        fs::write(&path, &bytes).unwrap();
        let inputs = walk(&[path]);
        let progress = AtomicU64::new(0);
        let opening =
            Opening { limits: &limits, spool_folder: folder.path(), progress: &progress, hash: true };
        let mut content = Vec::new();
        let mut visit = |stream: InputStream<'_>| {
            stream.into_file().unwrap().read_to_end(&mut content).unwrap();
        };
        let opened = if as_file {
            opening.open(&inputs.files[0], &mut visit)
        } else {
            opening.open_reader(&inputs.files[0], &mut &bytes[..], &mut visit)
        };
        assert_eq!(content, text);
        assert_eq!((opened.sha256, opened.bytes), (Some(sha256(&bytes)), bytes.len() as u64));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
    }
}

#[test]
fn folders_are_walked_in_order_and_each_file_once() {
    let folder = TempDir::new().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("b/c")).unwrap();
    for name in ["b/z.log", "b/c/y.log", "b.log", "a.log"] {
        fs::write(root.join(name), name).unwrap();
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(root, root.join("b/c/circle")).unwrap();
        std::os::unix::fs::symlink(root.join("a.log"), root.join("zz-link.log")).unwrap();
        std::os::unix::fs::symlink(root.join("gone"), root.join("dangling")).unwrap();
    }
    let inputs = walk(&[root.join("b.log"), root.to_owned(), PathBuf::from("-"), root.join("missing")]);
    let names: Vec<String> = inputs.files.iter().map(|file| relative(&file.name, root)).collect();
    assert_eq!(names, ["-", "a.log", "b.log", "b/c/y.log", "b/z.log"]);
    assert_eq!(inputs.files.iter().map(|file| file.index).collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
    assert_eq!(inputs.total_bytes(), "b/z.logb/c/y.logb.loga.log".len() as u64);
    let missing = inputs.errors.iter().filter(|error| error.fault == Fault::Missing).count();
    assert_eq!((missing, inputs.repeated), if cfg!(unix) { (2, 3) } else { (1, 1) });
}

fn relative(name: &str, root: &Path) -> String {
    let root = format!("{}/", root.display());
    name.strip_prefix(&root).unwrap_or(name).to_owned()
}

#[test]
fn a_vanished_file_is_an_error_of_its_own() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("log");
    fs::write(&path, b"x").unwrap();
    let inputs = walk(std::slice::from_ref(&path));
    fs::remove_file(&path).unwrap();
    let (limits, progress) = (Limits::default(), AtomicU64::new(0));
    let opening = Opening { limits: &limits, spool_folder: folder.path(), progress: &progress, hash: true };
    let opened = opening.open(&inputs.files[0], &mut |_| unreachable!());
    assert_eq!(opened.errors[0].fault, Fault::Missing);
}

#[test]
fn blocks_are_parsed_on_any_number_of_threads_with_the_same_result() {
    let text = text(60_000);
    let expected: Vec<u64> = (1..=60_000).collect();
    for threads in [1, 2, 4] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        for block in [200, 5000, 1 << 20] {
            let numbers = Mutex::new(Vec::new());
            let mut seen = 0;
            let counts = pool.install(|| {
                let blocks = LineBlocks::with_block_bytes(&text[..], 1000, block);
                let prepare = |block: &Block<'_>| {
                    assert_eq!(block.index, seen);
                    seen += 1;
                    block.first_line
                };
                for_each_block_with(blocks, prepare, |block, first| {
                    assert_eq!(block.first_line, first);
                    numbers.lock().unwrap().extend(block.lines().map(|line| line.number));
                })
            });
            let mut numbers = numbers.into_inner().unwrap();
            numbers.sort_unstable();
            assert_eq!(numbers, expected);
            assert_eq!((counts.lines, counts.bytes, counts.error), (60_000, text.len() as u64, None));
        }
    }
}

#[test]
fn few_blocks_are_in_flight_when_parsing_is_slow() {
    struct Source<'a>(&'a AtomicU64, usize);
    impl Read for Source<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let read = buffer.len().min(self.1);
            buffer[..read].fill(b'\n');
            self.1 -= read;
            self.0.fetch_add(read as u64, Ordering::Relaxed);
            Ok(read)
        }
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let (read, parsed) = (AtomicU64::new(0), AtomicU64::new(0));
    pool.install(|| {
        for_each_block_with(
            LineBlocks::with_block_bytes(Source(&read, 4000), 100, 10),
            |_| (),
            |block, ()| {
                let ahead = read.load(Ordering::Relaxed).saturating_sub(parsed.load(Ordering::Relaxed));
                assert!(ahead <= 100, "{ahead} bytes are read ahead");
                std::thread::sleep(std::time::Duration::from_micros(100));
                parsed.fetch_add(block.bytes.len() as u64, Ordering::Relaxed);
            },
        )
    });
    assert_eq!(parsed.into_inner(), 4000);
}

#[test]
fn a_parser_that_panics_neither_hangs_nor_is_swallowed() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let text = text(5000);
    let run = || {
        pool.install(|| {
            let blocks = LineBlocks::with_block_bytes(&text[..], 1000, 100);
            for_each_block_with(blocks, |_| (), |block, ()| assert!(block.index != 7));
        });
    };
    assert!(std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err());
}

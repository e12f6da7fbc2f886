//! One input through its containers to streams.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::Path;
use std::sync::atomic::AtomicU64;

use flate2::bufread::MultiGzDecoder;
use sha2::{Digest, Sha256};
use zip::result::ZipError;

use super::guard::{Broken, Counted, Guarded, Ledger};
use super::stream::{Peeked, Spool};
use super::{Container, Fault, InputError, InputFile, InputStream, Limits, Place, text};

/// Buffer before a decoder.
const COMPRESSED_BUFFER: usize = 64 << 10;
/// Bytes a tar archive may take between two entries: long names and extended headers are read into memory.
const TAR_HEADERS: u64 = 1 << 20;

/// How inputs are opened.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    /// What one input may cost.
    pub limits: &'a Limits,
    /// Folder for temporary files (a zip inside of a stream, formats that must seek).
    pub spool_folder: &'a Path,
    /// Grows by the bytes read from disk; reaches [`super::Inputs::total_bytes`] when all files were opened.
    pub progress: &'a AtomicU64,
    /// Whether to compute the SHA-256 of the bytes on disk, which reads the file to its end.
    pub hash: bool,
}

/// What came of opening one input.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Opened {
    /// SHA-256 of the bytes on disk in lower-case hexadecimal, if it was asked for.
    pub sha256: Option<String>,
    /// Bytes on disk.
    pub bytes: u64,
    /// Streams that the visitor was called with.
    pub streams: u64,
    /// What could not be read.
    pub errors: Vec<InputError>,
}

impl Opening<'_> {
    /// Opens a file and calls the visitor with each stream in it, in the order of the archive. Faults end up in
    /// [`Opened::errors`]. Standard input is empty here; see [`Opening::open_reader`].
    pub fn open(&self, input: &InputFile, visit: &mut dyn FnMut(InputStream<'_>)) -> Opened {
        let Place::Path(path) = &input.place else { return self.open_reader(input, &mut io::empty(), visit) };
        match File::open(path) {
            Ok(file) => {
                let regular = file.metadata().ok().filter(std::fs::Metadata::is_file);
                let plain = regular.is_some().then_some(path.as_path());
                self.run(input, file, plain, regular.map(|metadata| metadata.len()), visit)
            }
            Err(error) => {
                let fault = Fault::from_io(&error);
                Opened { errors: vec![InputError { name: input.name.clone(), fault }], ..Opened::default() }
            }
        }
    }

    /// The same with the bytes from a reader, such as standard input.
    pub fn open_reader(
        &self,
        input: &InputFile,
        reader: &mut dyn Read,
        visit: &mut dyn FnMut(InputStream<'_>),
    ) -> Opened {
        self.run(input, reader, None, None, visit)
    }

    fn run<R: Read>(
        &self,
        input: &InputFile,
        reader: R,
        plain: Option<&Path>,
        size: Option<u64>,
        visit: &mut dyn FnMut(InputStream<'_>),
    ) -> Opened {
        let ledger = Ledger::new(self.limits, self.progress, size);
        let mut disk = Disk { inner: reader, ledger: &ledger, hasher: self.hash.then(Sha256::new) };
        let broken = Broken::default();
        let guarded = Guarded {
            inner: &mut disk,
            ledger: &ledger,
            name: input.name.clone(),
            container: Container::Plain,
            promised: None,
            outer: Broken::default(),
            broken: broken.clone(),
        };
        let spool = Spool { folder: self.spool_folder, limit: self.limits.spool };
        let mut descent = Descent { ledger: &ledger, spool, index: input.index, visit };
        let layer = Layer { name: input.name.clone(), depth: 0, broken, plain, size };
        descent.deliver(layer, Box::new(guarded));
        let sha256 = disk.finish(&input.name);
        ledger.count_rest();
        let (bytes, streams) = (ledger.on_disk(), ledger.streams.get());
        Opened { sha256, bytes, streams, errors: ledger.into_errors(&input.name) }
    }
}

/// Reads bytes from disk: counts them and, if asked, hashes them.
struct Disk<'a, R> {
    inner: R,
    ledger: &'a Ledger<'a>,
    hasher: Option<Sha256>,
}

impl<R: Read> Disk<'_, R> {
    /// The hash of everything, the rest included; absent where the rest cannot be read.
    fn finish(mut self, name: &str) -> Option<String> {
        self.hasher.as_ref()?;
        if let Err(error) = io::copy(&mut self, &mut io::sink()) {
            self.ledger.report(name, Fault::from_io(&error));
            return None;
        }
        let digest = self.hasher?.finalize();
        Some(digest.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl<R: Read> Read for Disk<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.ledger.count(read);
        if let Some(hasher) = &mut self.hasher {
            hasher.update(buffer.get(..read).unwrap_or_default());
        }
        Ok(read)
    }
}

/// One layer: what its bytes are called, and how deep it lies.
struct Layer<'p> {
    name: String,
    depth: usize,
    broken: Broken,
    plain: Option<&'p Path>,
    size: Option<u64>,
}

impl Layer<'_> {
    fn below(&self, name: String, size: Option<u64>) -> Layer<'static> {
        Layer { name, depth: self.depth + 1, broken: Broken::default(), plain: None, size }
    }
}

/// The way down through the containers of one input.
struct Descent<'l, 'v> {
    ledger: &'l Ledger<'l>,
    spool: Spool<'l>,
    index: usize,
    visit: &'v mut dyn FnMut(InputStream<'_>),
}

impl<'l> Descent<'l, '_> {
    fn deliver(&mut self, layer: Layer<'_>, reader: Box<dyn Read + '_>) {
        let peeked = Peeked::new(reader);
        let container = Container::of(peeked.head());
        if container == Container::Plain {
            let (reader, changed) = text::decoded(peeked);
            let ordinal = self.ledger.streams.get();
            self.ledger.streams.set(ordinal + 1);
            let plain = layer.plain.filter(|_| !changed);
            let what = (layer.name, self.index, ordinal, layer.size);
            return (self.visit)(InputStream::new(what, reader, plain, self.spool));
        }
        let limit = self.ledger.limits.depth;
        if layer.depth >= limit {
            return self.ledger.report(&layer.name, Fault::TooDeep { limit });
        }
        let buffered = BufReader::with_capacity(COMPRESSED_BUFFER, peeked);
        match container {
            Container::Plain => {}
            Container::Gzip => self.inflated(&layer, container, MultiGzDecoder::new(buffered)),
            Container::Zstd => match zstd::stream::read::Decoder::with_buffer(buffered) {
                Ok(decoder) => self.inflated(&layer, container, decoder),
                Err(error) => self.damaged(&layer.name, container, &error),
            },
            Container::Tar => self.tar(&layer, buffered),
            Container::Zip => self.zip(&layer, buffered),
        }
    }

    fn inflated<R: Read>(&mut self, layer: &Layer<'_>, container: Container, decoder: R) {
        let below = layer.below(layer.name.clone(), None);
        let guarded = self.guarded(layer, &below, container, None, decoder);
        self.deliver(below, Box::new(guarded));
    }

    fn tar<R: Read>(&mut self, layer: &Layer<'_>, reader: R) {
        let budget = std::cell::Cell::new(TAR_HEADERS);
        let mut archive = tar::Archive::new(Budgeted { inner: reader, budget: &budget });
        let entries = match archive.entries() {
            Ok(entries) => entries,
            Err(error) => return self.damaged(&layer.name, Container::Tar, &error),
        };
        // An entry that ends early is reported by itself, and the archive ends there.
        let mut last = layer.broken.clone();
        for entry in entries {
            let mut entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    if !layer.broken.get() && !last.get() && !self.ledger.ended() {
                        self.damaged(&layer.name, Container::Tar, &error);
                    }
                    return;
                }
            };
            budget.set(u64::MAX);
            if entry.header().entry_type().is_file() {
                if !self.ledger.enter(&layer.name) {
                    return;
                }
                let inner = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
                let size = entry.size();
                let below = layer.below(format!("{}!{inner}", layer.name), Some(size));
                last = below.broken.clone();
                let guarded = self.guarded(layer, &below, Container::Tar, Some(size), &mut entry);
                self.deliver(below, Box::new(guarded));
            }
            // What the visitor left is passed over here, so that only headers count against the budget.
            if let Err(error) = io::copy(&mut entry, &mut io::sink()) {
                if !layer.broken.get() && !last.get() {
                    self.damaged(&layer.name, Container::Tar, &error);
                }
                return;
            }
            budget.set(TAR_HEADERS);
        }
    }

    fn zip<R: Read>(&mut self, layer: &Layer<'_>, mut reader: R) {
        let (file, ledger) = match layer.plain {
            Some(path) => (File::open(path).map_err(|error| Fault::from_io(&error)), Some(self.ledger)),
            None => (self.spool.store(&mut reader), None),
        };
        let file = match file {
            Ok(file) => file,
            Err(fault) => return self.ledger.report(&layer.name, fault),
        };
        let mut source = BufReader::with_capacity(COMPRESSED_BUFFER, Counted { inner: file, ledger });
        match zip::ZipArchive::new(&mut source) {
            Ok(archive) => self.zip_by_directory(layer, archive),
            Err(error) => {
                // Without its directory, which stands at the end, a zip is read entry by entry from the start.
                if source.rewind().is_ok() {
                    self.zip_by_headers(layer, &mut source);
                }
                if !layer.broken.get() && !self.ledger.ended() {
                    self.ledger.report(&layer.name, zip_fault(&error));
                }
            }
        }
    }

    fn zip_by_directory<R: Read + Seek>(&mut self, layer: &Layer<'_>, mut archive: zip::ZipArchive<R>) {
        for place in 0..archive.len() {
            if !self.ledger.enter(&layer.name) {
                return;
            }
            let inner = match archive.name_for_index(place) {
                Some(Ok(name)) => name.into_owned(),
                _ => format!("entry {place}"),
            };
            let name = format!("{}!{inner}", layer.name);
            match archive.by_index(place) {
                Ok(entry) if entry.is_file() => {
                    let size = entry.size();
                    let below = layer.below(name, Some(size));
                    let guarded = self.guarded(layer, &below, Container::Zip, Some(size), entry);
                    self.deliver(below, Box::new(guarded));
                }
                Ok(_) => {}
                Err(error) => self.ledger.report(&name, zip_fault(&error)),
            }
        }
    }

    fn zip_by_headers<R: Read>(&mut self, layer: &Layer<'_>, source: &mut R) {
        while let Ok(Some(mut entry)) = zip::read::read_zipfile_from_stream(source) {
            if !self.ledger.enter(&layer.name) {
                return;
            }
            if entry.is_file() {
                let inner = entry.name().map_or_else(|_| "entry".to_owned(), |name| name.into_owned());
                let size = entry.size();
                let below = layer.below(format!("{}!{inner}", layer.name), Some(size));
                let guarded = self.guarded(layer, &below, Container::Zip, Some(size), &mut entry);
                self.deliver(below, Box::new(guarded));
            }
            if io::copy(&mut entry, &mut io::sink()).is_err() {
                return;
            }
        }
    }

    fn guarded<R>(
        &self,
        layer: &Layer<'_>,
        below: &Layer<'_>,
        container: Container,
        promised: Option<u64>,
        inner: R,
    ) -> Guarded<'l, R> {
        let name = below.name.clone();
        let (outer, broken) = (layer.broken.clone(), below.broken.clone());
        Guarded { inner, ledger: self.ledger, name, container, promised, outer, broken }
    }

    fn damaged(&self, name: &str, container: Container, error: &io::Error) {
        let reason = error.to_string();
        // The tar reader gives its own ends of file no kind.
        let early = error.kind() == io::ErrorKind::UnexpectedEof || reason.contains("EOF");
        let fault = if early { Fault::Truncated(container) } else { Fault::Damaged { container, reason } };
        self.ledger.report(name, fault);
    }
}

fn zip_fault(error: &ZipError) -> Fault {
    let container = Container::Zip;
    match error {
        ZipError::UnsupportedArchive(reason) if *reason == ZipError::PASSWORD_REQUIRED => {
            Fault::Encrypted(container)
        }
        ZipError::UnsupportedArchive(_) | ZipError::CompressionMethodNotSupported(_) => {
            Fault::Unsupported { container, reason: error.to_string() }
        }
        _ => Fault::Damaged { container, reason: error.to_string() },
    }
}

/// A reader that fails when its budget is used up.
struct Budgeted<'b, R> {
    inner: R,
    budget: &'b std::cell::Cell<u64>,
}

impl<R: Read> Read for Budgeted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let left = self.budget.get();
        if left < u64::MAX {
            self.budget.set(left.saturating_sub(read as u64));
            if left < read as u64 {
                return Err(io::Error::other(format!("a header is longer than {TAR_HEADERS} bytes")));
            }
        }
        Ok(read)
    }
}

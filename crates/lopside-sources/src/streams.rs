//! How inputs that hold events of Windows are read: event log files in parts side by side, XML from start to end.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Mutex, PoisonError};

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};

use crate::input::InputStream;
use crate::job::Job;
use crate::source::Sink;
use crate::{evtx, windows, winxml};

/// Chunks of 64 KiB that one thread reads at a time.
const CHUNKS: u64 = 64;
/// Bytes that are read of a file at once.
const BUFFER: usize = 64 << 10;

/// Reads an event log file.
pub(crate) fn read_evtx(stream: InputStream<'_>, job: &Job<'_>) {
    let file = match stream.into_file() {
        Ok(file) => file,
        Err(error) => return job.fail(error.fault),
    };
    let length = match file.metadata() {
        Ok(metadata) => metadata.len(),
        Err(error) => return job.skip(0, &error.to_string(), 1),
    };
    let file = Mutex::new(file);
    evtx::parts(length, CHUNKS).into_par_iter().enumerate().for_each(|(number, part)| {
        let source = io::BufReader::with_capacity(BUFFER, Shared { file: &file, at: 0, length });
        let mut source = Some(source);
        job.stretch(number as u64, |stretch| {
            let Some(source) = source.take() else { return };
            let mut fields = windows::new_fields();
            if let Err(error) = evtx::read_part(&job.info, source, part, &mut fields, stretch) {
                stretch.skipped(0, &error.to_string());
            }
        });
    });
}

/// Reads the XML of events.
pub(crate) fn read_xml(stream: InputStream<'_>, job: &Job<'_>) {
    let mut stream = Some(stream);
    job.stretch(0, |stretch| {
        let Some(stream) = stream.take() else { return };
        let mut fields = windows::new_fields();
        if let Err(error) = winxml::read(&job.info, stream, &mut fields, stretch) {
            stretch.skipped(0, &error.to_string());
        }
    });
}

/// A file that several readers share, each at its own place.
struct Shared<'a> {
    file: &'a Mutex<File>,
    at: u64,
    length: u64,
}

impl Read for Shared<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.at))?;
        let read = file.read(buffer)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Shared<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

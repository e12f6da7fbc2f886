//! Network records on their way from hosts to logs: every record goes to the bucket of its sensor and day; once all
//! hosts are done, each bucket is sorted by the time at which the sensor wrote the record.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::error::EmulateError;

/// Bytes that a bucket holds in memory before they go to its file.
const HELD: usize = 192 * 1024;

/// A record that came back from a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry<'a> {
    pub(crate) log: u8,
    pub(crate) time: i64,
    pub(crate) line: &'a [u8],
}

/// Buckets by sensor and day.
#[derive(Debug)]
pub(crate) struct Buckets {
    folder: PathBuf,
    days: usize,
    held: Vec<Vec<u8>>,
}

impl Buckets {
    /// Makes empty buckets below a folder of their own.
    pub(crate) fn new(folder: &Path, sensors: usize, days: usize) -> Result<Self, EmulateError> {
        fs::create_dir_all(folder).map_err(EmulateError::at(folder))?;
        Ok(Self { folder: folder.to_path_buf(), days, held: vec![Vec::new(); sensors * days] })
    }

    /// Puts a record in.
    pub(crate) fn put(&mut self, sensor: usize, day: usize, entry: Entry<'_>) -> Result<(), EmulateError> {
        let index = sensor * self.days + day.min(self.days - 1);
        let bucket = &mut self.held[index];
        bucket.push(entry.log);
        bucket.extend_from_slice(&entry.time.to_le_bytes());
        bucket.extend_from_slice(&(entry.line.len() as u32).to_le_bytes());
        bucket.extend_from_slice(entry.line);
        if bucket.len() > HELD { self.spill(index) } else { Ok(()) }
    }

    /// Takes everything of a bucket out, unsorted.
    pub(crate) fn take(&mut self, sensor: usize, day: usize) -> Result<Vec<u8>, EmulateError> {
        let index = sensor * self.days + day;
        let path = self.path(index);
        if !path.exists() {
            return Ok(std::mem::take(&mut self.held[index]));
        }
        self.spill(index)?;
        let bytes = fs::read(&path).map_err(EmulateError::at(&path))?;
        fs::remove_file(&path).map_err(EmulateError::at(&path))?;
        Ok(bytes)
    }

    /// Removes the folder.
    pub(crate) fn remove(self) -> Result<(), EmulateError> {
        fs::remove_dir_all(&self.folder).map_err(EmulateError::at(&self.folder))
    }

    fn path(&self, index: usize) -> PathBuf {
        self.folder.join(format!("{index}.bucket"))
    }

    fn spill(&mut self, index: usize) -> Result<(), EmulateError> {
        let path = self.path(index);
        let mut file: File =
            OpenOptions::new().create(true).append(true).open(&path).map_err(EmulateError::at(&path))?;
        file.write_all(&self.held[index]).map_err(EmulateError::at(&path))?;
        self.held[index].clear();
        Ok(())
    }
}

/// The records of a bucket in the order in which they are written.
pub(crate) fn sorted(bytes: &[u8]) -> Vec<Entry<'_>> {
    let mut entries = Vec::new();
    let mut rest = bytes;
    while let Some((head, tail)) = rest.split_at_checked(13) {
        let (mut time, mut length) = ([0u8; 8], [0u8; 4]);
        time.copy_from_slice(&head[1..9]);
        length.copy_from_slice(&head[9..13]);
        let Some((line, tail)) = tail.split_at_checked(u32::from_le_bytes(length) as usize) else { break };
        entries.push(Entry { log: head[0], time: i64::from_le_bytes(time), line });
        rest = tail;
    }
    entries.sort_unstable();
    entries
}

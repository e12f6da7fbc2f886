//! A baseline from bytes, which may be anything: every count is held against the bytes that are left before room is made for it,
//! every number against what it counts, and every list has to ascend.

use super::write::MAGIC;
use super::{BASELINE_VERSION, Baseline, Rates};
use crate::fragment::{
    Fragment, HostHabits, Past, Place, PortUse, ProcessHabits, Sending, SendingDay, UsedDay, UserHabits,
};
use crate::names::{Names, Numbers};
use crate::spread::bucket_of_bytes;
use crate::totals::Totals;

/// The longest name.
const LONGEST: u64 = 1 << 16;
/// The most hours of a day, as bits.
const HOURS: u64 = 1 << 24;

/// Why bytes are no baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    /// They are something else.
    #[error("this is no baseline of lopside; make one with `lopside baseline build PATH -o FILE`")]
    Other,
    /// They are a baseline of another version.
    #[error(
        "this baseline has version {found} of the format and this lopside reads version {BASELINE_VERSION}; build it anew"
    )]
    Version {
        /// Its version.
        found: u16,
    },
    /// They end too early.
    #[error("this baseline is cut off; copy or build it again")]
    Short,
    /// Something in them cannot be.
    #[error("this baseline is damaged: {what} (at byte {at}); copy or build it again")]
    Damaged {
        /// What.
        what: &'static str,
        /// Where.
        at: usize,
    },
}

/// Bytes being read.
struct Reader<'b> {
    bytes: &'b [u8],
    at: usize,
}

/// What the lists of a file name.
struct Texts {
    processes: u64,
    destinations: u64,
    users: Vec<String>,
    images: Vec<String>,
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// Where the bytes are none, of another version, cut off or damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Baseline, BaselineError> {
        let mut reader = Reader { bytes, at: 0 };
        if reader.take(MAGIC.len()).ok() != Some(MAGIC.as_slice()) {
            return Err(BaselineError::Other);
        }
        let found = u16::from_le_bytes(reader.array()?);
        if found != BASELINE_VERSION {
            return Err(BaselineError::Version { found });
        }
        let first = reader.day()?;
        let last = reader.day()?;
        let hidden = match reader.number()? {
            0 => None,
            1 => Some(reader.array()?),
            _ => return Err(reader.damaged("whether names are hashed")),
        };
        let rates = reader.rates()?;
        let mut names = Numbers { processes: reader.names()?, ..Numbers::default() };
        names.destinations = reader.names()?;
        let texts = Texts {
            processes: names.processes.len() as u64,
            destinations: names.destinations.len() as u64,
            users: reader.texts()?,
            images: reader.texts()?,
        };
        let mut habits = Vec::new();
        for _ in 0..reader.count(2)? {
            let host = reader.text()?;
            if names.hosts.number(&host) as usize != habits.len() {
                return Err(reader.damaged("a host stands twice"));
            }
            habits.push(reader.host(first, &texts)?);
        }
        if reader.at != bytes.len() {
            return Err(reader.damaged("there is more behind its end"));
        }
        let baseline = Baseline { fragment: Fragment { names, habits }, rates, hidden, key: None };
        if baseline.span().unwrap_or((0, -1)) != (first, last) {
            return Err(reader.damaged("its span is not that of its days"));
        }
        Ok(baseline)
    }
}

impl<'b> Reader<'b> {
    fn damaged(&self, what: &'static str) -> BaselineError {
        BaselineError::Damaged { what, at: self.at }
    }

    fn take(&mut self, count: usize) -> Result<&'b [u8], BaselineError> {
        let end = self.at.checked_add(count).ok_or(BaselineError::Short)?;
        let bytes = self.bytes.get(self.at..end).ok_or(BaselineError::Short)?;
        self.at = end;
        Ok(bytes)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], BaselineError> {
        self.take(N)?.try_into().map_err(|_| BaselineError::Short)
    }

    fn number(&mut self) -> Result<u64, BaselineError> {
        let mut value = 0_u64;
        for shift in (0..70).step_by(7) {
            let [byte] = self.array()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 || shift > 0 && byte == 0 {
                return Err(self.damaged("a number is too long"));
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.damaged("a number is too long"))
    }

    /// A number below a limit.
    fn below(&mut self, limit: u64, what: &'static str) -> Result<u64, BaselineError> {
        let value = self.number()?;
        if value < limit { Ok(value) } else { Err(self.damaged(what)) }
    }

    fn day(&mut self) -> Result<i32, BaselineError> {
        let value = self.number()?;
        let signed = (value >> 1) as i64 ^ -((value & 1) as i64);
        i32::try_from(signed).map_err(|_| self.damaged("a day is out of range"))
    }

    /// How many things of at least `least` bytes follow.
    fn count(&mut self, least: usize) -> Result<usize, BaselineError> {
        let count = usize::try_from(self.number()?).map_err(|_| BaselineError::Short)?;
        let left = self.bytes.len() - self.at;
        if count > left / least { Err(BaselineError::Short) } else { Ok(count) }
    }

    fn text(&mut self) -> Result<String, BaselineError> {
        let length = self.below(LONGEST, "a name is too long")?;
        let bytes = self.take(length as usize)?;
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| self.damaged("a name is no text"))
    }

    fn texts(&mut self) -> Result<Vec<String>, BaselineError> {
        let mut texts: Vec<String> = Vec::new();
        for _ in 0..self.count(1)? {
            let text = self.text()?;
            if texts.last().is_some_and(|last| *last >= text) {
                return Err(self.damaged("names are not in their order"));
            }
            texts.push(text);
        }
        Ok(texts)
    }

    fn names(&mut self) -> Result<Names, BaselineError> {
        let mut names = Names::default();
        for text in self.texts()? {
            names.number(&text);
        }
        Ok(names)
    }

    /// Numbers that ascend, all below a limit.
    fn ascending(&mut self, limit: u64) -> Result<Vec<u64>, BaselineError> {
        let count = self.count(1)?;
        let mut values = Vec::with_capacity(count.min(1 << 12));
        let mut last: Option<u64> = None;
        for _ in 0..count {
            let step = self.number()?;
            let value = match last {
                None => Some(step),
                Some(last) if step > 0 => last.checked_add(step),
                Some(_) => None,
            };
            let value = value.filter(|value| *value < limit);
            let value =
                value.ok_or_else(|| self.damaged("a list does not ascend or names what is not there"))?;
            values.push(value);
            last = Some(value);
        }
        Ok(values)
    }

    fn days(&mut self, epoch: i32) -> Result<Vec<i32>, BaselineError> {
        let values = self.ascending(1 << 32)?;
        values.into_iter().map(|value| self.day_of(value, epoch)).collect()
    }

    fn day_of(&self, value: u64, epoch: i32) -> Result<i32, BaselineError> {
        let day = i64::try_from(value).ok().and_then(|value| value.checked_add(epoch.into()));
        day.and_then(|day| i32::try_from(day).ok()).ok_or_else(|| self.damaged("a day is out of range"))
    }

    fn bucket(&mut self) -> Result<u8, BaselineError> {
        let [bucket] = self.array()?;
        if bucket <= bucket_of_bytes(u64::MAX) {
            Ok(bucket)
        } else {
            Err(self.damaged("a size is out of range"))
        }
    }

    fn rates(&mut self) -> Result<Rates, BaselineError> {
        let weights = u64::from_le_bytes(self.array()?);
        let host_days = self.number()?;
        let count = self.number()?;
        let mut bins = Vec::new();
        for _ in 0..self.count(2)? {
            bins.push((self.number()?, self.number()?));
        }
        let totals = Totals::of_bins(count, &bins).ok_or_else(|| self.damaged("its totals do not add up"))?;
        Ok(Rates { weights, totals, host_days })
    }

    fn host(&mut self, epoch: i32, texts: &Texts) -> Result<HostHabits, BaselineError> {
        let days = self.days(epoch)?;
        let mut host = HostHabits::default();
        for day in days {
            let channels = self.below(1 << 32, "a count is out of range")? as u32;
            host.days.insert(day, channels);
        }
        for _ in 0..self.count(5)? {
            let user = self.name(&texts.users)?;
            let habits = self.user(epoch, texts)?;
            if host.users.insert(user, habits).is_some() {
                return Err(self.damaged("a user stands twice"));
            }
        }
        host.accessors = self.names_of(&texts.images)?.into_iter().collect();
        let mut last = None;
        for _ in 0..self.count(6)? {
            let habits = self.process(epoch, texts)?;
            if last.is_some_and(|last| last >= habits.process) {
                return Err(self.damaged("processes are not in their order"));
            }
            last = Some(habits.process);
            host.processes.push(habits);
        }
        Ok(host)
    }

    fn user(&mut self, epoch: i32, texts: &Texts) -> Result<UserHabits, BaselineError> {
        let mut habits = UserHabits::default();
        for day in self.days(epoch)? {
            let (any, two) = (self.hours()?, self.hours()?);
            habits.hours.insert(day, (any, two));
        }
        habits.sending = self.sending(epoch)?;
        let places = self.ascending(texts.destinations)?;
        habits.places = places.into_iter().map(|place| place as u32).collect();
        Ok(habits)
    }

    fn hours(&mut self) -> Result<u32, BaselineError> {
        self.below(HOURS, "hours").map(|hours| hours as u32)
    }

    fn sending(&mut self, epoch: i32) -> Result<Sending, BaselineError> {
        let mut sending = Sending::default();
        for day in self.days(epoch)? {
            let (out, ratio, back) = (self.bucket()?, self.bucket()?, self.bucket()?);
            sending.days.push(SendingDay { day, out, ratio, back, hours: self.hours()? });
        }
        for port in self.ports()? {
            let first = self.number()?;
            sending.ports.push(PortUse { port, first: self.day_of(first, epoch)? });
        }
        Ok(sending)
    }

    fn process(&mut self, epoch: i32, texts: &Texts) -> Result<ProcessHabits, BaselineError> {
        let process = self.below(texts.processes, "it names a process that is not there")? as u32;
        let flags = self.below(1 << 6, "kinds of account")?;
        let flag = |bit: usize| flags >> bit & 1 == 1;
        let mut habits = ProcessHabits {
            process,
            accounts: std::array::from_fn(flag),
            media: flag(4),
            nameless: flag(5),
            ..ProcessHabits::default()
        };
        habits.sending = self.sending(epoch)?;
        habits.parents = self.names_of(&texts.images)?;
        habits.forgotten = self.below(1 << 32, "a number of places")? as u32;
        for destination in self.ascending(texts.destinations)? {
            let first = self.number()?;
            let first = self.day_of(first, epoch)?;
            let heavy = self.below(65, "a size is out of range")?.checked_sub(1).map(|size| size as u8);
            let past = self.past(epoch)?;
            let past = (!past.days.is_empty()).then(|| Box::new(past));
            let used = past.as_ref().map_or(0, |past| past.days.len() as u32);
            habits.places.push(Place { destination: destination as u32, first, heavy, used, past });
        }
        if habits.places.is_empty() {
            return Err(self.damaged("a process sends nowhere"));
        }
        Ok(habits)
    }

    fn past(&mut self, epoch: i32) -> Result<Past, BaselineError> {
        let ports = self.ports()?;
        let mut past = Past { ports, ..Past::default() };
        for day in self.days(epoch)? {
            let (out, lopsided, unmeasured) = (self.bucket()?, self.bucket()?, self.bucket()?);
            past.days.push(UsedDay { day, out, lopsided, unmeasured });
        }
        Ok(past)
    }

    fn ports(&mut self) -> Result<Vec<u32>, BaselineError> {
        Ok(self.ascending(1 << 24)?.into_iter().map(|port| port as u32).collect())
    }

    fn name(&mut self, texts: &[String]) -> Result<String, BaselineError> {
        let number = self.below(texts.len() as u64, "it names what is not there")?;
        texts.get(number as usize).cloned().ok_or(BaselineError::Short)
    }

    fn names_of(&mut self, texts: &[String]) -> Result<Vec<String>, BaselineError> {
        let numbers = self.ascending(texts.len() as u64)?;
        Ok(numbers.iter().filter_map(|number| texts.get(*number as usize).cloned()).collect())
    }
}

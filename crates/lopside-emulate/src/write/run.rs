//! Writes a fleet: host by host its events, then sensor by sensor its logs, then the truth.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::calendar::Stamp;
use crate::day::{HostRun, Tally};
use crate::error::EmulateError;
use crate::fleet::Fleet;
use crate::plan::{FleetPlan, NetworkFormat};
use crate::truth::{Attack, Truth};
use crate::write::buckets::{Buckets, sorted};
use crate::write::zeek::{Log, foot, head};
use crate::write::{Accept, Wire};

/// Writes a labelled fleet below a folder that is new or empty: telemetry below `telemetry`, the truth in `truth.json`.
///
/// `progress` is told, now and then, how many bytes have been written so far.
///
/// # Errors
///
/// The plan cannot be made, the folder is not empty, or something could not be written.
pub fn write_fleet(
    plan: &FleetPlan,
    out: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<Truth, EmulateError> {
    plan.check()?;
    prepare(out)?;
    let fleet = Fleet::draw(plan)?;
    let telemetry = out.join("telemetry");
    let mut writer = Writer { gzip: plan.gzip, written: 0, progress };
    let faults = fleet.sensors.iter().map(|(_, faults)| faults.clone()).collect();
    // The last bucket holds what was written after midnight of the last day.
    let days = plan.days as usize + 1;
    let buckets = Buckets::new(&telemetry.join("unsorted"), fleet.sensors.len(), days)?;
    let span = (fleet.calendar.start, fleet.calendar.end());
    let mut wire = Wire::new(buckets, plan.network, span, faults);
    let (attacks, host_days) = write_endpoints(&fleet, &telemetry.join("endpoint"), &mut wire, &mut writer)?;
    write_network(&fleet, &telemetry.join("network"), wire.into_buckets(), &mut writer)?;
    let generator = plan.hard.then(|| "emulate fleet --hard".to_owned());
    let truth = Truth { generator, seed: plan.seed, hosts: plan.hosts, days: plan.days, host_days, attacks };
    write_truth(&truth, &out.join("truth.json"))?;
    Ok(truth)
}

fn prepare(out: &Path) -> Result<(), EmulateError> {
    fs::create_dir_all(out).map_err(EmulateError::at(out))?;
    let mut entries = fs::read_dir(out).map_err(EmulateError::at(out))?;
    if entries.next().is_some() { Err(EmulateError::NotEmpty(out.to_path_buf())) } else { Ok(()) }
}

/// Writes one file of events for each host that has an agent.
fn write_endpoints(
    fleet: &Fleet,
    folder: &Path,
    wire: &mut Wire,
    writer: &mut Writer<'_>,
) -> Result<(Vec<Attack>, u64), EmulateError> {
    fs::create_dir_all(folder).map_err(EmulateError::at(folder))?;
    let mut accepts: Vec<Vec<Accept>> = vec![Vec::new(); fleet.hosts.len()];
    let (mut tallies, mut host_days) = (Vec::new(), 0);
    for host in &fleet.hosts {
        let mut run = HostRun::new(fleet, host, std::mem::take(&mut accepts[host.index as usize]));
        let mut lines = String::new();
        let mut file = None;
        // Local days before the first and after the last reach into the capture.
        for day in -1..=i64::from(fleet.plan.days) {
            run.day(day, wire, &mut accepts)?;
            run.flush(day, &mut lines);
            if !lines.is_empty() {
                if file.is_none() {
                    file = Some(writer.create(folder, &format!("{}.json", host.name))?);
                }
                if let Some(file) = &mut file {
                    writer.write(file, lines.as_bytes())?;
                }
                lines.clear();
            }
        }
        if let Some(file) = file {
            file.finish()?;
        }
        host_days += run.days_present();
        tallies.extend(run.into_tallies());
    }
    let mut attacks: Vec<(i64, Attack)> = tallies.into_iter().map(told).collect();
    attacks.sort_by(|a, b| {
        a.0.cmp(&b.0).then_with(|| a.1.host.cmp(&b.1.host)).then_with(|| a.1.ips.cmp(&b.1.ips))
    });
    Ok((attacks.into_iter().map(|(_, attack)| attack).collect(), host_days))
}

/// What a tally says as an entry of the truth.
fn told(tally: Tally) -> (i64, Attack) {
    let strings = |set: &BTreeSet<std::net::Ipv4Addr>| set.iter().map(ToString::to_string).collect();
    let busiest =
        tally.ports.iter().max_by_key(|(port, bytes)| (**bytes, **port)).map_or(0, |(port, _)| *port);
    let sender = tally.senders.iter().max_by_key(|(_, sender)| sender.bytes);
    let (pid, image, user) = match sender.and_then(|(pid, sender)| Some((*pid, sender.process.clone()?))) {
        Some((pid, (image, user))) => (Some(pid), Some(image.to_string()), Some(user.to_string())),
        None => (None, None, None),
    };
    let attack = Attack {
        scenario: tally.scenario.to_owned(),
        host: tally.host,
        host_ips: strings(&tally.host_ips),
        image,
        pid,
        user,
        domain: tally.domain.map(|name| name.to_string()),
        ips: strings(&tally.ips),
        port: busiest,
        start: Stamp::of(tally.start).rfc3339(),
        end: Stamp::of(tally.end).rfc3339(),
        bytes_out: tally.bytes,
        attributable: tally.named,
    };
    (tally.start, attack)
}

/// Sorts every bucket and writes the logs of each sensor.
fn write_network(
    fleet: &Fleet,
    folder: &Path,
    mut buckets: Buckets,
    writer: &mut Writer<'_>,
) -> Result<(), EmulateError> {
    let days = fleet.plan.days as usize + 1;
    let zeek = fleet.plan.network == NetworkFormat::ZeekTsv;
    for (sensor, (name, _)) in fleet.sensors.iter().enumerate() {
        let mut files: Vec<Option<Output>> = Log::ALL.iter().map(|_| None).collect();
        let place = folder.join(name);
        for day in 0..days {
            let place = if fleet.plan.rotate {
                place.join(fleet.calendar.date(day as i64).to_string())
            } else {
                place.clone()
            };
            let opened = fleet.calendar.midnight(day as i64);
            let bytes = buckets.take(sensor, day)?;
            for entry in sorted(&bytes) {
                let (Some(log), Some(file)) =
                    (Log::ALL.get(usize::from(entry.log)), files.get_mut(usize::from(entry.log)))
                else {
                    continue;
                };
                if file.is_none() {
                    fs::create_dir_all(&place).map_err(EmulateError::at(&place))?;
                    let mut new = writer.create(&place, &format!("{}.log", log.path()))?;
                    if zeek {
                        writer.write(&mut new, head(*log, &Stamp::of(opened).dashed()).as_bytes())?;
                    }
                    *file = Some(new);
                }
                if let Some(file) = file {
                    writer.write(file, entry.line)?;
                }
            }
            if fleet.plan.rotate || day + 1 == days {
                let closed = Stamp::of(fleet.calendar.midnight(day as i64 + 1)).dashed();
                for file in files.iter_mut().filter_map(Option::take) {
                    close(file, zeek.then_some(closed.as_str()), writer)?;
                }
            }
        }
    }
    buckets.remove()
}

fn close(mut file: Output, closed: Option<&str>, writer: &mut Writer<'_>) -> Result<(), EmulateError> {
    if let Some(closed) = closed {
        writer.write(&mut file, foot(closed).as_bytes())?;
    }
    file.finish()
}

fn write_truth(truth: &Truth, path: &Path) -> Result<(), EmulateError> {
    let text = serde_json::to_string_pretty(truth).map_err(|error| EmulateError::at(path)(error.into()))?;
    fs::write(path, text + "\n").map_err(EmulateError::at(path))
}

/// Makes files and counts what goes into them.
struct Writer<'a> {
    gzip: bool,
    written: u64,
    progress: &'a mut dyn FnMut(u64),
}

impl Writer<'_> {
    fn create(&self, folder: &Path, name: &str) -> Result<Output, EmulateError> {
        let path = folder.join(if self.gzip { format!("{name}.gz") } else { name.to_owned() });
        let file = File::create_new(&path).map_err(EmulateError::at(&path))?;
        let file = BufWriter::with_capacity(1 << 17, file);
        let sink = if self.gzip {
            Sink::Gzip(Box::new(GzEncoder::new(file, Compression::new(3))))
        } else {
            Sink::Plain(file)
        };
        Ok(Output { sink, path })
    }

    fn write(&mut self, file: &mut Output, bytes: &[u8]) -> Result<(), EmulateError> {
        match &mut file.sink {
            Sink::Plain(sink) => sink.write_all(bytes),
            Sink::Gzip(sink) => sink.write_all(bytes),
        }
        .map_err(EmulateError::at(&file.path))?;
        let before = self.written >> 22;
        self.written += bytes.len() as u64;
        if self.written >> 22 != before {
            (self.progress)(self.written);
        }
        Ok(())
    }
}

/// A file that is being written.
struct Output {
    sink: Sink,
    path: std::path::PathBuf,
}

enum Sink {
    Plain(BufWriter<File>),
    Gzip(Box<GzEncoder<BufWriter<File>>>),
}

impl Output {
    fn finish(self) -> Result<(), EmulateError> {
        let done = match self.sink {
            Sink::Plain(mut sink) => sink.flush(),
            Sink::Gzip(sink) => sink.finish().and_then(|mut sink| sink.flush()),
        };
        done.map_err(EmulateError::at(&self.path))
    }
}

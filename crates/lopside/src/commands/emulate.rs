//! `lopside emulate`: labelled telemetry to test with.

mod junk;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use lopside_emulate::{Attacks, EndpointFormat, FleetPlan, NetworkFormat, Truth, write_fleet};

use crate::args::Common;
use crate::output::layout::hang;
use crate::output::units;
use crate::terminal::Terminal;

const EXAMPLES: &str = "\
Examples:
  lopside emulate fleet fleet1 --hosts 200 --days 7 --seed 1
  lopside emulate fleet small --hosts 20 --days 4 --seed 7 --gzip --network zeek-json
  lopside emulate fleet harder --hosts 200 --days 7 --seed 1 --hard
  lopside emulate junk junk1 --conversations 400 --seed 1
  lopside evaluate fleet1";

/// What was typed.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Write a company's telemetry with lopsided senders in it: OUT/telemetry, and the truth in OUT/truth.json
    Fleet(FleetArgs),
    /// Write captures of conversations with junk in them and without: OUT/captures, and the truth in OUT/truth.json
    Junk(junk::Args),
}

/// The options of `emulate fleet`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
struct FleetArgs {
    /// Folder to write to: new or empty
    #[arg(value_name = "OUT")]
    out: PathBuf,
    /// Hosts, printers and other devices included
    #[arg(long, value_name = "N", default_value_t = 20)]
    hosts: u32,
    /// Days in UTC
    #[arg(long, value_name = "D", default_value_t = 4)]
    days: u32,
    /// What everything is drawn from: the same seed writes the same bytes
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Flows of a host in use on a working day, on average
    #[arg(long, value_name = "N", default_value_t = 200)]
    flows_per_host: u32,
    /// Lopsided senders to plant: a number, `none`, or `scaled` (about one for seven hosts, at least seven)
    #[arg(long, value_name = "N", default_value = "scaled", value_parser = attacks)]
    attacks: Attacks,
    /// Campaigns to plant beside them, one program and place from 2 to 6 hosts: a number, `none`, or `scaled` (with --hard one for a
    /// hundred hosts where there are 60 or more, otherwise none)
    #[arg(long, value_name = "N", default_value = "scaled", value_parser = attacks)]
    campaigns: Attacks,
    /// Campaigns, more senders of a single flow, ordinary transfers as slow as their size asks for and in parts, software for a few hosts
    #[arg(long)]
    hard: bool,
    /// Compress every file with gzip
    #[arg(long)]
    gzip: bool,
    /// A folder of network logs for each day instead of one file for all
    #[arg(long)]
    rotate: bool,
    /// How endpoint events are rendered
    #[arg(long, value_name = "FORM", value_enum, default_value_t = Endpoint::Mixed)]
    endpoint: Endpoint,
    /// How network logs are rendered
    #[arg(long, value_name = "FORM", value_enum, default_value_t = Network::ZeekTsv)]
    network: Network,
}

/// Renderings of endpoint events.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Endpoint {
    /// One of the others for each host
    Mixed,
    /// Winlogbeat 7 and later
    Winlogbeat,
    /// The JSON of evtx_dump
    EvtxDump,
    /// NXLog, flat
    Nxlog,
    /// Winlogbeat 6 as HELK keeps it
    Helk,
    /// Velociraptor parse_evtx
    Velociraptor,
}

/// Renderings of network logs.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Network {
    /// Zeek's tab-separated logs
    ZeekTsv,
    /// Zeek's JSON logs
    ZeekJson,
}

impl FleetArgs {
    fn plan(&self) -> FleetPlan {
        FleetPlan {
            hosts: self.hosts,
            days: self.days,
            seed: self.seed,
            flows_per_host_day: self.flows_per_host,
            gzip: self.gzip,
            rotate: self.rotate,
            endpoint: match self.endpoint {
                Endpoint::Mixed => EndpointFormat::Mixed,
                Endpoint::Winlogbeat => EndpointFormat::Winlogbeat,
                Endpoint::EvtxDump => EndpointFormat::EvtxDump,
                Endpoint::Nxlog => EndpointFormat::Nxlog,
                Endpoint::Helk => EndpointFormat::Helk,
                Endpoint::Velociraptor => EndpointFormat::Velociraptor,
            },
            network: match self.network {
                Network::ZeekTsv => NetworkFormat::ZeekTsv,
                Network::ZeekJson => NetworkFormat::ZeekJson,
            },
            attacks: self.attacks,
            campaigns: self.campaigns,
            hard: self.hard,
        }
    }
}

fn attacks(text: &str) -> Result<Attacks, String> {
    match text {
        "none" => Ok(Attacks::None),
        "scaled" => Ok(Attacks::Scaled),
        number => {
            number.parse().map(Attacks::Count).map_err(|_| "write a number, `none` or `scaled`".to_owned())
        }
    }
}

/// Writes what was asked for.
pub(crate) fn run(args: &Args, common: &Common, terminal: &Terminal) -> anyhow::Result<ExitCode> {
    let args = match &args.what {
        What::Fleet(args) => args,
        What::Junk(args) => return junk::run(args, common, terminal),
    };
    let truth = write(&args.plan(), &args.out, common, terminal)?;
    let mut results = common.results()?;
    results.write_all(told(&truth, &args.out, terminal.width).as_bytes())?;
    results.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// Writes a fleet, with its progress on standard error.
///
/// # Errors
/// When the folder is not empty or cannot be written, or the plan cannot be made.
pub(crate) fn write(
    plan: &FleetPlan,
    out: &Path,
    common: &Common,
    terminal: &Terminal,
) -> anyhow::Result<Truth> {
    Ok(with_progress(common, terminal, |progress| write_fleet(plan, out, progress))?)
}

/// Shows on standard error how many bytes have been written while something is written.
fn with_progress<T>(common: &Common, terminal: &Terminal, work: impl FnOnce(&mut dyn FnMut(u64)) -> T) -> T {
    let shown = common.progress && terminal.watched;
    let show = |text: &str| {
        if shown {
            let mut error = io::stderr().lock();
            // A terminal that went away must not end the run.
            drop(error.write_all(format!("\r\x1b[K{text}").as_bytes()).and_then(|()| error.flush()));
        }
    };
    show("writing");
    let written = work(&mut |bytes| show(&format!("writing  {}", units::bytes(bytes))));
    show("");
    written
}

fn told(truth: &Truth, out: &Path, columns: usize) -> String {
    let place = out.display();
    let text = format!(
        "{} over {}: {}, {} planted; telemetry in {place}/telemetry, truth in {place}/truth.json",
        units::counted(u64::from(truth.hosts), "host"),
        units::counted(u64::from(truth.days), "day"),
        units::counted(truth.host_days, "host-day"),
        units::counted(truth.attacks.len() as u64, "lopsided sender"),
    );
    format!("{}{}", hang("", &text, columns), hang("Next  ", &format!("lopside evaluate {place}"), columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_senders() {
        assert_eq!(attacks("none"), Ok(Attacks::None));
        assert_eq!(attacks("3"), Ok(Attacks::Count(3)));
        assert!(attacks("many").is_err());
    }
}

//! The driver: takes partitions through the stages on one machine, side by side, within a memory budget.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use lopside_model::channel::Channel;
use lopside_model::tables::Transfer;
use lopside_sources::read::{Progress, ReadOptions, read_paths};
use lopside_sources::report::ReadReport;
use rayon::prelude::*;

use crate::error::EngineError;
use crate::exchange::{Budget, Outbox, Shelf};
use crate::host::addresses::Addresses;
use crate::host::contacts::{ContactKey, ContactSum};
use crate::host::coverage::HostCoverage;
use crate::host::elsewhere::{Elsewhere, Heard, Wanted};
use crate::host::reached::Reached;
use crate::host::usage::{UsageKey, UsageSum};
use crate::intake::{Exchanges, Intake, Learned};
use crate::join::attribute::JoinCounts;
use crate::join::clock::Clocks;
use crate::join::context::{JoinContext, LocalNets};
use crate::join::owners::Owners;
use crate::join::survey::Survey;
use crate::kept::{Keeper, Kept};
use crate::order::merge::TAKEN;
use crate::order::runs::{Runs, Sorter};
use crate::stages::{self, Ask, HostResult, Span, ToHosts};

/// How a run is to be done.
#[derive(Clone, Debug)]
pub struct Options {
    /// Threads.
    pub threads: usize,
    /// Partitions of each exchange; chosen by the size of the input when absent.
    pub partitions: Option<usize>,
    /// Bytes that partitions at work may hold together; what waits and the channels may take two and a half times as many.
    pub memory: u64,
    /// Networks that are local.
    pub local: LocalNets,
    /// What part of the time is wanted.
    pub span: Span,
    /// Folder for spilled partitions: empty, and the caller's to remove.
    pub folder: PathBuf,
    /// How inputs are read.
    pub read: ReadOptions,
}

/// Tells how far a run is.
pub trait Watch: Sync {
    /// How far reading is: counts that the reading stage keeps up to date.
    fn progress(&self) -> &Progress;
    /// A stage after reading begins.
    fn stage(&self, name: &'static str);
}

/// What is to be read.
pub struct Inputs<'p> {
    /// Files and folders; `-` is standard input.
    pub paths: &'p [PathBuf],
    /// What `-` stands for.
    pub stdin: Option<Box<dyn std::io::Read + Send>>,
}

/// What a run came to.
pub struct Outcome {
    /// What was read, and what was not.
    pub report: ReadReport,
    /// Counts of the join.
    pub join: JoinCounts,
    /// Channels of all hosts, where findings were asked for, partition by partition.
    pub channels: Vec<Kept>,
    /// Coverage by host; flows of no local host under the empty name, and what is too many addresses without a name as
    /// [`OTHER_ADDRESSES`](crate::host::addresses::OTHER_ADDRESSES).
    pub coverage: BTreeMap<String, HostCoverage>,
    /// Host clocks.
    pub clocks: Clocks,
    /// Contacts that no flow speaks of.
    pub contacts: BTreeMap<ContactKey, ContactSum>,
    /// Usage, where it was asked for.
    pub usage: BTreeMap<UsageKey, UsageSum>,
    /// Hosts of which any endpoint event was read.
    pub monitored: usize,
    /// Bytes of tables that went to disk.
    pub spilled: u64,
    /// Transfers in their order, where they were asked for.
    told: Runs<Transfer<'static>>,
}

impl std::fmt::Debug for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outcome")
            .field("join", &self.join)
            .field("hosts", &self.coverage.len())
            .finish_non_exhaustive()
    }
}

/// Reads, joins and sums.
///
/// # Errors
/// When nothing can be read below the paths, or the temporary folder cannot be written. Damaged input is no error: the report
/// counts it.
pub fn run(
    inputs: Inputs<'_>,
    options: &Options,
    ask: Ask,
    watch: &dyn Watch,
) -> Result<Outcome, EngineError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads)
        .build()
        .map_err(|error| EngineError::Table(format!("cannot start {} threads: {error}", options.threads)))?;
    pool.install(|| Run::new(options, inputs.paths).finish(inputs, ask, watch))
}

/// What waits in exchanges and the channels may take this many times half of [`Options::memory`] together.
const WAITING: u64 = 4;

struct Run<'o> {
    options: &'o Options,
    budget: Arc<Budget>,
    exchanges: Exchanges,
}

impl<'o> Run<'o> {
    fn new(options: &'o Options, paths: &[PathBuf]) -> Run<'o> {
        // Exchanges hold most when there are no channels yet, and those take the room as exchanges are emptied.
        let limit = (options.memory / 2).saturating_mul(WAITING);
        let budget = Budget::shared(limit, options.memory, options.threads, &options.folder);
        let partitions = options.partitions.unwrap_or_else(|| partitions_for(paths));
        Run { exchanges: Exchanges::new(partitions, &budget), budget, options }
    }

    fn finish(self, inputs: Inputs<'_>, ask: Ask, watch: &dyn Watch) -> Result<Outcome, EngineError> {
        let (report, learned) = self.read(inputs, watch.progress())?;
        watch.stage("joining");
        let context = self.survey(learned)?;
        let joined = self.join(&context)?;
        watch.stage("summing");
        let Summed { results, addresses, told } = self.sum(&context, &joined, ask)?;
        let mut outcome = Outcome {
            report,
            join: joined.counts,
            channels: Vec::new(),
            coverage: BTreeMap::new(),
            contacts: BTreeMap::new(),
            usage: BTreeMap::new(),
            monitored: context.monitored.len(),
            clocks: context.clocks,
            spilled: self.budget.spilled(),
            told,
        };
        for (result, channels) in results {
            outcome.add(result);
            outcome.channels.push(channels);
        }
        outcome.coverage.extend(addresses.into_coverage());
        Ok(outcome)
    }

    fn read(&self, inputs: Inputs<'_>, progress: &Progress) -> Result<(ReadReport, Learned), EngineError> {
        let learned = Mutex::new(Learned::default());
        let report = read_paths(
            inputs.paths,
            inputs.stdin,
            &self.options.read,
            &|| Intake::new(&self.exchanges, &learned),
            &mut Intake::close,
            progress,
        )?;
        let mut learned = learned.into_inner().unwrap_or_else(PoisonError::into_inner);
        match learned.error.take() {
            Some(error) => Err(error),
            None => Ok((report, learned)),
        }
    }

    /// The first look at every partition, merged.
    fn survey(&self, learned: Learned) -> Result<JoinContext, EngineError> {
        let partitions = self.exchanges.flows.partitions();
        if !self.exchanges.files_by_uid.is_empty() {
            (0..partitions)
                .into_par_iter()
                .try_for_each(|partition| stages::announce(&self.exchanges, partition))?;
            (0..partitions)
                .into_par_iter()
                .try_for_each(|partition| stages::locate(&self.exchanges, partition))?;
        }
        let mut survey = (0..partitions)
            .into_par_iter()
            .try_fold(Survey::default, |mut survey, partition| {
                survey.add(&stages::conversations(&self.exchanges, partition, false)?)?;
                Ok::<_, EngineError>(survey)
            })
            .try_reduce(Survey::default, |mut all, one| {
                all.merge(one);
                Ok(all)
            })?;
        let clocks = Clocks::fit(&survey.differences());
        let monitored = learned.monitored.into_iter().collect();
        Ok(JoinContext {
            owners: Owners::new(&learned.claims, &clocks, &monitored),
            clocks,
            tunnels: learned.tunnels.into_iter().collect(),
            local: self.options.local.clone(),
            monitored,
        })
    }

    fn join(&self, context: &JoinContext) -> Result<Joined, EngineError> {
        let partitions = self.exchanges.flows.partitions();
        let shelf = Shelf::default();
        let counts = (0..partitions)
            .into_par_iter()
            .map(|partition| {
                let conversations = stages::conversations(&self.exchanges, partition, true)?;
                shelf.lend(
                    || ToHosts::new(&self.exchanges, self.options.span),
                    |to_hosts| stages::join(&conversations, context, to_hosts),
                )
            })
            .try_reduce(JoinCounts::default, |a, b| Ok(a.plus(b)))?;
        let (mut reached, mut wanted) = (Reached::default(), Wanted::default());
        for to_hosts in shelf.into_all() {
            let (own, own_wanted) = to_hosts.close()?;
            reached.merge(&own);
            wanted.merge(own_wanted);
        }
        // Until they are routed, those that sensors saw are elsewhere: each lookup is heard once.
        let heard = self.hear(context, &wanted)?;
        let routed = self.route(context, &reached, &wanted)?;
        Ok(Joined { counts, elsewhere: heard.merge(routed).finish(), reached })
    }

    /// What the lookups that hosts logged call the addresses that were reached without a name.
    fn hear<'w>(&self, context: &JoinContext, wanted: &'w Wanted) -> Result<Heard<'w>, EngineError> {
        if wanted.is_empty() {
            return Ok(Heard::new(wanted));
        }
        (0..self.exchanges.lookups.partitions())
            .into_par_iter()
            .try_fold(
                || Heard::new(wanted),
                |mut heard, partition| {
                    stages::hear(&self.exchanges, partition, context, &mut heard)?;
                    Ok::<_, EngineError>(heard)
                },
            )
            .try_reduce(|| Heard::new(wanted), |all, one| Ok(all.merge(one)))
    }

    /// Sends the lookups that sensors saw to their hosts; says what they call the addresses that were reached without a name.
    fn route<'w>(
        &self,
        context: &JoinContext,
        reached: &Reached,
        wanted: &'w Wanted,
    ) -> Result<Heard<'w>, EngineError> {
        let shelf = Shelf::default();
        (0..self.exchanges.sensor_lookups.partitions()).into_par_iter().try_for_each(|partition| {
            shelf.lend(
                || (Outbox::new(&self.exchanges.lookups), Heard::new(wanted)),
                |(outbox, heard)| {
                    stages::route_lookups(&self.exchanges, partition, context, reached, heard, outbox)
                },
            )
        })?;
        shelf.into_all().into_iter().try_fold(Heard::new(wanted), |all, (outbox, heard)| {
            outbox.close()?;
            Ok(all.merge(heard))
        })
    }

    fn sum(&self, context: &JoinContext, joined: &Joined, ask: Ask) -> Result<Summed, EngineError> {
        let keeper = Keeper::new(&self.budget, &self.options.folder);
        let addresses = Mutex::new(Addresses::default());
        let results: Result<Vec<_>, EngineError> = (0..self.exchanges.transfers.partitions())
            .into_par_iter()
            .map(|partition| {
                let tables = stages::host_tables(&self.exchanges, partition, &joined.reached)?;
                let mut told = Sorter::<Transfer<'static>>::new(&self.budget, stages::transfer_order);
                let mut result = stages::sum(&tables, context, &joined.elsewhere, ask, &mut told)?;
                drop(tables);
                let channels = keeper.keep(std::mem::take(&mut result.channels))?;
                addresses.lock().unwrap_or_else(PoisonError::into_inner).take(&mut result.coverage);
                Ok(((result, channels), told.finish()?.within(&self.budget)?))
            })
            .collect();
        let (results, told): (Vec<_>, Vec<_>) = results?.into_iter().unzip();
        Ok(Summed {
            results,
            addresses: addresses.into_inner().unwrap_or_else(PoisonError::into_inner),
            told: Runs::<Transfer<'static>>::together(told, stages::transfer_order, &self.budget)?,
        })
    }
}

/// What the join of all partitions came to, beside what it sent to the hosts.
struct Joined {
    counts: JoinCounts,
    reached: Reached,
    elsewhere: Elsewhere,
}

/// What all partitions of hosts came to.
struct Summed {
    results: Vec<(HostResult, Kept)>,
    addresses: Addresses,
    told: Runs<Transfer<'static>>,
}

impl Outcome {
    fn add(&mut self, result: HostResult) {
        self.coverage.extend(result.coverage);
        for (key, contact) in result.contacts {
            self.contacts.entry(key).and_modify(|known| known.merge(&contact)).or_insert(contact);
        }
        for (key, usage) in result.usage {
            self.usage.entry(key).and_modify(|known| known.merge(&usage)).or_insert(usage);
        }
    }

    /// All channels at once, for whoever has the memory.
    ///
    /// # Errors
    /// When channels that were put aside cannot be read back.
    pub fn all_channels(&self) -> Result<Vec<Vec<Channel>>, EngineError> {
        self.channels.iter().map(|kept| Ok(kept.load()?.into_owned())).collect()
    }

    /// Calls `each` for every transfer by start, where transfers were asked for. Some of them are in memory at a time.
    ///
    /// # Errors
    /// When spilled rows cannot be read back, or `each` fails.
    pub fn transfers<E: From<EngineError>>(
        &self,
        mut each: impl FnMut(&Transfer<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut merge = self.told.merge()?;
        while let Some((key, _)) = merge.key() {
            merge.take(key, TAKEN)?.rows().try_for_each(|row| each(&row))?;
        }
        Ok(())
    }
}

impl JoinCounts {
    fn plus(self, other: JoinCounts) -> JoinCounts {
        JoinCounts {
            records: self.records + other.records,
            flows: self.flows + other.flows,
            tunnels: self.tunnels + other.tunnels,
            contacts: self.contacts + other.contacts,
        }
    }
}

/// Enough partitions that one of them, unpacked, stays small, and that threads end a stage together: one for every 32 MiB on disk,
/// 64 at least.
fn partitions_for(paths: &[PathBuf]) -> usize {
    const EACH: u64 = 32 << 20;
    let bytes = lopside_sources::input::walk(paths).total_bytes();
    usize::try_from(bytes / EACH).unwrap_or(usize::MAX).clamp(64, 1_024)
}

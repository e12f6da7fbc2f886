//! Where each rendering keeps what is wanted.

use std::sync::LazyLock;

use crate::fields::{Names, Shape, Slot, Step};
use crate::windows::slots::{self, Named};

/// All renderings at once: their names do not clash but for `ProcessID`, which has a slot for each meaning.
pub(super) struct EventShape;

/// A place in the nesting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The outermost object, or `_source`, or `fields`: header and event data may stand side by side.
    Flat,
    /// `Event` of evtx_dump.
    Event,
    /// `System` of evtx_dump and Velociraptor.
    System,
    /// `winlog` of Winlogbeat.
    Winlog,
    /// `event` of ECS.
    EcsEvent,
    /// Event data.
    Data,
    /// `EventID` as an object.
    IdObject,
    /// `Provider` as an object, or its attributes.
    Provider,
    /// `TimeCreated` as an object, or its attributes.
    TimeCreated,
}

#[derive(Clone, Copy)]
enum Goal {
    Take(Slot),
    Enter(State),
    Either(Slot, State),
}

impl Shape for EventShape {
    type State = State;

    fn root(&self) -> State {
        State::Flat
    }

    fn step(&self, state: State, key: &[u8]) -> Step<State> {
        match state {
            State::Flat => flat(key),
            State::Event => match key {
                b"System" => Step::Enter(State::System),
                b"EventData" => Step::Either(slots::EVENT_DATA, State::Data),
                _ => Step::Skip,
            },
            State::System => find(&SYSTEM, key),
            State::Winlog => winlog(key),
            State::EcsEvent => ecs_event(key),
            State::Data => data(key),
            State::IdObject => match key {
                b"#text" | b"Value" => Step::Take(slots::EVENT_ID),
                _ => Step::Skip,
            },
            State::Provider => match key {
                b"#attributes" => Step::Enter(State::Provider),
                b"Name" => Step::Take(slots::PROVIDER_NAME),
                b"Guid" => Step::Take(slots::PROVIDER_GUID),
                _ => Step::Skip,
            },
            State::TimeCreated => match key {
                b"#attributes" => Step::Enter(State::TimeCreated),
                b"SystemTime" => Step::Take(slots::TIME_CREATED),
                _ => Step::Skip,
            },
        }
    }
}

fn flat(key: &[u8]) -> Step<State> {
    // Dotted keys carry their nesting in the name.
    if let Some(rest) = key.strip_prefix(b"winlog.") {
        return winlog(rest);
    }
    if let Some(rest) = key.strip_prefix(b"event_data.") {
        return data(rest);
    }
    if let Some(rest) = key.strip_prefix(b"event.") {
        return ecs_event(rest);
    }
    find(&FLAT, key)
}

fn winlog(key: &[u8]) -> Step<State> {
    match key.strip_prefix(b"event_data.") {
        Some(rest) => data(rest),
        None => find(&WINLOG, key),
    }
}

fn ecs_event(key: &[u8]) -> Step<State> {
    if key == b"code" { Step::Take(slots::EVENT_CODE) } else { Step::Skip }
}

/// The name as its provider writes it replaces one that differs in case.
fn data(key: &[u8]) -> Step<State> {
    match slots::data(key) {
        Some(Named { slot, name }) if name.as_bytes() == key => Step::Replace(slot),
        Some(Named { slot, .. }) => Step::Take(slot),
        None => Step::Skip,
    }
}

fn find(names: &Names<(&'static str, Goal)>, key: &[u8]) -> Step<State> {
    match names.get(key) {
        None => Step::Skip,
        Some((name, Goal::Take(slot))) if name.as_bytes() == key => Step::Replace(slot),
        Some((_, Goal::Take(slot))) => Step::Take(slot),
        Some((_, Goal::Enter(state))) => Step::Enter(state),
        Some((_, Goal::Either(slot, state))) => Step::Either(slot, state),
    }
}

type Table = LazyLock<Names<(&'static str, Goal)>>;

fn table(entries: &[(&'static str, Goal)]) -> Names<(&'static str, Goal)> {
    Names::new(&entries.iter().map(|(name, goal)| (*name, (*name, *goal))).collect::<Vec<_>>())
}

/// Members of the header, and event data beside them: one look-up for each of the many names of a flat event.
static FLAT: Table = LazyLock::new(|| {
    let data = slots::all_data().map(|named| (named.name, Goal::Take(named.slot)));
    table(&HEADER.iter().copied().chain(data).collect::<Vec<_>>())
});

const HEADER: &[(&str, Goal)] = &[
    ("Event", Goal::Enter(State::Event)),
    ("System", Goal::Enter(State::System)),
    ("EventData", Goal::Either(slots::EVENT_DATA, State::Data)),
    ("event_data", Goal::Enter(State::Data)),
    ("winlog", Goal::Enter(State::Winlog)),
    ("event", Goal::Enter(State::EcsEvent)),
    ("_source", Goal::Enter(State::Flat)),
    ("fields", Goal::Enter(State::Flat)),
    ("EventID", Goal::Either(slots::EVENT_ID, State::IdObject)),
    ("event_id", Goal::Take(slots::EVENT_ID)),
    ("Channel", Goal::Take(slots::CHANNEL)),
    ("log_name", Goal::Take(slots::CHANNEL)),
    ("EventLog", Goal::Take(slots::CHANNEL)),
    ("ProviderGuid", Goal::Take(slots::PROVIDER_GUID)),
    ("provider_guid", Goal::Take(slots::PROVIDER_GUID)),
    ("SourceName", Goal::Take(slots::PROVIDER_NAME)),
    ("source_name", Goal::Take(slots::PROVIDER_NAME)),
    ("Provider", Goal::Either(slots::PROVIDER_NAME, State::Provider)),
    ("ProviderName", Goal::Take(slots::PROVIDER_NAME)),
    ("provider_name", Goal::Take(slots::PROVIDER_NAME)),
    ("EventSourceName", Goal::Take(slots::PROVIDER_NAME)),
    ("Computer", Goal::Take(slots::COMPUTER)),
    ("ComputerName", Goal::Take(slots::COMPUTER)),
    ("computer_name", Goal::Take(slots::COMPUTER)),
    ("MachineName", Goal::Take(slots::COMPUTER)),
    ("Hostname", Goal::Take(slots::HOSTNAME)),
    ("TimeCreated", Goal::Either(slots::TIME_CREATED, State::TimeCreated)),
    ("TimeGenerated", Goal::Take(slots::TIME_GENERATED)),
    ("@timestamp", Goal::Take(slots::TIMESTAMP)),
    ("EventTime", Goal::Take(slots::EVENT_TIME)),
    ("EventReceivedTime", Goal::Take(slots::EVENT_RECEIVED_TIME)),
    ("ExecutionProcessID", Goal::Take(slots::EXECUTION_PROCESS_ID)),
    ("Properties", Goal::Take(slots::UNNAMED_DATA)),
    ("Id", Goal::Take(slots::UNNAMED_ID)),
    ("LogName", Goal::Take(slots::UNNAMED_LOG)),
    ("ProviderId", Goal::Take(slots::PROVIDER_GUID)),
    // In this order, so that a name in other case is taken for the one that is the event's own.
    ("ProcessId", Goal::Take(slots::PROCESS_ID)),
    ("ProcessID", Goal::Take(slots::FLAT_PROCESS_ID)),
];

static SYSTEM: Table = LazyLock::new(|| {
    table(&[
        ("EventID", Goal::Either(slots::EVENT_ID, State::IdObject)),
        ("Channel", Goal::Take(slots::CHANNEL)),
        ("Computer", Goal::Take(slots::COMPUTER)),
        ("Provider", Goal::Either(slots::PROVIDER_NAME, State::Provider)),
        ("Provider_attributes", Goal::Enter(State::Provider)),
        ("TimeCreated", Goal::Either(slots::TIME_CREATED, State::TimeCreated)),
        ("TimeCreated_attributes", Goal::Enter(State::TimeCreated)),
    ])
});

static WINLOG: Table = LazyLock::new(|| {
    table(&[
        ("event_id", Goal::Take(slots::EVENT_ID)),
        ("channel", Goal::Take(slots::CHANNEL)),
        ("computer_name", Goal::Take(slots::COMPUTER)),
        ("provider_guid", Goal::Take(slots::PROVIDER_GUID)),
        ("provider_name", Goal::Take(slots::PROVIDER_NAME)),
        ("event_data", Goal::Enter(State::Data)),
    ])
});

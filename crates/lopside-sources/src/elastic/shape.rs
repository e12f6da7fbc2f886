//! The members of an event in the Elastic Common Schema that are wanted, by their dotted names: Elastic Defend's, and those of Zeek's
//! conn.log as Filebeat renders it.

use std::sync::LazyLock;

use crate::fields::{Names, Shape, Slot, Step};

/// An event in ECS, nested or dotted or both.
pub(crate) struct EcsShape;

/// Longest name of [`PATHS`] and some more.
const LONGEST: usize = 64;

#[derive(Clone, Copy)]
enum Goal {
    Take(Slot),
    /// Members inside are looked up under this prefix.
    Enter(&'static str),
}

impl Shape for EcsShape {
    /// The dotted name of the object, with a dot at its end.
    type State = &'static str;

    fn root(&self) -> &'static str {
        ""
    }

    fn step(&self, prefix: &'static str, key: &[u8]) -> Step<&'static str> {
        let mut path = [0; LONGEST];
        let length = prefix.len() + key.len();
        let (Some(front), true) = (path.get_mut(..prefix.len()), length <= LONGEST) else {
            return Step::Skip;
        };
        front.copy_from_slice(prefix.as_bytes());
        if let Some(back) = path.get_mut(prefix.len()..length) {
            back.copy_from_slice(key);
        }
        match path.get(..length).and_then(|path| NAMES.get(path)) {
            Some(Goal::Take(slot)) => Step::Take(slot),
            Some(Goal::Enter(prefix)) => Step::Enter(prefix),
            None => Step::Skip,
        }
    }
}

macro_rules! paths {
    ($( $slot:ident = $($path:literal)|+; )*) => {
        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "the variants are numbers for constants of the same names")]
        enum Place { $( $slot, )* END }
        $( pub(crate) const $slot: Slot = Slot(Place::$slot as u16); )*
        pub(crate) const COUNT: usize = Place::END as usize;
        const PATHS: &[(&str, Goal)] = &[ $( $( ($path, Goal::Take($slot)), )+ )* ];
    };
}

paths! {
    TIMESTAMP = "@timestamp";
    CREATED = "event.created";
    START = "event.start";
    ACTION = "event.action";
    CATEGORY = "event.category";
    DATASET = "event.dataset" | "data_stream.dataset";
    MODULE = "event.module";
    AGENT_TYPE = "agent.type";
    HOST_NAME = "host.name";
    HOST_HOSTNAME = "host.hostname";
    USER_NAME = "user.name";
    USER_DOMAIN = "user.domain";
    USER_ID = "user.id";
    EVENT_ID = "event.id";
    DURATION = "event.duration";
    AGENT_NAME = "agent.name";
    SOURCE_ADDRESS = "source.address";
    SOURCE_PACKETS = "source.packets";
    DESTINATION_ADDRESS = "destination.address";
    DESTINATION_PACKETS = "destination.packets";
    APPLICATION = "network.application";
    SESSION = "zeek.session_id";
    ZEEK_TIME = "zeek.connection.ts";
    ZEEK_STATE = "zeek.connection.state" | "zeek.connection.conn_state";
    ZEEK_HISTORY = "zeek.connection.history";
    ZEEK_LOCAL_ORIG = "zeek.connection.local_orig";
    ZEEK_LOCAL_RESP = "zeek.connection.local_resp";
    ZEEK_MISSED = "zeek.connection.missed_bytes";
    SOURCE_IP = "source.ip";
    SOURCE_PORT = "source.port";
    SOURCE_BYTES = "source.bytes";
    DESTINATION_IP = "destination.ip";
    DESTINATION_PORT = "destination.port";
    DESTINATION_BYTES = "destination.bytes";
    DESTINATION_DOMAIN = "destination.domain";
    SOURCE_DOMAIN = "source.domain";
    TRANSPORT = "network.transport" | "network.iana_number";
    DIRECTION = "network.direction";
    SERVICE = "network.protocol";
    QUESTION = "dns.question.name";
    RESOLVED = "dns.resolved_ip";
    PID = "process.pid";
    ENTITY = "process.entity_id";
    EXECUTABLE = "process.executable";
    PROCESS_NAME = "process.name";
    COMMAND_LINE = "process.command_line";
    SHA256 = "process.hash.sha256";
    ORIGINAL_NAME = "process.pe.original_file_name";
    COMPANY = "process.pe.company";
    PRODUCT = "process.pe.product";
    INTEGRITY = "process.Ext.token.integrity_level_name";
    PARENT_PID = "process.parent.pid";
    PARENT_ENTITY = "process.parent.entity_id";
    PARENT_EXECUTABLE = "process.parent.executable";
    PARENT_COMMAND_LINE = "process.parent.command_line";
}

const OBJECTS: &[(&str, &str)] = &[
    ("_source", ""),
    ("fields", ""),
    ("event", "event."),
    ("data_stream", "data_stream."),
    ("agent", "agent."),
    ("host", "host."),
    ("user", "user."),
    ("source", "source."),
    ("destination", "destination."),
    ("network", "network."),
    ("zeek", "zeek."),
    ("zeek.connection", "zeek.connection."),
    ("dns", "dns."),
    ("dns.question", "dns.question."),
    ("process", "process."),
    ("process.hash", "process.hash."),
    ("process.pe", "process.pe."),
    ("process.Ext", "process.Ext."),
    ("process.Ext.token", "process.Ext.token."),
    ("process.parent", "process.parent."),
];

static NAMES: LazyLock<Names<Goal>> = LazyLock::new(|| {
    let objects = OBJECTS.iter().map(|(name, prefix)| (*name, Goal::Enter(prefix)));
    Names::new(&PATHS.iter().copied().chain(objects).collect::<Vec<_>>())
});

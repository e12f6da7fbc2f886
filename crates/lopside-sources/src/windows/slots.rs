//! Where the values of one event go, and which names they have.

use std::sync::LazyLock;

use crate::fields::{Names, Slot};

macro_rules! slots {
    ($( $(#[$doc:meta])* $name:ident $(= $($spelling:literal)|+)? ; )*) => {
        #[derive(Clone, Copy)]
        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "the variants are numbers for constants of the same names")]
        enum Place { $( $name, )* END }
        $( $(#[$doc])* pub const $name: Slot = Slot(Place::$name as u16); )*
        /// How many there are.
        pub const COUNT: usize = Place::END as usize;
        /// Names of event data, with their slots.
        const DATA: &[(&str, Slot)] = &[ $( $( $( ($spelling, $name), )+ )? )* ];
    };
}

slots! {
    /// Event id.
    EVENT_ID;
    /// `event.code` of ECS: the event id where nothing else says it.
    EVENT_CODE;
    /// Name of the log.
    CHANNEL;
    /// GUID of the provider.
    PROVIDER_GUID;
    /// Name of the provider.
    PROVIDER_NAME;
    /// The endpoint, as the event's own header has it.
    COMPUTER;
    /// The endpoint, as NXLog and its relatives have it.
    HOSTNAME;
    /// When it was written to its log.
    TIME_CREATED;
    /// The same in Azure tables.
    TIME_GENERATED;
    /// `@timestamp`: the log's time or the time of receipt, as the shipper likes.
    TIMESTAMP;
    /// NXLog: when it was written, local time.
    EVENT_TIME;
    /// NXLog: when it was received, local time.
    EVENT_RECEIVED_TIME;
    /// NXLog: the header's process id under a name of its own.
    EXECUTION_PROCESS_ID;
    /// `ProcessID` beside the header's members: it may be the header's.
    FLAT_PROCESS_ID;
    /// Event data as one string of XML or JSON.
    EVENT_DATA;
    /// Event data as a list without names.
    UNNAMED_DATA;
    /// Event id where event data have no names.
    UNNAMED_ID;
    /// Name of the log where event data have no names.
    UNNAMED_LOG;
    /// Sysmon: when it happened.
    UTC_TIME = "UtcTime";
    /// GUID of the process.
    PROCESS_GUID = "ProcessGuid";
    /// Process id; the creator's in 4688.
    PROCESS_ID = "ProcessId";
    /// Process id in 5156 and 5157.
    PROCESS_ID_5156 = "ProcessID";
    /// Image.
    IMAGE = "Image";
    /// User.
    USER = "User";
    /// Protocol.
    PROTOCOL = "Protocol";
    /// Whether the endpoint opened it.
    INITIATED = "Initiated";
    /// Source address.
    SOURCE_IP = "SourceIp";
    /// Source port.
    SOURCE_PORT = "SourcePort";
    /// Name of the source.
    SOURCE_HOSTNAME = "SourceHostname";
    /// Destination address.
    DESTINATION_IP = "DestinationIp";
    /// Destination port.
    DESTINATION_PORT = "DestinationPort";
    /// Name of the destination.
    DESTINATION_HOSTNAME = "DestinationHostname";
    /// Command line.
    COMMAND_LINE = "CommandLine";
    /// Original file name in the version resource.
    ORIGINAL_FILE_NAME = "OriginalFileName";
    /// Company in the version resource.
    COMPANY = "Company";
    /// Product in the version resource.
    PRODUCT = "Product";
    /// Integrity level.
    INTEGRITY_LEVEL = "IntegrityLevel";
    /// Hashes of the image.
    HASHES = "Hashes" | "Hash";
    /// GUID of the parent.
    PARENT_PROCESS_GUID = "ParentProcessGuid";
    /// Id of the parent.
    PARENT_PROCESS_ID = "ParentProcessId";
    /// Image of the parent.
    PARENT_IMAGE = "ParentImage";
    /// Command line of the parent.
    PARENT_COMMAND_LINE = "ParentCommandLine";
    /// GUID of the opener.
    SOURCE_PROCESS_GUID = "SourceProcessGUID";
    /// Id of the opener.
    SOURCE_PROCESS_ID = "SourceProcessId";
    /// Image of the opener.
    SOURCE_IMAGE = "SourceImage";
    /// GUID of the opened process.
    TARGET_PROCESS_GUID = "TargetProcessGUID";
    /// Id of the opened process.
    TARGET_PROCESS_ID = "TargetProcessId";
    /// Image of the opened process.
    TARGET_IMAGE = "TargetImage";
    /// Rights that were granted.
    GRANTED_ACCESS = "GrantedAccess";
    /// Name that was looked up.
    QUERY_NAME = "QueryName";
    /// What came back.
    QUERY_RESULTS = "QueryResults";
    /// 4688: id of the new process.
    NEW_PROCESS_ID = "NewProcessId";
    /// 4688: its image.
    NEW_PROCESS_NAME = "NewProcessName";
    /// 4688: image of its creator.
    PARENT_PROCESS_NAME = "ParentProcessName";
    /// 4689: image.
    PROCESS_NAME = "ProcessName";
    /// 4688: integrity level as a SID.
    MANDATORY_LABEL = "MandatoryLabel";
    /// Who did it: SID.
    SUBJECT_USER_SID = "SubjectUserSid";
    /// Who did it: name.
    SUBJECT_USER_NAME = "SubjectUserName";
    /// Who did it: domain.
    SUBJECT_DOMAIN_NAME = "SubjectDomainName";
    /// As whom it runs: SID.
    TARGET_USER_SID = "TargetUserSid";
    /// As whom it runs: name.
    TARGET_USER_NAME = "TargetUserName";
    /// As whom it runs: domain.
    TARGET_DOMAIN_NAME = "TargetDomainName";
    /// 5156: image as a device path.
    APPLICATION = "Application";
    /// 5156: direction as a message number.
    DIRECTION = "Direction";
    /// 5156: source address.
    SOURCE_ADDRESS = "SourceAddress";
    /// 5156: destination address.
    DEST_ADDRESS = "DestAddress";
    /// 5156: destination port.
    DEST_PORT = "DestPort";
}

/// A slot, and the name under which it is known.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    /// The slot.
    pub slot: Slot,
    /// The name as its provider writes it.
    pub name: &'static str,
}

/// The names of all event data.
pub fn all_data() -> impl Iterator<Item = Named> {
    DATA.iter().map(|(name, slot)| Named { slot: *slot, name })
}

/// The slot of an event's datum by its name: exactly so, else without regard to case.
#[must_use]
pub fn data(name: &[u8]) -> Option<Named> {
    static NAMES: LazyLock<Names<Named>> =
        LazyLock::new(|| Names::new(&all_data().map(|named| (named.name, named)).collect::<Vec<_>>()));
    NAMES.get(name)
}

/// Every datum's slot: what a copy of event data has to take along.
pub fn data_slots() -> impl Iterator<Item = Slot> {
    (UTC_TIME.0..).take(COUNT - usize::from(UTC_TIME.0)).map(Slot)
}

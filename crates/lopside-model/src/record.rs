//! What a reader hands over: one record of one of the tables, and the codes that tables store.

use crate::tables::{
    Access, Bind, Connection, FileSeen, Flow, FlowName, Lease, Lookup, ProcessEnd, ProcessStart,
};

/// One record in the model's nouns, borrowing its text from the reader's buffers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Record<'a> {
    /// Sysmon 3, Security 5156 and 5157.
    Connection(Connection<'a>),
    /// Zeek conn and conn_long, Elastic Defend, VMConnection.
    Flow(Flow<'a>),
    /// Zeek ssl, quic and http.
    FlowName(FlowName<'a>),
    /// Zeek files, and what its http and dns say beside names.
    FileSeen(FileSeen<'a>),
    /// Sysmon 1, Security 4688.
    ProcessStart(ProcessStart<'a>),
    /// Sysmon 5, Security 4689.
    ProcessEnd(ProcessEnd<'a>),
    /// Sysmon 10.
    Access(Access<'a>),
    /// Sysmon 22, Zeek dns.
    Lookup(Lookup<'a>),
    /// Security 5158.
    Bind(Bind<'a>),
    /// Zeek dhcp.
    Lease(Lease<'a>),
}

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident, $unknown:ident { $( $(#[$variant_doc:meta])* $variant:ident = $code:literal, $word:literal; )* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name { $( $(#[$variant_doc])* $variant, )* }
        impl $name {
            /// Every value, in the order of the codes.
            pub const ALL: &'static [$name] = &[$( $name::$variant, )*];
            /// As tables store it.
            pub fn code(self) -> u8 { match self { $( $name::$variant => $code, )* } }
            #[doc = concat!("The inverse of `code`; an unknown code is `", stringify!($unknown), "`.")]
            pub fn from_code(code: u8) -> $name { match code { $( $code => $name::$variant, )* _ => $name::$unknown } }
            /// The word of the interface.
            pub fn name(self) -> &'static str { match self { $( $name::$variant => $word, )* } }
        }
    };
}

codes! {
    /// Which event of which provider a row comes from: events of one class share a clock.
    EventClass, Sensor {
        /// A network sensor.
        Sensor = 0, "sensor";
        /// Sysmon 1.
        Sysmon1 = 1, "sysmon-1";
        /// Sysmon 3.
        Sysmon3 = 2, "sysmon-3";
        /// Sysmon 5.
        Sysmon5 = 3, "sysmon-5";
        /// Sysmon 10.
        Sysmon10 = 4, "sysmon-10";
        /// Sysmon 22.
        Sysmon22 = 5, "sysmon-22";
        /// Security 4688.
        Security4688 = 6, "security-4688";
        /// Security 4689.
        Security4689 = 7, "security-4689";
        /// Security 5156: permitted.
        Security5156 = 8, "security-5156";
        /// Security 5157: blocked.
        Security5157 = 9, "security-5157";
        /// Security 5158: a port was bound.
        Security5158 = 10, "security-5158";
        /// Elastic Defend.
        Elastic = 11, "elastic-endpoint";
        /// Azure VMConnection.
        VmConnection = 12, "vmconnection";
    }
}

codes! {
    /// Which end of a connection is the endpoint's own, as far as the event alone can tell.
    LocalEnd, Unknown {
        /// Not to be told from the event: ownership of the address decides.
        Unknown = 0, "unknown";
        /// The source; the endpoint opened it.
        Source = 1, "source";
        /// The destination; the endpoint accepted it.
        Destination = 2, "destination";
        /// The source as written is the endpoint's end although it accepted the conversation.
        SourceAccepted = 3, "source_accepted";
    }
}

codes! {
    /// What a flow record stands for.
    FlowKind, Final {
        /// The whole flow, or the part of it since the sensor's last record.
        Final = 0, "final";
        /// A running total of a flow that goes on: replaced by a later record of the same id.
        Running = 1, "running";
        /// Process and bytes in one record.
        Native = 2, "native";
    }
}

codes! {
    /// What a sensor's log tells of the content of a conversation.
    SeenKind, File {
        /// A file.
        File = 0, "file";
        /// A request's body, of which the length alone is known: it may be one of the files of the same conversation.
        Body = 1, "body";
        /// A long target of a request.
        Target = 2, "target";
        /// A long name that was asked for.
        Query = 3, "query";
    }
}

codes! {
    /// Where the name of a destination came from, most trusted first.
    NameSource, ReverseDns {
        /// TLS server name.
        Sni = 0, "sni";
        /// QUIC server name.
        QuicSni = 1, "quic_sni";
        /// HTTP Host.
        HttpHost = 2, "http_host";
        /// The endpoint sensor's own record.
        Edr = 3, "edr_url";
        /// A lookup of the same process.
        DnsProcess = 4, "dns_process";
        /// A lookup of the same host.
        DnsHost = 5, "dns_host";
        /// A lookup that a sensor saw this host make.
        DnsSensor = 6, "dns_sensor";
        /// A lookup of another host: weak, since an address may have several names.
        DnsOther = 7, "dns_other_host";
        /// The server's certificate, which the sensor verified.
        Certificate = 8, "certificate";
        /// A certificate that nobody verified: for display only, since whoever makes one writes the name.
        CertificateUnverified = 9, "certificate_unverified";
        /// The endpoint's reverse lookup: for display only.
        ReverseDns = 10, "reverse_dns";
    }
}

impl NameSource {
    /// Whether the conversation itself or the endpoint's own record of it says the name, so that no lookup knows better.
    pub fn is_carried(self) -> bool {
        self <= NameSource::Edr
    }

    /// Whether a destination may be known by the name. What the peer or its network can write as it likes is only shown.
    pub fn is_relied_on(self) -> bool {
        !matches!(self, NameSource::CertificateUnverified | NameSource::ReverseDns)
    }

    /// Why the name may be another one than this host asked for, in words, where it is weaker than what the host itself said.
    pub fn weakness(self) -> Option<&'static str> {
        match self {
            NameSource::DnsOther => {
                Some("another host got this address for it, which may have further names")
            }
            NameSource::Certificate => {
                Some("the server's certificate bears it, which may be for another service")
            }
            _ => None,
        }
    }
}

codes! {
    /// How a flow got its process.
    Method, None {
        /// None could be attached; the reason says why.
        None = 0, "none";
        /// Process and bytes stand in one record.
        Native = 1, "native";
        /// A connection of the same 5-tuple at the corrected time.
        Tuple = 2, "tuple";
        /// Continues a flow that has its process.
        Continuation = 3, "continuation";
        /// The process that had bound the local port.
        LocalPort = 4, "local_port";
        /// Several processes are as likely: candidates are kept.
        Ambiguous = 5, "ambiguous";
    }
}

#[expect(clippy::derivable_impls, reason = "the macro that makes the enum derives no default")]
impl Default for Method {
    fn default() -> Self {
        Method::None
    }
}

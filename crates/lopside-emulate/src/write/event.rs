//! An event of the Windows log, before it is rendered.

use std::sync::Arc;

/// The log that an event stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    Sysmon,
    Security,
}

impl Channel {
    /// The channel's name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sysmon => "Microsoft-Windows-Sysmon/Operational",
            Self::Security => "Security",
        }
    }

    /// The provider's name.
    pub(crate) fn provider(self) -> &'static str {
        match self {
            Self::Sysmon => "Microsoft-Windows-Sysmon",
            Self::Security => "Microsoft-Windows-Security-Auditing",
        }
    }

    /// The provider's GUID.
    pub(crate) fn guid(self) -> &'static str {
        match self {
            Self::Sysmon => "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}",
            Self::Security => "{54849625-5478-4994-a5ba-3e3b0328c30d}",
        }
    }
}

/// A value of an event: text, or what a typed rendering writes as a number or a truth value.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Text(Arc<str>),
    Fixed(&'static str),
    Number(u64),
    Flag(bool),
}

impl From<&Arc<str>> for Value {
    fn from(text: &Arc<str>) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Fixed(text)
    }
}

/// An event of the Windows log.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) id: u16,
    pub(crate) channel: Channel,
    /// When it was logged, by the host's clock.
    pub(crate) time: i64,
    /// The order among events of one time.
    pub(crate) order: u64,
    pub(crate) fields: Vec<(&'static str, Value)>,
}

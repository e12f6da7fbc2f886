//! A conversation as it was, before anybody recorded it.

use std::net::Ipv4Addr;
use std::sync::Arc;

use crate::applications::Proto;

/// The other end of a conversation.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) name: Option<Arc<str>>,
    pub(crate) address: Ipv4Addr,
    /// The fleet's own host that it is.
    pub(crate) host: Option<u32>,
}

impl Place {
    /// A place without a name.
    pub(crate) fn bare(address: Ipv4Addr) -> Self {
        Self { name: None, address, host: None }
    }
}

/// A conversation: who talked to whom is said elsewhere.
#[derive(Debug, Clone)]
pub(crate) struct Talk {
    pub(crate) start: i64,
    /// Microseconds.
    pub(crate) length: i64,
    pub(crate) proto: Proto,
    pub(crate) port: u16,
    /// What a sensor recognises; `-` for nothing.
    pub(crate) service: Arc<str>,
    /// Payload bytes that the host sent, and got.
    pub(crate) out: u64,
    pub(crate) back: u64,
    /// The other end called.
    pub(crate) inbound: bool,
    /// The name was looked up shortly before, unless it was known.
    pub(crate) looked_up: bool,
    /// It goes on from before the capture.
    pub(crate) midstream: bool,
    /// The name that a proxy was asked for.
    pub(crate) proxied: Option<Arc<str>>,
    /// The planted sender that it belongs to.
    pub(crate) mark: Option<u32>,
}

impl Talk {
    /// An outbound conversation over TLS.
    pub(crate) fn new(start: i64, length: i64, out: u64, back: u64) -> Self {
        // A line carries ten to a hundred megabytes a second at best.
        let least = ((out + back) / 9) as i64;
        Self {
            start,
            length: length.max(least).max(900),
            proto: Proto::Tcp,
            port: 443,
            service: "ssl".into(),
            out,
            back,
            inbound: false,
            looked_up: true,
            midstream: false,
            proxied: None,
            mark: None,
        }
    }

    /// When it ends.
    pub(crate) fn end(&self) -> i64 {
        self.start + self.length
    }
}

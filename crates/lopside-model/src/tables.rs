//! The tables that travel between the stages. Times are microseconds since 1970 UTC, addresses 128 bits (IPv4 mapped),
//! GUIDs 128 bits; `input` and `record` say where a row came from (the input's number and the line or record in it).

mod endpoint;
mod joined;
mod network;

pub use endpoint::{
    Access, AccessBuilder, AccessColumns, Bind, BindBuilder, BindColumns, Connection, ConnectionBuilder,
    ConnectionColumns, ProcessEnd, ProcessEndBuilder, ProcessEndColumns, ProcessStart, ProcessStartBuilder,
    ProcessStartColumns,
};
pub use joined::{Contact, ContactBuilder, ContactColumns, Transfer, TransferBuilder, TransferColumns};
pub use network::{
    FileSeen, FileSeenBuilder, FileSeenColumns, Flow, FlowBuilder, FlowColumns, FlowName, FlowNameBuilder,
    FlowNameColumns, Lease, LeaseBuilder, LeaseColumns, Lookup, LookupBuilder, LookupColumns,
};

//! What endpoints say: who opened a conversation, which processes ran, what they bound and opened.

use crate::table;

table! {
    /// An endpoint's statement that a process opened or accepted a conversation. It holds no bytes.
    Connection, ConnectionBuilder, ConnectionColumns, "connection" {
        /// The endpoint that says so: lower-case short name.
        host: Label,
        /// Which event says so: a code of `EventClass`.
        class: Code,
        /// When, by the event's own clock.
        time: Int,
        /// When the event was written to its log, where that differs from `time`.
        logged: OptInt,
        /// Protocol number.
        protocol: Code,
        /// Source address as written.
        source_ip: Wide,
        /// Source port, 0 for none.
        source_port: Port,
        /// Destination address as written.
        destination_ip: Wide,
        /// Destination port, 0 for none.
        destination_port: Port,
        /// Which end is the endpoint's own, as far as the event can be trusted: a code of `LocalEnd`.
        local_end: Code,
        /// Process id.
        pid: OptSmall,
        /// Process GUID.
        guid: OptWide,
        /// Image path as written.
        image: OptLabel,
        /// User as `DOMAIN\name`.
        user: OptLabel,
        /// A name of the destination that the endpoint gives (display only for reverse lookups).
        remote_name: OptLabel,
        /// Input number.
        input: Small,
        /// Line or record number.
        record: Count,
    }
}

table! {
    /// A process was started.
    ProcessStart, ProcessStartBuilder, ProcessStartColumns, "process_start" {
        /// The endpoint.
        host: Label,
        /// A code of `EventClass`.
        class: Code,
        /// When.
        time: Int,
        /// Process id.
        pid: OptSmall,
        /// Process GUID.
        guid: OptWide,
        /// Image path.
        image: OptLabel,
        /// Command line.
        command_line: OptText,
        /// User as `DOMAIN\name`.
        user: OptLabel,
        /// The parent's id.
        parent_pid: OptSmall,
        /// The parent's GUID.
        parent_guid: OptWide,
        /// The parent's image.
        parent_image: OptLabel,
        /// The parent's command line.
        parent_command_line: OptText,
        /// Original file name in the version resource; forgeable.
        original_name: OptLabel,
        /// Company in the version resource; forgeable, no proof of a publisher.
        company: OptLabel,
        /// Product in the version resource; forgeable.
        product: OptLabel,
        /// Integrity level.
        integrity: OptLabel,
        /// SHA-256 of the image, lower-case hexadecimal.
        sha256: OptText,
        /// Input number.
        input: Small,
        /// Line or record number.
        record: Count,
    }
}

table! {
    /// A process ended.
    ProcessEnd, ProcessEndBuilder, ProcessEndColumns, "process_end" {
        /// The endpoint.
        host: Label,
        /// A code of `EventClass`.
        class: Code,
        /// When.
        time: Int,
        /// Process id.
        pid: OptSmall,
        /// Process GUID.
        guid: OptWide,
        /// Image path.
        image: OptLabel,
        /// Input number.
        input: Small,
        /// Line or record number.
        record: Count,
    }
}

table! {
    /// A process opened another with rights to write its memory or start a thread in it.
    Access, AccessBuilder, AccessColumns, "access" {
        /// The endpoint.
        host: Label,
        /// When.
        time: Int,
        /// The opener's process id.
        source_pid: OptSmall,
        /// The opener's GUID.
        source_guid: OptWide,
        /// The opener's image.
        source_image: OptLabel,
        /// The opened process id.
        target_pid: OptSmall,
        /// The opened process GUID.
        target_guid: OptWide,
        /// The opened image.
        target_image: OptLabel,
        /// Rights as the event gives them.
        granted: Small,
        /// Input number.
        input: Small,
        /// Line or record number.
        record: Count,
    }
}

table! {
    /// A process bound a local port.
    Bind, BindBuilder, BindColumns, "bind" {
        /// The endpoint.
        host: Label,
        /// A code of `EventClass`.
        class: Code,
        /// When.
        time: Int,
        /// Protocol number.
        protocol: Code,
        /// Local port.
        port: Port,
        /// Process id.
        pid: OptSmall,
        /// Image path.
        image: OptLabel,
        /// Input number.
        input: Small,
        /// Line or record number.
        record: Count,
    }
}

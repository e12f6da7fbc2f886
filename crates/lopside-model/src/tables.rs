//! The tables that travel between the stages. Times are microseconds since 1970 UTC, addresses 128 bits (IPv4 mapped),
//! GUIDs 128 bits; `input` and `record` say where a row came from (the input's number and the line or record in it).

use crate::bytes::Wire;
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
    /// A measured conversation as one sensor wrote it. The source is the initiator as far as the sensor knows.
    Flow, FlowBuilder, FlowColumns, "flow" {
        /// Which sensor: inputs of one sensor share this.
        sensor: Label,
        /// The sensor's id of the flow.
        uid: OptText,
        /// A code of `FlowKind`.
        kind: Code,
        /// First packet.
        start: Int,
        /// Last packet.
        end: OptInt,
        /// Protocol number.
        protocol: Code,
        /// Address of the initiator.
        source_ip: Wide,
        /// Port of the initiator; type of ICMP.
        source_port: Port,
        /// Address of the responder.
        destination_ip: Wide,
        /// Port of the responder; code of ICMP.
        destination_port: Port,
        /// Whether the sensor is sure who opened it.
        initiator_known: Flag,
        /// Whether this record shows the opening of the conversation (a handshake), so that it continues no other.
        opening: Flag,
        /// Whether both ends spoke; a scan that nobody answered is no conversation.
        answered: Flag,
        /// Bytes that the source sent.
        source_bytes: OptCount,
        /// A code of `Quality` for them.
        source_quality: Code,
        /// Bytes that the destination sent.
        destination_bytes: OptCount,
        /// A code of `Quality` for them.
        destination_quality: Code,
        /// A code of `Layer` for both counts.
        layer: Code,
        /// Packets that the source sent.
        source_packets: OptCount,
        /// Packets that the destination sent.
        destination_packets: OptCount,
        /// Bytes of IP packets that the source sent.
        source_ip_bytes: OptCount,
        /// Bytes of IP packets that the destination sent.
        destination_ip_bytes: OptCount,
        /// Bytes of frames that the source sent.
        source_frame_bytes: OptCount,
        /// Bytes of frames that the destination sent.
        destination_frame_bytes: OptCount,
        /// Bytes that the sensor knows it missed.
        missed_bytes: OptCount,
        /// Why a direction is not measured, in words.
        unmeasured_why: OptLabel,
        /// Application protocol, found by the sensor in the content.
        service: OptLabel,
        /// Connection state as the sensor writes it.
        state: OptLabel,
        /// What the sensor says about the source being local: 0 no, 1 yes, absent unknown.
        source_local: OptCode,
        /// What the sensor says about the destination being local.
        destination_local: OptCode,
        /// Ids of enclosing tunnels, separated by commas.
        tunnel_parents: OptText,
        /// What its content looked like: an encoded [`crate::payload::Payload`], told from the source.
        payload: OptText,
        /// Where one record names process and bytes: the host.
        host: OptLabel,
        /// ... its process id.
        pid: OptSmall,
        /// ... its process GUID.
        guid: OptWide,
        /// ... its image.
        image: OptLabel,
        /// ... its user.
        user: OptLabel,
        /// A name of the destination in the record itself.
        remote_name: OptLabel,
        /// Input number.
        input: Small,
        /// Line or record number.
        record: Count,
    }
}

table! {
    /// The name that a conversation itself carries: SNI, QUIC SNI or HTTP Host.
    FlowName, FlowNameBuilder, FlowNameColumns, "flow_name" {
        /// Which sensor.
        sensor: Label,
        /// The sensor's id of the flow.
        uid: OptText,
        /// When.
        time: Int,
        /// Protocol number.
        protocol: Code,
        /// Address of the initiator.
        source_ip: Wide,
        /// Its port.
        source_port: Port,
        /// Address of the responder.
        destination_ip: Wide,
        /// Its port.
        destination_port: Port,
        /// A code of `NameSource`.
        origin: Code,
        /// The name, lower-case.
        name: Label,
    }
}

table! {
    /// What a sensor's log tells of the content of a conversation: a file, a body, a long name. Most of these logs name the conversation
    /// only by its id.
    FileSeen, FileSeenBuilder, FileSeenColumns, "file_seen" {
        /// Which sensor.
        sensor: Label,
        /// The sensor's id of the flow.
        uid: Label,
        /// When.
        time: Int,
        /// Whether the initiator sent it.
        from_source: OptCode,
        /// MIME type by content.
        mime: OptLabel,
        /// File name, where the protocol gave one; the name that was asked for.
        name: OptText,
        /// Bytes seen of it.
        seen_bytes: OptCount,
        /// Bytes of it that the sensor knows it missed.
        missing_bytes: OptCount,
        /// A code of `SeenKind`.
        kind: Code,
        /// Protocol number of the conversation, where the record names its ends.
        protocol: OptCode,
        /// ... the address of its initiator.
        source_ip: OptWide,
        /// ... the initiator's port.
        source_port: Port,
        /// ... the address of its responder.
        destination_ip: OptWide,
        /// ... the responder's port.
        destination_port: Port,
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
    /// A name was looked up, as an endpoint or a sensor saw it: one row per address in the answer.
    Lookup, LookupBuilder, LookupColumns, "lookup" {
        /// The endpoint, where it says so itself.
        host: OptLabel,
        /// The client's address, where a sensor says so.
        client_ip: OptWide,
        /// A code of `EventClass`; `Sensor` for a sensor.
        class: Code,
        /// When.
        time: Int,
        /// The name asked for, lower-case.
        name: Label,
        /// An address in the answer.
        answer: Wide,
        /// Seconds for which the answer holds, where given.
        ttl: OptSmall,
        /// Process id, where given.
        pid: OptSmall,
        /// Process GUID, where given.
        guid: OptWide,
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

table! {
    /// An address was leased to a client.
    Lease, LeaseBuilder, LeaseColumns, "lease" {
        /// The address.
        ip: Wide,
        /// The client's name, lower-case short.
        host: OptLabel,
        /// The client's hardware address, lower-case.
        mac: OptText,
        /// When.
        time: Int,
        /// Seconds for which it holds.
        seconds: OptSmall,
    }
}

table! {
    /// A connection that no measured flow speaks of: what an endpoint saw and no sensor measured.
    Contact, ContactBuilder, ContactColumns, "contact" {
        /// The endpoint.
        host: Label,
        /// A code of `EventClass`.
        class: Code,
        /// When, corrected.
        time: Int,
        /// Protocol number.
        protocol: Code,
        /// The endpoint's own port.
        local_port: Port,
        /// The peer's address.
        remote_ip: Wide,
        /// The peer's port.
        remote_port: Port,
        /// Whether the endpoint opened it: 1 yes, 0 no, absent unknown.
        outbound: OptCode,
        /// Process id.
        pid: OptSmall,
        /// Process GUID.
        guid: OptWide,
        /// Image path.
        image: OptLabel,
        /// User.
        user: OptLabel,
        /// A name of the destination that the endpoint gives.
        remote_name: OptLabel,
        /// Input number.
        input: Small,
        /// Line or record number.
        record: Count,
    }
}

table! {
    /// A flow with its process, or with the reason why it has none: told from `host`.
    Transfer, TransferBuilder, TransferColumns, "transfer" {
        /// The host that the row is told from; absent where no local host is known.
        host: OptLabel,
        /// Whether endpoint events of this host were read at all.
        monitored: Flag,
        /// First packet.
        start: Int,
        /// Last packet, or the start where that is not known.
        end: Int,
        /// Protocol number.
        protocol: Code,
        /// Address of the initiator.
        source_ip: Wide,
        /// Its port.
        source_port: Port,
        /// Address of the responder.
        destination_ip: Wide,
        /// Its port.
        destination_port: Port,
        /// Whether the host is the source (initiator).
        host_is_source: Flag,
        /// Whether it is known who opened it.
        initiator_known: Flag,
        /// Whether both ends spoke.
        answered: Flag,
        /// Bytes that the host sent.
        bytes_out: OptCount,
        /// A code of `Quality`.
        out_quality: Code,
        /// Bytes that the host received.
        bytes_in: OptCount,
        /// A code of `Quality`.
        in_quality: Code,
        /// A code of `Layer`.
        layer: Code,
        /// Packets that the host sent.
        packets_out: OptCount,
        /// Packets that it received.
        packets_in: OptCount,
        /// Bytes of IP packets that it sent.
        ip_bytes_out: OptCount,
        /// Bytes of IP packets that it received.
        ip_bytes_in: OptCount,
        /// Bytes of frames that it sent.
        frame_bytes_out: OptCount,
        /// Bytes of frames that it received.
        frame_bytes_in: OptCount,
        /// Why a direction is not measured.
        unmeasured_why: OptLabel,
        /// Application protocol.
        service: OptLabel,
        /// A code of `Direction`.
        direction: Code,
        /// A code of `Scope`.
        scope: Code,
        /// Name of the peer.
        domain: OptLabel,
        /// A code of `NameSource`.
        domain_source: OptCode,
        /// Files that the sensor saw in it, in words.
        files: OptText,
        /// What its content looked like: an encoded [`crate::payload::Payload`], told from the host.
        payload: OptText,
        /// A code of `Method`.
        method: Code,
        /// How sure the attribution is, 0 to 1.
        confidence: Real,
        /// The clock offset that was used, microseconds (host minus sensor).
        offset: Int,
        /// Why the process is what it is, or why there is none.
        reason: Label,
        /// Candidates of an ambiguous transfer, separated by newlines.
        candidates: OptText,
        /// Process id.
        pid: OptSmall,
        /// Process GUID.
        guid: OptWide,
        /// Image path.
        image: OptLabel,
        /// User.
        user: OptLabel,
        /// Command line (once the host's process events were met).
        command_line: OptText,
        /// Image of the parent.
        parent_image: OptLabel,
        /// Services of a service host, separated by commas.
        services: OptLabel,
        /// The process identity (once resolved).
        identity: OptLabel,
        /// The peer, where it is a monitored host too.
        peer_host: OptLabel,
        /// A code of `Method` for the peer's process.
        peer_method: Code,
        /// How sure that is.
        peer_confidence: Real,
        /// Why the peer's process is what it is, or why there is none.
        peer_reason: OptLabel,
        /// The peer's process id.
        peer_pid: OptSmall,
        /// The peer's process GUID.
        peer_guid: OptWide,
        /// The peer's image.
        peer_image: OptLabel,
        /// The peer's user.
        peer_user: OptLabel,
        /// Where the flow was written: the input.
        input: Small,
        /// ... and the line or record.
        record: Count,
        /// Further records of the same flow: `input:record`, separated by commas.
        more_records: OptText,
        /// Where the connection was written: the input.
        connection_input: OptSmall,
        /// ... and the line or record.
        connection_record: OptCount,
    }
}

impl Transfer<'_> {
    /// Packets, and bytes below the payload.
    pub fn wire(&self) -> Wire {
        Wire {
            packets_out: self.packets_out,
            packets_in: self.packets_in,
            ip_bytes_out: self.ip_bytes_out,
            ip_bytes_in: self.ip_bytes_in,
            frame_bytes_out: self.frame_bytes_out,
            frame_bytes_in: self.frame_bytes_in,
        }
    }

    /// Every flow record that the transfer stands for.
    pub fn flow_origins(&self) -> impl Iterator<Item = crate::channel::Origin> {
        let first = crate::channel::Origin { input: self.input, record: self.record };
        let more = self.more_records.unwrap_or_default().split(',').filter_map(crate::channel::Origin::parse);
        std::iter::once(first).chain(more)
    }

    /// The connection that gave the process, where there is one.
    pub fn connection_origin(&self) -> Option<crate::channel::Origin> {
        Some(crate::channel::Origin { input: self.connection_input?, record: self.connection_record? })
    }
}

//! What the join makes of both: transfers, and connections that no flow speaks of.

use crate::bytes::Wire;
use crate::table;

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

//! What sensors say: conversations with their bytes, their names, what was seen in them; names that were looked up, and leases.

use crate::table;

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

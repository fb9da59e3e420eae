import ContainerSystem
import Glibc

/// What connection tracking remembers of published ports, over ctnetlink (linux/netfilter/nfnetlink_conntrack.h).
///
/// Datagrams have no beginning: the kernel sends those of a client that does not pause where it sent the first one, also
/// when the port leads elsewhere by now, or nowhere. Such memories are deleted when a port comes or goes.
struct FlowTable {
    let netlink: any Netlink

    private static let subsystem: UInt16 = 1 << 8  // NFNL_SUBSYS_CTNETLINK

    /// Forgets the datagrams that were sent to these ports of the host.
    func forget(_ ports: [PublishedPort]) throws(ContainerError) {
        for port in ports where port.transport == .udp {
            // EINVAL, EOPNOTSUPP: a kernel without connection tracking remembers nothing.
            let reply = try netlink.list(NetlinkBatch([Self.listFlows(to: port)])).first
            let stale = try reply?.check(ignoring: EINVAL, EOPNOTSUPP).compactMap { Self.stale($0, port) } ?? []
            for start in stride(from: 0, to: stale.count, by: NetlinkSocket.messageLimit) {
                let part = stale[start..<min(start + NetlinkSocket.messageLimit, stale.count)]
                // ENOENT: it ended by itself meanwhile.
                for reply in try netlink.transact(NetlinkBatch(Array(part))) { try reply.check(ignoring: ENOENT) }
            }
        }
    }

    /// Asks for the flows of a transport to a port; kernels before 5.8 list all.
    static func listFlows(to port: PublishedPort) -> NetlinkMessage {
        var attributes = NetlinkAttributes()
        attributes.nest(1) { tuple in  // CTA_TUPLE_ORIG
            tuple.nest(2) { transport in  // CTA_TUPLE_PROTO
                transport.append(1, port.transport.rawValue)  // CTA_PROTO_NUM
                transport.append(3, bigEndian: port.hostPort)  // CTA_PROTO_DST_PORT
            }
        }
        // CTA_FILTER, CTA_FILTER_ORIG_FLAGS: by the transport's number and the port.
        attributes.nest(25) { $0.append(1, UInt32(1 << 3 | 1 << 5)) }
        return message("list the flows to port \(port.hostPort)", 1, .dump, port, attributes).withoutAcknowledgement
    }

    /// The message that deletes a flow which the port's coming or going makes wrong; nil for another one. Flows to the
    /// same port of other hosts pass through here too: they are not translated, and have their answers.
    static func stale(_ flow: NetlinkMessage, _ port: PublishedPort) -> NetlinkMessage? {
        guard flow.payload.count >= 4 else { return nil }
        let attributes = flow.attributes(after: 4)
        guard let there = attributes.first(where: { $0.type == 1 })?.value,
            let back = attributes.first(where: { $0.type == 2 })?.value
        else { return nil }
        let (target, source) = (address(there, isSource: false), address(back, isSource: true))
        let transport = part(part(there, 2), 3)
        let status =
            attributes.first { $0.type == 3 }.map { UInt32(bigEndian: $0.value.native(UInt32.self, at: 0)) } ?? 0
        let isAnswered = status & 2 != 0  // IPS_SEEN_REPLY
        guard part(part(there, 2), 1).first == port.transport.rawValue,
            UInt16(bigEndian: transport.native(UInt16.self, at: 0)) == port.hostPort,
            port.hostAddress.map({ $0.bytes[...] == target }) ?? true, source != target || !isAnswered
        else { return nil }
        var tuple = NetlinkAttributes()
        tuple.append(1 | NetlinkAttributes.nestedFlag, bytes: there)
        return message("forget a flow to port \(port.hostPort)", 2, [], port, tuple)
    }

    private static func message(
        _ description: String, _ operation: UInt16, _ flags: NetlinkMessage.Flags, _ port: PublishedPort,
        _ attributes: NetlinkAttributes
    ) -> NetlinkMessage {
        NetlinkMessage(
            description, type: subsystem | operation, flags: flags, header: [port.containerAddress.family, 0, 0, 0],
            attributes: attributes)
    }

    /// CTA_TUPLE_IP holds the source as 1 or 3 and the destination as 2 or 4.
    private static func address(_ tuple: ArraySlice<UInt8>, isSource: Bool) -> ArraySlice<UInt8> {
        NetlinkAttributes.parse(part(tuple, 1)).first { $0.type % 2 == (isSource ? 1 : 0) }?.value ?? []
    }

    private static func part(_ attributes: ArraySlice<UInt8>, _ type: UInt16) -> ArraySlice<UInt8> {
        NetlinkAttributes.parse(attributes).first { $0.type == type }?.value ?? []
    }
}

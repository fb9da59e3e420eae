import ContainerNetworking
import ContainerSystem
import Glibc
import Synchronization

/// The links and addresses of a host without a kernel: reads the requests of rtnetlink(7) as they go over the wire, keeps
/// what they make, and answers as the kernel would. What it does not know of (neighbours, limits, further routes) it says
/// yes to, and lists none.
public final class FakeLinks: Netlink {
    /// A link of the host.
    public struct Node: Sendable, Equatable {
        public var index: UInt32
        public var name: String
        /// `bridge`, `veth`, ...; empty for hardware.
        public var kind: String
        public var isUp = false
        /// In bytes.
        public var mtu: UInt32 = 1500
        /// The index of its bridge; 0 is none.
        public var master: UInt32 = 0
        public var addresses: [InterfaceAddress] = []
        public var alias = ""
    }

    private struct State {
        var nodes: [Node] = [Node(index: 1, name: "lo", kind: "", isUp: true, mtu: 65536)]
        var operations: [String] = []
        var nextIndex: UInt32 = 2
        /// What was made in other namespaces and is not there yet, and the names there by the names here.
        var elsewhere: [Node] = []
        var peers: [String: String] = [:]
    }

    private typealias Answer = (messages: [[UInt8]], errno: CInt)

    private let state = Mutex(State())
    private let routes: [IPSubnet]
    private let observer: @Sendable (_ name: String, _ isThere: Bool) -> Void
    private let other: FakeLinks?

    /// - Parameter routes: where the host's routes lead; each is through its own hardware.
    public convenience init(routes: [IPSubnet] = []) { self.init(routes: routes, containers: nil) { _, _ in } }

    /// - Parameters:
    ///   - containers: where links are that are made in another namespace.
    ///   - observer: hears of links that come and go.
    init(
        routes: [IPSubnet], containers: FakeLinks?,
        observer: @escaping @Sendable (_ name: String, _ isThere: Bool) -> Void
    ) {
        self.routes = routes
        self.observer = observer
        other = containers
    }

    /// What is there now.
    public var nodes: [Node] { state.withLock { $0.nodes } }
    /// What was asked, in words.
    public var operations: [String] { state.withLock { $0.operations } }

    public func transact(_ batch: NetlinkBatch) throws(ContainerError) -> [NetlinkReply] {
        var collector = NetlinkReplyCollector(batch)
        let datagrams = state.withLock { state in
            state.operations += batch.descriptions
            let before = Set(state.nodes.map(\.name))
            defer { tellOfChanges(&state, since: before) }
            return NetlinkMessage.parse(batch.bytes[...]).flatMap {
                Self.answer($0.message, $0.sequence, &state, routes)
            }
        }
        for datagram in datagrams { try collector.consume(datagram[...]) }
        return collector.replies
    }

    private func tellOfChanges(_ state: inout State, since before: Set<String>) {
        let after = Set(state.nodes.map(\.name))
        for name in before.subtracting(after) {
            observer(name, false)
            // With one end of a pair goes the other.
            if let peer = state.peers.removeValue(forKey: name) { other?.remove(peer) }
        }
        for name in after.subtracting(before) { observer(name, true) }
        for node in state.elsewhere { other?.add(node) }
        state.elsewhere = []
    }

    private func add(_ node: Node) { state.withLock { $0.nodes.append(node) } }
    private func remove(_ name: String) { state.withLock { $0.nodes.removeAll { $0.name == name } } }

    private static func answer(
        _ message: NetlinkMessage, _ sequence: UInt32, _ state: inout State, _ routes: [IPSubnet]
    ) -> [[UInt8]] {
        let isDump = message.flags.contains(.dump)
        let (objects, errno): Answer =
            switch message.type {
            case 16: newLink(message, &state)  // RTM_NEWLINK
            case 17: deleteLink(message, &state)  // RTM_DELLINK
            case 18: getLink(message, isDump, state)  // RTM_GETLINK
            case 20: newAddress(message, &state)  // RTM_NEWADDR
            case 22: (state.nodes.flatMap(addresses), 0)  // RTM_GETADDR
            case 26: (routes.map(route), 0)  // RTM_GETROUTE
            default: ([], 0)
            }
        // The answer to a question has the number of what would make it.
        let type: UInt16 = message.type == 22 || message.type == 26 ? message.type - 2 : 16
        let answers = objects.map {
            NetlinkMessage(received: type, flags: isDump ? .multipart : [], payload: $0).encoded(sequence: sequence)
        }
        // NLMSG_DONE ends a listing, NLMSG_ERROR all else: the number, and the header of the request.
        let end = NetlinkMessage(
            received: isDump ? 3 : 2, flags: isDump ? .multipart : .capped,
            payload: bytes(UInt32(bitPattern: -errno)) + [UInt8](repeating: 0, count: 16))
        return answers + [end.encoded(sequence: sequence)]
    }

    private static func newLink(_ message: NetlinkMessage, _ state: inout State) -> Answer {
        let header = message.payload
        let attributes = message.attributes(after: 16)
        let name = text(attributes.first { $0.type == 3 }?.value)
        let index = number(header[4..<8])
        let place = state.nodes.firstIndex { index != 0 ? $0.index == index : $0.name == name }
        var node: Node
        if message.flags.contains(.create) {
            if place != nil || state.nodes.contains(where: { $0.name == name }) { return ([], EEXIST) }
            let info = attributes.first { $0.type == 18 }.map { NetlinkAttributes.parse($0.value) } ?? []
            node = Node(
                index: index != 0 ? index : state.nextIndex, name: name, kind: text(info.first { $0.type == 1 }?.value))
            // One that is made in a container's namespace is none of the host's.
            if attributes.contains(where: { $0.type == 19 || $0.type == 28 }) {
                state.elsewhere.append(node)
                return ([], 0)
            }
            state.nextIndex += 1
            if let peer = peer(info.first { $0.type == 2 }?.value) {
                state.elsewhere.append(peer)
                state.peers[name] = peer.name
            }
        } else {
            guard let place else { return ([], ENODEV) }
            node = state.nodes[place]
        }
        if number(header[12..<16]) & 1 != 0 { node.isUp = number(header[8..<12]) & 1 != 0 }
        for (type, value) in attributes {
            switch type {
            case 3: node.name = text(value)
            case 4: node.mtu = number(value)
            case 10: node.master = number(value)
            case 20: node.alias = text(value)
            default: break
            }
        }
        if let place { state.nodes[place] = node } else { state.nodes.append(node) }
        return ([], 0)
    }

    /// The other end of a veth pair: a header and attributes of its own, inside the data of the pair.
    private static func peer(_ data: ArraySlice<UInt8>?) -> Node? {
        guard let end = NetlinkAttributes.parse(data ?? []).first(where: { $0.type == 1 })?.value, end.count > 16 else {
            return nil
        }
        let attributes = NetlinkAttributes.parse(end.dropFirst(16))
        guard let name = attributes.first(where: { $0.type == 3 })?.value else { return nil }
        return Node(index: number(end.dropFirst(4)), name: text(name), kind: "veth")
    }

    private static func deleteLink(_ message: NetlinkMessage, _ state: inout State) -> Answer {
        let name = text(message.attributes(after: 16).first { $0.type == 3 }?.value)
        let index = number(message.payload[4..<8])
        guard let place = state.nodes.firstIndex(where: { index == 0 ? $0.name == name : $0.index == index }) else {
            return ([], ENODEV)
        }
        state.nodes.remove(at: place)
        return ([], 0)
    }

    private static func getLink(_ message: NetlinkMessage, _ isDump: Bool, _ state: State) -> Answer {
        if isDump { return (state.nodes.map(link), 0) }
        let name = text(message.attributes(after: 16).first { $0.type == 3 }?.value)
        guard let node = state.nodes.first(where: { $0.name == name }) else { return ([], ENODEV) }
        return ([link(node)], 0)
    }

    private static func newAddress(_ message: NetlinkMessage, _ state: inout State) -> Answer {
        guard let place = state.nodes.firstIndex(where: { $0.index == number(message.payload[4..<8]) }) else {
            return ([], ENODEV)
        }
        let value = message.attributes(after: 8).first { $0.type == 2 }?.value
        guard let value, let bare = IPAddress(bytes: value),
            let address = try? InterfaceAddress(bare, prefixLength: Int(message.payload[1]))
        else { return ([], EINVAL) }
        if state.nodes[place].addresses.contains(address) { return ([], EEXIST) }
        state.nodes[place].addresses.append(address)
        return ([], 0)
    }

    private static func link(_ node: Node) -> [UInt8] {
        var attributes = NetlinkAttributes()
        attributes.append(3, node.name)
        attributes.append(4, node.mtu)
        if node.master != 0 { attributes.append(10, node.master) }
        if !node.alias.isEmpty { attributes.append(20, node.alias) }
        if !node.kind.isEmpty { attributes.nest(18) { $0.append(1, node.kind) } }
        return [0, 0, 0, 0] + bytes(node.index) + bytes(node.isUp ? 1 : 0) + bytes(0) + attributes.bytes
    }

    private static func addresses(_ node: Node) -> [[UInt8]] {
        node.addresses.map { one in
            var attributes = NetlinkAttributes()
            attributes.append(1, bytes: one.address.bytes)
            attributes.append(2, bytes: one.address.bytes)
            return [one.address.isIPv6 ? 10 : 2, UInt8(one.prefixLength), 0, 0] + bytes(node.index) + attributes.bytes
        }
    }

    private static func route(_ destination: IPSubnet) -> [UInt8] {
        var attributes = NetlinkAttributes()
        attributes.append(1, bytes: destination.network.bytes)
        let header: [UInt8] = [destination.isIPv6 ? 10 : 2, UInt8(destination.prefixLength), 0, 0, 254, 0, 0, 1]
        return header + bytes(0) + attributes.bytes
    }

    private static func text(_ value: ArraySlice<UInt8>?) -> String {
        String(decoding: (value ?? []).prefix { $0 != 0 }, as: UTF8.self)
    }

    private static func bytes(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var value: UInt32 = 0
        withUnsafeMutableBytes(of: &value) { $0.copyBytes(from: bytes.prefix(4)) }
        return value
    }
}

import ContainerSystem
import Glibc

/// The firewall over nf_tables, through nfnetlink itself: a handful of fixed messages needs neither the nft command
/// nor libnftables, which would cost each start a library and a parser.
///
/// Everything is in one table of our own, of the family `inet` (Linux 5.2), and changes in one transaction: readers
/// see the old rules or the new ones. No other table is touched, so that every chain of another firewall still has
/// its say, and a packet must please them all.
///
/// Containers of one network are not kept from taking each other's addresses on their bridge, as docker's are not:
/// a rule per container would cost each start an exchange, and break addresses that wander. A network without traffic
/// between containers does keep them apart, by the bridge's isolated ports. Into other networks and the outside nothing
/// goes under a source that is not of the network.
public struct NFTables: Firewall {
    let netlink: any Netlink
    public let table: String
    let sysctls: NetworkSysctls

    /// - Parameters:
    ///   - netlink: a conversation of the netfilter family.
    ///   - table: the name of the table; each state root has one of its own.
    ///   - sysctls: the folder of the kernel's switches; it belongs to the network namespace of the calling thread.
    public init(_ netlink: any Netlink, table: String = "containerkit", sysctls: String = "/proc/sys/net") {
        self.netlink = netlink
        self.table = table
        self.sysctls = NetworkSysctls(folder: sysctls)
    }

    /// See `Firewall`. One exchange with the kernel when the rules are there, two when not. Processes that do the
    /// same at once end at the same rules.
    /// - Throws: `ContainerError`: `unsupported` when the kernel lacks nf_tables or its NAT.
    public func ensure(
        networks: () throws(ContainerError) -> [FirewallNetwork],
        ports: () throws(ContainerError) -> [PublishedPort]
    ) throws(ContainerError) {
        for _ in 0..<100 {
            let present = try present()
            let networks = try networks()
            for network in networks { try InterfaceName.validate(network.bridge) }
            let wanted = Self.rules(for: networks)
            if Self.agree(present.rules, wanted.map(\.identity)) { return }
            let ports = try ports()
            for port in ports { try port.validate() }
            if try lay(wanted, ports, over: present.generation) { return try routeLoopback(ports) }
        }
        throw ContainerError(
            .unavailable, "change the firewall: other programs kept changing it", hint: "try again")
    }

    public func remove() throws(ContainerError) {
        try apply([NFTablesMessage.deleteTable(table)], ignoring: ENOENT)
    }

    /// Makes the table anew with these rules and ports.
    /// - Returns: false when somebody changed the firewall since `generation`; nothing happened then.
    private func lay(_ rules: [NFTablesRule], _ ports: [PublishedPort], over generation: UInt32?)
        throws(ContainerError) -> Bool
    {
        // To make it first and then delete it is fine whether it is there or not.
        let table = table
        var messages = [
            NFTablesMessage.newTable(table), NFTablesMessage.deleteTable(table), NFTablesMessage.newTable(table),
        ]
        if !rules.isEmpty {
            messages += NFTablesChain.all.map { NFTablesMessage.newChain($0, in: table) }
            var setID: UInt32 = 0
            for map in PortMap.allCases {
                setID += 1
                messages.append(NFTablesMessage.newSet(map.set(id: setID), in: table))
                messages += NFTablesMessage.elements(
                    try Self.elements(ports, of: map), of: map.rawValue, in: table, .add)
            }
            for rule in rules { messages += rule.messages(in: table, setID: &setID) }
        }
        let failures = try transact(messages, generation: generation)
        if failures.first?.failure?.errno.rawValue == ERESTART { return false }
        try Self.check(failures)
        return true
    }

    /// What the ports of one map lead to. The same port twice is one element; with two targets it is an error.
    static func elements(_ ports: [PublishedPort], of map: PortMap) throws(ContainerError) -> [NFTablesSet.Element] {
        let all = ports.filter { PortMap(for: $0) == map }.map(map.element)
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
        var elements: [NFTablesSet.Element] = []
        for element in all {
            guard let last = elements.last, last.key == element.key else {
                elements.append(element)
                continue
            }
            if last.data == element.data { continue }
            throw ContainerError(
                .conflict,
                "publish \(map.port(element)?.description ?? ""): the port leads to another container already")
        }
        return elements
    }

    /// The rules that are in the table, and the number of the state that they are part of.
    private func present() throws(ContainerError) -> (generation: UInt32?, rules: [NFTablesRule.Identity]) {
        let replies = try netlink.list(
            NetlinkBatch([NFTablesMessage.getGeneration(), NFTablesMessage.listRules(of: table)]))
        guard replies.count == 2 else { return (nil, []) }
        for reply in replies {
            // The kernel calls a subsystem that it lacks an invalid argument.
            if let failure = reply.failure, [EINVAL, EOPNOTSUPP].contains(failure.errno.rawValue) {
                throw Self.unsupported(reply.operation, failure)
            }
        }
        let state = try replies[0].check().first { $0.type == NFTablesMessage.newGenerationType }
        let number = state?.attributes(after: 4).first { $0.type == 1 }?.value  // NFTA_GEN_ID
        // ENOENT: newer kernels may say so of a table that is not there.
        let rules = try replies[1].check(ignoring: ENOENT).compactMap(NFTablesRule.Identity.init)
        return (number.map { UInt32(bigEndian: $0.native(UInt32.self, at: 0)) }, rules)
    }

    /// Whether two lists have the same rules in each of our chains. The kernel lists the chains in an order of its own,
    /// and what others added to chains of theirs does not count.
    private static func agree(_ one: [NFTablesRule.Identity], _ other: [NFTablesRule.Identity]) -> Bool {
        NFTablesChain.all.allSatisfy { chain in
            one.filter { $0.chain == chain.name } == other.filter { $0.chain == chain.name }
        }
    }

    /// Sends the messages as one transaction and throws what it failed of.
    func apply(_ messages: [NetlinkMessage], ignoring fine: CInt = 0) throws(ContainerError) {
        try Self.check(transact(messages), ignoring: fine)
    }

    /// Sends the messages as one transaction.
    /// - Returns: the refusals; the kernel did nothing when there are some.
    func transact(_ messages: [NetlinkMessage], generation: UInt32? = nil) throws(ContainerError) -> [NetlinkReply] {
        var batch = NetlinkBatch([NFTablesMessage.batchBegin(generation: generation)])
        // The kernel answers in order: when it says yes to the last, all that it says no to has come.
        for message in messages.dropLast() { batch.append(message.withoutAcknowledgement) }
        if let last = messages.last { batch.append(last) }
        batch.append(NFTablesMessage.batchEnd)
        return try netlink.transact(batch).filter { $0.failure != nil }
    }

    static func check(_ failures: [NetlinkReply], ignoring fine: CInt = 0) throws(ContainerError) {
        for reply in failures {
            guard let failure = reply.failure else { continue }
            // ENOENT: no such chain type or expression in this kernel, since all names are of this transaction.
            if [ENOENT, EOPNOTSUPP, EAFNOSUPPORT].contains(failure.errno.rawValue), fine == 0 {
                throw Self.unsupported(reply.operation, failure)
            }
            try reply.check(ignoring: fine)
        }
    }

    private static func unsupported(_ operation: String, _ failure: NetlinkFailure) -> ContainerError {
        ContainerError(
            .unsupported, "\(operation): the kernel lacks nf_tables or a part of it",
            cause: failure.errno.description + (failure.text.map { ": \($0)" } ?? ""),
            hint: "load the modules nf_tables, nft_chain_nat, nft_nat, nft_masq, nft_ct and nft_fib_inet (Linux 5.2 or "
                + "newer), or use --network host or --network none")
    }
}

import ContainerSystem
import Glibc

/// The firewall over nf_tables, through nfnetlink itself: a handful of fixed messages needs neither the nft command
/// nor libnftables, which would cost each start a library and a parser.
///
/// Everything is in one table of our own, and changes in one transaction: readers see the old rules or the new ones.
public struct NFTables: Firewall {
    private let netlink: any Netlink
    public let table: String

    /// - Parameters:
    ///   - netlink: a conversation of the netfilter family.
    ///   - table: the name of the table (family `ip`); each state root has one of its own.
    public init(_ netlink: any Netlink, table: String = "containerkit") {
        self.netlink = netlink
        self.table = table
    }

    /// See `Firewall`. One exchange with the kernel when the rules are there, two when not. Processes that do the
    /// same at once end at the same rules.
    /// - Throws: `ContainerError`: `unsupported` when the kernel lacks nf_tables or its NAT.
    public func ensure(_ networks: [MasqueradedNetwork]) throws(ContainerError) {
        for network in networks { try InterfaceName.validate(network.bridge) }
        let wanted = networks.flatMap(Self.rules)
        if !wanted.isEmpty, try present() == Self.byChain(wanted.map(\.identity)) { return }
        let chains: [NFTablesMessage.BaseChain] = [.postrouting, .forward]
        try apply(
            [NFTablesMessage.newTable(table)]
                + chains.map { NFTablesMessage.newChain($0, in: table) }
                + chains.map { NFTablesMessage.deleteRules(of: $0, in: table) }
                + wanted.map { NFTablesMessage.newRule($0, in: table) })
    }

    public func remove() throws(ContainerError) {
        try apply([NFTablesMessage.deleteTable(table)], ignoring: ENOENT)
    }

    /// The rules for one network.
    static func rules(for network: MasqueradedNetwork) -> [NFTablesRule] {
        let (bridge, subnet) = (network.bridge, network.subnet)
        return [
            NFTablesRule(chain: .postrouting, comment: "\(bridge) \(subnet) masquerade") {
                NFTablesExpression.sourceAddress(in: subnet, &$0)
                NFTablesExpression.interface(.output, is: false, bridge, &$0)
                NFTablesExpression.masquerade(&$0)
            },
            NFTablesRule(chain: .forward, comment: "\(bridge) from") {
                NFTablesExpression.interface(.input, is: true, bridge, &$0)
                NFTablesExpression.accept(&$0)
            },
            NFTablesRule(chain: .forward, comment: "\(bridge) to") {
                NFTablesExpression.interface(.output, is: true, bridge, &$0)
                NFTablesExpression.accept(&$0)
            },
        ]
    }

    /// The rules that are in the table, by chain and in order.
    private func present() throws(ContainerError) -> [String: [NFTablesRule.Identity]] {
        let replies = try netlink.list(NetlinkBatch([NFTablesMessage.listRules(of: table)]))
        guard let reply = replies.first else { return [:] }
        // The kernel calls a subsystem that it lacks an invalid argument.
        if let failure = reply.failure, [EINVAL, EOPNOTSUPP].contains(failure.errno.rawValue) {
            throw Self.unsupported(reply.operation, failure)
        }
        // ENOENT: newer kernels may say so of a table that is not there.
        return Self.byChain(try reply.check(ignoring: ENOENT).compactMap(NFTablesRule.Identity.init))
    }

    private static func byChain(_ rules: [NFTablesRule.Identity]) -> [String: [NFTablesRule.Identity]] {
        Dictionary(grouping: rules, by: \.chain)
    }

    /// Sends the messages as one transaction.
    private func apply(_ messages: [NetlinkMessage], ignoring fine: CInt = 0) throws(ContainerError) {
        let batch = NetlinkBatch([NFTablesMessage.batchBegin] + messages + [NFTablesMessage.batchEnd])
        for reply in try netlink.transact(batch) {
            guard let failure = reply.failure else { continue }
            // ENOENT: no such chain type or expression in this kernel, since all names are of this transaction.
            if [ENOENT, EOPNOTSUPP].contains(failure.errno.rawValue), fine == 0 {
                throw Self.unsupported(reply.operation, failure)
            }
            try reply.check(ignoring: fine)
        }
    }

    private static func unsupported(_ operation: String, _ failure: NetlinkFailure) -> ContainerError {
        ContainerError(
            .unsupported, "\(operation): the kernel lacks nf_tables or a part of it",
            cause: failure.errno.description + (failure.text.map { ": \($0)" } ?? ""),
            hint: "load the modules nf_tables, nft_chain_nat and nft_masq, or use --network host or --network none")
    }
}

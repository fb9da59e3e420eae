import ContainerSystem

/// The network of a host, as an engine sees and changes it. The seam for tests that are to need neither root nor a
/// kernel: everything that an engine does to links, addresses, routes and rules goes through here.
public protocol HostNetwork: Sendable {
    /// The folder of the kernel's switches (`/proc/sys/net`).
    var sysctls: String { get }

    /// A conversation about links, addresses and routes (rtnetlink(7)).
    /// - Throws: `ContainerError` `unsupported` when the kernel has none.
    func netlink() throws(ContainerError) -> any Netlink

    /// The packet filter.
    /// - Parameter table: the name of our own rules; each state root has one.
    /// - Throws: `ContainerError` `unsupported` when the kernel has none.
    func firewall(table: String) throws(ContainerError) -> any Firewall

    /// Work in the network namespace of a container that runs.
    /// - Parameters:
    ///   - namespace: an open `/proc/PID/ns/net`, or a pidfd.
    ///   - body: is given a conversation of the route family with that namespace, and the folder of its switches.
    /// - Throws: what the body throws; `permissionDenied` when the namespace may not be entered, `notFound` when its
    ///   process has ended.
    func enter(
        _ namespace: Descriptor,
        _ body: @escaping @Sendable (_ netlink: any Netlink, _ sysctls: String) throws(ContainerError) -> Void
    ) throws(ContainerError)

    /// Looks whether a port of the host can be had, as a process finds it that would listen there.
    /// - Parameter port: 0 is any.
    /// - Returns: the port.
    /// - Throws: `conflict` when a process of the host has it, `invalidArgument` for an address that is not the host's.
    func findPort(_ transport: PublishedPort.Transport, _ address: IPAddress, _ port: UInt16) throws(ContainerError)
        -> UInt16
}

extension HostNetwork {
    /// The bridges of the host.
    public func bridges() throws(ContainerError) -> BridgeNetwork { BridgeNetwork(try netlink(), sysctls: sysctls) }
}

/// The network namespace of the calling thread.
public struct KernelNetwork: HostNetwork {
    public init() {}

    public var sysctls: String { "/proc/sys/net" }

    public func netlink() throws(ContainerError) -> any Netlink { try NetlinkSocket(.route) }

    public func firewall(table: String) throws(ContainerError) -> any Firewall {
        NFTables(try NetlinkSocket(.netfilter), table: table)
    }

    public func enter(
        _ namespace: Descriptor,
        _ body: @escaping @Sendable (_ netlink: any Netlink, _ sysctls: String) throws(ContainerError) -> Void
    ) throws(ContainerError) {
        // /proc/sys/net shows the namespace of the thread that looks.
        let sysctls = sysctls
        try NamespaceThread.run(in: namespace) { () throws(ContainerError) in
            try body(try NetlinkSocket(.route), sysctls)
        }
    }
}

import ContainerSystem
import Glibc

// Endpoints of a container that runs.
extension ContainerEndpoint {
    /// Connects a running container. When a part fails, nothing is left of the endpoint.
    /// - Parameters:
    ///   - namespace: an open `/proc/PID/ns/net` of the container, or a pidfd of one of its processes.
    ///   - netlink: a conversation of the route family in the host's namespace.
    /// - Throws: `ContainerError`, for instance `conflict` when the interface exists.
    public func connect(_ namespace: Descriptor, _ netlink: any Netlink) throws(ContainerError) {
        let replies = try netlink.transact(hostBatch.resolved(namespace: namespace.raw))
        // When the first message was refused, the link of that name is somebody else's.
        if let first = replies.first { try first.check() }
        do throws(ContainerError) {
            for reply in replies { try reply.check() }
            let (batch, sysctls) = (containerBatch, sysctls)
            try NamespaceThread.run(in: namespace) { () throws(ContainerError) in
                for one in sysctls where Files.exists("/proc/sys/" + one.path) {
                    try Files.set("/proc/sys/" + one.path, to: one.value)
                }
                for reply in try NetlinkSocket(.route).transact(batch) { try reply.check() }
            }
        } catch {
            try? disconnect(namespace, netlink)
            throw error.during("connect the container by \(containerInterface)")
        }
    }

    /// Disconnects a running container; an endpoint that is not there is fine.
    /// - Throws: `ContainerError` when the kernel refuses.
    public func disconnect(_ namespace: Descriptor, _ netlink: any Netlink) throws(ContainerError) {
        if let hostInterface {
            try BridgeNetwork(netlink).deleteLink(hostInterface)
        } else {
            let name = containerInterface
            try NamespaceThread.run(in: namespace) { () throws(ContainerError) in
                try BridgeNetwork(NetlinkSocket(.route)).deleteLink(name)
            }
        }
    }

    /// Makes the default routes of a running container be those of this endpoint, as when the endpoint that had them
    /// was disconnected.
    /// - Throws: `ContainerError` when the kernel refuses.
    public func takeDefaultRoutes(_ namespace: Descriptor) throws(ContainerError) {
        let batch = NetlinkBatch(Self.defaultRoutes(description, index, isReplacing: true))
        guard batch.messageCount > 0 else { return }
        try NamespaceThread.run(in: namespace) { () throws(ContainerError) in
            for reply in try NetlinkSocket(.route).transact(batch) { try reply.check(ignoring: EEXIST) }
        }
    }
}

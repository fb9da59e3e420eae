import ContainerSystem
import Glibc

// Endpoints of a container that runs.
extension ContainerEndpoint {
    /// Connects a running container. When a part fails, nothing is left of the endpoint.
    /// - Parameters:
    ///   - namespace: an open `/proc/PID/ns/net` of the container, or a pidfd of one of its processes.
    ///   - host: the other end's network.
    /// - Throws: `ContainerError`, for instance `conflict` when the interface exists.
    public func connect(_ namespace: Descriptor, to host: any HostNetwork = KernelNetwork()) throws(ContainerError) {
        let replies = try host.netlink().transact(hostBatch.resolved(namespace: namespace.raw))
        // When the first message was refused, the link of that name is somebody else's.
        if let first = replies.first { try first.check() }
        do throws(ContainerError) {
            for reply in replies { try reply.check() }
            let inner = RouteMessage.VethEnd(name: containerInterface, index: index)
            let batch = Self.containerBatch(description, inner, isReplacing: true)
            let sysctls = sysctls
            try host.enter(namespace) { netlink, folder throws(ContainerError) in
                for one in sysctls {
                    // Their paths start with net/.
                    let file = folder + one.path.dropFirst(3)
                    if Files.exists(file) { try Files.set(file, to: one.value) }
                }
                for reply in try netlink.transact(batch) { try reply.check() }
            }
        } catch {
            try? disconnect(namespace, from: host)
            throw error.during("connect the container by \(containerInterface)")
        }
    }

    /// Disconnects a running container; an endpoint that is not there is fine.
    /// - Throws: `ContainerError` when the kernel refuses.
    public func disconnect(_ namespace: Descriptor, from host: any HostNetwork = KernelNetwork()) throws(ContainerError)
    {
        if hostInterface != nil { return try disconnect(from: host) }
        let batch = NetlinkBatch([deletion])
        try host.enter(namespace) { netlink, _ throws(ContainerError) in
            for reply in try netlink.transact(batch) { try reply.check(ignoring: ENODEV) }
        }
    }

    /// The same for one with an end in the host's network, whether the container runs or not; others stay.
    public func disconnect(from host: any HostNetwork = KernelNetwork()) throws(ContainerError) {
        if let hostInterface { try host.bridges().deleteLink(hostInterface) }
    }

    /// Takes the interface away, to be sent in the container's network; whatever the container calls it by now.
    public var deletion: NetlinkMessage { RouteMessage.deleteLink(index, name: containerInterface) }

    /// Makes the default routes of a running container be those of this endpoint, as when the endpoint that had them
    /// was disconnected.
    /// - Throws: `ContainerError` when the kernel refuses.
    public func takeDefaultRoutes(_ namespace: Descriptor, on host: any HostNetwork = KernelNetwork())
        throws(ContainerError)
    {
        let batch = NetlinkBatch(Self.defaultRoutes(description, index, isReplacing: true))
        guard batch.messageCount > 0 else { return }
        try host.enter(namespace) { netlink, _ throws(ContainerError) in
            for reply in try netlink.transact(batch) { try reply.check(ignoring: EEXIST) }
        }
    }
}

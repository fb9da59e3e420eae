import ContainerNamespaces
import ContainerSystem
import OCISpec

extension LaunchPlanner {
    /// The plan that shows a container's files to its client and runs nothing: a mount namespace, the overlay and what is
    /// bound into it. It ends at `askClient`: while the client has its part, the root is there, and afterwards all of it
    /// has gone with the process.
    /// - Parameters:
    ///   - binds: of the container's mounts those that show files of the host.
    ///   - readOnly: whether the container's root is.
    /// - Throws: `invalidArgument` for a mount that cannot be.
    public static func hold(_ overlay: LaunchPlan.OverlayMount, binds: [RuntimeSpec.Mount], readOnly: Bool)
        throws(ContainerError) -> LaunchPlan
    {
        var spec = RuntimeSpec(process: .init(args: [], env: [], cwd: "/"), root: .init(path: overlay.target))
        spec.linux.namespaces = [.init(.mount)]
        var mounts = MountPlanner(spec, LaunchContext(), namespaces: NamespacePlan(spec.linux.namespaces))
        var plan = LaunchPlan()
        plan.append(.supervisor, .streams([]), .clone([.mount]))
        plan.append(.host, .askClient, .go)
        plan.append(.child, .propagate(.slave), .mountOverlay(overlay), .openRoot(path: overlay.target))
        for bind in binds { plan.append(.child, try mounts.operations(for: bind)) }
        if readOnly { plan.append(.child, .makeRootReadOnly) }
        plan.append(.child, .reportMounted, .awaitHost)
        return plan
    }
}

extension Runtime {
    /// Mounts a container's files for as long as `body` takes, in a mount namespace of its own. No code of the container
    /// runs, and the host's mounts stay as they are. Should the caller be killed, everything goes as well.
    /// - Parameter body: gets the process that holds the namespace, whose root is the host's still: the files are where
    ///   the overlay's target is.
    /// - Throws: `ContainerError` with the mount that failed; what `body` throws.
    public func withMounts(
        of overlay: LaunchPlan.OverlayMount, binds: [RuntimeSpec.Mount], readOnly: Bool,
        _ body: (ProcessIdentity) throws(ContainerError) -> Void
    ) throws(ContainerError) {
        let launch = try prepare(streams: nil)
        let plan = try LaunchPlanner.hold(overlay, binds: binds, readOnly: readOnly)
        var isDone = false
        do throws(ContainerError) {
            _ = try launch.launch(plan) { holder throws(ContainerError) in
                try body(holder)
                isDone = true
                // There is nothing to go on with.
                throw ContainerError(.cancelled, "end of the mounts")
            }
        } catch {
            if !isDone { throw error }
        }
    }
}

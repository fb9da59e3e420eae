import ContainerCgroups
import ContainerNamespaces
import ContainerSystem
import FoundationEssentials
import OCISpec

extension Runtime {
    /// Starts a container that another OCI runtime makes; the shim supervises what that has made, and has it deleted.
    /// - Parameters:
    ///   - spec: goes to the runtime as it is, with docker's system call policy where it has none.
    ///   - id: the runtime's name for the container.
    /// - Throws: `commandNotFound`, `commandNotExecutable`; `systemFailure` with what the runtime said.
    public func start(
        _ spec: RuntimeSpec, _ context: LaunchContext, id: String, with program: RuntimeProgram,
        systemCalls: SystemCalls, by launch: any PreparedLaunch
    ) throws(ContainerError) -> any LaunchedProcess {
        let cgroup = try makeCgroup(spec)
        do throws(ContainerError) {
            let plan = try plan(spec, context, id: id, with: program, systemCalls: systemCalls)
            return try launch.launch(plan)
        } catch {
            try? cgroup.delete()
            throw error.during("runtime \(program.path)")
        }
    }

    /// The plan of such a container whose control group is there; its bundle is written anew.
    public func plan(
        _ spec: RuntimeSpec, _ context: LaunchContext, id: String, with program: RuntimeProgram,
        systemCalls: SystemCalls
    ) throws(ContainerError) -> LaunchPlan {
        guard let run = context.stateFolders?.run else {
            throw ContainerError(.invalidArgument, "a container of another runtime needs a folder for its bundle")
        }
        let folder = RuntimeProgram.Folder(path: run)
        for path in [folder.bundle, folder.state] { try Files.makeDirectory(path, mode: 0o700) }
        for namespace in spec.linux.namespaces where context.donors[namespace.type] != nil {
            try Files.replace(namespace.path ?? "", with: [])
        }
        try write(spec, systemCalls, to: folder)
        var context = context
        // The runtime puts the container there; what watches and removes it is ours.
        context.cgroup = .init(of: try cgroup(of: spec))
        // Checks of its health are processes of ours.
        if context.health != nil { context.seccomp = try filter(systemCalls, for: spec.process) }
        return try LaunchPlanner.start(spec, id: id, with: program, folder: folder, in: context)
    }

    private func write(_ spec: RuntimeSpec, _ systemCalls: SystemCalls, to folder: RuntimeProgram.Folder)
        throws(ContainerError)
    {
        var spec = spec
        switch systemCalls {
        case .all: break
        case .policy(let policy): spec.linux.seccomp = policy
        case .standard:
            let bounding = spec.process.capabilities?.bounding ?? []
            spec.linux.seccomp = DefaultSeccompPolicy.make(capabilities: try Capabilities.mask(names: bounding))
        }
        let document: Data
        do { document = try JSONEncoder().encode(spec) } catch {
            throw ContainerError(.systemFailure, "write the bundle's config.json", cause: "\(error)")
        }
        try Files.replace(folder.bundle + "/config.json", with: Array(document))
    }
}

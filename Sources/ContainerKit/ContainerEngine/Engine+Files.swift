import CKLinux
import ContainerDatabase
import ContainerNamespaces
import ContainerRuntime
import ContainerStorage
import ContainerSystem
import Glibc
import OCISpec

/// A container's files as it sees them, volumes included.
struct ContainerFiles {
    let root: RootedDirectory
    /// Whether they are those of a container that runs, with its /dev and /proc.
    let isRunning: Bool
}

extension Engine {
    /// Reaches the files of a container for as long as `body` takes: of one that runs, paused or not, through the root of
    /// its first process; of any other in a mount namespace that is made for it. No code of the container runs, and paths
    /// are resolved in its root by descriptor.
    /// - Throws: `conflict` while it is being started; the mount that failed; what `body` throws.
    func withFiles(
        of record: ContainerRecord, _ body: (ContainerFiles) throws(ContainerError) -> Void
    ) throws(ContainerError) {
        if let running = state(of: record).process {
            // Until then its root is the host's.
            guard running.hasStarted else {
                throw ContainerError(
                    .conflict, "container \(record.name) is being started", hint: "try again in a moment")
            }
            let root = RootedDirectory(try running.process.root(), name: record.name)
            try refuseHost(root)
            return try body(ContainerFiles(root: root, isRunning: true))
        }
        try withMounts(of: record, body)
    }

    private func withMounts(
        of record: ContainerRecord, _ body: (ContainerFiles) throws(ContainerError) -> Void
    ) throws(ContainerError) {
        let configuration = try Self.decode(record)
        let image = try imageStore.find("sha256:" + record.image)
        let folder = folders(record.id).folder
        // One overlay on these folders at a time.
        let lock = try FileLock.take(folder + "/files.lock", .exclusive)
        defer { withExtendedLifetime(lock) {} }
        let overlay = try snapshotter.mount(record.id, layers: image.layers)
        let isReadOnly = configuration.readOnlyRoot == true
        try runtime.withMounts(
            of: .init(folder: overlay.workingDirectory, options: overlay.options, target: overlay.target),
            binds: try binds(configuration, folder: folder), readOnly: isReadOnly
        ) { holder throws(ContainerError) in
            let hostRoot = RootedDirectory(try holder.root(), name: "/")
            let mounted = try hostRoot.open(overlay.target, CK_O_PATH | O_DIRECTORY)
            let root = RootedDirectory(mounted, name: record.name)
            try refuseHost(root)
            try body(ContainerFiles(root: root, isRunning: false))
        }
    }

    /// Whatever went wrong before, the host's own files are no container's.
    private func refuseHost(_ root: RootedDirectory) throws(ContainerError) {
        var (own, found) = (stat(), stat())
        try system("stat /") { stat("/", &own) }
        try system("stat the root of \(root.name)") { fstat(root.descriptor.raw, &found) }
        guard own.st_dev != found.st_dev || own.st_ino != found.st_ino else {
            throw ContainerError(.systemFailure, "the root of container \(root.name) is the host's")
        }
    }

    /// What of the host is shown in the container: volumes, and the files that tell it its names once they are written.
    private func binds(_ configuration: ContainerConfiguration, folder: String) throws(ContainerError)
        -> [RuntimeSpec.Mount]
    {
        var host = SpecBuilder.Host(
            rootPath: "/", folder: folder, identity: .init(user: .init(), home: "/"), cgroupsPath: "",
            terminalSize: nil, deviceRules: [])
        host.volumes = try volumeSources(configuration)
        // What is in memory goes with the container's processes.
        return try MountBuilder.mounts(configuration, host).filter { mount in
            let isVolume = configuration.volumes.contains { $0.kind == .volume && $0.target == mount.destination }
            guard mount.type == "bind" || (isVolume && mount.type != "tmpfs") else { return false }
            guard let source = mount.source, source.hasPrefix(folder + "/") else { return true }
            return Files.exists(source)
        }
    }
}

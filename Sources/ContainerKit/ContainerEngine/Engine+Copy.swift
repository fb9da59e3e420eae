import ContainerDatabase
import ContainerStorage
import ContainerSystem
import Glibc

/// What a copy came to.
public struct CopySummary: Sendable, Equatable {
    /// The bytes of the tar that it would make: what docker counts.
    public let bytes: Int64
    /// Where it went: the path that was given, or where a link there leads.
    public let path: String
}

extension Engine {
    /// Copies a file or folder of the host into a container, running or not, by the rules of `docker cp`: `SOURCE/.` is
    /// what is in the folder, a target that is a folder is copied into.
    /// - Parameters:
    ///   - source: a path of the host.
    ///   - container: its name or id.
    ///   - path: in the container, from its root on.
    ///   - progress: hears how many bytes have been copied.
    /// - Throws: `notFound`, `invalidArgument` and `conflict` in docker's words; `permissionDenied` for a read-only root
    ///   or volume. What was copied by then stays.
    public func copyIn(
        _ source: String, to container: String, path: String, _ options: CopyOptions = .init(),
        progress: @escaping (Int64) -> Void = { _ in }
    ) throws(ContainerError) -> CopySummary {
        let record = try find(container)
        let hostPath = Self.absolute(source)
        let host = try RootedDirectory("/")
        guard let found = try CopySource.find(hostPath, in: host, followsLink: options.followsLink) else {
            throw ContainerError(.notFound, "lstat \(hostPath): no such file or directory")
        }
        defer { noteContainerEvent("extract-to-dir", container: record.id) }
        return try receive(in: record, called: container, path: path) {
            (destination, count) throws(ContainerError) in
            // As docker: what goes in keeps its owner, with -a and without.
            try destination.take(found, keepsOwner: true, confinesDevices: true, progress: count)
        } progress: {
            progress($0)
        }
    }

    /// Unpacks a tar, compressed or not, into a folder of a container, running or not.
    /// - Parameters:
    ///   - archive: read once, to its end.
    ///   - limits: what it may cost; beyond that it is refused.
    /// - Throws: as the other; `corrupted` with an entry that is malformed or leads out of the folder; `exhausted` beyond
    ///   a limit.
    public func copyIn(
        archive: ByteSource, to container: String, path: String, limits: UnpackLimits = .init(),
        progress: @escaping (Int64) -> Void = { _ in }
    ) throws(ContainerError) -> CopySummary {
        let record = try find(container)
        defer { noteContainerEvent("extract-to-dir", container: record.id) }
        return try receive(in: record, called: container, path: path) {
            (destination, count) throws(ContainerError) in
            guard destination.kind == .directory else {
                throw ContainerError(
                    .invalidArgument, "destination \"\(container):\(path)\" must be a directory")
            }
            try destination.unpack(archive, limits: limits, confinesDevices: true, progress: count)
        } progress: {
            progress($0)
        }
    }

    /// Copies a file or folder out of a container, running or not, by the rules of `docker cp`. Without
    /// `CopyOptions.keepsOwner` it belongs to the caller, and is nobody's setuid program.
    /// - Parameters:
    ///   - path: in the container, from its root on.
    ///   - destination: a path of the host.
    /// - Throws: as `copyIn`.
    public func copyOut(
        of container: String, path: String, to destination: String, _ options: CopyOptions = .init(),
        progress: @escaping (Int64) -> Void = { _ in }
    ) throws(ContainerError) -> CopySummary {
        let record = try find(container)
        let hostPath = Self.absolute(destination)
        let target = try Self.hostDestination(hostPath)
        let count = CopyProgress(progress)
        defer { noteContainerEvent("archive-path", container: record.id) }
        try withSource(in: record, called: container, path: path, options) { source throws(ContainerError) in
            try target.take(source, keepsOwner: options.keepsOwner, confinesDevices: false, progress: count)
        }
        return CopySummary(bytes: count.bytes, path: hostPath)
    }

    /// Writes a file or folder of a container, running or not, as a tar, owners and modes as they are.
    /// - Parameter outputName: what errors call the output.
    /// - Throws: `notFound`, before anything is written.
    public func copyOut(
        of container: String, path: String, archive output: Descriptor, outputName: String,
        _ options: CopyOptions = .init()
    ) throws(ContainerError) {
        let record = try find(container)
        defer { noteContainerEvent("archive-path", container: record.id) }
        try withSource(in: record, called: container, path: path, options) {
            source throws(ContainerError) in
            try source.writeArchive(to: output, name: outputName)
        }
    }

    // MARK: - Both ends

    private func receive(
        in record: ContainerRecord, called name: String, path: String,
        _ body: (CopyDestination, CopyProgress) throws(ContainerError) -> Void, progress: @escaping (Int64) -> Void
    ) throws(ContainerError) -> CopySummary {
        guard !path.isEmpty else { throw ContainerError(.invalidArgument, "no such directory") }
        let count = CopyProgress(progress)
        var reached = path
        try withFiles(of: record) { files throws(ContainerError) in
            let destination = try Self.containerDestination(path, in: files.root, called: name)
            reached = destination.path
            try body(destination, count)
        }
        noteContainerEvent("extract-to-dir", container: record.id)
        return CopySummary(bytes: count.bytes, path: reached)
    }

    private func withSource(
        in record: ContainerRecord, called name: String, path: String, _ options: CopyOptions,
        _ body: (CopySource) throws(ContainerError) -> Void
    ) throws(ContainerError) {
        try withFiles(of: record) { files throws(ContainerError) in
            guard !path.isEmpty,
                var source = try CopySource.find(path, in: files.root, followsLink: options.followsLink)
            else {
                throw ContainerError(.notFound, "Could not find the file \(path) in container \(name)")
            }
            if files.isRunning { source.hideDevices(of: files.root) }
            try body(source)
        }
        noteContainerEvent("archive-path", container: record.id)
    }

    private static func containerDestination(_ path: String, in root: RootedDirectory, called name: String)
        throws(ContainerError) -> CopyDestination
    {
        let destination: CopyDestination
        do throws(ContainerError) {
            destination = try CopyDestination.find(path, in: root)
        } catch {
            guard error.code == .notFound else { throw error }
            throw ContainerError(.notFound, "Could not find the file \(error.message) in container \(name)")
        }
        guard !destination.isDevice else {
            throw ContainerError(
                .invalidArgument, "destination \"\(name):\(path)\" must be a directory or a regular file: got a device")
        }
        guard let readOnly = destination.readOnlyPlace else { return destination }
        throw ContainerError(
            .permissionDenied,
            readOnly == .root ? "container rootfs is marked read-only" : "mounted volume is marked read-only")
    }

    private static func hostDestination(_ path: String) throws(ContainerError) -> CopyDestination {
        let destination: CopyDestination
        do throws(ContainerError) {
            destination = try CopyDestination.find(path, in: try RootedDirectory("/"))
        } catch {
            if error.code == .notFound {
                throw ContainerError(
                    .notFound, "invalid output path: directory \"\(error.message)\" does not exist")
            }
            throw error.code == .invalidArgument
                ? ContainerError(.invalidArgument, "stat \(path): not a directory") : error
        }
        guard !destination.isFileNamedAsFolder else {
            throw ContainerError(.invalidArgument, "stat \(path): not a directory")
        }
        guard !destination.isDevice else {
            throw ContainerError(
                .invalidArgument,
                "invalid output path: \"\(path)\" must be a directory or a regular file: got a device")
        }
        return destination
    }

    /// From the root on, with what its end says.
    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let current = getcwd(nil, 0) else { return path }
        defer { free(current) }
        let folder = String(cString: current)
        return folder == "/" ? "/" + path : folder + "/" + path
    }
}

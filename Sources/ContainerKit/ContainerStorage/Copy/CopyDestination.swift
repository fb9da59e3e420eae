import CKLinux
import ContainerSystem
import Glibc

/// Where a copy goes: a folder, a file, or a name that is to be made; found, and held open.
public struct CopyDestination {
    public let kind: CopyRules.Destination
    /// The path is that of a folder, but what is there is none.
    public let isFileNamedAsFolder: Bool
    /// The path that is meant, where it ended in a link.
    public let path: String
    private let located: LocatedPath
    private let root: RootedDirectory

    /// Finds a path in a root; nothing outside of it can be found.
    /// - Throws: `notFound` when the folder that would hold it is not there; `invalidArgument` when that is no folder.
    public static func find(_ text: String, in root: RootedDirectory) throws(ContainerError) -> CopyDestination {
        let path = CopyPath(text)
        guard let located = try LocatedPath.find(text, in: root, followsLast: true) else {
            if (try? root.open(path.parent, CK_O_PATH)) != nil {
                throw ContainerError(.invalidArgument, "extraction point is not a directory")
            }
            throw ContainerError(.notFound, path.parent)
        }
        let isFolder = located.status?.type == S_IFDIR
        let kind: CopyRules.Destination =
            switch located.status {
            case _ where isFolder: .directory
            case nil: .missing(assertsDirectory: path.assertsDirectory)
            case _ where path.assertsDirectory: .missing(assertsDirectory: true)
            default: .file
            }
        // What a link was followed to is the path that counts.
        let isLinked = located.path != CPath(text.utf8CString)
        return CopyDestination(
            kind: kind, isFileNamedAsFolder: located.status != nil && !isFolder && path.assertsDirectory,
            path: isLinked ? CopyPath.clean(located.path.string) : text, located: located, root: root)
    }

    /// Neither a folder nor a file that could be replaced.
    public var isDevice: Bool { [S_IFCHR, S_IFBLK].contains(located.status?.type) }

    public enum ReadOnlyPlace: Sendable { case root, mount }

    /// Where it would be written to, if nothing can be written there.
    public var readOnlyPlace: ReadOnlyPlace? {
        let folder = (kind == .directory ? try? directory() : nil) ?? located.parent
        var system = statvfs()
        guard fstatvfs(folder.raw, &system) == 0, system.f_flag & UInt(ST_RDONLY) != 0 else { return nil }
        let isRoot = (try? folder.status(path).st_dev) == (try? root.descriptor.status(path).st_dev)
        return isRoot ? .root : .mount
    }

    /// Copies a file or a folder to here, by the rules of `docker cp`.
    /// - Parameters:
    ///   - keepsOwner: see `CopyOptions`.
    ///   - confinesDevices: device nodes are made on the file system of the root only.
    /// - Throws: `invalidArgument` and `conflict` in docker's words; what could not be read or written.
    public func take(
        _ source: CopySource, keepsOwner: Bool, confinesDevices: Bool, progress: CopyProgress = CopyProgress()
    ) throws(ContainerError) {
        let placement = try CopyRules.placement(sourceIsDirectory: source.isDirectory, at: kind)
        let (folder, name): (Descriptor, CPath?) =
            switch placement {
            case .into: (try directory(), source.name.map { CPath($0.utf8CString) })
            case .named: (located.parent, located.name)
            }
        let target = try CopyTarget(
            folder, name: placement == .into ? path : CopyPath(path).parent, devices: try devices(confinesDevices))
        var copier = TreeCopier(source, to: target, keepsOwner: keepsOwner, progress: progress)
        try copier.run(as: name)
        progress.finish()
    }

    /// Unpacks a tar, compressed or not, into the folder that is here.
    /// - Throws: `invalidArgument` when it is no folder; `corrupted` with the entry that is malformed or leads out;
    ///   `exhausted` beyond a limit.
    public func unpack(
        _ archive: ByteSource, limits: UnpackLimits = UnpackLimits(), confinesDevices: Bool,
        progress: CopyProgress = CopyProgress()
    ) throws(ContainerError) {
        guard kind == .directory else { throw ContainerError(.invalidArgument, "\(path) must be a directory") }
        let target = try CopyTarget(
            try directory(), name: path, root: (root, located.path), devices: try devices(confinesDevices))
        var extractor = try ArchiveExtractor(
            archive, to: target, folder: path, limits: limits, progress: progress)
        try extractor.run()
    }

    private func directory() throws(ContainerError) -> Descriptor {
        let raw = try system("open \(path)") {
            openat(located.parent.raw, located.name, CK_O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        }
        return Descriptor(owning: raw)
    }

    private func devices(_ areConfined: Bool) throws(ContainerError) -> CopyTarget.DevicePolicy {
        areConfined ? .onFileSystem(try root.descriptor.status(root.name).st_dev) : .everywhere
    }
}

import CKLinux
import ContainerSystem
import Glibc
import OCISpec

/// Snapshots for overlayfs under a folder of the host; many processes at once.
///
///     layers/HEX/{diff/,diffid,size}   an unpacked layer by its chain
///     l/SHORT -> ../layers/HEX/diff    the same under a short name; a layer is there when this leads to it
///     l/empty/                         the layer of an image that has none
///     snapshots/ID/{upper,work}        a container's own files
///     merged/                          where they are mounted, each in its own mount namespace
public struct OverlaySnapshotter: Snapshotter {
    public let root: String
    public var limits: UnpackLimits
    /// Whether a layer is forced to the disk (syncfs(2)) before it counts as there. Without it, a loss of power shortly
    /// after may leave a layer with empty files.
    public var synchronizes: Bool

    private static let unpacking = ".unpacking"
    private static let removing = ".removing"
    private static let locked = ".locked"
    private static let emptyLayer = "empty"
    /// mount(2): one page, and the zero at the end.
    private static let maximumOptions = 4095

    private var layersFolder: String { root + "/layers" }
    private var linksFolder: String { root + "/l" }
    private var snapshotsFolder: String { root + "/snapshots" }
    private var mergedFolder: String { root + "/merged" }

    /// Makes the folders when they are not there.
    public init(
        root: String, limits: UnpackLimits = UnpackLimits(), synchronizes: Bool = true
    ) throws(ContainerError) {
        self.root = root
        self.limits = limits
        self.synchronizes = synchronizes
        // Made last, so that it stands for all.
        if Files.exists(mergedFolder) { return }
        // Nobody else of this host gets at what is in an image: its setuid programs would be theirs (CVE-2021-41091).
        for folder in [root, layersFolder, linksFolder, snapshotsFolder] {
            try Files.makeDirectory(folder, mode: 0o710)
        }
        // ext4 looks at every inode that was freed in the last minute before it takes another one of the same part of the
        // disk: a layer that is removed and pulled again should not land where it was.
        let layers = try Descriptor.open(layersFolder, O_RDONLY | O_DIRECTORY)
        ck_spread_folders(layers.raw)
        try Files.makeDirectory("\(linksFolder)/\(Self.emptyLayer)")
        try Files.makeDirectory(mergedFolder)
    }

    // MARK: Layers

    private func folder(_ layer: ChainID) -> String { "\(layersFolder)/\(layer.digest.hex)" }
    private func link(_ layer: ChainID) -> String { "\(linksFolder)/\(layer.shortName)" }

    public func contains(_ layer: ChainID) -> Bool { Files.exists(link(layer)) }

    public func layer(_ layer: ChainID) throws(ContainerError) -> UnpackedLayer {
        guard contains(layer) else { throw ContainerError(.notFound, "layer \(layer) is not unpacked") }
        return try record(of: layer)
    }

    public func diskUsage(of layer: ChainID) throws(ContainerError) -> Int64 {
        let folder = folder(layer)
        var status = stat()
        try system("stat \(folder)") { stat(folder, &status) }
        return try DiskUsage(of: folder).allocated + Int64(status.st_blocks) * 512
    }

    private func record(of layer: ChainID) throws(ContainerError) -> UnpackedLayer {
        guard let diffID = Digest(try Files.readText("\(folder(layer))/diffid", limit: 128)),
            let size = Int64(try Files.readText("\(folder(layer))/size", limit: 32))
        else {
            throw ContainerError(.corrupted, "layer \(layer): its record in \(folder(layer)) is damaged")
        }
        return UnpackedLayer(chainID: layer, diffID: diffID, size: size)
    }

    public func unpack(
        _ tar: ByteSource, compression: LayerCompression?, diffID: Digest?, parents: [ChainID],
        awaitParents: (() throws(ContainerError) -> Void)?,
        tee: ((UnsafeRawBufferPointer) throws(ContainerError) -> Void)?
    ) throws(ContainerError) -> UnpackedLayer {
        var lock: FileLock?
        if let diffID, tee == nil {
            let chainID = try ChainID(parent: parents.last, diffID: diffID)
            lock = try claim(chainID)
            guard lock != nil else {
                try publish(chainID)
                return try record(of: chainID)
            }
        }
        defer { lock?.remove() }
        let path = "\(layersFolder)/\(TemporaryName.make(Self.unpacking))"
        let below = LayersBelow { () throws(ContainerError) in
            try awaitParents?()
            for parent in parents where !contains(parent) {
                throw ContainerError(.notFound, "unpack layer: the layer below, \(parent), is not unpacked")
            }
            return try LayeredView(directories: parents.reversed().map { link($0) })
        }
        if awaitParents == nil { _ = try below.view() }
        do throws(ContainerError) {
            let stream = try LayerStream(tar, compression: compression, limits: limits, tee: tee)
            let layer = try fill(path, from: stream, diffID: diffID, parents: parents, below)
            if rename(path, self.folder(layer.chainID)) != 0 {
                guard errno == EEXIST || errno == ENOTEMPTY else {
                    throw ContainerError(.current, "store layer \(layer.chainID)")
                }
                // Another process was faster, with the same content.
                try Files.removeTree(path)
            }
            try publish(layer.chainID)
            return layer
        } catch {
            try? Files.removeTree(path)
            throw error
        }
    }

    /// Unpacks into a folder that nobody looks at yet.
    private func fill(
        _ path: String, from stream: LayerStream, diffID: Digest?, parents: [ChainID], _ below: LayersBelow
    ) throws(ContainerError) -> UnpackedLayer {
        let diff = path + "/diff"
        try Files.makeDirectory(path, mode: 0o711)
        try system("make folder \(diff)") { mkdir(diff, 0o755) }
        let folder = try Descriptor.open(diff, O_RDONLY | O_DIRECTORY)
        var unpacker = LayerUnpacker(stream: stream, limits: limits, target: UnpackTarget(root: folder, below: below))
        let found = try unpacker.run()
        if let diffID, found != diffID {
            throw ContainerError(
                .corrupted, "unpack layer: its tar has the digest \(found), the image says \(diffID)")
        }
        // A layer that is there has all that is below it.
        _ = try below.view()
        if !unpacker.describesRoot, let parent = parents.last { try copyOwnerAndMode(from: link(parent), to: diff) }
        let layer = UnpackedLayer(
            chainID: try ChainID(parent: parents.last, diffID: found), diffID: found, size: unpacker.unpackedSize)
        try Files.replace(path + "/diffid", with: layer.diffID.description.utf8)
        try Files.replace(path + "/size", with: String(layer.size).utf8)
        if synchronizes { try system("sync layer \(layer.chainID)") { syncfs(folder.raw) } }
        return layer
    }

    private func lockFile(_ layer: ChainID) -> String { "\(layersFolder)/\(Self.locked)-\(layer.digest.hex)" }

    /// The right to unpack a layer, once no other process does.
    /// - Returns: nil when the layer is there.
    private func claim(_ layer: ChainID) throws(ContainerError) -> FileLock? {
        func isThere() -> Bool { Files.exists("\(folder(layer))/size") }
        while !isThere() {
            guard let lock = try FileLock.takeOwn(lockFile(layer), waits: true) else { continue }
            // Another process may have unpacked it between our look and our lock.
            if !isThere() { return lock }
            lock.remove()
        }
        return nil
    }

    private func publish(_ layer: ChainID) throws(ContainerError) {
        if symlink("../layers/\(layer.digest.hex)/diff", link(layer)) != 0, errno != EEXIST {
            throw ContainerError(.current, "store layer \(layer)")
        }
    }

    private func copyOwnerAndMode(from model: String, to path: String) throws(ContainerError) {
        var status = stat()
        try system("stat \(model)") { stat(model, &status) }
        if status.st_uid != 0 || status.st_gid != 0 {
            try system("change owner of \(path)") { chown(path, status.st_uid, status.st_gid) }
        }
        if status.st_mode & 0o7777 != 0o755 {
            try system("change mode of \(path)") { chmod(path, status.st_mode & 0o7777) }
        }
    }

    public func layers() throws(ContainerError) -> [ChainID] {
        try Files.list(layersFolder).compactMap { Digest(hex: $0).map(ChainID.init) }
            .sorted { $0.digest.hex < $1.digest.hex }
    }

    public func removeLayer(_ layer: ChainID) throws(ContainerError) {
        // The name first: from then on the layer is not there for anybody.
        if unlink(link(layer)) != 0, errno != ENOENT { throw ContainerError(.current, "remove layer \(layer)") }
        let removing = "\(layersFolder)/\(TemporaryName.make(Self.removing))"
        if rename(folder(layer), removing) != 0 {
            if errno == ENOENT { return }
            throw ContainerError(.current, "remove layer \(layer)")
        }
        try Files.removeTree(removing)
    }

    // MARK: Snapshots

    /// The folder with all that a snapshot is made of.
    /// - Throws: `invalidArgument` for a name that is no plain file name.
    public func folder(_ id: String) throws(ContainerError) -> String {
        let isName = { (byte: UInt8) in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
        }
        guard let first = id.utf8.first, isName(first), id.utf8.count <= 128,
            id.utf8.allSatisfy({ isName($0) || $0 == 45 || $0 == 46 })
        else { throw ContainerError(.invalidArgument, "\"\(id)\" cannot be the name of a snapshot") }
        return "\(snapshotsFolder)/\(id)"
    }

    public func prepare(_ id: String, layers: [ChainID]) throws(ContainerError) -> OverlayMount {
        let mount = try mount(id, layers: layers)
        for layer in layers where !contains(layer) {
            throw ContainerError(
                .notFound, "prepare \(id): layer \(layer) is not unpacked", hint: "pull the image again")
        }
        let folder = try folder(id)
        try system("make snapshot \(id)") { mkdir(folder, 0o711) }
        do throws(ContainerError) {
            try system("make snapshot \(id)") { mkdir(folder + "/upper", 0o755) }
            try system("make snapshot \(id)") { mkdir(folder + "/work", 0o700) }
            // The root of the mount has the owner and the mode of the topmost folder.
            if let top = layers.last { try copyOwnerAndMode(from: link(top), to: folder + "/upper") }
        } catch {
            try? Files.removeTree(folder)
            throw error
        }
        return mount
    }

    public func mount(_ id: String, layers: [ChainID]) throws(ContainerError) -> OverlayMount {
        _ = try folder(id)
        let mount = OverlayMount(
            workingDirectory: linksFolder,
            lowerdirs: layers.isEmpty ? [Self.emptyLayer] : layers.reversed().map(\.shortName),
            upperdir: "../snapshots/\(id)/upper", workdir: "../snapshots/\(id)/work", target: mergedFolder)
        guard mount.options.utf8.count <= Self.maximumOptions else {
            throw ContainerError(
                .unsupported, "prepare \(id): \(layers.count) layers are more than mount(2) can take",
                hint: "an image may have about 160")
        }
        return mount
    }

    public func remove(_ id: String) throws(ContainerError) { try Files.removeTree(try folder(id)) }

    public func snapshots() throws(ContainerError) -> [String] { try Files.list(snapshotsFolder).sorted() }

    public func upperDirectory(_ id: String) throws(ContainerError) -> String { try folder(id) + "/upper" }

    public func view(_ id: String?, layers: [ChainID]) throws(ContainerError) -> LayeredView {
        var directories = layers.reversed().map { link($0) }
        if let id { directories.insert(try upperDirectory(id), at: 0) }
        return try LayeredView(directories: directories)
    }

    public func cleanUp() throws(ContainerError) {
        for name in try Files.list(layersFolder) where name.hasPrefix(".") {
            let path = "\(layersFolder)/\(name)"
            let isStale =
                TemporaryName.isStale(name, prefix: Self.unpacking)
                || TemporaryName.isStale(name, prefix: Self.removing)
            if isStale { try Files.removeTree(path) }
            if name.hasPrefix(Self.locked + "-") { try FileLock.takeOwn(path, waits: false)?.remove() }
        }
    }
}

import ContainerSystem
import Glibc

/// A path that two trees do not have alike.
public struct FileChange: Sendable, Hashable {
    /// docker's letters: `docker diff`.
    public enum Kind: String, Sendable { case added = "A", changed = "C", deleted = "D" }

    public let kind: Kind
    /// From the root: `/etc/passwd`.
    public let path: String
    /// Bytes of the file before, of all files below for a folder that is gone; 0 for one that was not there.
    public let sizeBefore: Int64
    /// Bytes of the file now; 0 for one that is gone.
    public let sizeAfter: Int64

    public init(_ kind: Kind, _ path: String, sizeBefore: Int64 = 0, sizeAfter: Int64 = 0) {
        self.kind = kind
        self.path = path
        self.sizeBefore = sizeBefore
        self.sizeAfter = sizeAfter
    }
}

extension LayeredView {
    /// What is different in another tree, in the order of paths. A folder in which something is different is itself
    /// changed; of a folder that is gone only the folder is told.
    ///
    /// Layers that both have are not read: only their folders are.
    /// - Parameter files: when two files with the same owner, mode and attributes are the same.
    /// - Throws: `ContainerError` with the path that cannot be read; what `body` throws.
    public func changes(
        to other: LayeredView, comparing files: FileComparison = .bytes,
        _ body: (FileChange) throws(ContainerError) -> Void
    ) throws(ContainerError) {
        try changes(to: other, comparing: files, leavingOut: [], body)
    }

    /// - Parameter paths: what is in the other tree only, and no change.
    func changes(
        to other: LayeredView, comparing files: FileComparison, leavingOut paths: Set<CPath>,
        _ body: (FileChange) throws(ContainerError) -> Void
    ) throws(ContainerError) {
        var comparison = TreeComparison(
            before: LayeredWalk(self), after: LayeredWalk(other), files: files, leftOut: paths)
        try comparison.run(body)
    }
}

/// When two files are the same.
public enum FileComparison: Sendable {
    /// When they have the same bytes, whenever they were written.
    case bytes
    /// When they have the same size and were written at the same time: what `docker diff` goes by. No file is read.
    case times
}

/// Goes through two trees side by side.
private struct TreeComparison {
    typealias Report = (FileChange) throws(ContainerError) -> Void

    var before: LayeredWalk
    var after: LayeredWalk
    private let files: FileComparison
    private let leftOut: Set<CPath>
    /// The folders above, with whether each was reported; outermost first.
    private var folders: [(path: CPath, isReported: Bool)] = []

    init(before: LayeredWalk, after: LayeredWalk, files: FileComparison, leftOut: Set<CPath>) {
        self.files = files
        self.leftOut = leftOut
        self.before = before
        self.after = after
    }

    mutating func run(_ report: Report) throws(ContainerError) {
        var old = try before.next()
        var new = try after.next()
        while old != nil || new != nil {
            switch (old, new) {
            case (let gone?, _) where new.map({ LayeredWalk.precedes(gone.path, $0.path) }) ?? true:
                old = try reportDeletion(of: gone, report)
            case (_, let made?) where old.map({ LayeredWalk.precedes(made.path, $0.path) }) ?? true:
                if leftOut.contains(made.path) {
                    after.skipContents()
                    new = try after.next()
                    continue
                }
                try self.report(.added, made.path, 0, Self.size(try made.status()), report)
                if made.isDirectory { folders.append((CPath(made.path.dropLast()), true)) }
                new = try after.next()
            case (let gone?, let made?):
                try compare(gone, made, report)
                old = try before.next()
                new = try after.next()
            default: return
            }
        }
    }

    private mutating func compare(
        _ old: LayeredWalk.Entry, _ new: LayeredWalk.Entry, _ report: Report
    ) throws(ContainerError) {
        leave(old.path)
        if case .directory(let left) = old.node, case .directory(let right) = new.node,
            try Self.identities(left) == Self.identities(right)
        {
            before.skipContents()
            after.skipContents()
            return
        }
        let isSame = try isSame(old, new)
        if !isSame {
            try self.report(
                .changed, old.path, Self.size(try old.status()), Self.size(try new.status()), report)
        }
        if old.isDirectory || new.isDirectory { folders.append((CPath(old.path.dropLast()), !isSame)) }
    }

    /// - Returns: the entry after what was in the folder.
    private mutating func reportDeletion(
        of gone: LayeredWalk.Entry, _ report: Report
    ) throws(ContainerError) -> LayeredWalk.Entry? {
        var size = Self.size(try gone.status())
        let prefix = CPath(gone.path.dropLast()) + [47]
        var next = try before.next()
        while let inner = next, gone.isDirectory, inner.path.starts(with: prefix) {
            size += Self.size(try inner.status())
            next = try before.next()
        }
        try self.report(.deleted, gone.path, size, 0, report)
        return next
    }

    private mutating func report(
        _ kind: FileChange.Kind, _ path: CPath, _ before: Int64, _ after: Int64, _ report: Report
    ) throws(ContainerError) {
        leave(path)
        for index in folders.indices where !folders[index].isReported {
            try report(FileChange(.changed, "/" + (folders[index].path + [0]).string))
            folders[index].isReported = true
        }
        try report(FileChange(kind, "/" + path.string, sizeBefore: before, sizeAfter: after))
    }

    /// Forgets the folders that the path is not in.
    private mutating func leave(_ path: CPath) {
        while let folder = folders.last, !path.starts(with: folder.path + [47]) { folders.removeLast() }
    }

    private static func size(_ status: stat) -> Int64 { status.type == S_IFREG ? Int64(status.st_size) : 0 }

    private static func identities(_ merged: LayeredView.Merged) throws(ContainerError) -> [FileIdentity] {
        var identities: [FileIdentity] = []
        for directory in merged {
            var status = stat()
            try system("stat a folder of the image") { fstat(directory.raw, &status) }
            identities.append(FileIdentity(status))
        }
        return identities
    }

    private func isSame(_ old: LayeredWalk.Entry, _ new: LayeredWalk.Entry) throws(ContainerError) -> Bool {
        let (left, right) = (try old.status(), try new.status())
        if FileIdentity(left) == FileIdentity(right) { return true }
        guard left.st_mode == right.st_mode, left.st_uid == right.st_uid, left.st_gid == right.st_gid,
            try Self.attributes(old) == Self.attributes(new)
        else { return false }
        if files == .times, left.type != S_IFDIR {
            return left.st_size == right.st_size && left.st_rdev == right.st_rdev
                && left.st_mtim.tv_sec == right.st_mtim.tv_sec && left.st_mtim.tv_nsec == right.st_mtim.tv_nsec
        }
        guard case .other(let leftParent, _, _) = old.node, case .other(let rightParent, _, _) = new.node else {
            return true
        }
        switch left.type {
        case S_IFREG:
            guard left.st_size == right.st_size else { return false }
            return try Self.hasSameBytes(
                LayeredView.open(old.name, in: leftParent, path: old.text),
                LayeredView.open(new.name, in: rightParent, path: new.text), old.text)
        case S_IFLNK:
            return try LayeredView.target(of: old.name, in: leftParent)
                == LayeredView.target(of: new.name, in: rightParent)
        case S_IFCHR, S_IFBLK: return left.st_rdev == right.st_rdev
        default: return true
        }
    }

    private static func attributes(_ entry: LayeredWalk.Entry) throws(ContainerError) -> [String: [UInt8]] {
        let path =
            switch entry.node {
            case .directory(let merged): ExtendedAttributes.path(merged[0], [46, 0])
            case .other(let parent, let name, _): ExtendedAttributes.path(parent, name)
            }
        return try ExtendedAttributes.list(path, name: entry.text)
            .filter { ExtendedAttributes.belongsInLayer($0.name) }.reduce(into: [:]) { $0[$1.name] = $1.value }
    }

    private static func hasSameBytes(_ left: Descriptor, _ right: Descriptor, _ path: String) throws(ContainerError)
        -> Bool
    {
        var (ours, theirs) = ([UInt8](repeating: 0, count: 128 << 10), [UInt8](repeating: 0, count: 128 << 10))
        while true {
            let count = try fill(&ours, from: left, path)
            guard try fill(&theirs, from: right, path) == count, ours[..<count] == theirs[..<count] else {
                return false
            }
            if count < ours.count { return true }
        }
    }

    /// Reads until the buffer is full or the file ends.
    private static func fill(_ buffer: inout [UInt8], from file: Descriptor, _ path: String) throws(ContainerError)
        -> Int
    {
        var filled = 0
        while filled < buffer.count {
            let count = try system("read \(path) in the image") {
                buffer.withUnsafeMutableBytes { read(file.raw, $0.baseAddress! + filled, $0.count - filled) }
            }
            if count == 0 { break }
            filled += count
        }
        return filled
    }
}

import CKLinux
import ContainerSystem
import Glibc

/// The files of a container as it would see them, read without a mount: layers on top of each other, whiteouts and
/// opaque folders honoured, symbolic links followed within, across layers.
///
/// Everything in it is somebody else's: no link leads out, nothing but regular files is opened, every size is bounded.
public struct LayeredView: Sendable {
    /// The folders of the layers that make up one folder, top first.
    typealias Merged = [Descriptor]

    enum Node {
        /// The folders of the layers that make up this one, top first.
        case directory(Merged)
        case other(parent: Descriptor, name: CPath, status: stat)
    }

    /// Top first.
    let root: Merged
    private static let maximumLinks = 40

    /// - Parameter directories: of the host, top first (a snapshot's upper, then its layers). They are trusted.
    /// - Throws: `ContainerError` with the path that cannot be opened.
    public init(directories: [String]) throws(ContainerError) {
        var root = Merged()
        for directory in directories { root.append(try Descriptor.open(directory, O_RDONLY | O_DIRECTORY)) }
        self.root = root
    }

    init(root: Merged) { self.root = root }

    /// What is at a path and below, as a view of its own; nil where there is no folder. Links are followed.
    /// - Throws: `invalidArgument` when a link goes in circles.
    public func subtree(at path: String) throws(ContainerError) -> LayeredView? {
        guard case .directory(let merged)? = try resolve(path) else { return nil }
        return LayeredView(root: merged)
    }

    /// The bytes of a regular file.
    /// - Throws: `notFound`; `invalidArgument` when it is not a regular file or a link goes in circles; `corrupted` when
    ///   it is larger than `limit` bytes.
    public func readFile(_ path: String, limit: Int = 4 << 20) throws(ContainerError) -> [UInt8] {
        guard let node = try resolve(path) else {
            throw ContainerError(.notFound, "read \(path) in the image: no such file")
        }
        guard case .other(let parent, let name, let status) = node, status.type == S_IFREG else {
            throw ContainerError(.invalidArgument, "read \(path) in the image: not a regular file")
        }
        return try Self.open(name, in: parent, path: path).readAll(limit: limit, name: "\(path) in the image")
    }

    /// Opens a regular file of a layer.
    static func open(_ name: CPath, in parent: Descriptor, path: String) throws(ContainerError) -> Descriptor {
        // Another process may put something else in its place in the meantime: look again once it is open.
        let raw = try system("read \(path) in the image") {
            openat(parent.raw, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC)
        }
        let file = Descriptor(owning: raw)
        var opened = stat()
        try system("read \(path) in the image") { fstat(raw, &opened) }
        guard opened.type == S_IFREG else {
            throw ContainerError(.invalidArgument, "read \(path) in the image: not a regular file")
        }
        return file
    }

    /// What stat(2) would say, links followed; nil when there is nothing of that name.
    /// - Throws: `invalidArgument` when a link goes in circles.
    public func status(_ path: String) throws(ContainerError) -> stat? {
        guard let node = try resolve(path) else { return nil }
        switch node {
        case .other(_, _, let status): return status
        case .directory(let merged):
            guard let top = merged.first else { return nil }
            var status = stat()
            try system("stat \(path) in the image") { fstat(top.raw, &status) }
            return status
        }
    }

    /// The topmost folder of the layers at this path, no link followed; nil when there is none or it is something else.
    func directory(_ components: [CPath]) throws(ContainerError) -> Descriptor? {
        var merged = root
        for component in components {
            guard case .directory(let next)? = try lookUp(component, in: merged) else { return nil }
            merged = next
        }
        return merged.first
    }

    /// What lstat(2) would say, no link on the way followed; nil when there is nothing.
    func statusOfEntry(_ components: [CPath]) throws(ContainerError) -> stat? {
        var merged = root
        var found: stat?
        for (index, component) in components.enumerated() {
            switch try lookUp(component, in: merged) {
            case nil: return nil
            case .other(_, _, let status)?: return index == components.count - 1 ? status : nil
            case .directory(let next)?:
                merged = next
                found = try next[0].status(component.text)
            }
        }
        return found
    }

    /// The names in the root of all layers.
    func rootNames() throws(ContainerError) -> [CPath] {
        var names = Set<CPath>()
        for layer in root { names.formUnion(try layer.entries(name: "layer")) }
        var visible = [CPath]()
        for name in names where try lookUp(name, in: root) != nil { visible.append(name) }
        return visible
    }

    private func resolve(_ path: String) throws(ContainerError) -> Node? {
        var stack = [root]
        var rest = Self.components(CPath(path.utf8CString))
        var links = 0
        while let name = rest.popLast() {
            if name == [46, 46, 0] {
                if stack.count > 1 { stack.removeLast() }
                continue
            }
            switch try lookUp(name, in: stack[stack.count - 1]) {
            case nil: return nil
            case .directory(let merged)?: stack.append(merged)
            case .other(let parent, _, let status)? where status.type == S_IFLNK:
                links += 1
                guard links <= Self.maximumLinks else {
                    throw ContainerError(.invalidArgument, "look up \(path) in the image: too many symbolic links")
                }
                let target = try Self.target(of: name, in: parent)
                if target.first == 47 { stack = [root] }
                rest += Self.components(target)
            case .other(let parent, let name, let status)?:
                return rest.isEmpty ? .other(parent: parent, name: name, status: status) : nil
            }
        }
        return .directory(stack[stack.count - 1])
    }

    func lookUp(_ name: CPath, in merged: Merged) throws(ContainerError) -> Node? {
        var found = Merged()
        for layer in merged {
            var status = stat()
            if fstatat(layer.raw, name, &status, AT_SYMLINK_NOFOLLOW) != 0 {
                if errno == ENOENT || errno == ENAMETOOLONG { continue }
                throw ContainerError(.current, "look up \(name.text) in the image")
            }
            if status.isWhiteout { break }
            guard status.type == S_IFDIR else {
                if found.isEmpty { return .other(parent: layer, name: name, status: status) }
                break
            }
            let raw = try system("open \(name.text) in the image") {
                openat(layer.raw, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            }
            found.append(Descriptor(owning: raw))
            if ExtendedAttributes.isOpaque(raw) { break }
        }
        return found.isEmpty ? nil : .directory(found)
    }

    /// Last first, so that the next one is popped off the end.
    private static func components(_ path: CPath) -> [CPath] {
        path.dropLast().split(separator: 47).filter { $0 != [46] }.map { $0 + [0] }.reversed()
    }

    static func target(of name: CPath, in parent: Descriptor) throws(ContainerError) -> CPath {
        var target = CPath(repeating: 0, count: Int(PATH_MAX))
        let length = try system("read link \(name.text) in the image") {
            readlinkat(parent.raw, name, &target, target.count - 1)
        }
        return CPath(target[..<length]) + [0]
    }
}

import ContainerSystem
import Glibc

/// Everything that a container would see of its layers, folders before what is in them, names sorted by their bytes.
/// Depth costs no descriptors.
struct LayeredWalk {
    struct Entry {
        /// Relative to the root, a C string.
        let path: CPath
        let name: CPath
        let node: LayeredView.Node

        var text: String { path.text }
        var isDirectory: Bool { if case .directory = node { true } else { false } }

        func status() throws(ContainerError) -> stat {
            switch node {
            case .other(_, _, let status): return status
            case .directory(let merged):
                var status = stat()
                try system("stat \(text) in the image") { fstat(merged[0].raw, &status) }
                return status
            }
        }
    }

    private let view: LayeredView
    private var pending: [CPath] = []
    private var current: (path: CPath, merged: LayeredView.Merged)
    /// The folder that was answered last, whose names are not read yet.
    private var undescended: (path: CPath, merged: LayeredView.Merged)?

    init(_ view: LayeredView) {
        self.view = view
        current = ([], view.root)
        undescended = current
    }

    /// Leaves out what is in the folder that `next()` has just answered.
    mutating func skipContents() { undescended = nil }

    /// The next entry, nil at the end.
    mutating func next() throws(ContainerError) -> Entry? {
        if let folder = undescended {
            undescended = nil
            try descend(folder.path, folder.merged)
        }
        while let path = pending.popLast() {
            let slash = path.lastIndex(of: 47)
            let parent = slash.map { CPath(path[..<$0]) } ?? []
            if parent != current.path { current = (parent, try open(parent)) }
            let name = CPath(path[(slash.map { $0 + 1 } ?? 0)...])
            guard let node = try view.lookUp(name, in: current.merged) else { continue }
            if case .directory(let merged) = node { undescended = (CPath(path.dropLast()), merged) }
            return Entry(path: path, name: name, node: node)
        }
        return nil
    }

    private mutating func descend(_ path: CPath, _ merged: LayeredView.Merged) throws(ContainerError) {
        var names = Set<CPath>()
        for layer in merged { names.formUnion(try layer.entries(name: "\((path + [0]).text) in the image")) }
        let sorted = names.sorted { right, left in Self.precedes(left, right) }
        pending += sorted.map { path.isEmpty ? $0 : path + [47] + $0 }
        current = (path, merged)
    }

    private func open(_ path: CPath) throws(ContainerError) -> LayeredView.Merged {
        var merged = view.root
        for component in path.split(separator: 47) {
            guard case .directory(let next)? = try view.lookUp(component + [0], in: merged) else {
                throw ContainerError(
                    .conflict, "look up \((path + [0]).text) in the image: it was changed while it was read")
            }
            merged = next
        }
        return merged
    }

    /// Whether a path comes before another: by its names, so that what is in a folder follows it at once.
    static func precedes(_ left: CPath, _ right: CPath) -> Bool {
        left.lexicographicallyPrecedes(right) { rank($0) < rank($1) }
    }

    private static func rank(_ byte: CChar) -> Int {
        byte == 0 ? 0 : byte == 47 ? 1 : 2 + Int(UInt8(bitPattern: byte))
    }
}

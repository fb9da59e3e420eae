import ContainerSystem

/// The path of an archive's entry, taken apart and checked: no `..`, nothing empty, nothing too long, relative to the
/// layer's root whatever it began with.
struct EntryPath {
    /// Without `.` and empty ones; empty for the root itself.
    let components: [CPath]

    private static let dot = CChar(46)
    private static let slash = CChar(47)
    private static let maximumLength = 4096
    private static let maximumName = 255

    /// - Parameter raw: a C string as the archive gives it; names need not be UTF-8.
    /// - Throws: `corrupted` with the entry.
    init(_ raw: UnsafePointer<CChar>?) throws(ContainerError) {
        guard let raw, raw[0] != 0 else { throw EntryPath.failure("", "an entry has no name") }
        var length = 0
        while raw[length] != 0 { length += 1 }
        let bytes = UnsafeBufferPointer(start: raw, count: length)
        guard length < Self.maximumLength else {
            throw EntryPath.failure(String(cString: raw).prefix(64) + "...", "the name is longer than 4095 bytes")
        }
        var components = [CPath]()
        for part in bytes.split(separator: Self.slash) {
            if part.count == 1, part.first == Self.dot { continue }
            if part.count == 2, part.allSatisfy({ $0 == Self.dot }) {
                throw EntryPath.failure(String(cString: raw), "the name leads out of the layer")
            }
            guard part.count <= Self.maximumName else {
                throw EntryPath.failure(String(cString: raw).prefix(64) + "...", "a name is longer than 255 bytes")
            }
            components.append(part + [0])
        }
        self.components = components
    }

    init(components: [CPath]) { self.components = components }

    var isRoot: Bool { components.isEmpty }
    var name: CPath { components.last ?? [Self.dot, 0] }
    var parent: EntryPath { EntryPath(components: components.dropLast()) }
    var text: String { components.isEmpty ? "/" : components.map(\.text).joined(separator: "/") }

    /// For system calls; `.` for the root.
    var path: CPath {
        guard let first = components.first else { return [Self.dot, 0] }
        var path = CPath(first.dropLast())
        for component in components.dropFirst() {
            path.append(Self.slash)
            path += component.dropLast()
        }
        return path + [0]
    }

    static func failure(_ entry: some StringProtocol, _ cause: String) -> ContainerError {
        ContainerError(.corrupted, "unpack layer: entry \"\(String(entry).printable)\"", cause: cause)
    }
}

/// What an entry's name says in a layer (OCI image specification, layer.md, "Whiteouts").
enum LayerName: Equatable {
    case ordinary
    /// `.wh.NAME`: NAME of the layers below is gone.
    case whiteout(CPath)
    /// `.wh..wh..opq`: all of the layers below in this folder is gone.
    case opaque
    /// Book-keeping of aufs, of no meaning to anybody else.
    case ignored

    static let prefix: [CChar] = Array(".wh.".utf8CString.dropLast())
    private static let metadataPrefix: [CChar] = Array(".wh..wh.".utf8CString.dropLast())
    static let opaqueName = CPath(".wh..wh..opq".utf8CString)

    /// - Throws: `corrupted` for a whiteout of nothing, of `.` or `..`, and for one that is used as a folder.
    init(_ path: EntryPath) throws(ContainerError) {
        self = .ordinary
        for (index, component) in path.components.enumerated() where component.starts(with: Self.prefix) {
            let isLast = index == path.components.count - 1
            if component.starts(with: Self.metadataPrefix) {
                self = isLast && component == Self.opaqueName ? .opaque : .ignored
                if self == .ignored { return }
                continue
            }
            let target = CPath(component.dropFirst(Self.prefix.count))
            guard isLast, ![[0], [46, 0], [46, 46, 0]].contains(target) else {
                throw EntryPath.failure(path.text, "not a valid whiteout")
            }
            self = .whiteout(target)
        }
    }
}

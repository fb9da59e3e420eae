import CKLinux
import ContainerSystem
import Glibc

/// Extended attributes (xattr(7)) of what lies in an open folder, by `/proc/self/fd`, so that links are not followed
/// and any kind of file will do.
enum ExtendedAttributes {
    static let opaque = "trusted.overlay.opaque"
    /// The kernel's own bounds (linux/limits.h).
    private static let maximumList = 65536

    static func path(_ directory: Descriptor, _ name: CPath) -> CPath {
        CPath("/proc/self/fd/\(directory.raw)/".utf8CString.dropLast()) + name
    }

    /// Attributes that steer overlayfs itself must not come out of an archive, or go into one.
    static func isOverlay(_ name: String) -> Bool {
        name.hasPrefix("trusted.overlay.") || name.hasPrefix("user.overlay.")
    }

    /// What belongs to the file and not to the host: labels and access lists of the host are left behind.
    static func belongsInLayer(_ name: String) -> Bool {
        if isOverlay(name) { return false }
        return name == "security.capability" || name.hasPrefix("user.") || name.hasPrefix("trusted.")
    }

    static func list(_ path: CPath, name: String) throws(ContainerError) -> [(name: String, value: [UInt8])] {
        // Nearly every file has none: ask with a small buffer first.
        var names = [CChar](repeating: 0, count: 256)
        var length = llistxattr(path, &names, names.count)
        if length == -1, errno == ERANGE {
            names = [CChar](repeating: 0, count: maximumList)
            length = llistxattr(path, &names, names.count)
        }
        if length == -1 {
            if errno == ENOTSUP { return [] }
            throw ContainerError(.current, "list attributes of \(name)")
        }
        var attributes = [(name: String, value: [UInt8])]()
        for bytes in names[..<length].split(separator: 0) {
            let attribute = String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            guard let value = get(path, attribute) else { continue }
            attributes.append((attribute, value))
        }
        return attributes.sorted { $0.name < $1.name }
    }

    /// Those of an open file (flistxattr(2)).
    static func list(of file: Descriptor, name: String) throws(ContainerError) -> [(name: String, value: [UInt8])] {
        // Nearly every file has none.
        var probe: CChar = 0
        if flistxattr(file.raw, &probe, 0) <= 0 { return [] }
        var names = [CChar](repeating: 0, count: maximumList)
        let length = flistxattr(file.raw, &names, names.count)
        if length == -1 { throw ContainerError(.current, "list attributes of \(name)") }
        var attributes = [(name: String, value: [UInt8])]()
        for bytes in names[..<length].split(separator: 0) {
            let attribute = String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            var value = [UInt8](repeating: 0, count: maximumList)
            let size = fgetxattr(file.raw, attribute, &value, value.count)
            if size >= 0 { attributes.append((attribute, Array(value[..<size]))) }
        }
        return attributes
    }

    static func get(_ path: CPath, _ attribute: String) -> [UInt8]? {
        var value = [UInt8](repeating: 0, count: 256)
        var length = lgetxattr(path, attribute, &value, value.count)
        if length == -1, errno == ERANGE {
            value = [UInt8](repeating: 0, count: maximumList)
            length = lgetxattr(path, attribute, &value, value.count)
        }
        return length >= 0 ? Array(value[..<length]) : nil
    }

    /// A file system without room for a `user.` attribute, or a label of another host's policy, is no reason to fail.
    static func set(
        _ path: CPath, _ attribute: String, _ value: UnsafeRawBufferPointer, name: String
    ) throws(ContainerError) {
        if lsetxattr(path, attribute, value.baseAddress, value.count, 0) == 0 { return }
        let failure = Errno.current
        let optional = attribute.hasPrefix("user.") || attribute == "security.selinux"
        if optional, failure.rawValue == ENOTSUP || failure.rawValue == EPERM { return }
        throw ContainerError(failure, "set attribute \(attribute.printable) of \(name)")
    }

    static func isOpaque(_ directory: CInt) -> Bool {
        var value: UInt8 = 0
        return fgetxattr(directory, opaque, &value, 1) == 1 && value == UInt8(ascii: "y")
    }

    /// As the other, of a folder that is open by path alone.
    static func isOpaque(at directory: Descriptor) -> Bool { get(path(directory, [46, 0]), opaque) == [121] }

    /// Hides what the layers below have in this folder (the kernel's overlayfs.rst, "whiteouts and opaque directories").
    static func setOpaque(_ directory: Descriptor, _ name: CPath, text: String) throws(ContainerError) {
        if lsetxattr(path(directory, name), opaque, "y", 1, 0) == 0 { return }
        throw ContainerError(
            .current, "make \(text) opaque",
            hint: "the state must be on a file system with trusted attributes, and we must be root")
    }
}

extension stat {
    var type: mode_t { st_mode & S_IFMT }
    /// A character device 0:0, by which overlayfs hides a name of the layers below.
    var isWhiteout: Bool { type == S_IFCHR && st_rdev == 0 }
}

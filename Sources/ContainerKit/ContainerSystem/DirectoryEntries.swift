import Glibc

/// A name of the file system as the bytes it is, with the terminating zero that system calls want. Names need not be
/// UTF-8, so a `String` cannot hold them.
package typealias CPath = [CChar]

extension [CChar] {
    /// For messages: what is not UTF-8, or steers a terminal, is replaced.
    package var text: String { string.printable }

    /// The name itself; only what is not UTF-8 is replaced.
    package var string: String { String(decoding: dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self) }
}

extension String {
    /// For messages: somebody else's text without what steers a terminal, a line's end above all.
    package var printable: String {
        guard unicodeScalars.contains(where: Self.isControl) else { return self }
        var text = String.UnicodeScalarView()
        for scalar in unicodeScalars { text.append(Self.isControl(scalar) ? "?" : scalar) }
        return String(text)
    }

    /// The control characters of Unicode (category Cc), and the two that end lines and paragraphs.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || (0x2028...0x2029).contains(scalar.value)
    }
}

extension Descriptor {
    /// The names in this folder without `.` and `..`, unsorted, as bytes.
    /// - Parameter limit: how many at most.
    package func entries(name: String, limit: Int = .max) throws(ContainerError) -> [CPath] {
        // A description of its own: the caller's offset stays where it is, and O_PATH descriptors work too.
        let copy = try system("list \(name)") { openat(raw, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard let directory = fdopendir(copy) else {
            let failure = Errno.current
            close(copy)
            throw ContainerError(failure, "list \(name)")
        }
        defer { closedir(directory) }
        var names = [CPath]()
        while names.count < limit {
            errno = 0
            guard let entry = readdir(directory) else {
                if errno != 0 { throw ContainerError(.current, "list \(name)") }
                return names
            }
            let bytes = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) {
                    Array(UnsafeBufferPointer(start: $0, count: strlen($0) + 1))
                }
            }
            if bytes != [46, 0] && bytes != [46, 46, 0] { names.append(bytes) }
        }
        return names
    }
}

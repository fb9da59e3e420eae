/// The formats of the kernel's cgroup files.
enum CgroupText {
    static func number(_ text: String) -> UInt64? { UInt64(text.filter { !$0.isWhitespace }) }

    /// The value of `key value` on a line of its own.
    static func value(_ key: String, in text: String) -> UInt64? {
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            let fields = line.split(separator: UInt8(ascii: " "))
            if fields.count == 2, fields[0].elementsEqual(key.utf8) { return UInt64(String(Substring(fields[1]))) }
        }
        return nil
    }

    static func words(_ text: String) -> [String] { text.split(whereSeparator: \.isWhitespace).map(String.init) }

    /// Lines of `key value`.
    static func table(_ text: String) -> [String: UInt64] {
        var table = [String: UInt64]()
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            if fields.count == 2, let value = UInt64(fields[1]) { table[String(fields[0])] = value }
        }
        return table
    }

    /// The numbers of a list as in cpuset(7): `0-2,5`.
    static func list(_ text: String) -> [UInt16] {
        text.split { $0 == "," || $0.isWhitespace }.flatMap { part -> [UInt16] in
            let ends = part.split(separator: "-").compactMap { UInt16($0) }
            guard let first = ends.first, let last = ends.last, ends.count <= 2, first <= last else { return [] }
            return Array(first...last)
        }
    }
}

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
}

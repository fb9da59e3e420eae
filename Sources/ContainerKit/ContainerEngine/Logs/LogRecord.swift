import ContainerSystem

/// One entry of a log where it lies in memory: good until the next one is asked for.
package struct LogRecord {
    /// With its newline, unless the line was longer than 16 KiB or the container ended first.
    package var text: UnsafeRawBufferPointer
    package var isError: Bool
    package var time: Time
    var attributes = Attributes.none

    package enum Time {
        /// RFC 3339, as it stands in the log.
        case text(UnsafeRawBufferPointer)
        /// Since 1970.
        case nanoseconds(Int64)

        /// Since 1970; nil for what is no time.
        package var nanoseconds: Int64? {
            switch self {
            case .text(let text): Timestamp.nanoseconds(of: text)
            case .nanoseconds(let value): value
            }
        }

        /// As docker shows it: nine decimals, in the zone that the log has it in.
        package func append(to bytes: inout [UInt8]) {
            switch self {
            case .nanoseconds(let value): Timestamp.appendFixed(nanoseconds: value, to: &bytes)
            case .text(let text):
                let start = bytes.count
                bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: text.prefix(19)))
                bytes.append(0x2e)
                var rest = text.dropFirst(19)
                if rest.first == 0x2e { rest = rest.dropFirst() }
                let decimals = rest.prefix { $0 &- 0x30 < 10 }
                bytes.append(contentsOf: decimals.prefix(9))
                while bytes.count < start + 29 { bytes.append(0x30) }
                bytes.append(contentsOf: rest.dropFirst(decimals.count))
            }
        }
    }

    /// What docker keeps with each entry for `--log-opt labels` and its like; looked at when somebody asks.
    enum Attributes {
        case none
        /// The inside of an object's braces.
        case json(UnsafeRawBufferPointer)
        /// A `LogEntry` of the driver `local`.
        case record(UnsafeRawBufferPointer)
        case table([String: String])
    }

    /// By their names.
    package var attributePairs: [(key: String, value: String)] {
        let pairs: [(key: String, value: String)] =
            switch attributes {
            case .none: []
            case .json(let text): JSONLogDecoder.pairs(text)
            case .record(let bytes): LocalLogDecoder.pairs(bytes)
            case .table(let table): table.map { (key: $0.key, value: $0.value) }
            }
        return pairs.sorted { $0.key < $1.key }
    }

    /// `a=b,c=d`, escaped as in the query of a URL, so that a value can be told from the text behind it.
    package var details: String {
        attributePairs.map { "\(Self.escaped($0.key))=\(Self.escaped($0.value))" }.joined(separator: ",")
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: " "): result += "+"
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += "%" + (digits.count < 2 ? "0" : "") + digits
            }
        }
        return result
    }
}

import ContainerSystem
import Glibc

/// How a log's files say where an entry begins and ends, and what it says.
enum LogFormat: Sendable {
    /// docker's `json-file`: an entry is a line.
    case json
    /// docker's `local`: an entry has its length before and behind it.
    case local

    /// The longest entry with all that is around it: what is longer is none. (A line of the shim has 16 KiB at most, of
    /// which each byte may take six; the rest is room for attributes.)
    var longestEntry: Int { LocalLogDecoder.lengthLimit + LocalLogDecoder.frame }

    func makeDecoder() -> LogDecoder { self == .json ? .json(JSONLogDecoder()) : .local(LocalLogDecoder()) }
}

/// Takes entries off the beginning of some bytes.
enum LogDecoder {
    case json(JSONLogDecoder)
    case local(LocalLogDecoder)

    enum Step {
        /// So many bytes are an entry, with so many damaged ones before it.
        case entry(LogRecord, length: Int, damaged: Int)
        /// So many bytes are none.
        case damage(length: Int)
        /// The bytes end before the entry does. So many of them need not be looked at again.
        case incomplete(searched: Int)
    }

    /// - Parameter searched: what the last call on the same bytes said, which had fewer of them.
    mutating func step(_ bytes: UnsafeRawBufferPointer, searched: Int) -> Step {
        switch self {
        case .json(var decoder):
            // Taken out while it works, so that what it holds is not copied.
            let step = Self.line(bytes, searched, &decoder)
            self = .json(decoder)
            return step
        case .local(let decoder): return Self.record(bytes, decoder)
        }
    }

    private static func line(_ bytes: UnsafeRawBufferPointer, _ searched: Int, _ decoder: inout JSONLogDecoder) -> Step
    {
        guard let base = bytes.baseAddress, let end = memchr(base + searched, 0x0a, bytes.count - searched) else {
            return .incomplete(searched: bytes.count)
        }
        let length = UnsafeRawPointer(end) - base
        let line = UnsafeRawBufferPointer(start: base, count: length)
        if let record = decoder.decode(line) { return .entry(record, length: length + 1, damaged: 0) }
        // What was written after half a line stands in the same line.
        guard let start = JSONLogDecoder.lastBeginning(in: line),
            let record = decoder.decode(UnsafeRawBufferPointer(rebasing: line[start...]))
        else { return .damage(length: length + 1) }
        return .entry(record, length: length + 1, damaged: 1)
    }

    private static func record(_ bytes: UnsafeRawBufferPointer, _ decoder: LocalLogDecoder) -> Step {
        func entry(at start: Int) -> (LogRecord, Int)? {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[start...])
            guard let length = LocalLogDecoder.length(rest),
                let record = decoder.decode(UnsafeRawBufferPointer(rebasing: rest[4..<4 + length]))
            else { return nil }
            return (record, start + length + LocalLogDecoder.frame)
        }
        guard bytes.count > LocalLogDecoder.frame else { return .incomplete(searched: 0) }
        if let (record, length) = entry(at: 0) { return .entry(record, length: length, damaged: 0) }
        // Half an entry, and others after it? The next one begins where a length and what stands behind it agree.
        for start in 1..<bytes.count - LocalLogDecoder.frame {
            if let (record, length) = entry(at: start) { return .entry(record, length: length, damaged: 1) }
        }
        return .incomplete(searched: 0)
    }
}

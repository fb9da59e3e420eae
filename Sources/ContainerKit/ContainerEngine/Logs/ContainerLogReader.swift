import ContainerSystem
import Glibc

/// Takes the entries off a log, from the oldest file to the one that is written to; the rest of an entry that is being
/// written stays for the next turn.
struct ContainerLogReader {
    /// Lines so far that are no entries, or no whole ones.
    private(set) var damagedLines = 0

    private let log: RotatedLog
    private let path: String
    private let format: LogFormat
    private var decoder: LogDecoder
    private var file: Descriptor
    /// The files that are still to come.
    private var queue: [Descriptor]
    /// How many bytes of the newest file are still to be read; nil when it is followed.
    private var rest: Int?
    private var buffer = LogBuffer()
    /// Whether nothing more is written to the file: another one follows it.
    private var isFinal = false
    private var isSkipping = false

    /// Nil when there is no log yet.
    /// - Parameters:
    ///   - last: how many entries from the end of what there is; nil for all.
    ///   - follows: whether it goes on beyond what there is now.
    init?(_ path: String, format: LogFormat = .json, last: Int? = nil, follows: Bool = false) throws(ContainerError) {
        log = RotatedLog(path)
        var files = try log.open()
        guard let newest = files.last else { return nil }
        self.path = path
        self.format = format
        decoder = format.makeDecoder()
        let size = try LogTail.size(of: newest, path)
        rest = size
        if let last {
            let tail = try LogTail.find(last, in: files, newestSize: size, format: format, path: path)
            files.removeFirst(tail.file)
            try system("read \(path)") { lseek(files[0].raw, off_t(tail.offset), SEEK_SET) }
            if files.count == 1 { rest = size - tail.offset }
        }
        file = files.removeFirst()
        queue = files
        if follows { follow() }
    }

    /// Goes on beyond what there was at the beginning. (A container that writes faster than anybody reads has no end.)
    mutating func follow() { rest = nil }

    /// The next entry, good until the next call; nil where the log ends: where it ended at the beginning, or for now.
    mutating func next() throws(ContainerError) -> LogRecord? {
        while true {
            switch decoder.step(buffer.bytes, searched: buffer.searched) {
            case .entry(let record, let length, let damaged):
                buffer.take(length)
                damagedLines += damaged
                if !isSkipping { return record }
                // The end of a line whose beginning is gone.
                isSkipping = false
            case .damage(let length):
                buffer.take(length)
                damagedLines += 1
                isSkipping = false
            case .incomplete(let searched):
                buffer.searched = searched
                if try !readMore(), try !moveOn() { return nil }
            }
        }
    }

    /// - Returns: false at the end of the file.
    private mutating func readMore() throws(ContainerError) -> Bool {
        if buffer.bytes.count >= format.longestEntry {
            // Counted once, where its end comes.
            if format == .local { damagedLines += 1 }
            isSkipping = format == .json
            buffer.take(buffer.bytes.count)
        }
        if rest == nil { try collect() }
        let isBounded = queue.isEmpty && !isFinal
        let most = isBounded ? rest ?? .max : .max
        let count = try buffer.fill(from: file, most: most, path)
        if isBounded, rest != nil { rest = rest.map { $0 - count } }
        if count == 0, rest == nil, queue.isEmpty { return try isCutShort() }
        return count > 0
    }

    /// Opens the files that were begun since the last time, so that none of them is thrown away unread.
    private mutating func collect() throws(ContainerError) {
        while queue.count < Self.mostFiles, !log.isNewest(queue.last ?? file),
            let next = try log.successor(of: queue.last ?? file)
        {
            queue.append(next)
        }
    }

    /// What a slow reader keeps from being thrown away is on the disk still.
    private static let mostFiles = 8

    /// A log of one file begins again where it was: the supervisor has emptied it.
    private mutating func isCutShort() throws(ContainerError) -> Bool {
        let position = lseek(file.raw, 0, SEEK_CUR)
        guard try LogTail.size(of: file, path) < Int(position) else { return false }
        try system("read \(path)") { lseek(file.raw, 0, SEEK_SET) }
        dropRest()
        return true
    }

    /// Half an entry is what a full disk leaves.
    private mutating func dropRest() {
        if !buffer.bytes.isEmpty || isSkipping { damagedLines += 1 }
        buffer.take(buffer.bytes.count)
        isSkipping = false
    }

    /// At the end of a file.
    /// - Returns: false when it is the newest.
    private mutating func moveOn() throws(ContainerError) -> Bool {
        guard !queue.isEmpty else { return false }
        // Something may have been written to this one before it was put aside: once more.
        guard isFinal else {
            isFinal = true
            return true
        }
        dropRest()
        file = queue.removeFirst()
        isFinal = false
        return true
    }
}

/// Bytes of a file on their way to being entries.
struct LogBuffer {
    private let memory = LogMemory()
    private var start = 0
    private var end = 0
    /// So many of the bytes have been looked at in vain.
    var searched = 0

    var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: memory.base + start, count: end - start)
    }

    mutating func take(_ count: Int) {
        start += count
        searched = 0
    }

    /// Reads on. The bytes that are there move to the front.
    mutating func fill(from file: Descriptor, most: Int, _ path: String) throws(ContainerError) -> Int {
        if start > 0 {
            memmove(memory.base, memory.base + start, end - start)
            end -= start
            start = 0
        }
        if end == memory.capacity { memory.grow(keeping: end) }
        let room = min(most, memory.capacity - end)
        let count = try system("read \(path)") { read(file.raw, memory.base + end, room) }
        end += count
        return count
    }
}

private final class LogMemory {
    private(set) var base: UnsafeMutableRawPointer
    /// Fits into a processor's cache beside what is made of it.
    private(set) var capacity = 1 << 18

    init() { base = .allocate(byteCount: 1 << 18, alignment: 16) }

    deinit { base.deallocate() }

    func grow(keeping count: Int) {
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity * 2, alignment: 16)
        memcpy(larger, base, count)
        base.deallocate()
        base = larger
        capacity *= 2
    }
}

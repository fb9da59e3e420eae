import ContainerSystem
import Glibc

/// Finds where the last entries of a log begin, from its end.
enum LogTail {
    struct Place: Equatable {
        /// Its index among the files, the oldest first.
        var file: Int
        var offset: Int
    }

    static func size(of file: Descriptor, _ path: String) throws(ContainerError) -> Int {
        var status = stat()
        try system("stat \(path)") { fstat(file.raw, &status) }
        return Int(status.st_size)
    }

    /// - Parameter newestSize: what counts of the last file.
    static func find(_ count: Int, in files: [Descriptor], newestSize: Int, format: LogFormat, path: String)
        throws(ContainerError) -> Place
    {
        let newest = files.count - 1
        var left = count
        for index in files.indices.reversed() {
            let size = index == newest ? newestSize : try size(of: files[index], path)
            if left == 0 { return Place(file: index, offset: size) }
            let file = TailFile(file: files[index], size: size, path: path)
            switch format {
            case .json: if let offset = try file.lastLines(&left) { return Place(file: index, offset: offset) }
            case .local: if let offset = try file.lastRecords(&left) { return Place(file: index, offset: offset) }
            }
            // The next one back begins behind its last entry, so all of this one is wanted.
            if left == 0 { return Place(file: index, offset: 0) }
        }
        return Place(file: 0, offset: 0)
    }
}

private struct TailFile {
    let file: Descriptor
    let size: Int
    let path: String

    private static let block = 1 << 16

    /// Counts down with each line that ends in the file.
    /// - Returns: where the wanted ones begin; nil when there are not so many.
    func lastLines(_ left: inout Int) throws(ContainerError) -> Int? {
        var bytes = [UInt8](repeating: 0, count: Self.block)
        var end = size
        // A line begins behind the end of the one before it, so one end more is looked for.
        var found = 0
        while end > 0 {
            let count = min(Self.block, end)
            try read(&bytes, count, at: end - count)
            var position = count
            while let newline = Self.lastNewline(bytes, before: position) {
                if found == left {
                    left = 0
                    return end - count + newline + 1
                }
                found += 1
                position = newline
            }
            end -= count
        }
        left -= found
        return nil
    }

    private static func lastNewline(_ bytes: [UInt8], before count: Int) -> Int? {
        bytes.withUnsafeBufferPointer { bytes in
            var index = count - 1
            while index >= 0 {
                if bytes[index] == 0x0a { return index }
                index -= 1
            }
            return nil
        }
    }

    /// As the other: from length to length. Where two of them do not agree, the file is read from its beginning.
    func lastRecords(_ left: inout Int) throws(ContainerError) -> Int? {
        var end = size
        var count = left
        while count > 0, end > 0 {
            guard let length = try length(at: end - 4),
                try self.length(at: end - length - LocalLogDecoder.frame) == length
            else { return try readRecords(&left) }
            end -= length + LocalLogDecoder.frame
            count -= 1
        }
        left = count
        return count == 0 ? end : nil
    }

    private func length(at offset: Int) throws(ContainerError) -> Int? {
        guard offset >= 0 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 4)
        try read(&bytes, 4, at: offset)
        let length = bytes.reduce(0) { $0 << 8 | Int($1) }
        return length > 0 && length <= LocalLogDecoder.lengthLimit ? length : nil
    }

    private func readRecords(_ left: inout Int) throws(ContainerError) -> Int? {
        var buffer = LogBuffer()
        var decoder = LogFormat.local.makeDecoder()
        var offsets: [Int] = []
        var offset = 0
        var rest = size
        reading: while true {
            switch decoder.step(buffer.bytes, searched: 0) {
            case .entry(_, let length, _):
                offsets.append(offset)
                offset += length
                buffer.take(length)
            case .damage(let length):
                offset += length
                buffer.take(length)
            case .incomplete:
                guard rest > 0, buffer.bytes.count < LogFormat.local.longestEntry else { break reading }
                let count = try buffer.fill(from: file, most: rest, path)
                if count == 0 { break reading }
                rest -= count
            }
        }
        try system("read \(path)") { lseek(file.raw, 0, SEEK_SET) }
        guard offsets.count >= left else {
            left -= offsets.count
            return nil
        }
        defer { left = 0 }
        return left == 0 ? size : offsets[offsets.count - left]
    }

    private func read(_ bytes: inout [UInt8], _ count: Int, at offset: Int) throws(ContainerError) {
        let found = try system("read \(path)") { pread(file.raw, &bytes, count, off_t(offset)) }
        // It was cut short meanwhile: zeros are no entries.
        for index in min(max(found, 0), count)..<count { bytes[index] = 0 }
    }
}

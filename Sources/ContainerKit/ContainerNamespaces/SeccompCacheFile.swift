/// The form of a cached filter, in the machine's byte order: a header (8 bytes `ckbpf` and a version; flags and number of
/// instructions, 4 bytes each; length of the key, 8 bytes), the instructions, the key with zeros up to a multiple of 8, and an
/// FNV-1a sum of all before it.
struct SeccompCacheFile {
    /// What the filter is for, when the file's name is not enough.
    let key: [UInt8]

    /// A policy that is longer is not kept.
    static let keyLimit = 1 << 20

    private static let magic: UInt64 = 0x0200_0066_7062_6b63  // "ckbpf", version 2
    private static let headerSize = 24

    private var overhead: Int { Self.headerSize + (key.count + 7) / 8 * 8 + 8 }

    /// What a file may measure.
    var sizes: ClosedRange<Int> { overhead + 8...overhead + SeccompFilter.instructionLimit * 8 }

    func encode(_ filter: SeccompFilter) -> [UInt8] {
        var bytes = withUnsafeBytes(of: Self.magic, Array.init)
        bytes += withUnsafeBytes(of: filter.flags, Array.init)
        bytes += withUnsafeBytes(of: UInt32(filter.instructionCount), Array.init)
        bytes += withUnsafeBytes(of: UInt64(key.count), Array.init)
        bytes += filter.program
        bytes += key
        bytes += [UInt8](repeating: 0, count: (8 - key.count % 8) % 8)
        return bytes + withUnsafeBytes(of: Self.checksum(bytes[...]), Array.init)
    }

    /// Nil for a file that is damaged, or is for another key.
    func decode(_ bytes: [UInt8]) -> SeccompFilter? {
        guard sizes.contains(bytes.count) else { return nil }
        let (found, flags, count, length, sum) = bytes.withUnsafeBytes {
            (
                $0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt32.self),
                $0.loadUnaligned(fromByteOffset: 12, as: UInt32.self),
                $0.loadUnaligned(fromByteOffset: 16, as: UInt64.self),
                $0.loadUnaligned(fromByteOffset: bytes.count - 8, as: UInt64.self)
            )
        }
        let end = Self.headerSize + Int(count) * 8
        guard found == Self.magic, length == UInt64(key.count), bytes.count == overhead + Int(count) * 8,
            sum == Self.checksum(bytes.dropLast(8)), bytes[end..<end + key.count].elementsEqual(key)
        else { return nil }
        return try? SeccompFilter(program: Array(bytes[Self.headerSize..<end]), flags: flags)
    }

    /// FNV-1a over words of 8 bytes: against accidents, not against an attacker, who would need the folder's rights.
    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.withUnsafeBytes { buffer in
            var sum: UInt64 = 0xcbf2_9ce4_8422_2325
            for offset in stride(from: 0, to: buffer.count - 7, by: 8) {
                sum = (sum ^ buffer.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0x0000_0100_0000_01b3
            }
            return sum
        }
    }
}

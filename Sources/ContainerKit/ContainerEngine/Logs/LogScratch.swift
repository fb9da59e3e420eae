import Glibc

/// Bytes that are made of others again and again: grows, and is never given back before its end.
final class LogScratch {
    private(set) var base: UnsafeMutableRawPointer
    private(set) var count = 0
    private var capacity: Int

    init(capacity: Int = 1 << 16) {
        base = .allocate(byteCount: capacity, alignment: 16)
        self.capacity = capacity
    }

    deinit { base.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Empties it, with room for so many.
    func reset(room: Int) {
        count = 0
        guard capacity < room else { return }
        base.deallocate()
        capacity = room
        base = .allocate(byteCount: room, alignment: 16)
    }

    /// There must be room.
    func append(_ source: UnsafeRawPointer, _ length: Int) {
        assert(count + length <= capacity)
        memcpy(base + count, source, length)
        count += length
    }

    func append(_ byte: UInt8) {
        assert(count < capacity)
        base.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }
}

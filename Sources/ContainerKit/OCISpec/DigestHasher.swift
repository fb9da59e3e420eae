/// A SHA-256 in the making: bytes in pieces, one digest at the end.
public protocol DigestHasher {
    mutating func update(_ bytes: UnsafeRawBufferPointer)
    mutating func finalize() -> Digest
}

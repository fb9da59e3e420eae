/// A running SHA-256. The seam lets a module check digests without linking a crypto library.
public protocol DigestHasher {
    mutating func update(_ bytes: UnsafeRawBufferPointer)
    /// The digest of everything so far; the hasher is spent afterwards.
    mutating func finalize() -> Digest
}

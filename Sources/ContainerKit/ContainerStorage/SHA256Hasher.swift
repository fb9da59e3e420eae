import CKCrypto
import ContainerSystem
import OCISpec

/// SHA-256 (FIPS 180-4) in pieces, by OpenSSL, which uses the processor's own instructions.
public struct SHA256Hasher: DigestHasher {
    private final class Context {
        let raw: OpaquePointer
        init(_ raw: OpaquePointer) { self.raw = raw }
        deinit { ck_EVP_MD_CTX_free(raw) }
    }

    private var context: Context

    /// - Throws: `unsupported` when libcrypto is not installed.
    public init() throws(ContainerError) {
        guard ck_crypto_is_available() != 0 else {
            throw ContainerError(
                .unsupported, "hash: cannot load \(CK_CRYPTO_LIBRARY)", hint: "apt-get install libssl3")
        }
        guard let raw = ck_EVP_MD_CTX_new(), ck_EVP_DigestInit_ex(raw, ck_EVP_sha256(), nil) == 1 else {
            throw ContainerError(.systemFailure, "hash: libcrypto does not offer SHA-256")
        }
        context = Context(raw)
    }

    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        makeUnique()
        _ = ck_EVP_DigestUpdate(context.raw, bytes.baseAddress, bytes.count)
    }

    /// The digest of all bytes; the hasher then starts anew.
    public mutating func finalize() -> Digest {
        makeUnique()
        var bytes = [UInt8](repeating: 0, count: 32)
        _ = ck_EVP_DigestFinal_ex(context.raw, &bytes, nil)
        _ = ck_EVP_DigestInit_ex(context.raw, ck_EVP_sha256(), nil)
        let digits = Array("0123456789abcdef".utf8)
        var hex = [UInt8]()
        for byte in bytes { hex += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
        return Digest(hex: String(decoding: hex, as: UTF8.self))!
    }

    /// The digest of bytes that are all there.
    /// - Throws: `unsupported` when libcrypto is not installed.
    public static func digest(_ bytes: some Sequence<UInt8>) throws(ContainerError) -> Digest {
        var hasher = try SHA256Hasher()
        let array = Array(bytes)
        array.withUnsafeBytes { hasher.update($0) }
        return hasher.finalize()
    }

    /// A copy of the struct hashes on its own from where it was copied.
    private mutating func makeUnique() {
        if isKnownUniquelyReferenced(&context) { return }
        guard let raw = ck_EVP_MD_CTX_new(), ck_EVP_MD_CTX_copy_ex(raw, context.raw) == 1 else { return }
        context = Context(raw)
    }
}

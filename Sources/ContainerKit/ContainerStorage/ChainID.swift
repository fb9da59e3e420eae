import ContainerSystem
import OCISpec

/// The name of a stack of layers (OCI image specification, config.md, "Layer ChainID"): the diffID of the lowest, then
/// the SHA-256 of the chain below, a space and the next diffID. Two images with the same layers at the bottom share them.
public struct ChainID: Hashable, Sendable, Codable, CustomStringConvertible {
    public let digest: Digest

    public init(_ digest: Digest) { self.digest = digest }

    /// The chain that ends with `diffID` on top of `parent`.
    /// - Throws: `unsupported` when libcrypto is not installed.
    public init(parent: ChainID?, diffID: Digest) throws(ContainerError) {
        guard let parent else {
            digest = diffID
            return
        }
        digest = try SHA256Hasher.digest("\(parent.digest) \(diffID)".utf8)
    }

    public var description: String { digest.description }

    public init(from decoder: any Decoder) throws { digest = try Digest(from: decoder) }
    public func encode(to encoder: any Encoder) throws { try digest.encode(to: encoder) }

    /// The chain of every layer, bottom first.
    /// - Throws: `unsupported` when libcrypto is not installed.
    public static func chain(of diffIDs: [Digest]) throws(ContainerError) -> [ChainID] {
        var chain = [ChainID]()
        for diffID in diffIDs { chain.append(try ChainID(parent: chain.last, diffID: diffID)) }
        return chain
    }

    /// The first 132 bits in 22 characters of base64url: short enough for the kernel's one page of mount options with
    /// 128 layers, long enough that nobody makes two chains with one name.
    public var shortName: String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        let digits = digest.hex.utf8.prefix(33).map { Int($0 < 58 ? $0 - 48 : $0 - 87) }
        var name = [UInt8]()
        for start in stride(from: 0, to: 33, by: 3) {
            let bits = digits[start] << 8 | digits[start + 1] << 4 | digits[start + 2]
            name += [alphabet[bits >> 6], alphabet[bits & 63]]
        }
        return String(decoding: name, as: UTF8.self)
    }
}

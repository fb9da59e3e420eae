/// A content digest `algorithm:hex` (OCI image specification, descriptor.md). Only `sha256` is accepted: it names
/// files, so nothing else may pass.
public struct Digest: Hashable, Sendable, Codable, CustomStringConvertible {
    /// 64 lower-case hexadecimal digits.
    public let hex: String

    public var description: String { "sha256:" + hex }

    /// Nil unless `text` is `sha256:` and 64 lower-case hexadecimal digits.
    public init?(_ text: some StringProtocol) {
        guard text.hasPrefix("sha256:") else { return nil }
        self.init(hex: text.dropFirst(7))
    }

    /// Nil unless `hex` is 64 lower-case hexadecimal digits.
    public init?(hex: some StringProtocol) {
        let isHex = hex.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
        guard hex.utf8.count == 64, isHex else { return nil }
        self.hex = String(hex)
    }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let digest = Digest(text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not a sha256 digest: \(text)"))
        }
        self = digest
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

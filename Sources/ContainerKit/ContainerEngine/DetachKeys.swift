import ContainerSystem

/// What is typed to leave an attached container, in docker's words: a letter, `ctrl-` and a letter or one of `@[\\]^_`, or
/// `DEL`; several with commas between.
public enum DetachKeys {
    /// docker's: ctrl-p, ctrl-q.
    public static let standard: [UInt8] = [16, 17]

    /// The most that a supervisor looks for.
    private static let most = 32

    /// - Parameter text: nil and empty are the standard.
    /// - Throws: `invalidArgument`, in docker's words.
    public static func parse(_ text: String?) throws(ContainerError) -> [UInt8] {
        guard let text, !text.isEmpty else { return standard }
        let keys = try text.split(separator: ",", omittingEmptySubsequences: false).map {
            key throws(ContainerError) in
            guard let byte = byte(key) else {
                throw ContainerError(
                    .invalidArgument, "invalid detach keys (\(text)) provided", cause: "unknown character: '\(key)'",
                    hint: "a letter, or ctrl- and a letter; several with commas between")
            }
            return byte
        }
        guard keys.count <= most else {
            throw ContainerError(.invalidArgument, "invalid detach keys (\(text)) provided", cause: "\(most) at most")
        }
        return keys
    }

    private static func byte(_ key: Substring) -> UInt8? {
        let bytes = Array(key.utf8)
        if bytes.count == 1 { return bytes[0] }
        if key == "DEL" { return 127 }
        guard key.hasPrefix("ctrl-"), bytes.count == 6 else { return nil }
        switch bytes[5] {
        case UInt8(ascii: "a")...UInt8(ascii: "z"): return bytes[5] - UInt8(ascii: "a") + 1
        case UInt8(ascii: "@"): return 0
        case UInt8(ascii: "[")...UInt8(ascii: "_"): return bytes[5] - UInt8(ascii: "@")
        default: return nil
        }
    }
}

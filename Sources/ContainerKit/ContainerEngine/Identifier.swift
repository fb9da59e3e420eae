import ContainerSystem
import CKLinux
import Glibc

/// Ids and names of containers.
public enum Identifier {
    /// 64 random hexadecimal digits; the first 12, which people type, are never all decimal (moby, `stringid`).
    static func generate() throws(ContainerError) -> String {
        while true {
            var bytes = [UInt8](repeating: 0, count: 32)
            try system("get random bytes") { getrandom(&bytes, bytes.count, 0) }
            let digits = Array("0123456789abcdef".utf8)
            let text = String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
            if text.prefix(12).contains(where: \.isLetter) { return text }
        }
    }

    /// What docker shows of an id: its first 12 digits, without `sha256:`.
    public static func short(_ id: String) -> String {
        String((id.hasPrefix("sha256:") ? id.dropFirst(7) : Substring(id)).prefix(12))
    }

    /// Whether text can be the start of an id.
    static func isPrefix(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 64
            && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
    }

    /// - Throws: `invalidArgument` unless it is `[a-zA-Z0-9][a-zA-Z0-9_.-]+`.
    static func check(name: String) throws(ContainerError) {
        let isValid =
            name.utf8.count >= 2 && name.utf8.count <= 255
            && name.utf8.enumerated().allSatisfy { index, byte in
                isLetterOrDigit(byte)
                    || (index > 0 && [UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-")].contains(byte))
            }
        guard isValid else {
            throw ContainerError(
                .invalidArgument, "invalid container name (\(name))",
                cause: "only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed")
        }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }

    /// A name for a container that was given none: an adjective, a noun of the sea, and a number when `attempt` is not 0.
    static func makeName(attempt: Int) -> String {
        let name = "\(adjectives.randomElement() ?? "plain")_\(nouns.randomElement() ?? "crate")"
        return attempt == 0 ? name : "\(name)\(Int.random(in: 0...9999))"
    }

    private static let adjectives = [
        "able", "amber", "bold", "brave", "bright", "brisk", "calm", "clear", "clever", "cool", "coral", "crisp",
        "deep",
        "eager", "early", "fair", "fast", "fine", "fond", "fresh", "gentle", "glad", "golden", "grand", "green",
        "happy",
        "honest", "jolly", "keen", "kind", "late", "light", "lively", "loyal", "lucky", "mellow", "merry", "mild",
        "modest", "neat", "nimble", "noble", "pale", "patient", "plain", "proud", "quick", "quiet", "rapid", "ready",
        "royal", "salty", "sharp", "silent", "silver", "sleek", "smooth", "snug", "solid", "steady", "still", "stout",
        "sunny", "sure", "swift", "tidy", "true", "vivid", "warm", "wise", "witty", "young",
    ]

    private static let nouns = [
        "anchor", "barge", "barque", "bay", "beacon", "boom", "bow", "brig", "buoy", "cabin", "cable", "canal", "canoe",
        "capstan", "cargo", "clipper", "compass", "convoy", "cove", "crane", "crate", "crew", "cutter", "deck", "delta",
        "dinghy", "dock", "dory", "ferry", "fjord", "fleet", "frigate", "galleon", "galley", "gull", "harbour", "haven",
        "helm", "hold", "hull", "jetty", "keel", "ketch", "lagoon", "lantern", "launch", "lugger", "marina", "mast",
        "mooring", "oar", "pier", "pilot", "porthole", "quay", "raft", "reef", "rigging", "rudder", "sail", "schooner",
        "sextant", "shoal", "skiff", "sloop", "spar", "stern", "tender", "tide", "tiller", "trawler", "tug", "wharf",
        "yacht", "yawl",
    ]
}

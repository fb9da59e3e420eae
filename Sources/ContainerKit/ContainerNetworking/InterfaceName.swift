import ContainerSystem

/// Names of network interfaces: what the kernel takes, and how ours are made.
public enum InterfaceName {
    /// Refuses what the kernel would (dev_valid_name in net/core/dev.c) and what would break other tools' output.
    /// - Throws: `ContainerError` `invalidArgument`.
    public static func validate(_ name: String) throws(ContainerError) {
        let bytes = name.utf8
        let isSafe = bytes.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"/:%\"\\".utf8.contains($0) }
        guard (1...15).contains(bytes.count), isSafe, name != ".", name != ".." else {
            throw ContainerError(
                .invalidArgument, "\"\(name)\" is not a name for a network interface",
                hint: "1 to 15 printable characters without spaces, slashes, colons, quotes or percent signs")
        }
    }

    /// How many hex digits of a container's id its host interface carries.
    public static let idDigits = 7

    /// How many endpoints a container can have.
    public static let endpointLimit = 64

    /// The host end of a container's veth pair: `veth` and the first seven hex digits of its id, so that cleaning
    /// up needs no record of it. From the second endpoint on, its number follows: `veth0123abc-1`.
    /// - Parameter ordinal: the endpoint's number, from 0.
    /// - Throws: `ContainerError` `invalidArgument` when the id is no lower-case hex.
    public static func hostEnd(ofContainer id: String, ordinal: Int = 0) throws(ContainerError) -> String {
        "veth" + (try prefix(id)) + (ordinal == 0 ? "" : "-\(ordinal)")
    }

    /// The interface index of the host end: from the same digits, so that two containers share an index only when
    /// they share the name. It lies above every index that the kernel counts up to by itself.
    ///
    /// An index has 31 bits and the digits fill 28: what is left tells the first four endpoints apart. Further ones
    /// share the range below, at a distance from each other; should two meet, the kernel refuses the second.
    static func hostEndIndex(ofContainer id: String, ordinal: Int = 0) throws(ContainerError) -> UInt32 {
        let number = UInt32(try prefix(id), radix: 16) ?? 0
        if (0..<4).contains(ordinal) { return 0x4000_0000 + UInt32(ordinal) << 28 | number }
        let scattered = UInt64(number) + UInt64(UInt32(truncatingIfNeeded: ordinal) &* 0x9e37_79b1)
        return 0x1000_0000 + UInt32(scattered % 0x3000_0000)
    }

    private static func prefix(_ id: String) throws(ContainerError) -> String {
        let digits = id.utf8.prefix(idDigits)
        guard digits.count == idDigits, digits.allSatisfy({ "0123456789abcdef".utf8.contains($0) }) else {
            throw ContainerError(.invalidArgument, "\"\(id)\" is not a container id: it is not lower-case hex")
        }
        return String(decoding: digits, as: UTF8.self)
    }
}

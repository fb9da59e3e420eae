import ContainerEngine

/// What flags say of a container's end of a network.
enum AttachmentValues {
    /// Networks that are there without anybody's doing, and modes: no names are served on them.
    static func isUserDefined(_ network: String) -> Bool {
        !["bridge", "default", "host", "none"].contains(network) && !network.hasPrefix("container:")
    }

    /// `--network NAME`, or `name=NAME,alias=…,ip=…`.
    static func network(_ text: String) throws -> NetworkAttachment {
        func refused(_ reason: String) -> FlagError { FlagError("network", text, reason) }
        guard text.contains("=") else { return NetworkAttachment(text == "default" ? "bridge" : text) }
        var made = NetworkAttachment("")
        for field in try CommaFields.parse(text, flag: "network") {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                .map { String($0).trimmingWhitespace }
            guard parts.count == 2, !parts[0].isEmpty else { throw refused("invalid field \(field)") }
            let value = parts[1]
            switch parts[0].lowercased() {
            case "name": made.network = value == "default" ? "bridge" : value
            case "alias": made.aliases.append(value)
            case "ip": made.address = value
            case "ip6": made.address6 = value
            case "mac-address": made.macAddress = value
            case "link-local-ip": made.linkLocalAddresses.append(value)
            case "driver-opt":
                guard add(option: value, to: &made) else {
                    throw refused("invalid key value pair format in driver options")
                }
            case "gw-priority":
                guard let priority = Int(value) else { throw refused("invalid gw-priority (\(value)): invalid syntax") }
                made.gatewayPriority = priority
            default: throw refused("invalid field key \(parts[0].lowercased())")
            }
        }
        guard !made.network.isEmpty else { throw refused("network name/id is not specified") }
        return made
    }

    /// `--link NAME[:ALIAS]`
    static func link(_ text: String) throws(FlagError) -> NetworkAttachment.Link {
        guard !text.isEmpty else { throw FlagError("link", text, "empty string specified for links") }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, !parts.contains("") else {
            throw FlagError("link", text, "bad format for links: \(text)")
        }
        return .init(parts[0], alias: parts[parts.count - 1])
    }

    /// `--driver-opt NAME=VALUE` of `network connect`.
    static func addOption(_ text: String, to made: inout NetworkAttachment) throws(CommandFailure) {
        guard add(option: text, to: &made) else {
            throw CommandFailure("ck: invalid key/value pair format in driver options", status: 1)
        }
    }

    private static func add(option: String, to made: inout NetworkAttachment) -> Bool {
        let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            .map { String($0).trimmingWhitespace }
        guard parts.count == 2, !parts[0].isEmpty else { return false }
        made.driverOptions[parts[0]] = parts[1]
        if parts[0] == "com.docker.network.endpoint.ifname" { made.interfaceName = parts[1] }
        return true
    }

    /// With colons and in small letters; nil for what is no address of an Ethernet interface.
    static func macAddress(_ text: String) -> String? {
        let text = text.trimmingWhitespace
        let separator = text.first { $0 == ":" || $0 == "-" || $0 == "." }
        guard let separator else { return nil }
        let parts = text.split(separator: separator, omittingEmptySubsequences: false)
        let (count, width) = separator == "." ? (3, 4) : (6, 2)
        guard parts.count == count, parts.allSatisfy({ $0.utf8.count == width && $0.allSatisfy(\.isHexDigit) }) else {
            return nil
        }
        let digits = Array(parts.joined().lowercased())
        return stride(from: 0, to: digits.count, by: 2).map { String(digits[$0..<$0 + 2]) }.joined(separator: ":")
    }
}

extension String {
    var trimmingWhitespace: String {
        var text = drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

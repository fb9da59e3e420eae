import ContainerEngine

/// `network create --subnet --ip-range --gateway --aux-address`: each belongs to the subnet that it lies in.
enum SubnetFlags {
    static func parse(
        subnets: [String], ranges: [String], gateways: [String], auxiliary: [String]
    ) throws -> [NetworkOptions.Subnet] {
        let subnets = try CommaFields.list(subnets, flag: "subnet")
        let ranges = try CommaFields.list(ranges, flag: "ip-range")
        let gateways = try CommaFields.list(gateways, flag: "gateway")
        guard subnets.count >= ranges.count, subnets.count >= gateways.count else {
            throw failure("every ip-range or gateway must have a corresponding subnet")
        }
        var made: [(block: AddressBlock, subnet: NetworkOptions.Subnet)] = []
        for text in subnets {
            let block = try block(text, needsLength: true)
            if made.contains(where: { $0.block.contains(block) || block.contains($0.block) }) {
                throw failure("multiple overlapping subnet configuration is not supported")
            }
            made.append((block, .init(text)))
        }
        func index(of text: String, _ block: AddressBlock, _ what: String) throws(CommandFailure) -> Int {
            guard let index = made.firstIndex(where: { $0.block.contains(block) }) else {
                throw failure("no matching subnet for \(what) \(text)")
            }
            return index
        }
        for text in ranges {
            let index = try index(of: text, block(text, needsLength: true), "range")
            if let other = made[index].subnet.ipRange {
                throw failure(
                    "cannot configure multiple ranges (\(text), \(other)) on the same subnet (\(made[index].subnet.subnet))"
                )
            }
            made[index].subnet.ipRange = text
        }
        for text in gateways {
            let index = try index(of: text, block(text), "gateway")
            if let other = made[index].subnet.gateway {
                throw failure(
                    "cannot configure multiple gateways (\(text), \(other)) for the same subnet (\(made[index].subnet.subnet))"
                )
            }
            made[index].subnet.gateway = text
        }
        for pair in auxiliary {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw FlagError("aux-address", pair, "it is not NAME=ADDRESS")
            }
            let index = try index(of: parts[1], block(parts[1]), "aux-address")
            made[index].subnet.auxAddresses[parts[0]] = parts[1]
        }
        return made.map(\.subnet)
    }

    private static func block(_ text: String, needsLength: Bool = false) throws(CommandFailure) -> AddressBlock {
        guard let block = AddressBlock(text, needsLength: needsLength) else {
            throw failure("invalid \(needsLength ? "CIDR " : "IP ")address: \(text)")
        }
        return block
    }

    private static func failure(_ text: String) -> CommandFailure { CommandFailure("ck: \(text)", status: 1) }
}

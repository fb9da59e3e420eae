import ContainerSystem
import Testing

@testable import ContainerNetworking

@Suite struct AddressPoolTests {
    @Test func freeSubnet() throws {
        #expect(try AddressPool.freeSubnet(avoiding: []).description == "10.201.0.0/16")
        let halves = try ["0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "::/0"].map { try IPSubnet($0) }
        #expect(try AddressPool.freeSubnet(avoiding: halves).description == "10.201.0.0/16")
        let inside = try [IPSubnet("10.201.7.7/32"), IPSubnet("10.202.0.0/15")]
        #expect(try AddressPool.freeSubnet(avoiding: inside).description == "10.204.0.0/16")
        let office = try [IPSubnet("10.0.0.0/8"), IPSubnet("172.16.0.0/20")]
        #expect(try AddressPool.freeSubnet(avoiding: office).description == "172.16.16.0/20")
        let error = try #require(throws: ContainerError.self) {
            try AddressPool.freeSubnet(avoiding: [IPSubnet("10.0.0.0/8"), IPSubnet("172.16.0.0/12")])
        }
        #expect(error.code == .exhausted)
    }

    /// Five hundred networks beside the default one, none of which meets another.
    @Test func fiveHundredNetworks() throws {
        var used = [IPSubnet.v4(try AddressPool.freeSubnet(avoiding: []))]
        for _ in 0..<500 {
            let next = IPSubnet.v4(
                try AddressPool.freeSubnet(avoiding: used, candidates: AddressPool.furtherCandidates))
            #expect(!used.contains { $0.overlaps(next) })
            used.append(next)
        }
        #expect(used[1].description == "10.231.0.0/20")
        #expect(!AddressPool.defaultCandidates.contains { $0.description == "10.231.0.0/16" })
    }

    @Test func uniqueLocalSubnets() throws {
        let one = try AddressPool.uniqueLocalSubnet(avoiding: [])
        let other = try AddressPool.uniqueLocalSubnet(avoiding: [IPSubnet("fc00::/7")])
        #expect(one != other)
        #expect(one.prefixLength == 64 && one.description.hasPrefix("fd"))
        #expect(try IPv6Subnet("fd00::/8").contains(one.network))
        let fixed = try AddressPool.uniqueLocalSubnet(avoiding: []) { 0x0123_4567_89ab_cd_ff }
        #expect(fixed.description == "fd01:2345:6789:abcd::/64")
        let error = try #require(throws: ContainerError.self) {
            try AddressPool.uniqueLocalSubnet(avoiding: [.v6(fixed)]) { 0x0123_4567_89ab_cd_ff }
        }
        #expect(error.code == .exhausted)
    }

    func next(
        in subnet: String, range: String? = nil, avoiding reserved: [String] = [], after last: String? = nil,
        taken: [String] = []
    ) throws -> String {
        let taken = try taken.map { try IPAddress($0) }
        return try AddressPool.nextFreeAddress(
            in: IPSubnet(subnet), range: range.map { try IPSubnet($0) }, avoiding: reserved.map { try IPAddress($0) },
            after: last.map { try IPAddress($0) }, network: "n"
        ) { taken.contains($0) }.description
    }

    @Test func leasesGoRound() throws {
        func next(_ last: String?, taken: [String] = []) throws -> String {
            try self.next(in: "192.0.2.0/29", avoiding: ["192.0.2.1"], after: last, taken: taken)
        }
        #expect(try next(nil) == "192.0.2.2")
        #expect(try next("192.0.2.2") == "192.0.2.3")
        #expect(try next("192.0.2.6") == "192.0.2.2")
        #expect(try next("192.0.2.7") == "192.0.2.2")
        #expect(try next("198.51.100.1") == "192.0.2.2")
        #expect(try next("192.0.2.2", taken: ["192.0.2.3", "192.0.2.4"]) == "192.0.2.5")
        let all = (2...6).map { "192.0.2.\($0)" }
        let error = try #require(throws: ContainerError.self) { try next("192.0.2.4", taken: all) }
        #expect(error.code == .exhausted)
        #expect(error.message == "the network n has no free address in 192.0.2.0/29 (5 in use)")
        #expect(try next("192.0.2.4", taken: all.filter { $0 != "192.0.2.4" }) == "192.0.2.4")
    }

    @Test func rangesAndReservedAddresses() throws {
        #expect(try next(in: "10.0.0.0/8", range: "10.1.0.0/24") == "10.1.0.0")
        #expect(try next(in: "10.0.0.0/8", range: "10.0.0.0/24", avoiding: ["10.0.0.1", "10.0.0.2"]) == "10.0.0.3")
        #expect(try next(in: "10.0.0.0/8", range: "10.1.0.0/31", after: "10.1.0.1") == "10.1.0.0")
        #expect(try next(in: "10.0.0.0/8", range: "10.1.0.0/31", after: "10.0.0.7") == "10.1.0.0")
        #expect(try next(in: "10.0.0.0/8", range: "10.255.255.254/31") == "10.255.255.254")
        #expect(throws: ContainerError.self) { try next(in: "10.0.0.0/8", range: "10.255.255.255/32") }
        #expect(throws: ContainerError.self) { try next(in: "10.0.0.0/8", range: "11.0.0.0/24") }
        #expect(throws: ContainerError.self) { try next(in: "10.0.0.0/16", range: "10.0.0.0/8") }
        #expect(throws: ContainerError.self) { try next(in: "10.0.0.0/16", range: "fd00::/64") }
    }

    @Test func ofIPv6() throws {
        #expect(try next(in: "fd00:1::/64", avoiding: ["fd00:1::1"]) == "fd00:1::2")
        #expect(try next(in: "fd00:1::/64", after: "fd00:1::ffff:ffff:ffff:ffff") == "fd00:1::1")
        #expect(try next(in: "fd00:1::/64", after: "fd00:1::ffff:ffff:ffff:fffe") == "fd00:1::ffff:ffff:ffff:ffff")
        #expect(try next(in: "fd00:1::/64", range: "fd00:1::8000:0:0:0/120") == "fd00:1:0:0:8000::")
        #expect(try next(in: "fd00:1::/127", avoiding: ["fd00:1::"]) == "fd00:1::1")
        #expect(throws: ContainerError.self) { try next(in: "fd00:1::1/128", avoiding: ["fd00:1::1"]) }
        #expect(try next(in: "::/1") == "::1")
        #expect(throws: ContainerError.self) { try next(in: "::/0") }
    }

    @Test func everyAddressOfALargeSubnetOnce() throws {
        let subnet = try IPSubnet("10.201.0.0/16")
        let gateway = try IPAddress("10.201.0.1")
        var taken: Set<IPAddress> = []
        var last: IPAddress?
        for _ in 0..<65533 {
            let address = try AddressPool.nextFreeAddress(
                in: subnet, avoiding: [gateway], after: last, network: "ck0"
            ) { taken.contains($0) }
            taken.insert(address)
            last = address
        }
        #expect(taken.count == 65533)
        #expect(!taken.contains(gateway) && !taken.contains(subnet.network) && !taken.contains(subnet.last))
        let error = try #require(throws: ContainerError.self) {
            try AddressPool.nextFreeAddress(in: subnet, avoiding: [gateway], after: last, network: "ck0") {
                taken.contains($0)
            }
        }
        #expect(error.message == "the network ck0 has no free address in 10.201.0.0/16 (65533 in use)")
    }

    @Test func subnetsWithLittleRoom() throws {
        #expect(try next(in: "192.0.2.0/30", avoiding: ["192.0.2.1"]) == "192.0.2.2")
        // RFC 3021: both addresses of a /31 count.
        #expect(try next(in: "192.0.2.0/31", avoiding: ["192.0.2.0"]) == "192.0.2.1")
        #expect(throws: ContainerError.self) { try next(in: "192.0.2.0/32", avoiding: ["192.0.2.0"]) }
    }
}

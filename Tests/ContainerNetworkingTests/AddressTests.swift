import ContainerSystem
import Testing

@testable import ContainerNetworking

@Suite struct AddressTests {
    @Test func addresses() throws {
        #expect(try IPv4Address("192.0.2.1").value == 0xc000_0201)
        #expect(try IPv4Address("0.0.0.0").description == "0.0.0.0")
        #expect(try IPv4Address("255.255.255.255").bytes == [255, 255, 255, 255])
        #expect(try IPv4Address("10.0.0.9") < IPv4Address("10.0.0.10"))
    }

    @Test(arguments: [
        "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.", "+1.2.3.4", "-1.2.3.4", "1..3.4", " 1.2.3.4",
        "1.2.3.4 ", "0x1.2.3.4", "1.2.3.1000", "::1", "１.2.3.4",
    ])
    func badAddresses(_ text: String) throws {
        let error = try #require(throws: ContainerError.self) { try IPv4Address(text) }
        #expect(error.code == .invalidArgument)
    }

    @Test func subnets() throws {
        let subnet = try IPv4Subnet("10.201.0.0/16")
        #expect(subnet.description == "10.201.0.0/16")
        #expect(subnet.broadcast.description == "10.201.255.255")
        #expect(subnet.mask.description == "255.255.0.0")
        #expect(subnet.addressCount == 65536)
        #expect(try subnet.contains(IPv4Address("10.201.255.255")))
        #expect(try !subnet.contains(IPv4Address("10.202.0.0")))
        #expect(try IPv4Subnet("0.0.0.0/0").contains(IPv4Address("203.0.113.7")))
        #expect(try IPv4Subnet("0.0.0.0/0").addressCount == 1 << 32)
        #expect(try IPv4Subnet(containing: IPv4Address("10.1.2.3"), prefixLength: 20).description == "10.1.0.0/20")
    }

    @Test(arguments: [
        "10.0.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0/8", "10.0.0.0/8/8", "/8",
    ])
    func badSubnets(_ text: String) {
        #expect(throws: ContainerError.self) { try IPv4Subnet(text) }
    }

    @Test func hostBitsAreASlip() throws {
        let error = try #require(throws: ContainerError.self) { try IPv4Subnet("10.0.0.5/24") }
        #expect(error.hint == "you may mean 10.0.0.0/24")
    }

    @Test func hosts() throws {
        #expect(
            try IPv4Subnet("192.0.2.0/29").hosts.map(\.description).joined(separator: " ")
                == "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6")
        #expect(try IPv4Subnet("192.0.2.0/31").hosts.count == 2)
        #expect(try IPv4Subnet("192.0.2.7/32").hosts.map(\.description) == ["192.0.2.7"])
        #expect(try IPv4Subnet("0.0.0.0/0").hosts.count == (1 << 32) - 2)
        #expect(try IPv4Subnet("192.0.2.0/24").hosts.last?.description == "192.0.2.254")
    }

    @Test func overlaps() throws {
        let large = try IPv4Subnet("10.0.0.0/8")
        let small = try IPv4Subnet("10.201.0.0/16")
        #expect(large.overlaps(small) && small.overlaps(large) && small.overlaps(small))
        #expect(try !small.overlaps(IPv4Subnet("10.202.0.0/16")))
    }

    @Test func candidatesAreApartFromEachOtherAndFromDockers() throws {
        let candidates = AddressPool.defaultCandidates
        #expect(candidates.count == 46)
        #expect(candidates.first?.description == "10.201.0.0/16" && candidates.last?.description == "172.16.240.0/20")
        for (place, one) in candidates.enumerated() {
            for other in candidates[(place + 1)...] { #expect(!one.overlaps(other)) }
            for taken in [
                "172.17.0.0/16", "172.18.0.0/15", "172.20.0.0/14", "172.24.0.0/13", "192.168.0.0/16", "10.88.0.0/15",
            ] {
                #expect(try !one.overlaps(IPv4Subnet(taken)), "\(one) \(taken)")
            }
        }
    }

    @Test func macAddresses() throws {
        #expect(try MACAddress(for: IPv4Address("172.17.0.2")).description == "02:42:ac:11:00:02")
    }
}

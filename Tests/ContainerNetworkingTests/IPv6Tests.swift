import ContainerSystem
import Testing

@testable import ContainerNetworking

@Suite struct IPv6Tests {
    /// The examples of RFC 4291, section 2.2, and RFC 5952.
    @Test(arguments: [
        ("2001:DB8:0:0:8:800:200C:417A", "2001:db8::8:800:200c:417a"), ("FF01:0:0:0:0:0:0:101", "ff01::101"),
        ("0:0:0:0:0:0:0:1", "::1"), ("::", "::"), ("0:0:0:0:0:0:13.1.68.3", "::d01:4403"),
        ("::FFFF:129.144.52.38", "::ffff:129.144.52.38"), ("2001:0db8::0001", "2001:db8::1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("1::", "1::"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ])
    func addresses(_ text: String, _ printed: String) throws {
        let address = try IPv6Address(text)
        #expect(address.description == printed)
        #expect(try IPv6Address(printed) == address)
        #expect(IPv6Address(bytes: address.bytes[...]) == address)
        #expect(try IPAddress(text) == .v6(address))
    }

    @Test(arguments: [
        "", ":", ":::", "1", "1:2", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "::1::", "12345::", "g::", ":1::2",
        "1::2:", "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "fe80::1%eth0", "::1/64", " ::1", "::1.2.3", "::1.2.3.4.5",
        "::1.2.3.4:5", "1.2.3.4::", "[::1]", "::+1", "::-1", "::０", "1:2:3:4:5:6:7:1.2.3.4",
        "0000:0000:0000:0000:0000:0000:0000:0000:0000",
    ])
    func badAddresses(_ text: String) throws {
        let error = try #require(throws: ContainerError.self) { try IPv6Address(text) }
        #expect(error.code == .invalidArgument)
        #expect(throws: ContainerError.self) { try IPAddress(text) }
    }

    @Test func theZoneIsNamed() throws {
        let error = try #require(throws: ContainerError.self) { try IPAddress("fe80::1%eth0") }
        #expect(error.hint == "leave out the zone after %")
    }

    @Test func subnets() throws {
        let subnet = try IPv6Subnet("fd00:1:2:3::/64")
        #expect(subnet.description == "fd00:1:2:3::/64")
        #expect(subnet.last.description == "fd00:1:2:3:ffff:ffff:ffff:ffff")
        #expect(try subnet.contains(IPv6Address("fd00:1:2:3::9")) && !subnet.contains(IPv6Address("fd00:1:2:4::")))
        #expect(try IPv6Subnet("::/0").contains(IPv6Address("2001:db8::1")))
        #expect(try IPv6Subnet("::/0").overlaps(subnet) && subnet.overlaps(IPv6Subnet("fd00:1:2:3:8000::/65")))
        let error = try #require(throws: ContainerError.self) { try IPv6Subnet("fd00::5/64") }
        #expect(error.hint == "you may mean fd00::/64")
        for bad in ["fd00::", "fd00::/129", "fd00::/", "fd00::/-1", "fd00::/+64", "fd00::/64/64", "/64", "fd00::/1e1"] {
            #expect(throws: ContainerError.self) { try IPv6Subnet(bad) }
        }
    }

    @Test func eitherKind() throws {
        let four = try IPSubnet("10.0.0.0/8")
        let six = try IPSubnet("fd00::/64")
        #expect(!four.overlaps(six) && !six.overlaps(four) && !four.isIPv6 && six.isIPv6)
        #expect(try four.contains(IPSubnet("10.1.0.0/16")) && !IPSubnet("10.1.0.0/16").contains(four))
        #expect(four.firstHost?.description == "10.0.0.1" && six.firstHost?.description == "fd00::1")
        #expect(four.address(at: 1 << 24) == nil && four.address(at: .max) == nil)
        #expect(six.address(at: 0xffff)?.description == "fd00::ffff")
        #expect(try IPAddress("127.8.9.1").isLoopback && IPAddress("::1").isLoopback && !IPAddress("::2").isLoopback)
        #expect(try IPAddress("0.0.0.0").isUnspecified && IPAddress("::").isUnspecified)
        #expect(
            try [IPAddress("::1"), IPAddress("9.0.0.1"), IPAddress("10.0.0.1")].sorted().map(\.description) == [
                "9.0.0.1", "10.0.0.1", "::1",
            ])
    }

    @Test func interfaceAddresses() throws {
        let address = try InterfaceAddress("fd00::5/64")
        #expect(address.description == "fd00::5/64" && address.subnet.description == "fd00::/64")
        #expect(try InterfaceAddress("10.0.0.5/24").subnet.description == "10.0.0.0/24")
        for bad in ["10.0.0.5", "10.0.0.5/33", "fd00::5/129", "10.0.0.5/24/1", "/24", "10.0.0.5/"] {
            #expect(throws: ContainerError.self) { try InterfaceAddress(bad) }
        }
        #expect(throws: ContainerError.self) {
            try InterfaceAddress(IPAddress("10.1.0.5"), in: IPSubnet("10.0.0.0/16"))
        }
    }

    @Test func macAddresses() throws {
        #expect(try MACAddress("02:42:AC:11:00:02").description == "02:42:ac:11:00:02")
        let one = try MACAddress(for: IPAddress("fd00::2"))
        #expect(try one == MACAddress(for: IPAddress("fd00::2")) && one != MACAddress(for: IPAddress("fd00::3")))
        #expect(one.description.hasPrefix("02:43:"))
        for bad in [
            "", "02:42:ac:11:00", "02:42:ac:11:00:02:03", "02:42:ac:11:00:2", "02-42-ac-11-00-02", "02:42:ac:11:00:0g",
            "03:42:ac:11:00:02", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00", "+2:42:ac:11:00:02",
        ] {
            #expect(throws: ContainerError.self) { try MACAddress(bad) }
        }
    }
}

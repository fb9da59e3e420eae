import ContainerKitTesting
import ContainerSystem
import Glibc
import Testing

@testable import ContainerNetworking

/// What the bridge code says to the kernel, and what it makes of the answers.
@Suite struct BridgeNetworkTests {
    let gateway = IPv4Address(0x0ac9_0001)
    let subnet = IPv4Subnet(masking: 0x0ac9_0000, prefixLength: 16)
    let forwarding = ForwardingFile("1\n")

    static let missing = FakeNetlink.Answer.datagrams([
        Wire.failure(1, ENODEV), Wire.done(2),
    ])

    func found(isUp: Bool = true, kind: String? = "bridge", addresses: [(IPv4Address, UInt8)]) -> FakeNetlink.Answer {
        .datagrams(
            [
                Wire.link(1, index: 5, "ck0", kind: kind, isUp: isUp), Wire.acknowledgement(1),
                Wire.address(2, index: 1, IPv4Address(0x7f00_0001), 8),
            ] + addresses.map { Wire.address(2, index: 5, $0.0, $0.1) } + [Wire.done(2)])
    }

    func ensure(_ netlink: FakeNetlink) throws -> UInt32 {
        try BridgeNetwork(netlink, forwardingPath: forwarding.path).ensureBridge(
            "ck0", gateway: gateway, subnet: subnet)
    }

    @Test func oneExchangeWhenAllIsThere() throws {
        let netlink = FakeNetlink([found(addresses: [(gateway, 16)])])
        #expect(try ensure(netlink) == 5)
        #expect(netlink.requests.count == 1)
    }

    @Test func createsWhatIsMissing() throws {
        let netlink = FakeNetlink([Self.missing, .acknowledge, found(isUp: false, addresses: []), .acknowledge])
        #expect(try ensure(netlink) == 5)
        #expect(
            netlink.operations == [
                "look up link ck0", "list the addresses", "create bridge ck0", "look up link ck0", "list the addresses",
                "add address 10.201.0.1/16 to ck0", "set link ck0 up",
            ])
    }

    @Test func anotherProcessWasFaster() throws {
        let netlink = FakeNetlink([
            Self.missing, .datagrams([Wire.failure(1, EEXIST)]), found(isUp: false, addresses: []),
            .datagrams([Wire.failure(1, EEXIST), Wire.acknowledgement(2)]),
        ])
        #expect(try ensure(netlink) == 5)
    }

    @Test func nameOfAnotherLink() throws {
        let error = try #require(throws: ContainerError.self) {
            try ensure(FakeNetlink([found(kind: "dummy", addresses: [])]))
        }
        #expect(error.code == .conflict)
        #expect(error.message == "link ck0 exists and is not a bridge but a dummy")
        let hardware = try #require(throws: ContainerError.self) {
            try ensure(FakeNetlink([found(kind: nil, addresses: [])]))
        }
        #expect(hardware.message == "link ck0 exists and is not a bridge")
        #expect(throws: ContainerError.self) {
            try BridgeNetwork(FakeNetlink([found(kind: "veth", addresses: [])])).removeBridge("ck0")
        }
    }

    @Test func bridgeWithAnotherAddress() throws {
        let netlink = FakeNetlink([found(addresses: [(IPv4Address(0xc000_0201), 24)])])
        let error = try #require(throws: ContainerError.self) { try ensure(netlink) }
        #expect(error.code == .conflict)
        #expect(error.message == "bridge ck0 has the address 192.0.2.1/24, not 10.201.0.1/16")
        #expect(netlink.requests.count == 1)
    }

    @Test func noBridgesInTheKernel() throws {
        let netlink = FakeNetlink([
            Self.missing, .datagrams([Wire.failure(1, EOPNOTSUPP, text: "Unknown device type")]),
        ])
        let error = try #require(throws: ContainerError.self) { try ensure(netlink) }
        #expect(error.code == .unsupported)
        #expect(error.hint == "use --network host or --network none")
    }

    @Test func forwardingIsWrittenOnlyWhenOff() throws {
        let off = ForwardingFile("0\n")
        _ = try BridgeNetwork(FakeNetlink([found(addresses: [(gateway, 16)])]), forwardingPath: off.path)
            .ensureBridge("ck0", gateway: gateway, subnet: subnet)
        #expect(off.text.first == "1")
        let error = try #require(throws: ContainerError.self) {
            try BridgeNetwork(FakeNetlink([found(addresses: [(gateway, 16)])]), forwardingPath: "/proc/self/nothing")
                .ensureBridge("ck0", gateway: gateway, subnet: subnet)
        }
        #expect(error.code == .notFound)
    }

    @Test func deletingWhatIsGone() throws {
        let netlink = FakeNetlink([.datagrams([Wire.failure(1, ENODEV)]), .datagrams([Wire.failure(1, EPERM)])])
        try BridgeNetwork(netlink).deleteLink("veth0123abc")
        #expect(throws: ContainerError.self) { try BridgeNetwork(netlink).deleteLink("veth0123abc") }
    }

    @Test(arguments: ["", "a/b", "a b", "..", "sixteen-letters-", "a:b", "a\nb", "é", "a\"b", "a%d"])
    func badNames(_ name: String) {
        #expect(throws: ContainerError.self) { try InterfaceName.validate(name) }
    }

    @Test func goodNames() throws {
        for name in ["ck0", "veth0123abc", "fifteen-letters", "a.b"] { try InterfaceName.validate(name) }
    }
}

/// A stand-in for /proc/sys/net/ipv4/ip_forward.
final class ForwardingFile: Sendable {
    let path: String

    init(_ text: String) {
        var template = Array("/tmp/ContainerNetworkingTests-forwarding-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        _ = text.withCString { write(descriptor, $0, strlen($0)) }
        close(descriptor)
    }

    deinit { unlink(path) }

    var text: String { (try? Files.readText(path)) ?? "" }
}

import ContainerEngine
import Testing

@testable import ck

/// Ports of `ps` and `port`, as docker 28 writes them.
@Suite struct PortTextTests {
    private static func map(
        _ address: String, _ host: UInt16, _ port: UInt16, _ transport: PortBinding.Transport = .tcp
    ) -> PortMapping { PortMapping(hostAddress: address, hostPort: host, containerPort: port, transport) }

    static let columns: [([PortMapping], [String], String)] = [
        ([], [], ""), ([], ["80/tcp"], "80/tcp"), ([], ["81/tcp", "53/udp", "80/tcp"], "53/udp, 80-81/tcp"),
        ([], ["80/tcp", "82/tcp", "83/tcp"], "80/tcp, 82-83/tcp"), ([], ["nonsense"], ""),
        (
            [map("0.0.0.0", 80, 9090), map("::", 80, 9090)], ["9988/tcp", "9090/tcp"],
            "9988/tcp, 0.0.0.0:80->9090/tcp, [::]:80->9090/tcp"
        ),
        (
            [map("0.0.0.0", 8081, 8081), map("0.0.0.0", 8080, 8080), map("::", 8080, 8080), map("::", 8081, 8081)], [],
            "0.0.0.0:8080-8081->8080-8081/tcp, [::]:8080-8081->8080-8081/tcp"
        ),
        (
            [map("0.0.0.0", 8000, 80), map("0.0.0.0", 8001, 81)], [], "0.0.0.0:8000->80/tcp, 0.0.0.0:8001->81/tcp"
        ),
        (
            [map("127.0.0.1", 53, 53, .udp), map("127.0.0.1", 53, 53), map("127.0.0.1", 54, 54)], [],
            "127.0.0.1:53-54->53-54/tcp, 127.0.0.1:53->53/udp"
        ),
        // As docker 28 has written it.
        (
            [
                map("0.0.0.0", 8090, 90), map("::", 8090, 90), map("0.0.0.0", 8080, 80), map("::", 8080, 80),
                map("::", 9000, 9000), map("0.0.0.0", 9000, 9000), map("0.0.0.0", 9001, 9001), map("::", 9001, 9001),
                map("127.0.0.1", 7, 7), map("0.0.0.0", 53, 53, .udp), map("::", 53, 53, .udp),
            ], ["7000/udp", "100/tcp", "101/tcp", "102/tcp", "80/tcp"],
            "127.0.0.1:7->7/tcp, 0.0.0.0:53->53/udp, [::]:53->53/udp, 100-102/tcp, 7000/udp, "
                + "0.0.0.0:9000-9001->9000-9001/tcp, [::]:9000-9001->9000-9001/tcp, 0.0.0.0:8080->80/tcp, "
                + "[::]:8080->80/tcp, 0.0.0.0:8090->90/tcp, [::]:8090->90/tcp"
        ),
        ([map("1.2.3.4", 65535, 65535)], ["65534/tcp"], "65534/tcp, 1.2.3.4:65535->65535/tcp"),
    ]

    @Test(arguments: columns) func column(_ ports: [PortMapping], _ exposed: [String], _ wanted: String) {
        #expect(PortColumn.text(ports, exposed: exposed) == wanted)
    }

    private let ports = [
        map("::", 8080, 80), map("0.0.0.0", 8080, 80), map("0.0.0.0", 5353, 53, .udp), map("0.0.0.0", 9, 100),
    ]

    @Test func everyPort() throws {
        let lines = try parse(ShowPorts.self, "port", "web").lines(ports)
        #expect(
            lines == [
                "53/udp -> 0.0.0.0:5353", "80/tcp -> 0.0.0.0:8080", "80/tcp -> [::]:8080", "100/tcp -> 0.0.0.0:9",
            ])
        #expect(try parse(ShowPorts.self, "port", "web").lines([]) == [])
    }

    @Test func onePort() throws {
        #expect(try parse(ShowPorts.self, "port", "web", "80").lines(ports) == ["0.0.0.0:8080", "[::]:8080"])
        #expect(try parse(ShowPorts.self, "container", "port", "web", "53/udp").lines(ports) == ["0.0.0.0:5353"])
        #expect(try parse(ShowPorts.self, "port", "web", "100/").lines(ports) == ["0.0.0.0:9"])
        let wrong = [
            ("53", "ck: no public port '53' published for web"),
            ("80/udp", "ck: no public port '80/udp' published for web"),
            ("80/x/y", "ck: no public port '80/x/y' published for web"),
            ("x", "ck: invalid port (x): a port is a number up to 65535"),
            ("99999", "ck: invalid port (99999): a port is a number up to 65535"),
            ("80-81", "ck: invalid port (80-81): a port is a number up to 65535"),
        ]
        for (port, text) in wrong {
            let failure = #expect(throws: CommandFailure.self) {
                _ = try parse(ShowPorts.self, "port", "web", port).lines(ports)
            }
            #expect(failure?.text == text && failure?.status == 1)
        }
    }

    @Test func numbersCountByTheirValue() {
        let sorted = ["a10", "a2", "a", "b", "a02", "2", "10", "a2b"].sorted(by: NaturalOrder.precedes)
        #expect(sorted == ["2", "10", "a", "a2", "a02", "a2b", "a10", "b"])
        #expect(!NaturalOrder.precedes("a1", "a1"))
        let long = String(repeating: "9", count: 100)
        #expect(NaturalOrder.precedes("1", long) && !NaturalOrder.precedes(long, "1"))
    }
}

import ContainerSystem
import GRDB
import Synchronization
import Testing

@testable import ContainerDatabase

@Suite struct NetworkRecordsTests {
    @Test func aNetworkIsKeptAsItWasMade() throws {
        try withFolder { (folder: String) throws in
            let database = try MetadataDatabase(folder: folder)
            var network = NetworkRecord.made(
                "n",
                subnets: [
                    .init("10.1.0.0/16", gateway: "10.1.0.1", range: "10.1.2.0/24", reserved: ["router": "10.1.0.9"]),
                    .init("fd00::/64", gateway: nil),
                ])
            network.isInternal = true
            network.isAttachable = true
            network.labels = ["a": "b"]
            network.options = ["mtu": "1400"]
            #expect(try database.addNetwork { _ in network } == network)
            #expect(try database.network(name: "n") == network && database.networks() == [network])
            #expect(network.subnets.map(\.isIPv6) == [false, true])
            #expect(code { _ = try database.addNetwork { _ in .made("n") } } == .conflict)
            var seen: [String] = []
            #expect(
                try database.network(name: "m") {
                    seen = $0.map(\.name)
                    return .made("m")
                }.name == "m")
            #expect(seen == ["n"], "who makes one knows the others")
            #expect(try database.network(name: "m") { _ in .made("m", link: "x") }.link == "b")
            #expect(try database.removeNetwork(id: "id-n") && !database.removeNetwork(id: "id-n"))
            #expect(try database.networks().map(\.name) == ["m"])
        }
    }

    @Test func addressesAreGivenOnce() throws {
        try withFolder { (folder: String) throws in
            let database = try MetadataDatabase(folder: folder)
            let network = try database.addNetwork { _ in .made("n") }
            func address(_ container: String, _ wanted: String? = nil, stale: [String] = []) throws -> String? {
                try database.addEndpoints(
                    container, [EndpointRequest(network, ordinal: 0, address: wanted)],
                    choice: .counting(3, stale: stale)
                ).endpoints.first?.address
            }
            #expect(try ["a", "b", "c"].map { try address($0) } == ["0", "1", "2"])
            #expect(try address("b") == "1", "an address is kept")
            #expect(code { _ = try address("d") } == .exhausted)
            #expect(code { _ = try address("d", "1") } == .conflict)
            #expect(try address("d", stale: ["a"]) == "0", "what a container left is taken again")
            #expect(try database.endpoints(container: "a").isEmpty)
            try database.releaseNetworks(container: "b")
            #expect(try database.endpoints().map(\.container) == ["c", "d"])
            #expect(try address("e", "1") == "1")
            #expect(
                code {
                    try database.removeNetwork(id: network.id) {
                        if !$0.isEmpty { throw ContainerError(.conflict, "used") }
                    }
                } == .conflict)
            #expect(try database.endpoints().count == 3, "and nothing is gone")
        }
    }

    @Test func endpointsGoWithTheirContainer() throws {
        try withFolder { (folder: String) throws in
            let database = try MetadataDatabase(folder: folder)
            let networks = try ["n", "m"].map { name in try database.addNetwork { _ in .made(name) } }
            let requests = networks.enumerated().map { EndpointRequest($1, ordinal: $0) }
            let made = try database.addEndpoints("a", requests, choice: .counting(9)).endpoints
            #expect(made.map(\.ordinal) == [0, 1] && made.allSatisfy { $0.address == "0" && $0.id.count == 64 })
            #expect(try database.endpoints(container: "a") == made)
            try database.addContainer(.made("a", "na"))
            try database.removeContainer(id: "a")
            #expect(try database.endpoints().isEmpty)
            let next = try database.addEndpoints("b", requests, choice: .counting(9)).endpoints
            #expect(next.first?.address == "1", "an address that was just given back is not the next one")
            #expect(try database.removeEndpoint(container: "b", network: networks[0].id))
            #expect(try database.endpoints(container: "b").map(\.network) == [networks[1].id])
        }
    }

    @Test func portsAreGivenOnce() throws {
        try withFolder { (folder: String) throws in
            let database = try MetadataDatabase(folder: folder)
            let any = Mutex<[UInt16]>([9000, 9000, 9001])
            let probe = PortProbe(
                check: { _, _, port in
                    if port == 8001 { throw ContainerError(.conflict, "another listens on \(port)") }
                },
                pick: { _, _ in any.withLock { $0.removeFirst() } })
            func ports(
                _ container: String, _ address: String, _ range: ClosedRange<UInt16>?, _ transport: String = "tcp",
                stale: [String] = []
            ) throws -> [UInt16] {
                try database.addEndpoints(
                    container, [],
                    ports: [
                        PortRequest(transport: transport, containerPort: 80, hostAddresses: [address], hostPorts: range)
                    ],
                    choice: .counting(1, stale: stale), probe: probe
                ).ports.map(\.hostPort)
            }
            #expect(try ports("a", "0.0.0.0", 8000...8000) == [8000])
            #expect(code { _ = try ports("b", "0.0.0.0", 8000...8000) } == .conflict)
            #expect(code { _ = try ports("b", "127.0.0.1", 8000...8000) } == .conflict, "every address has it")
            #expect(try ports("b", "::", 8000...8000) == [8000] && ports("c", "0.0.0.0", 8000...8000, "udp") == [8000])
            #expect(code { _ = try ports("d", "127.0.0.1", 8001...8001) } == .conflict, "the host says so")
            #expect(try ports("d", "127.0.0.1", 8000...8003) == [8002], "the first that is free")
            #expect(try ports("e", "127.0.0.2", 8002...8002) == [8002], "another address")
            #expect(code { _ = try ports("f", "0.0.0.0", 8002...8002) } == .conflict)
            #expect(try ports("f", "0.0.0.0", nil) == [9000] && ports("g", "0.0.0.0", nil) == [9001])
            #expect(try ports("h", "0.0.0.0", 8000...8000, stale: ["a"]) == [8000])
            #expect(try database.ports(container: "a").isEmpty)
            #expect(try ports("h", "0.0.0.0", 8000...8000) == [8000], "its own is not in its way")
            try database.releaseNetworks(container: "h")
            #expect(try database.ports().count == 6)
        }
    }

    /// What the version before had: networks by name, addresses as numbers.
    @Test func theDefaultNetworkOfAnEarlierVersionIsKept() throws {
        try withFolder { (folder: String) throws in
            let queue = try DatabaseQueue(path: folder + "/metadata.db")
            try queue.write { database in
                for statement in Schema.versions.prefix(2) { try database.execute(sql: statement) }
                try database.execute(
                    sql: """
                        PRAGMA user_version = 2;
                        INSERT INTO network VALUES ('bridge', 'ck0', '10.201.0.0/16', 5);
                        INSERT INTO lease VALUES ('bridge', 180945157, 'abc');
                        """)
            }
            try queue.close()
            let database = try MetadataDatabase(folder: folder)
            let network = try #require(try database.network(name: "bridge"))
            #expect(network.link == "ck0" && network.driver == "bridge" && network.id.count == 64)
            #expect(network.subnets == [.init("10.201.0.0/16", gateway: "10.201.0.1")])
            #expect(try database.endpoints(container: "abc").first?.address == "10.201.1.5")
        }
    }
}

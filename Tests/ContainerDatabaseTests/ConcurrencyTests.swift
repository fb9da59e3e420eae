import ContainerDatabase
import ContainerSystem
import Testing

/// Many commands at once, each with a connection of its own.
@Suite struct ConcurrencyTests {
    /// The first commands on a new root meet at a file that is being made.
    @Test func aNewDatabaseIsMadeOnce() throws {
        for round in 0..<20 {
            try withFolder { (folder: String) throws in
                let results = atOnce(8) { index throws(ContainerError) in
                    let database = try MetadataDatabase(folder: folder)
                    try database.addContainer(.made("\(index)", "n\(index)"))
                }
                for case .failure(let error) in results { Issue.record("round \(round): \(error)") }
                #expect(try MetadataDatabase(folder: folder).containers().count == 8)
            }
        }
    }

    @Test func oneOfManyGetsTheName() throws {
        try withFolder { (folder: String) throws in
            _ = try MetadataDatabase(folder: folder)
            let results = atOnce(8) { index throws(ContainerError) in
                try MetadataDatabase(folder: folder).addContainer(.made("\(index)", "same"))
            }
            let failures = results.compactMap { if case .failure(let error) = $0 { error } else { nil } }
            #expect(failures.count == 7 && failures.allSatisfy { $0.code == .conflict }, "\(failures)")
            let winner = try #require(try MetadataDatabase(folder: folder).container(name: "same"))
            #expect(failures.allSatisfy { $0.description.contains("\"\(winner.id)\"") })
        }
    }

    @Test func noAddressIsLeasedTwice() throws {
        try withFolder { (folder: String) throws in
            let database = try MetadataDatabase(folder: folder)
            let network = try database.network(name: "n") { _ in .made("n") }
            let results = atOnce(8) { thread throws(ContainerError) in
                let database = try MetadataDatabase(folder: folder)
                var addresses: [String?] = []
                for index in 0..<250 {
                    let (endpoints, _) = try database.addEndpoints(
                        "\(thread)-\(index)", [EndpointRequest(network, ordinal: 0)], choice: .counting(2000))
                    addresses += endpoints.map(\.address)
                }
                return addresses
            }
            let addresses = try results.flatMap { try $0.get() }
            #expect(Set(addresses) == Set((0..<2000).map { "\($0)" }), "2,000 addresses for 2,000 containers")
            #expect(try database.endpoints().count == 2000)
        }
    }

    @Test func aNetworkIsMadeOnce() throws {
        try withFolder { (folder: String) throws in
            _ = try MetadataDatabase(folder: folder)
            let results = atOnce(8) { index throws(ContainerError) in
                try MetadataDatabase(folder: folder).network(name: "n") { _ in .made("n", link: "b\(index)") }
            }
            #expect(Set(try results.map { try $0.get().link }).count == 1)
        }
    }

    /// A failure within a transaction leaves nothing of it.
    @Test func whatFailsChangesNothing() throws {
        try withFolder { (folder: String) throws in
            let database = try MetadataDatabase(folder: folder)
            let refused = code { _ = try database.network(name: "n") { _ in throw ContainerError(.exhausted, "none") } }
            #expect(refused == .exhausted)
            #expect(try database.network(name: "n") == nil)
            let network = try database.network(name: "n") { _ in .made("n") }
            let other = try database.network(name: "m") { _ in .made("m") }
            let failed = code {
                _ = try database.addEndpoints(
                    "c", [EndpointRequest(network, ordinal: 0), EndpointRequest(other, ordinal: 1)],
                    choice: AddressChoice(isStale: { _ in false }) { network, _, _, _ in
                        if network.name == "m" { throw ContainerError(.exhausted, "none left") }
                        return "1"
                    })
            }
            #expect(failed == .exhausted)
            #expect(try database.endpoints().isEmpty)
            try database.addContainer(.made("1", "n"))
        }
    }
}

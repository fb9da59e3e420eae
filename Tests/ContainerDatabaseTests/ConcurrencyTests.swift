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
            _ = try database.network(name: "n") { NetworkRecord(name: "n", bridge: "b", subnet: "s") }
            let results = atOnce(8) { thread throws(ContainerError) in
                let database = try MetadataDatabase(folder: folder)
                var addresses: [UInt32] = []
                for index in 0..<10 {
                    addresses.append(
                        try database.lease(network: "n", container: "\(thread)-\(index)") { last, isTaken in
                            (1...80).map { (last + $0) % 80 }.first { !isTaken($0) } ?? 999
                        } isStale: { _ in
                            false
                        })
                }
                return addresses
            }
            let addresses = try results.flatMap { try $0.get() }
            #expect(Set(addresses) == Set(0..<80), "80 addresses for 80 containers")
            #expect(try database.leaseCount() == 80)
        }
    }

    @Test func aNetworkIsMadeOnce() throws {
        try withFolder { (folder: String) throws in
            _ = try MetadataDatabase(folder: folder)
            let results = atOnce(8) { index throws(ContainerError) in
                try MetadataDatabase(folder: folder).network(name: "n") {
                    NetworkRecord(name: "n", bridge: "b\(index)", subnet: "s")
                }
            }
            #expect(Set(try results.map { try $0.get().bridge }).count == 1)
        }
    }

    /// A failure within a transaction leaves nothing of it.
    @Test func whatFailsChangesNothing() throws {
        try withFolder { (folder: String) throws in
            let database = try MetadataDatabase(folder: folder)
            let refused = code { _ = try database.network(name: "n") { throw ContainerError(.exhausted, "none") } }
            #expect(refused == .exhausted)
            #expect(try database.network(name: "n") == nil)
            _ = try database.network(name: "n") { NetworkRecord(name: "n", bridge: "b", subnet: "s") }
            let failed = code {
                _ = try database.lease(network: "n", container: "c") { _, _ in
                    throw ContainerError(.exhausted, "none left")
                } isStale: { _ in
                    false
                }
            }
            #expect(failed == .exhausted)
            #expect(try database.leaseCount() == 0 && database.leasedAddress(container: "c") == nil)
            try database.addContainer(.made("1", "n"))
        }
    }
}

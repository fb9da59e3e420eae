import ContainerSystem
import Testing

@testable import ContainerDatabase

@Suite struct VolumeRecordsTests {
    private func volume(_ name: String, isAnonymous: Bool = false) -> VolumeRecord {
        VolumeRecord(name: name, labels: ["k": "ü"], options: [:], created: 5, isAnonymous: isAnonymous)
    }

    @Test func aVolumeIsKeptAsItWasMade() throws {
        try withFolder { (folder: String) throws in
            let database = try MetadataDatabase(folder: folder)
            let made = VolumeRecord(name: "v", labels: ["a": "b"], options: ["type": "nfs"], created: 1.5)
            #expect(try database.addVolume(made))
            #expect(try !database.addVolume(VolumeRecord(name: "v", created: 9)), "the first one stays")
            #expect(try database.volume("v") == made)
            #expect(try database.volume("w") == nil)
            try database.addVolume(volume("a"))
            #expect(try database.volumes().map(\.name) == ["a", "v"])
            #expect(try database.removeVolume("v"))
            #expect(try !database.removeVolume("v"))
        }
    }

    @Test func aVolumeInUseStays() throws {
        try withFolder { (folder: String) throws in
            let database = try MetadataDatabase(folder: folder)
            try database.addContainer(.made("1", "one"), volumes: [volume("v"), volume("x", isAnonymous: true)])
            try database.addContainer(.made("2", "two"), volumes: [volume("v"), volume("x", isAnonymous: true)])
            #expect(try database.volumeUses() == ["v": ["1", "2"], "x": ["1", "2"]])
            let error = #expect(throws: ContainerError.self) { try database.removeVolume("v") }
            #expect(error?.code == .conflict && error?.message == "remove v: volume is in use - [1, 2]")
            #expect(try database.removeAnonymousVolumes(container: "1") == [], "another one uses it")
            #expect(try database.removeAnonymousVolumes(container: "2") == ["x"])
            try database.removeContainer(id: "1")
            try database.removeContainer(id: "2")
            #expect(try database.volumeUses() == [:], "uses go with their container")
            #expect(try database.removeVolume("v"))
        }
    }

    @Test func aNameThatIsTakenAddsNoVolume() throws {
        try withFolder { (folder: String) throws in
            let database = try MetadataDatabase(folder: folder)
            try database.addContainer(.made("1", "one"))
            #expect(throws: ContainerError.self) {
                try database.addContainer(.made("2", "one"), volumes: [volume("v")])
            }
            #expect(try database.volumes().isEmpty)
        }
    }
}

import ContainerSystem
import Glibc
import OCISpec
import Testing

@testable import ContainerStorage

@Suite struct ContentStoreTests {
    @Test func hashesAsFIPS180Says() throws {
        #expect(
            try SHA256Hasher.digest("abc".utf8).hex
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(try SHA256Hasher.digest([]).hex == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        var hasher = try SHA256Hasher()
        [UInt8("a".utf8.first!)].withUnsafeBytes { hasher.update($0) }
        var copy = hasher
        Array("bc".utf8).withUnsafeBytes { copy.update($0) }
        #expect(copy.finalize().hex.hasPrefix("ba7816bf"))
        #expect(hasher.finalize().hex.hasPrefix("ca978112"), "the copy hashes on its own")
    }

    @Test func chainsAsTheImageSpecificationSays() throws {
        let diffIDs = try ["a", "b", "c"].map { try SHA256Hasher.digest($0.utf8) }
        let chain = try ChainID.chain(of: diffIDs)
        #expect(chain[0].digest == diffIDs[0])
        #expect(try chain[1].digest == SHA256Hasher.digest("\(diffIDs[0]) \(diffIDs[1])".utf8))
        #expect(try chain[2].digest == SHA256Hasher.digest("\(chain[1]) \(diffIDs[2])".utf8))
        #expect(Set(chain.map(\.shortName)).count == 3)
        #expect(chain.allSatisfy { $0.shortName.utf8.count == 22 })
    }

    @Test func keepsBlobsByDigestAndPrivate() throws {
        let scratch = try Scratch()
        let store = try LocalContentStore(root: scratch("content"))
        let blob = try store.store(Array("hello".utf8))
        #expect(blob.size == 5)
        #expect(store.contains(blob.digest))
        #expect(try store.size(of: blob.digest) == 5)
        #expect(try store.read(blob.digest, limit: 5) == Array("hello".utf8))
        #expect(try store.list() == [blob.digest])
        #expect(status(store.path(blob.digest))!.st_mode & 0o7777 == 0o600)
        #expect(throws: ContainerError.self) { try store.read(blob.digest, limit: 4) }
        #expect(try store.store(Array("hello".utf8)) == blob, "twice is once")
        try store.delete(blob.digest)
        try store.delete(blob.digest)
        #expect(!store.contains(blob.digest))
        #expect { try store.open(blob.digest) } throws: { ($0 as? ContainerError)?.code == .notFound }
    }

    @Test(arguments: [("hellx", 5), ("hell", 5), ("hello!", 5), ("hello", 4)])
    func refusesWhatWasNotAnnounced(_ text: String, _ size: Int64) throws {
        let scratch = try Scratch()
        let store = try LocalContentStore(root: scratch("content"))
        let ingest = try store.ingest(expected: try SHA256Hasher.digest("hello".utf8), size: size)
        #expect {
            try Array(text.utf8).withUnsafeBytes { try ingest.write($0) }
            _ = try ingest.commit()
        } throws: {
            ($0 as? ContainerError)?.code == .corrupted
        }
        ingest.cancel()
        #expect(try store.list().isEmpty)
        #expect(try Files.list(scratch("content/ingest")).isEmpty)
    }

    @Test func leavesNothingOfAnIngestThatIsLetGo() throws {
        let scratch = try Scratch()
        let store = try LocalContentStore(root: scratch("content"))
        do {
            let ingest = try store.ingest(expected: nil, size: nil)
            try Array("half".utf8).withUnsafeBytes { try ingest.write($0) }
            #expect(try Files.list(scratch("content/ingest")).count == 1)
            #expect(ingest.written == 4)
        }
        #expect(try Files.list(scratch("content/ingest")).isEmpty)
    }

    @Test func cleansUpAfterDeadProcessesOnly() throws {
        let scratch = try Scratch()
        let store = try LocalContentStore(root: scratch("content"))
        let living = try store.ingest(expected: nil, size: nil)
        // Our process id with another start time: it was given away again. 4194304 is above the greatest there is.
        for name in ["blob-\(getpid())-1-7", "blob-4194304-5-1", "something-else"] {
            try Files.replace(scratch("content/ingest/\(name)"), with: [])
        }
        try store.cleanUp()
        let left = try Files.list(scratch("content/ingest"))
        #expect(left.count == 2 && left.contains("something-else"))
        _ = try living.commit()
    }
}

import ContainerSystem
import Glibc
import OCISpec
import Testing

@testable import ContainerStorage

/// Blobs that come from elsewhere: read while they come, gone on with by whoever comes next.
@Suite struct DownloadTests {
    private let text = Array("what is worth having is worth fetching twice".utf8)

    private func write(_ bytes: some Collection<UInt8>, to ingest: any BlobIngest) throws {
        try Array(bytes).withUnsafeBytes { try ingest.write($0) }
    }

    private func withStore(_ body: (LocalContentStore, Digest, String) throws -> Void) throws {
        let scratch = try Scratch()
        try body(
            try LocalContentStore(root: scratch("content")), try SHA256Hasher.digest(text), scratch("content/ingest"))
    }

    @Test func whatOneBroughtTheNextKeeps() throws {
        try withStore { store, digest, folder in
            let size = Int64(text.count)
            do {
                let first = try #require(try store.download(digest, size: size))
                try write(text[..<10], to: first)
            }
            #expect(try Files.list(folder) == ["\(digest.hex).partial"])
            try store.cleanUp()
            let second = try #require(try store.download(digest, size: size))
            #expect(second.written == 10)
            try write(text[10...], to: second)
            #expect(try second.commit() == StoredBlob(digest: digest, size: size))
            #expect(try store.read(digest, limit: 100) == text)
            #expect(try store.download(digest, size: size) == nil)
            #expect(try Files.list(folder).isEmpty)
        }
    }

    @Test func allOfItButTheEndIsEnough() throws {
        try withStore { store, digest, folder in
            try write(text, to: try #require(try store.download(digest, size: Int64(text.count))))
            let next = try #require(try store.download(digest, size: Int64(text.count)))
            #expect(next.written == Int64(text.count))
            _ = try next.commit()
            #expect(try Files.list(folder).isEmpty && store.contains(digest))
        }
    }

    @Test(arguments: [false, true]) func wrongBytesAreNotKept(areTooMany: Bool) throws {
        try withStore { store, digest, folder in
            let size = Int64(text.count)
            if areTooMany {
                try Files.replace("\(folder)/\(digest.hex).partial", with: text + [0])
            } else {
                let wrong = try #require(try store.download(digest, size: size))
                try write(text.reversed(), to: wrong)
                let failure = #expect(throws: ContainerError.self) { try wrong.commit() }
                #expect(failure?.code == .corrupted)
                #expect(try Files.list(folder).isEmpty)
            }
            let next = try #require(try store.download(digest, size: size))
            #expect(next.written == 0)
            try write(text, to: next)
            _ = try next.commit()
        }
    }

    @Test func downloadsThatNobodyWantsGo() throws {
        try withStore { store, digest, folder in
            let path = "\(folder)/\(digest.hex).partial"
            try write(text[..<10], to: try #require(try store.download(digest, size: Int64(text.count))))
            let old = timespec(tv_sec: time(nil) - 8 * 86400, tv_nsec: 0)
            utimensat(AT_FDCWD, path, [old, old], 0)
            let living = try #require(try store.download(digest, size: Int64(text.count)))
            try store.cleanUp()
            #expect(Files.exists(path), "somebody is at it")
            living.cancel()
            try store.cleanUp()
            #expect(!Files.exists(path))
            try write(text[..<10], to: try #require(try store.download(digest, size: Int64(text.count))))
            try store.removeDownloads()
            #expect(try Files.list(folder).isEmpty)
        }
    }

    /// The second one waits for the first, and then has nothing to do.
    @Test func twoAtOnceDoItOnce() throws {
        try withStore { store, digest, _ in
            let size = Int64(text.count)
            let first = try #require(try store.download(digest, size: size))
            try write(text[..<10], to: first)
            let text = text
            try Threads.run(2) { number in
                if number == 0 {
                    let isThere = Result { try store.download(digest, size: size) == nil }
                    #expect((try? isThere.get()) == true)
                } else {
                    usleep(50_000)
                    #expect(throws: Never.self) {
                        try Array(text[10...]).withUnsafeBytes { try first.write($0) }
                        _ = try first.commit()
                    }
                }
            }
            #expect(try store.download(digest, size: size) == nil)
        }
    }

    @Test func whoFollowsGetsEveryByteAndTheEndLast() throws {
        try withStore { store, digest, _ in
            let text = text
            let ingest = try #require(try store.download(digest, size: Int64(text.count)))
            let source = try ingest.follow()
            try Threads.run(2) { number in
                if number == 0 {
                    #expect((try? source.readAll(limit: 1000)) == text)
                    #expect(store.contains(digest), "the end shows only after the blob is whole")
                } else {
                    #expect(throws: Never.self) {
                        for byte in text {
                            usleep(500)
                            try [byte].withUnsafeBytes { try ingest.write($0) }
                        }
                        _ = try ingest.commit()
                    }
                }
            }
        }
    }

    @Test func whoFollowsHearsOfTheFailure() throws {
        try withStore { store, digest, _ in
            let given = try #require(try store.download(digest, size: Int64(text.count)))
            try write(text[..<5], to: given)
            let source = try given.follow()
            given.cancel()
            let failure = #expect(throws: ContainerError.self) { try source.readAll(limit: 1000) }
            #expect(failure?.message.contains("given up") == true)
        }
    }
}

import ContainerSystem
import Glibc
import Testing

@Suite struct NanosecondsTests {
    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1970-01-01T00:00:00.000000001Z", 1),
            ("1969-12-31T23:59:59.5Z", -500_000_000),
            ("2026-01-02T03:04:05.678901234Z", 1_767_323_045_678_901_234),
            ("2026-01-02T03:04:05.6789012349Z", 1_767_323_045_678_901_234),
            ("2026-01-02t05:04:05.678901234+02:00", 1_767_323_045_678_901_234),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000_000_000), ("2000-02-29T12:00:00-00:30", 951_827_400_000_000_000),
            ("0001-01-01T00:00:00Z", Int64.min), ("9999-12-31T23:59:59Z", Int64.max),
        ] as [(String, Int64)])
    func aTimeHasItsNanoseconds(text: String, value: Int64) {
        #expect(Timestamp.nanoseconds(of: text) == value)
    }

    @Test(arguments: [
        "", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02T03:04:05.Z", "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-01-02T24:00:00Z", "2026-01-02T03:04:05+0200", "2026-01-02T03:04:05Zx", "2026-01-02 03:04:05Z",
        "+026-01-02T03:04:05Z", "1900-02-29T00:00:00Z",
    ])
    func whatIsNoTimeHasNone(text: String) {
        #expect(Timestamp.nanoseconds(of: text) == nil)
    }

    @Test func columnsOfTimesAreStraight() {
        for text in [
            "2026-01-02T03:04:05.000000007Z", "1969-12-31T23:59:59.999999999Z", "2000-02-29T00:00:00.000000000Z",
        ] {
            var bytes: [UInt8] = []
            Timestamp.appendFixed(nanoseconds: Timestamp.nanoseconds(of: text) ?? 0, to: &bytes)
            #expect(String(decoding: bytes, as: UTF8.self) == text)
        }
    }

    @Test func anInterruptionEndsAWait() async throws {
        let interruption = try Interruption()
        #expect(!interruption.isInterrupted && !interruption.wait(milliseconds: 1))
        let waiter = Task.detached { interruption.wait(milliseconds: 60_000) }
        interruption.interrupt()
        #expect(await waiter.value && interruption.isInterrupted)
    }

    @Test func aFolderTellsWhatChanges() throws {
        var template = Array("/tmp/ck-watch-XXXXXX".utf8CString)
        #expect(mkdtemp(&template) != nil)
        let folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        defer { try? Files.removeTree(folder) }
        let watch = try FolderWatch(folder)
        #expect(poll([watch.descriptor], milliseconds: 0) == [false])
        try Files.replace(folder + "/a", with: [1])
        #expect(poll([watch.descriptor, nil], milliseconds: 60_000) == [true, false])
        watch.drain()
        #expect(poll([watch.descriptor], milliseconds: 0) == [false])
        #expect(throws: ContainerError.self) { try FolderWatch(folder + "/none") }
    }
}

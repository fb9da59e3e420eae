import ContainerSystem
import Glibc
import Testing

@testable import ContainerEngine

@Suite struct IdentifierTests {
    @Test func anIdIsNeverANumber() throws {
        let ids = try (0..<200).map { _ in try Identifier.generate() }
        #expect(Set(ids).count == 200)
        for id in ids {
            #expect(id.utf8.count == 64 && Identifier.isPrefix(id))
            #expect(UInt64(Identifier.short(id)) == nil, "a short id of digits would look like a number")
        }
        #expect(Identifier.short("sha256:0123456789abcdef") == "0123456789ab")
        #expect(!Identifier.isPrefix("") && !Identifier.isPrefix("ABC") && !Identifier.isPrefix("xyz"))
    }

    @Test(arguments: [
        ("ok", true), ("a.b-c_d", true), ("0x", true), ("a", false), ("-a", false), (".a", false), ("a b", false),
        ("ä1", false), ("a/b", false), ("", false),
    ])
    func namesAreDockers(name: String, isValid: Bool) {
        #expect(((try? Identifier.check(name: name)) != nil) == isValid)
    }

    @Test func signalsHaveNamesAndNumbers() {
        for (text, number) in [
            ("9", 9), ("KILL", 9), ("sigterm", 15), ("RTMIN", 34), ("SIGRTMIN+3", 37), ("RTMAX-1", 63),
        ] {
            #expect(Signal(name: text)?.number == Int32(number), "\(text)")
        }
        for text in ["", "0", "65", "-1", "NOPE", "RTMIN-1", "RTMIN+31", "RTMAX+1", "SIG"] {
            #expect(Signal(name: text) == nil, "\(text)")
        }
    }
}

@Suite struct StateAndLogTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/ck-state-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let folder = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        defer { try? Files.removeTree(folder) }
        try body(folder)
    }

    @Test func theStateIsReadFromTheKernelAndTheFiles() throws {
        try withFolder { root in
            let folders = ContainerFolders(id: "x", root: root, runRoot: root + "/run")
            try Files.makeDirectory(folders.folder)
            try Files.makeDirectory(folders.runFolder)
            #expect(folders.state(wasStarted: false) == .created)
            #expect(folders.state(wasStarted: true) == .exited(.init(status: 255, started: nil, finished: nil)))
            let own = ProcessIdentity.current
            func write(pid: Int32, start: UInt64, at time: UInt64) throws {
                let text = "\(pid) \(start) \(pid) \(start) \(time)\n"
                try Files.replace(folders.runFolder + "/pids", with: Array(text.utf8))
            }
            try write(pid: own.pid, start: own.startTime, at: 0)
            #expect(folders.state(wasStarted: true).name == "created" && !folders.state(wasStarted: true).isRunning)
            try write(pid: own.pid, start: own.startTime, at: 5_000_000_000)
            #expect(folders.state(wasStarted: true).name == "running" && folders.state(wasStarted: true).isRunning)
            // The pid has gone to another process.
            try write(pid: own.pid, start: own.startTime + 1, at: 5_000_000_000)
            #expect(folders.state(wasStarted: true) == .exited(.init(status: 255, started: 5, finished: nil)))
            try Files.replace(folders.folder + "/exit", with: Array("137 1000000000 2000000000\n".utf8))
            #expect(folders.state(wasStarted: true) == .exited(.init(status: 137, started: 1, finished: 2)))
        }
    }

    @Test func aLogIsReadToItsLastWholeLine() throws {
        try withFolder { root in
            let path = root + "/log"
            let log = ContainerLog(path: path) { false }
            func entries() throws -> [ContainerLog.Entry] {
                var entries: [ContainerLog.Entry] = []
                try log.read { (entry) throws(ContainerError) in entries.append(entry) }
                return entries
            }
            #expect(try entries().isEmpty, "no file yet")
            let first = #"{"log":"a\u0000\"b\n","stream":"stdout","time":"2026-01-02T03:04:05.6Z"}"#
            let second = #"{"log":"err","stream":"stderr","time":"2026-01-02T03:04:06Z"}"#
            try Files.replace(path, with: Array("\(first)\n\(second)\n{\"log\":\"ha".utf8))
            let read = try entries()
            #expect(read.count == 2 && read[0].text == Array("a\0\"b\n".utf8) && !read[0].isError && read[1].isError)
            #expect(read[0].time == "2026-01-02T03:04:05.6Z")
            try Files.replace(path, with: Array("no json\n".utf8))
            #expect(throws: ContainerError.self) { try entries() }
        }
    }
}

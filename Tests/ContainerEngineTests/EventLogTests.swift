import ContainerSystem
import Dispatch
import Glibc
import Synchronization
import Testing

@testable import ContainerEngine

@Suite struct EventLogTests {
    private func event(_ number: Int, writer: Int = 0) -> Event {
        Event(
            .container, "start", id: "c\(writer)", attributes: ["name": "n", "number": String(number)],
            time: Int64(number))
    }

    @Test func anEventIsALineOfDockersJSON() throws {
        let event = Event(
            .container, "exec_create: sh -c \"x\"", id: "ab",
            attributes: ["name": "web", "image": "bb", "l\n": "a\\\"b"],
            time: 1_795_600_153_172_228_655)
        #expect(
            event.json
                == #"{"status":"exec_create: sh -c \"x\"","id":"ab","from":"bb","Type":"container","#
                + #""Action":"exec_create: sh -c \"x\"","Actor":{"ID":"ab","Attributes":{"image":"bb","l\n":"a\\\"b","#
                + #""name":"web"}},"scope":"local","time":1795600153,"timeNano":1795600153172228655}"#)
        #expect(Event(line: Array(event.json.utf8)[...]) == event)
        #expect(event.verb == "exec_create")
        let volume = Event(.volume, "create", id: "v", time: 1)
        #expect(volume.json.hasPrefix(#"{"Type":"volume","Action":"create""#))
    }

    @Test(arguments: [
        "", "{", "null", "[]", #"{"Type":"planet","Action":"start"}"#, #"{"Type":"container"}"#,
        #"{"Type":"container","Action":"start","Actor":7}"#, #"{"Type":"container","Action":"start"}{"#,
    ])
    func whatIsNoEventIsLeftOut(line: String) throws {
        #expect(Event(line: Array(line.utf8)[...]) == nil)
        try withTemporaryFolder { folder in
            let log = EventLog(folder: folder)
            try log.append([event(1)])
            let file = try Descriptor.open(log.path, O_WRONLY | O_APPEND)
            try file.writeAll(Array("\(line)\n".utf8), name: "log")
            try log.append([event(2)])
            #expect(try EventReader(log, fromStart: true).take() == [event(1), event(2)])
        }
    }

    @Test func aReaderSeesWhatIsToComeAndWithTheStartWhatWas() throws {
        try withTemporaryFolder { folder in
            let log = EventLog(folder: folder)
            let early = try EventReader(log, fromStart: false)
            #expect(try early.take().isEmpty)
            try log.append([event(1), event(2)])
            #expect(try early.take() == [event(1), event(2)], "the file came after the reader")
            let late = try EventReader(log, fromStart: false)
            let whole = try EventReader(log, fromStart: true)
            try log.append([event(3)])
            #expect(try late.take() == [event(3)])
            #expect(try whole.take() == [event(1), event(2), event(3)])
            #expect(try whole.next(milliseconds: 1).isEmpty)
        }
    }

    @Test func halfALineWaitsForTheRest() throws {
        try withTemporaryFolder { folder in
            let log = EventLog(folder: folder)
            let reader = try EventReader(log, fromStart: false)
            let bytes = Array((event(1).json + "\n").utf8)
            let file = try Descriptor.open(log.path, O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
            try file.writeAll(bytes[..<20], name: "log")
            #expect(try reader.take().isEmpty)
            try file.writeAll(bytes[20...], name: "log")
            #expect(try reader.take() == [event(1)])
        }
    }

    @Test func theFileIsPutAsideWhenItIsFull() throws {
        try withTemporaryFolder { folder in
            var log = EventLog(folder: folder)
            log.maximumSize = 1000
            let reader = try EventReader(log, fromStart: false)
            var seen: [Event] = []
            for number in 1...12 {
                try log.append([event(number)])
                if number % 5 == 0 { seen += try reader.take() }
            }
            #expect(Files.exists(log.olderPath))
            #expect(try seen + reader.take() == (1...12).map { event($0) })
            let size = try Files.read(log.path).count + Files.read(log.olderPath).count
            #expect(size < 2400, "two files, each of little more than its limit")
            #expect(try EventReader(log, fromStart: true).take().last == event(12))
        }
    }

    /// Each writer is a process of its own as far as flock(2) is concerned: it opens the file for each event.
    @Test func aFollowerMissesNothingOfSeveralWritersAcrossRotations() throws {
        try withTemporaryFolder { folder in
            var log = EventLog(folder: folder)
            // No more than two files are filled: a reader may be that far behind.
            log.maximumSize = 180_000
            let (writers, count) = (4, 500)
            let reader = try EventReader(log, fromStart: false)
            var seen: [[Int]] = Array(repeating: [], count: writers)
            // Threads of their own: those of the concurrent tasks are all taken while other tests wait.
            let group = DispatchGroup()
            for writer in 0..<writers {
                DispatchQueue.global().async(group: group) { [log] in
                    for number in 0..<count { try? log.append([event(number, writer: writer)]) }
                }
            }
            let deadline = Timestamp.now + 60
            while seen.contains(where: { $0.count < count }), Timestamp.now < deadline {
                for event in try reader.next(milliseconds: 1000) {
                    seen[Int(event.id.dropFirst()) ?? 0].append(Int(event.time))
                }
            }
            group.wait()
            for numbers in seen { #expect(numbers == Array(0..<count)) }
            #expect(Files.exists(log.olderPath), "the file was put aside meanwhile")
        }
    }

    @Test func aFullDiskIsAnErrorAndNoMore() throws {
        #expect(throws: ContainerError.self) { try EventLog(folder: "/dev/full").append([event(1)]) }
        #expect(throws: ContainerError.self) { try EventLog(folder: "/nowhere/at/all").append([event(1)]) }
    }
}

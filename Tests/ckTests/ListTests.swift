import ContainerSystem
import Synchronization
import Testing

@testable import ContainerEngine
@testable import ck

final class PullRecorder: Sendable {
    private let lines = Mutex([String]())
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}

@Suite struct ListTests {
    @Test func states() {
        let process = ProcessIdentity(pid: 1, startTime: 1)
        #expect(ContainerState.created.status(now: 100) == "Created")
        #expect(
            ContainerState.running(.init(process: process, shim: process, started: 40)).status(now: 100)
                == "Up About a minute")
        #expect(
            ContainerState.exited(.init(status: 137, started: 1, finished: 97)).status(now: 100)
                == "Exited (137) 3 seconds ago")
        #expect(
            ContainerState.exited(.init(status: 255, started: nil, finished: nil)).status(now: 100) == "Exited (255)")
    }

    @Test func aRowOfPs() throws {
        let id = String(repeating: "0123456789abcdef", count: 4)
        let container = ContainerSummary(
            id: id, name: "n", image: "busybox", imageID: "sha256:1", command: "sh -c \"sleep 1000; true\"",
            created: 90,
            state: .created, labels: [:])
        #expect(
            try parse(ListContainers.self, "ps").row(container, now: 100)
                == ["0123456789ab", "busybox", #""sh -c \"sleep 1000; …""#, "10 seconds ago", "Created", "", "n"])
        let whole = try parse(ListContainers.self, "ps", "--no-trunc").row(container, now: 100)
        #expect(whole[0] == id)
        #expect(whole[2] == #""sh -c \"sleep 1000; true\"""#)
    }

    @Test func rowsOfImages() throws {
        let images = [
            ImageSummary(
                id: "sha256:0123456789abcdef",
                names: [("busybox", "latest"), ("busybox", "1"), ("localhost:5000/busybox", "1")],
                digests: ["localhost:5000/busybox@sha256:77"], created: 40, size: 4_261_550),
            ImageSummary(id: "sha256:ff", names: [], digests: [], created: nil, size: 1),
            ImageSummary(
                id: "sha256:ee", names: [], digests: ["only@sha256:78"], created: 95, size: 0, labels: ["k": "v"]),
        ]
        func rows(_ arguments: String...) throws -> [[String]] {
            guard case .command(let invocation) = try Request.parse(["images"] + arguments),
                let list = invocation.command as? ListImages
            else { throw NotACommand() }
            let shown = try ImageFilter(list.filter, pattern: list.pattern, now: 100)
                .apply(to: images) { name throws(NotThere) in
                    guard let image = images.first(where: { $0.id.hasSuffix(name) }) else { throw NotThere() }
                    return image.id
                }
            return list.rows(now: 100).rows(shown).map { row in
                [row.repository, row.tag] + (list.digests ? [row.digest] : []) + [row.id, row.created, row.size]
            }
        }
        #expect(
            try rows()[0] == ["busybox", "latest", "0123456789ab", "About a minute ago", "4.26MB"])
        #expect(try rows()[3] == ["<none>", "<none>", "ff", "N/A", "1B"])
        #expect(try rows()[4] == ["only", "<none>", "ee", "5 seconds ago", "0B"], "a name by digest alone")
        #expect(try rows("--digests").map { $0[2] } == ["<none>", "<none>", "sha256:77", "<none>", "sha256:78"])
        #expect(try rows("busybox").map { $0[1] } == ["latest", "1"])
        #expect(try rows("docker.io/library/busybox:1").map { $0[1] } == ["1"])
        #expect(try rows("localhost:5000/*").map { $0[0] } == ["localhost:5000/busybox"])
        #expect(try rows("--no-trunc", "busybox:latest").map { $0[2] } == ["sha256:0123456789abcdef"])
        #expect(try rows("nosuch").isEmpty)
        #expect(try rows("-f", "reference=busy*", "only").map { $0[0] } == ["busybox", "busybox", "only"])
        #expect(try rows("-f", "dangling=true").map { $0[0] } == ["<none>", "only"])
        #expect(try rows("-f", "dangling=false").map { $0[0] }.last == "only")
        #expect(try rows("-f", "label=k=v").map { $0[2] } == ["ee"])
        #expect(try rows("-f", "label=k", "-f", "label=none").isEmpty)
        #expect(try rows("-f", "before=ee").map { $0[1] } == ["latest", "1", "1"])
        #expect(try rows("-f", "since=cdef").map { $0[0] } == ["only"])
        #expect(try rows("-f", "until=30s").map { $0[1] } == ["latest", "1", "1"])
        #expect(throws: NotThere.self) { try rows("-f", "before=nosuch") }
        for filter in ["nope=1", "dangling=maybe", "until=never"] {
            #expect(throws: CommandFailure.self) { try rows("-f", filter) }
        }
        #expect(throws: FlagError.self) { try rows("-f", "label") }
    }

    struct NotThere: Error {}
}

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

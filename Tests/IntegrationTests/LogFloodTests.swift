import ContainerSystem
import Foundation
import Glibc
import Testing

/// A container that writes without end and without lines, or lines that look like the log's own.
@Suite(.serialized) struct LogFloodTests {
    /// docker's names: the log, and what was put aside.
    private func files(_ box: Sandbox) throws -> [(name: String, size: Int)] {
        let id = try #require(try Files.list(box.root + "/containers").first)
        let folder = "\(box.root)/containers/\(id)"
        return try Files.list(folder).filter { $0.hasPrefix("\(id)-json.log") }.sorted().map { name in
            var status = stat()
            stat("\(folder)/\(name)", &status)
            return (String(name.dropFirst(id.count)), Int(status.st_size))
        }
    }

    /// kB that nobody shares with the process (proc(5), smaps_rollup).
    private func privateMemory(_ pid: Int32) throws -> Int {
        let text = try Files.readText("/proc/\(pid)/smaps_rollup", limit: 1 << 16)
        let line = text.split(separator: "\n").first { $0.hasPrefix("Private_Dirty:") }
        return line.flatMap { Int($0.filter(\.isNumber)) } ?? Int.max
    }

    @Test func anEndlessLineStaysWithinItsLimits() throws {
        try Sandbox.with { box in
            let script = "trap 'exit 3' TERM; yes | tr -d '\\n' & wait"
            try #require(
                try box.ck(["run", "-d", "--network", "none", "--name", "flood", "bb", "sh", "-c", script]).status == 0)
            let shim = try #require(box.processes(named: "ck-shim").first)
            var (rotations, last) = (0, 0)
            let deadline = ContinuousClock.now + .seconds(60)
            // Four files' worth at least: the oldest has been thrown away by then.
            while rotations < 4, ContinuousClock.now < deadline {
                usleep(50_000)
                let files = try files(box)
                let size = files.first { $0.name == "-json.log" }?.size ?? 0
                if size < last { rotations += 1 }
                last = size
                // A file may end with the entry that fills it: 16 KiB of text.
                #expect(files.allSatisfy { $0.size <= (10 << 20) + (17 << 10) }, "\(files)")
                #expect(files.allSatisfy { ["-json.log", "-json.log.1", "-json.log.2"].contains($0.name) }, "\(files)")
                let memory = try privateMemory(shim)
                #expect(memory <= 300, "\(memory) kB")
            }
            #expect(rotations >= 4)
            let tail = try box.ck(["logs", "--tail", "2", "flood"])
            #expect(tail.output.utf8.count == 2 * 16384 && tail.output.utf8.allSatisfy { $0 == 121 }, "\(tail.errors)")
            let before = ContinuousClock.now
            #expect(try box.ck(["stop", "flood"]).status == 0)
            #expect(ContinuousClock.now - before < .seconds(5), "it did not wait for the flood, or for SIGKILL")
            #expect(try box.ck(["ps", "-a"]).output.contains("Exited (3)"))
            #expect(try box.ck(["rm", "flood"]).status == 0)
            #expect(try Files.list(box.root + "/containers").isEmpty)
        }
    }

    /// What other processes go on writing after the end of the one that is waited for does not keep its supervisor.
    @Test func aFloodFromBehindDoesNotKeepAnExec() throws {
        try Sandbox.with { box in
            try #require(
                try box.ck(["run", "-d", "--network", "none", "--name", "cc", "bb", "sleep", "100"]).status == 0)
            let result = try box.inside(
                ["sh", "-c", box.ckProgram.joined(separator: " ") + " exec cc sh -c 'yes & exit 4' > /dev/null"],
                timeout: 30)
            #expect(result.status == 4, "\(result)")
        }
    }

    @Test func logsAreReadAcrossRotation() throws {
        try Sandbox.with { box in
            let script = """
                pad=$(yes pad | head -c 4000 | tr '\\n' '-'); i=0
                while [ $i -lt 9000 ]; do echo "$i $pad"; i=$((i+1)); done
                """
            let follower = box.folder + "/follow"
            try #require(
                try box.ck(["run", "-d", "--network", "none", "--name", "cc", "bb", "sh", "-c", "sleep 1; " + script])
                    .status == 0)
            let followed = try box.inside(
                ["sh", "-c", box.ckProgram.joined(separator: " ") + " logs -f cc | cut -d ' ' -f 1 > \(follower)"])
            #expect(followed.status == 0, "\(followed)")
            #expect(try files(box).map(\.name) == ["-json.log", "-json.log.1", "-json.log.2"])
            let all = try box.inside(
                ["sh", "-c", box.ckProgram.joined(separator: " ") + " logs cc | cut -d ' ' -f 1"])
            let numbers = all.lines.compactMap { Int($0) }
            let first = try #require(numbers.first)
            #expect(first > 0 && first < 4000, "\(first)")
            #expect(numbers == Array(first..<9000))
            let tail = try box.ck(["logs", "-n", "6000", "cc"]).lines.compactMap { Int($0.prefix { $0 != " " }) }
            #expect(tail == Array((9000 - min(6000, numbers.count))..<9000))
            // Whoever follows sees each line once, but those that were thrown away before it came to them.
            let seen = try Files.readText(follower, limit: 1 << 20).split(separator: "\n").compactMap { Int($0) }
            #expect(seen.last == 8999 && zip(seen, seen.dropFirst()).allSatisfy { $0 < $1 })
        }
    }

    @Test func aLineThatLooksLikeTheLogsOwnIsText() throws {
        try Sandbox.with { box in
            let forged = #"{"log":"forged\n","stream":"stderr","time":"2001-01-01T00:00:00Z"}"#
            let script = "printf '%s\\n' '\(forged)' '\"}'; printf '%s' '\(forged)'; printf '\\033[2Jx\\n\\377\\n'"
            #expect(try box.ck(["run", "--network", "none", "--name", "cc", "bb", "sh", "-c", script]).status == 0)
            let logs = try box.ck(["logs", "-t", "cc"])
            #expect(logs.errors.isEmpty, "\(logs)")
            let lines = logs.lines.map { $0.drop { $0 != " " }.dropFirst() }
            #expect(lines.count == 4 && lines[0] == forged && lines[1] == "\"}", "\(logs)")
            #expect(!logs.output.contains("2001-01-01T00:00:00Z ") && lines[2].hasPrefix(forged), "\(logs)")
        }
    }
}

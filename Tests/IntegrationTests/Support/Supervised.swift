import ContainerSystem
import Glibc
import Testing

/// What a supervisor writes down about its container, and its socket.
struct Supervised {
    let box: Sandbox
    let id: String

    /// The container of that name, started by `ck run -d` with options.
    init(_ box: Sandbox, _ name: String, _ options: [String], _ command: [String]) throws {
        let run = try box.ck(["run", "-d", "--network", "none", "--name", name] + options + ["bb"] + command)
        try #require(run.status == 0, "\(run)")
        self.box = box
        id = run.line(0)
    }

    var folder: String { "\(box.root)/containers/\(id)" }
    var runFolder: String { "\(box.runRoot)/containers/\(id)" }

    /// STATUS STARTED FINISHED OOM RESTARTS
    var exit: [Int]? {
        (try? Files.readText(folder + "/exit", limit: 4096))?.split(whereSeparator: \.isWhitespace).compactMap {
            Int($0)
        }
    }

    /// Shim, its start, first process, its start, time of the start.
    var pids: [Int]? {
        (try? Files.readText(runFolder + "/pids", limit: 4096))?.split(whereSeparator: \.isWhitespace)
            .compactMap { Int($0) }
    }

    var isRestarting: Bool { Files.exists(runFolder + "/restarting") }

    var supervisorIsGone: Bool {
        guard let pids, pids.count == 5 else { return true }
        return !ProcessIdentity(pid: Int32(pids[0]), startTime: UInt64(pids[1])).isAlive
    }

    /// kB that nobody shares with the supervisor and that it has written to (proc(5), smaps_rollup).
    var supervisorMemory: Int {
        let text = (try? Files.readText("/proc/\(pids?.first ?? 0)/smaps_rollup", limit: 1 << 16)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("Private_Dirty:") }
        return line.flatMap { Int($0.filter(\.isNumber)) } ?? Int.max
    }

    /// STATUS STREAK, and the exit codes of the results.
    var health: (status: String, streak: Int, codes: [Int], text: String)? {
        guard let text = try? Files.readText(runFolder + "/health", limit: 1 << 20) else { return nil }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        let first = lines[0].split(separator: " ")
        let codes = lines.dropFirst().compactMap { line -> Int? in
            let words = line.split(separator: " ")
            return words.count == 4 && words[0].count == 19 && words[1].count == 19 ? Int(words[2]) : nil
        }
        return (String(first[0]), Int(first[1]) ?? -1, codes, text)
    }

    /// The actions of the container's events, in order.
    var events: [String] { eventLines.compactMap { $0.Action.string } }

    var eventLines: [JSON] {
        let text = (try? Files.readText(box.root + "/events.log", limit: 16 << 20)) ?? ""
        return text.split(separator: "\n").compactMap { try? JSON(String($0)) }
            .filter { $0.id.string == id }
    }

    /// Talks to the supervisor (control.py).
    @discardableResult
    func control(_ words: String...) throws -> CommandResult {
        try box.inside(["python3", Fixture.path("control.py"), runFolder] + words, timeout: 60)
    }

    /// Waits up to half a minute for something to be so.
    func waits(_ condition: () throws -> Bool) rethrows -> Bool {
        for _ in 0..<3000 {
            if try condition() { return true }
            usleep(10_000)
        }
        return false
    }
}

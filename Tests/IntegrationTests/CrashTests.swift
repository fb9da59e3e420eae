import ContainerSystem
import Glibc
import Testing

/// `kill -9` of `ck` and of its supervisors at random moments: what is in flight may be lost, and nothing else.
@Suite struct CrashTests {
    /// What a round does, and whom it kills meanwhile.
    private enum Victim: CaseIterable { case runner, starter, stopper, remover, supervisor, supervisorWithClient }

    @Test func threeHundredKillsLoseNothingAndLeaveNothing() throws {
        try Sandbox.with { box in
            // Bystanders that must not notice anything.
            try box.ck(["run", "-d", "--name", "stays", "bb", "sleep", "1000"])
            try box.ck(["run", "--name", "ended", "bb", "sh", "-c", "exit 7"])
            var random = SystemRandomNumberGenerator()
            var seen = Set<String>()
            let victims = Victim.allCases
            for round in 0..<300 {
                // Up to 30 ms: an entire run takes half of that on a quiet machine.
                let delay = useconds_t.random(in: 0...30_000, using: &random)
                try kill(victims[round % victims.count], box, after: delay)
                guard round % 50 == 49 else { continue }
                try checkBystanders(box, "after \(round + 1) rounds, the last with \(delay) µs")
                seen.formUnion(try removeLitter(box))
            }
            try checkBystanders(box, "at the end")
            try box.ck(["rm", "-f", "stays", "ended"])
            seen.formUnion(try removeLitter(box))
            try checkNothingIsLeft(box, of: seen)
        }
    }

    private func kill(_ victim: Victim, _ box: Sandbox, after delay: useconds_t) throws {
        switch victim {
        case .runner: try killClient(box, ["run", "--rm", "bb", "sleep", "0.01"], after: delay)
        case .starter: try killClient(box, ["run", "-d", "bb", "sleep", "1000"], after: delay)
        case .stopper: try killClient(box, ["stop", "-t", "0", try running(box)], after: delay)
        case .remover: try killClient(box, ["rm", "-f", try running(box)], after: delay)
        case .supervisor, .supervisorWithClient:
            let name = try running(box, attached: victim == .supervisorWithClient)
            let id = try box.ck(["ps", "-q", "--no-trunc", "-a"]).lines.first.map(String.init) ?? ""
            usleep(delay)
            if let shim = supervisor(box, id) { Glibc.kill(shim, SIGKILL) }
            let removed = try box.ck(["rm", "-f", name])
            #expect(removed.status == 0, "\(removed)")
        }
    }

    private func killClient(_ box: Sandbox, _ arguments: [String], after delay: useconds_t) throws {
        let client = try box.startCk(arguments)
        usleep(delay)
        Glibc.kill(client, SIGKILL)
        waitpid(client, nil, 0)
    }

    /// A running container for a victim to be busy with; its name.
    private func running(_ box: Sandbox, attached: Bool = false) throws -> String {
        let name = "victim-\(UInt32.random(in: 0 ... .max))"
        if !attached {
            let result = try box.ck(["run", "-d", "--name", name, "bb", "sleep", "1000"])
            #expect(result.status == 0, "\(result)")
            return name
        }
        let client = try box.startCk(["run", "--name", name, "bb", "sleep", "1000"])
        box.atEnd {
            Glibc.kill(client, SIGKILL)
            waitpid(client, nil, 0)
        }
        try box.eventually("\(name) runs") {
            try box.ck(["ps", "--format", "{{.Names}}"]).lines.contains(Substring(name))
        }
        return name
    }

    private func supervisor(_ box: Sandbox, _ id: String) -> pid_t? {
        let text = try? Files.readText("\(box.runRoot)/containers/\(id)/pids", limit: 4096)
        return text?.split(separator: " ").first.flatMap { pid_t($0) }
    }

    private func checkBystanders(_ box: Sandbox, _ when: Comment) throws {
        let list = try box.ck(["ps", "-a", "--format", "{{.Names}} {{.State}} {{.Status}}"]).lines
        #expect(list.contains { $0.hasPrefix("stays running Up ") }, when)
        #expect(list.contains { $0.hasPrefix("ended exited Exited (7) ") }, when)
        #expect(try box.ck(["exec", "stays", "echo", "here"]).output == "here\n", when)
        #expect(try box.ck(["run", "--rm", "bb", "echo", "on"]).output == "on\n", when)
    }

    /// Whatever a kill has left is listed, and can be removed. The ids of what there was.
    private func removeLitter(_ box: Sandbox) throws -> [String] {
        let list = try box.ck(["ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.Names}}"])
        let rows = list.lines.map { $0.split(separator: " ") }.filter { $0[1] != "stays" && $0[1] != "ended" }
        for row in rows {
            let removed = try box.ck(["rm", "-f", String(row[0])])
            // One that vanishes with its end may be gone by now.
            #expect(removed.status == 0 || removed.errors.contains("No such container"), "\(removed)")
        }
        return rows.map { String($0[0]) }
    }

    private func checkNothingIsLeft(_ box: Sandbox, of ids: Set<String>) throws {
        func left() throws -> [String] {
            let folders = [
                box.root + "/containers", box.root + "/overlay/snapshots", box.runRoot + "/containers",
                box.runRoot + "/running",
            ]
            return try folders.flatMap { try Files.list($0) } + box.processes(named: "ck-shim").map { "shim \($0)" }
                + box.ck(["ps", "-aq"]).lines.map(String.init)
                + HostCgroups.containers().filter { path in ids.contains { path.contains($0) } }
        }
        try? box.eventually("nothing is left") { try left().isEmpty }
        #expect(try left().isEmpty)
        let leases = try box.inside(["sqlite3", box.root + "/metadata.db", "SELECT COUNT(*) FROM endpoint"]).output
        #expect(leases == "0\n")
    }
}

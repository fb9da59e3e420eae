import ContainerSystem
import Glibc
import Testing

/// `ck stats` on the host's own control groups.
@Suite struct StatsTests {
    private func start(_ box: Sandbox, _ name: String, _ script: String, _ options: [String] = []) throws {
        let made = try box.ck(
            ["run", "-d", "--network", "none", "--name", name] + options + ["bb", "sh", "-c", script])
        try #require(made.status == 0, "\(made)")
    }

    /// The fields of one sample, by their names.
    private func sample(_ box: Sandbox, _ arguments: String...) throws -> [String: [Substring]] {
        let format =
            "{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}\t{{.ID}}"
        let result = try box.ck(["stats", "--no-stream", "--format", format] + arguments)
        #expect(result.status == 0, "\(result)")
        let rows = result.lines.map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
        return Dictionary(rows.map { (String($0[0]), Array($0)) }) { _, last in last }
    }

    @Test func aSampleOfWhatRuns() throws {
        try Sandbox.with { box in
            try start(box, "busy", "while :; do :; done", ["-m", "64m"])
            try start(box, "idle", "sleep 1000")
            try start(box, "over", "true")
            let table = try box.ck(["stats", "--no-stream"])
            #expect(
                table.line(0).split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ")
                    == "CONTAINER ID NAME CPU % MEM USAGE / LIMIT MEM % NET I/O BLOCK I/O PIDS", "\(table)")
            #expect(table.lines.count == 3 && !table.output.contains("\u{1b}"), "\(table)")
            let running = try sample(box)
            #expect(running.keys.sorted() == ["busy", "idle"])
            let busy = try #require(running["busy"])
            let percent = Double(busy[1].dropLast()) ?? 0
            // Others are at work on this machine too.
            #expect(percent > 5 && percent < 101, "\(busy)")
            #expect(busy[2].hasSuffix(" / 64MiB") && busy[6] == "1" && busy[7].count == 12, "\(busy)")
            #expect(Double(running["idle"]?[1].dropLast() ?? "") ?? 9 < 3, "\(running)")
            #expect(running["idle"]?[4] == "0B / 0B" && running["idle"]?[6] == "1")
            let all = try sample(box, "-a", "--no-trunc")
            #expect(all["over"]?[1...6] == ["0.00%", "0B / 0B", "0.00%", "0B / 0B", "0B / 0B", "0"], "\(all)")
            #expect(all["over"]?[7].count == 64)
            #expect(try sample(box, "idle", "over").keys.sorted() == ["idle", "over"])
            let json = try box.ck(["container", "stats", "--no-stream", "--format", "json", "busy"])
            #expect(json.line(0).hasPrefix(#"{"BlockIO":""#) && json.output.contains(#""Container":"busy""#), "\(json)")
            let missing = try box.ck(["stats", "--no-stream", "nosuch"])
            #expect(missing.status == 1 && missing.errors == "ck: No such container: nosuch\n", "\(missing)")
        }
    }

    @Test func memoryIsCountedWithoutTheCacheThatCanGo() throws {
        try Sandbox.with { box in
            let script = "dd if=/dev/zero of=/tmp/file bs=1M count=40 2>/dev/null; sync; echo done; sleep 1000"
            try start(box, "cc", script)
            try box.eventually("the file") { try box.ck(["logs", "cc"]).output == "done\n" }
            let row = try #require(try sample(box)["cc"])
            #expect(!row[2].hasPrefix("4") || row[2].contains("KiB"), "\(row)")
        }
    }

    @Test func trafficIsTheContainersOwn() throws {
        try Sandbox.with { box in
            try #require(
                try box.ck(["run", "-d", "--name", "net", "bb", "sh", "-c", "sleep 1000"]).status == 0)
            try #require(
                try box.ck(["run", "-d", "--network", "host", "--name", "host", "bb", "sh", "-c", "sleep 1000"]).status
                    == 0)
            let gateway = try box.ck([
                "exec", "net", "sh", "-c", "ip route | sed -n 's/default via \\([^ ]*\\).*/\\1/p'",
            ]).line(0)
            #expect(try box.ck(["exec", "net", "ping", "-c", "3", "-i", "0.1", "-s", "1000", gateway]).status == 0)
            let rows = try sample(box)
            let traffic = try #require(rows["net"]?[4].split(separator: " "))
            #expect(traffic.count == 3 && traffic[0].hasSuffix("kB") && traffic[2].hasSuffix("kB"), "\(rows)")
            #expect(rows["host"]?[4] == "0B / 0B", "the host's is not the container's: \(rows)")
        }
    }

    /// A terminal, and containers that come and go.
    @Test func theLiveTableGoesOnUntilItIsTold() throws {
        try Sandbox.with { box in
            try start(box, "one", "sleep 1000")
            let screen = box.folder + "/screen"
            let output = try Descriptor.open(screen, O_WRONLY | O_CREAT, mode: 0o600)
            let command = "stty cols 160 rows 30; exec " + box.ckArguments(["stats"]).joined(separator: " ")
            let null = try Descriptor.open("/dev/null", O_RDONLY)
            let live = try Command.spawn(
                ["script", "-qec", command, "/dev/null"], environment: ["TERM=xterm"], input: null.raw,
                output: output.raw, error: output.raw)
            func wait(_ condition: (String) -> Bool) throws {
                try box.eventually("the table") { condition(try Files.readText(screen, limit: 1 << 24)) }
            }
            try wait { $0.contains("one ") && $0.contains("PIDS") }
            try start(box, "two", "sleep 1000")
            try wait { $0.contains("two ") }
            try box.ck(["rm", "-f", "one"])
            // A frame has one line less then, and what was below it is cleared.
            try wait { text in
                let frames = text.split(separator: "\u{1b}[J")
                return frames.dropLast().last?.utf8.count { $0 == 0x0a } == 2
            }
            #expect(try Files.readText(screen, limit: 1 << 24).contains("CPU  "), "there is room for graphs")
            for pid in box.processes(named: "ck") where try Files.readText("/proc/\(pid)/cmdline").contains("stats") {
                kill(pid, SIGINT)
            }
            #expect(try Command.wait(live, timeout: 60, name: "ck stats") == 130)
        }
    }

    @Test func thatOfNamedOnesEndsWithThem() throws {
        try Sandbox.with { box in
            try start(box, "cc", "sleep 1000")
            let lines = box.folder + "/lines"
            let output = try Descriptor.open(lines, O_WRONLY | O_CREAT, mode: 0o600)
            let live = try Command.spawn(
                box.ckArguments(["stats", "--format", "{{.Name}} {{.PIDs}}", "cc"]), input: output.raw,
                output: output.raw, error: output.raw)
            try box.eventually("a sample") { try Files.readText(lines).hasPrefix("cc 1\n") }
            try box.ck(["rm", "-f", "cc"])
            #expect(try Command.wait(live, timeout: 60, name: "ck stats") == 0)
            #expect(try Files.readText(lines).hasSuffix("-- --\n"))
        }
    }
}

import ContainerSystem
import Glibc
import Testing

/// Health checks, with docker's states and rules.
@Suite struct HealthTests {
    private func start(_ box: Sandbox, _ command: String, _ options: [String]) throws -> Supervised {
        try Supervised(
            box, "hh", ["--health-cmd", command] + options,
            ["sh", "-c", "trap exit TERM; while true; do sleep 0.1; done"])
    }

    @Test func itIsHealthyAndThenNot() throws {
        try Sandbox.with { box in
            let one = try start(
                box, "echo checked; test ! -e /bad", ["--health-interval", "200ms", "--health-retries", "2"])
            #expect(["starting", "healthy"].contains(one.health?.status))
            #expect(one.waits { one.health?.status == "healthy" })
            #expect(one.health?.text.contains(" 0 8\nchecked\n\n") == true, "\(one.health?.text ?? "")")
            #expect(try box.ck(["exec", "hh", "touch", "/bad"]).status == 0)
            #expect(one.waits { one.health?.status == "unhealthy" })
            #expect((one.health?.streak ?? 0) >= 2)
            #expect(one.waits { one.health?.codes == [1, 1, 1, 1, 1] })
            #expect(try box.ck(["exec", "hh", "rm", "/bad"]).status == 0)
            #expect(one.waits { one.health?.status == "healthy" && one.health?.streak == 0 })
            let changes = one.events.filter { $0.hasPrefix("health_status") }
            #expect(
                changes == ["health_status: healthy", "health_status: unhealthy", "health_status: healthy"],
                "\(changes)")
            #expect(one.supervisorMemory <= 300, "\(one.supervisorMemory) kB")
        }
    }

    @Test func oneThatTakesTooLongIsKilled() throws {
        try Sandbox.with { box in
            let one = try start(
                box, "echo slow; exec sleep 1000", ["--health-interval", "100ms", "--health-timeout", "300ms"])
            #expect(one.waits { one.health?.status == "unhealthy" })
            #expect(one.health?.codes.allSatisfy { $0 == -1 } == true)
            #expect(one.health?.text.contains("Health check exceeded timeout (300ms): slow\n") == true)
            // One check at most is there, and none of those that were killed.
            let processes = try box.ck(["exec", "hh", "ps", "-o", "args"])
            #expect(processes.lines.filter { $0 == "sleep 1000" }.count <= 1, "\(processes)")
        }
    }

    @Test func failuresAtTheBeginningDoNotCount() throws {
        try Sandbox.with { box in
            let one = try start(
                box, "test -e /ready",
                [
                    "--health-interval", "30s", "--health-retries", "1", "--health-start-period", "60s",
                    "--health-start-interval", "100ms",
                ])
            #expect(one.waits { (one.health?.codes.count ?? 0) >= 3 })
            #expect(one.health?.status == "starting" && one.health?.streak == 0)
            #expect(try box.ck(["exec", "hh", "touch", "/ready"]).status == 0)
            #expect(one.waits { one.health?.status == "healthy" })
        }
    }

    @Test func outputIsKeptToItsLimit() throws {
        try Sandbox.with { box in
            let one = try start(box, "yes | head -c 100000", ["--health-interval", "100ms"])
            #expect(one.waits { one.health?.status == "healthy" })
            let first = one.health?.text.split(separator: "\n").dropFirst().first?.split(separator: " ").last
            #expect(first == "4099", "4096 bytes and three dots")
            #expect(one.health?.text.contains("y\ny\n...\n") == true)
        }
    }

    @Test func aCommandThatIsNotThereIsAFailure() throws {
        try Sandbox.with { box in
            let one = try start(box, "/no/such", ["--health-interval", "100ms", "--health-retries", "1"])
            #expect(one.waits { one.health?.status == "unhealthy" })
            #expect(one.health?.codes.first == 127)
        }
    }

    /// It begins anew with each life, and leaves no process behind.
    @Test func aRestartBeginsAnew() throws {
        try Sandbox.with { box in
            let one = try Supervised(
                box, "hh",
                ["--restart", "always", "--health-cmd", "sleep 0.1", "--health-interval", "100ms"],
                ["sh", "-c", "test -e /once && exec sleep 100; touch /once; sleep 1; exit 1"])
            #expect(one.waits { one.exit?.last == 1 && !one.isRestarting })
            #expect(one.waits { one.health?.status == "healthy" })
            #expect(try one.control("stop", "9", "0").lines == ["exited 137 0", "gone"])
            #expect(one.waits { box.processes(named: "ck-shim").isEmpty })
        }
    }
}

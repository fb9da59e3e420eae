import ContainerSystem
import Glibc
import Testing

/// Restart policies, as docker keeps them.
@Suite struct RestartTests {
    @Test func onFailureTriesAsOftenAsItMay() throws {
        try Sandbox.with { box in
            let one = try Supervised(box, "rr", ["--restart", "on-failure:3"], ["sh", "-c", "echo life; exit 7"])
            #expect(one.waits { one.exit?.last == 3 && !one.isRestarting && one.supervisorIsGone })
            #expect(one.exit?.first == 7)
            #expect(try box.ck(["logs", "rr"]).lines == ["life", "life", "life", "life"])
            #expect(one.events.filter { $0 == "die" }.count == 4 && one.events.filter { $0 == "start" }.count >= 3)
            #expect(!Files.exists(one.runFolder + "/control"))
        }
    }

    @Test func successIsNoFailure() throws {
        try Sandbox.with { box in
            let one = try Supervised(box, "rr", ["--restart", "on-failure"], ["true"])
            #expect(one.waits { one.supervisorIsGone })
            #expect(one.exit?.first == 0 && one.exit?.last == 0)
        }
    }

    /// 100 ms, and twice as long each time.
    @Test func theDelayDoubles() throws {
        try Sandbox.with { box in
            let one = try Supervised(box, "rr", ["--restart", "on-failure:4"], ["false"])
            #expect(one.waits { one.supervisorIsGone })
            let times = one.eventLines.filter { ["die", "start"].contains($0.Action.string) }
                .compactMap { event in event.timeNano.number.map { (event.Action.string ?? "", $0) } }
            let delays = zip(times, times.dropFirst()).filter { $0.0 == "die" && $1.0 == "start" }
                .map { ($1.1 - $0.1) / 1_000_000 }
            try #require(delays.count == 4, "\(times)")
            // A busy machine makes it later, never sooner.
            for (delay, least) in zip(delays, [100, 200, 400, 800]) {
                #expect(delay >= least && delay < least + 2000, "\(delays)")
            }
        }
    }

    @Test func aStopEndsTheWaitingAtOnce() throws {
        try Sandbox.with { box in
            let one = try Supervised(box, "rr", ["--restart", "always"], ["true"])
            // The sixth wait is of more than three seconds.
            #expect(one.waits { (one.exit?.last ?? 0) >= 6 && one.isRestarting })
            let before = ContinuousClock.now
            let answer = try one.control("stop", "15", "1000")
            #expect(answer.lines == ["exited 0 0", "gone"], "\(answer)")
            #expect(ContinuousClock.now - before < .seconds(3))
            #expect(!one.isRestarting && one.supervisorIsGone && one.exit?.first == 0)
            #expect(one.events.last == "stop")
        }
    }

    @Test func aStopOfARunningOneIsTheEnd() throws {
        try Sandbox.with { box in
            let script = "trap 'exit 9' TERM; echo up; while true; do sleep 0.05; done"
            let one = try Supervised(box, "rr", ["--restart", "unless-stopped"], ["sh", "-c", script])
            #expect(try one.waits { try box.ck(["logs", "rr"]).output == "up\n" })
            #expect(try one.control("stop", "15", "20000").lines == ["exited 9 0", "gone"])
            #expect(one.exit?.first == 9 && one.exit?.last == 0)
            #expect(one.events.suffix(2) == ["die", "stop"], "\(one.events)")
        }
    }

    @Test func whoeverIgnoresTheSignalIsKilled() throws {
        try Sandbox.with { box in
            let script = "trap '' TERM; echo up; while true; do sleep 0.05; done"
            let one = try Supervised(box, "rr", [], ["sh", "-c", script])
            #expect(try one.waits { try box.ck(["logs", "rr"]).output == "up\n" })
            // 2: it did not obey in time.
            #expect(try one.control("stop", "15", "300").lines == ["exited 137 2", "gone"])
        }
    }

    @Test func aNewPolicyIsObeyedAtOnce() throws {
        try Sandbox.with { box in
            let one = try Supervised(box, "rr", ["--restart", "always"], ["false"])
            #expect(one.waits { (one.exit?.last ?? 0) >= 6 && one.isRestarting })
            try one.control("policy", "0", "0")
            #expect(one.waits { one.supervisorIsGone })
            #expect(!one.isRestarting && one.exit?.first == 1)
            // And one that had none gets one.
            let other = try Supervised(box, "other", [], ["sh", "-c", "sleep 1; exit 3"])
            try other.control("policy", "1", "1")
            #expect(other.waits { other.exit?.last == 1 && other.supervisorIsGone })
        }
    }

    /// A life begins as the first one did: with the same pid, as little memory, and nothing of the life before.
    @Test func everyLifeIsLikeTheFirst() throws {
        try Sandbox.with { box in
            let script =
                "ls /proc/self/fd | wc -l; cat /proc/sys/kernel/hostname; test -e /once && exec sleep 100; touch /once; exit 1"
            let one = try Supervised(box, "rr", ["--restart", "always"], ["sh", "-c", script])
            let first = one.pids?.first
            #expect(try one.waits { try box.ck(["logs", "rr"]).lines.count == 4 && !one.isRestarting })
            let lines = try box.ck(["logs", "rr"]).lines
            #expect(lines[0] == lines[2] && lines[1] == lines[3], "\(lines)")
            #expect(one.pids?.first == first, "the supervisor's pid stays")
            #expect(one.supervisorMemory <= 150, "\(one.supervisorMemory) kB")
            let descriptors = try Files.list("/proc/\(first ?? 0)/fd")
            #expect(descriptors.count < 16, "\(descriptors)")
        }
    }

    @Test func aNetworkComesBackWithEachLife() throws {
        try Sandbox.with { box in
            let script = "ip -o addr show eth0 | grep -o 'inet [0-9.]*'; exit 1"
            let run = try box.ck(
                ["run", "-d", "--name", "rr", "--restart", "on-failure:3", "bb", "sh", "-c", script])
            try #require(run.status == 0, "\(run)")
            var logs: [Substring] = []
            for _ in 0..<3000 where logs.count < 4 {
                logs = try box.ck(["logs", "rr"]).lines
                usleep(10_000)
            }
            #expect(logs.count == 4 && Set(logs).count == 1, "\(logs)")
        }
    }

    /// docker's statuses of what cannot be started, and it is not tried again.
    @Test func aProgramThatIsGoneIsTheEnd() throws {
        try Sandbox.with { box in
            let one = try Supervised(
                box, "rr", ["--restart", "always"], ["/bin/busybox", "rm", "/bin/busybox"])
            #expect(one.waits { one.supervisorIsGone })
            #expect(one.exit?.first == 127 && !one.isRestarting, "\(one.exit ?? [])")
        }
    }

    @Test func clientsAreToldThatItGoesOn() throws {
        try Sandbox.with { box in
            let one = try Supervised(
                box, "rr", ["--restart", "on-failure:1"],
                ["sh", "-c", "test -e /once && exit 4; touch /once; sleep 1; exit 5"])
            // 1: it is started again.
            #expect(try one.control("listen").lines == ["exited 5 1", "gone"])
            #expect(one.waits { one.supervisorIsGone })
            #expect(one.exit?.first == 4 && one.exit?.last == 1)
        }
    }

    /// What a client has made of the terminal is there in the next life.
    @Test func theTerminalKeepsItsSize() throws {
        try Sandbox.with { box in
            let script = "stty size; test -e /again && sleep 100; touch /again; while sleep 0.05; do stty size; done"
            let one = try Supervised(box, "rr", ["-t", "--restart", "always"], ["sh", "-c", script])
            #expect(try one.control("resize", "33", "77").status == 0)
            #expect(one.waits { (try? box.ck(["logs", "rr"]).output.contains("33 77")) == true })
            let process = try #require(one.pids)[2]
            kill(pid_t(process), SIGKILL)
            #expect(one.waits { one.pids?.last != 0 && one.pids?[2] != process })
            let size = try box.ck(["exec", "rr", "sh", "-c", "stty size < /dev/console"])
            #expect(size.output.hasPrefix("33 77"), "\(size)")
        }
    }

    @Test func whatIsNoMessageChangesNothing() throws {
        try Sandbox.with { box in
            let one = try Supervised(box, "rr", [], ["sleep", "100"])
            for _ in 0..<3 { #expect(try one.control("garbage").status == 0) }
            #expect(try one.control("stop", "9", "0").lines == ["exited 137 0", "gone"])
        }
    }
}

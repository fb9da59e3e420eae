import ContainerSystem
import Glibc
import Testing

@Suite struct ContainerLifeTests {
    @Test func aDetachedContainerIsListedLoggedAndStopped() throws {
        try Sandbox.with { box in
            let id = try box.ck([
                "run", "-d", "--name", "one", "bb", "sh", "-c",
                "echo out; echo err >&2; trap 'exit 5' TERM; while true; do sleep 0.1; done",
            ])
            #expect(id.status == 0 && id.output.count == 65, "\(id)")
            let list = try box.ck(["ps"])
            #expect(list.line(0).hasPrefix("CONTAINER ID   IMAGE     COMMAND"), "\(list)")
            #expect(
                list.line(1).contains(id.output.prefix(12)) && list.line(1).contains("Up ")
                    && list.line(1).hasSuffix("one"))
            usleep(300_000)
            let logs = try box.ck(["logs", "one"])
            #expect(logs.output == "out\n" && logs.errors == "err\n", "\(logs)")
            let exec = try box.ck([
                "exec", "-e", "A=b", "-w", "/tmp", "one", "sh", "-c", "echo $A $(pwd) $(hostname); exit 4",
            ])
            #expect(exec.status == 4 && exec.output == "b /tmp \(id.output.prefix(12))\n", "\(exec)")
            #expect(try box.ck(["exec", "one", "nosuch"]).status == 127)
            #expect(try box.ck(["exec", "-i", "one", "cat"], input: "in\n").output == "in\n")
            let busy = try box.ck(["rm", "one"])
            #expect(busy.status == 1 && busy.errors.contains("running"), "\(busy)")
            let stop = try box.ck(["stop", "-t", "10", "one"])
            #expect(stop.output == "one\n", "\(stop)")
            #expect(try box.ck(["ps", "-a"]).output.contains("Exited (5)"))
            #expect(try box.ck(["ps", "-q"]).output.isEmpty)
            #expect(try box.ck(["exec", "one", "true"]).errors.contains("not running"))
            let mixed = try box.ck(["rm", "one", "two"])
            #expect(
                mixed.status == 1 && mixed.output == "one\n" && mixed.errors.contains("No such container: two"),
                "\(mixed)")
            #expect(
                try Files.list(box.root + "/containers").isEmpty && Files.list(box.root + "/overlay/snapshots").isEmpty)
        }
    }

    @Test func whoIgnoresTheStopSignalIsKilled() throws {
        try Sandbox.with { box in
            try box.ck([
                "run", "-d", "--name", "deaf", "bb", "sh", "-c", "trap '' TERM; while true; do sleep 0.1; done",
            ])
            usleep(200_000)
            #expect(try box.ck(["stop", "-t", "1", "deaf"]).status == 0)
            #expect(try box.ck(["ps", "-a"]).output.contains("Exited (137)"))
        }
    }

    @Test func namesAreUniqueAndIdsMayBeShort() throws {
        try Sandbox.with { box in
            let id = try box.ck(["run", "-d", "--name", "taken", "bb", "sleep", "100"]).output
            let second = try box.ck(["run", "--name", "taken", "bb", "true"])
            #expect(second.status == 125 && second.errors.contains("already in use"), "\(second)")
            #expect(try box.ck(["exec", String(id.prefix(5)), "true"]).status == 0)
            #expect(try box.ck(["run", "--rm", "--name", "not/valid", "bb", "true"]).status == 125)
            #expect(try box.ck(["rm", "-f", String(id.prefix(12))]).status == 0)
            #expect(try box.ck(["rm", "../../etc"]).errors.contains("No such container"))
            #expect(try Files.list(box.root + "/containers").isEmpty)
        }
    }

    @Test func logsAreDockersJSON() throws {
        try Sandbox.with { box in
            try box.ck([
                "run", "--name", "log", "bb", "sh", "-c",
                "printf 'a\\001\\377<\\n'; printf 'no newline'; head -c 40000 /dev/zero | tr '\\0' x",
            ])
            let id = try box.ck(["ps", "-a", "-q", "--no-trunc"]).line(0)
            let log = try Files.readText("\(box.root)/containers/\(id)/\(id)-json.log")
            let first = log.split(separator: "\n").first ?? ""
            #expect(first.hasPrefix(#"{"log":"a\u0001\ufffd\u003c\n","stream":"stdout","time":"20"#), "\(first)")
            #expect(first.hasSuffix(#"Z"}"#))
            let text = try box.ck(["logs", "log"]).output
            #expect(text.utf8.count == "a\u{1}\u{fffd}<\nno newline".utf8.count + 40000)
            #expect(try box.ck(["logs", "--tail", "1", "-t", "log"]).output.hasPrefix("20"))
            let start = ContinuousClock.now
            try box.ck(["run", "-d", "--name", "follow", "bb", "sh", "-c", "echo 1; sleep 1; echo 2"])
            #expect(try box.ck(["logs", "-f", "follow"]).output == "1\n2\n")
            #expect(ContinuousClock.now - start < .seconds(60))
        }
    }

    @Test func aKilledClientOrSupervisorChangesNothingForTheContainer() throws {
        try Sandbox.with { box in
            let client = try box.startCk(["run", "--name", "client", "bb", "sleep", "100"])
            var tries = 0
            while try !box.ck(["ps"]).output.contains(" Up "), tries < 200 {
                usleep(20_000)
                tries += 1
            }
            kill(client, SIGKILL)
            waitpid(client, nil, 0)
            #expect(try box.ck(["exec", "client", "echo", "alive"]).output == "alive\n")
            let id = try box.ck(["ps", "-q", "--no-trunc"]).line(0)
            let shim = try Files.readText("\(box.runRoot)/containers/\(id)/pids").split(separator: " ").first ?? ""
            kill(pid_t(shim) ?? 0, SIGKILL)
            usleep(100_000)
            #expect(try box.ck(["ps"]).output.contains(" Up "))
            #expect(try box.ck(["stop", "-t", "1", "client"]).status == 0)
            #expect(try box.ck(["ps", "-a"]).output.contains("Exited (255)"))
            #expect(try box.ck(["rm", "client"]).status == 0)
            #expect(HostCgroups.containers().filter { $0.contains(id) }.isEmpty)
            #expect(try Files.list(box.runRoot + "/containers").isEmpty)
        }
    }

    @Test func aClientKilledAtAnyInstantLeavesNothingThatCannotBeRemoved() throws {
        try Sandbox.with { box in
            for step in 0..<24 {
                let client = try box.startCk(["run", "--rm", "bb", "sleep", "0.05"])
                usleep(useconds_t(step * 2500))
                kill(client, SIGKILL)
                waitpid(client, nil, 0)
                #expect(try box.ck(["run", "--rm", "bb", "echo", "on"]).output == "on\n", "after \(step)")
            }
            usleep(500_000)
            for id in try box.ck(["ps", "-a", "-q"]).lines {
                #expect(try box.ck(["rm", "-f", String(id)]).status == 0)
            }
            #expect(try box.ck(["ps", "-a", "-q"]).output.isEmpty)
            #expect(try Files.list(box.root + "/containers").isEmpty)
            #expect(try Files.list(box.root + "/overlay/snapshots").isEmpty)
            #expect(try Files.list(box.runRoot + "/containers").isEmpty)
        }
    }

    @Test func theSupervisorIsSmall() throws {
        try Sandbox.with { box in
            // Pages of a program that was just linked count as dirty until the disk has them.
            sync()
            let id = try box.ck(["run", "-d", "bb", "sleep", "100"]).line(0)
            let shim = try Files.readText("\(box.runRoot)/containers/\(id)/pids").split(separator: " ").first ?? ""
            let memory = try Files.readText("/proc/\(shim)/smaps_rollup")
            let line = memory.split(separator: "\n").first { $0.hasPrefix("Private_Dirty:") } ?? ""
            let kilobytes = line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? .max
            #expect(kilobytes <= 150, "\(kilobytes) kB")
        }
    }

    @Test func aTerminalIsOne() throws {
        try Sandbox.with { box in
            // script(1) gives ck a terminal to be at.
            let command = box.ckArguments([
                "run", "--rm", "-it", "bb", "sh", "-c", "tty; test -t 0 && test -t 1 && echo terminal",
            ])
            let result = try Command.run([
                "script", "-qec",
                command.joined(separator: " ").replacing(
                    "sh -c tty; test -t 0 && test -t 1 && echo terminal", with: "tty"), "/dev/null",
            ])
            #expect(result.output.contains("/dev/pts/0"), "\(result)")
            let refused = try box.ck(["run", "--rm", "-it", "bb", "true"])
            #expect(refused.status != 0 && refused.errors.contains("the input device is not a TTY"), "\(refused)")
        }
    }
}
